"""Subscription notices: sending, and the account's subscription templates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import JsonValue

from bot.sandbox.endpoint import Answer, Call, Endpoint, ok
from bot.sandbox.errors import ApiError
from bot.sandbox.keywords import checked_values
from bot.sandbox.models import Credit, Template
from bot.sandbox.platform_template import card
from bot.sandbox.texts import Title, texts

if TYPE_CHECKING:
    from bot.sandbox.world import World

_MOST_TEMPLATES = 25
_SCENE_LETTERS = 15
_SENT = "subscribe_msg_sent_event"


def _name(openid: str, template_id: str) -> str:
    return f"{openid}|{template_id}"


def credit_of(world: World, openid: str, template_id: str) -> Credit:
    """What this person still lets the account send."""
    return world.credits.get(_name(openid, template_id)) or Credit()


def answer_popup(world: World, openid: str, template: Template, *, accept: bool) -> None:
    """The person's answer to the subscription popup; a one-off yes adds one send."""
    credit = credit_of(world, openid, template.template_id)
    if not accept:
        credit.always = False
    elif template.kind == "long":
        credit.always = True
    else:
        credit.left += 1
    world.credits.put(_name(openid, template.template_id), credit)


def withdraw(world: World, openid: str, template_id: str) -> None:
    """The person switched the template off in the account's settings."""
    world.credits.put(_name(openid, template_id), Credit())


def send(call: Call) -> Answer:
    """POST subscribe/bizsend: needs a subscription, not following."""
    world, body = call.world, call.body
    openid = call.receiver()
    template = world.templates.get(body.text("template_id"))
    if template is None or template.kind == "template":
        raise ApiError(40037, "invalid template_id")
    page = body.text("page")
    if page and not page.startswith(("https://", "http://")):
        raise ApiError(41030, "invalid page")
    values = checked_values(template, body.inner("data"))
    credit = credit_of(world, openid, template.template_id)
    if not credit.always:
        if credit.left <= 0:
            raise ApiError(43101, "user refuse to accept the msg")
        credit.left -= 1
        world.credits.put(_name(openid, template.template_id), credit)
    msgid = world.next_id()
    world.journal.write(
        call.now,
        "bizsend",
        {
            "openid": openid,
            "key": None,
            "msgid": msgid,
            "template_id": template.template_id,
            "body": body.raw,
        },
    )
    world.show(openid, "account", card(template, values, body))
    item: JsonValue = {
        "TemplateId": template.template_id,
        "MsgID": str(msgid),
        "ErrorCode": 0,
        "ErrorStatus": "success",
    }
    world.deliverer.receipt(openid, _SENT, {"SubscribeMsgSentEvent": {"List": item}})
    return ok(msgid=msgid)


def _subscriptions(world: World) -> list[Template]:
    return [template for template in world.templates.values() if template.kind != "template"]


def add(call: Call) -> Answer:
    """POST newtmpl/addtemplate: two to five keywords of a library title."""
    world, body = call.world, call.body
    title = _title(body.number("tid"))
    by_kid = {keyword.kid: keyword for keyword in title.keywords}
    kids = body.values("kidList")
    chosen = [by_kid[kid] for kid in kids if isinstance(kid, int) and kid in by_kid]
    if not 2 <= len(kids) <= 5 or len(chosen) != len(kids):
        raise ApiError(200020, "kidList is invalid")
    scene = body.text("sceneDesc")
    if not scene or len(scene) > _SCENE_LETTERS:
        raise ApiError(200021, "sceneDesc is invalid")
    if len(_subscriptions(world)) >= _MOST_TEMPLATES:
        raise ApiError(200012, "template num exceeds limit")
    content = "\n".join(f"{k.name}:{{{{{k.rule}{k.kid}.DATA}}}}" for k in chosen)
    template_id = world.new_name(43)
    world.templates.put(
        template_id,
        Template(template_id=template_id, title=title.title, content=content, kind="once"),
    )
    return ok(priTmplId=template_id)


def _title(tid: int) -> Title:
    for title in texts().library:
        if title.tid == tid:
            return title
    raise ApiError(200014, "tid is invalid")


def listed(call: Call) -> Answer:
    """GET newtmpl/gettemplate: type 2 is one-off, 3 is long-term."""
    rows: list[JsonValue] = [
        {
            "priTmplId": template.template_id,
            "title": template.title,
            "content": template.content,
            "example": "",
            "type": 3 if template.kind == "long" else 2,
        }
        for template in _subscriptions(call.world)
    ]
    return ok(data=rows)


def delete(call: Call) -> Answer:
    """POST newtmpl/deltemplate."""
    template_id = call.body.text("priTmplId")
    template = call.world.templates.get(template_id)
    if template is None or template.kind == "template":
        raise ApiError(200014, "priTmplId is invalid")
    call.world.templates.drop(template_id)
    return ok()


def categories(call: Call) -> Answer:
    """GET newtmpl/getcategory."""
    del call
    return ok(data=[{"id": 616, "name": texts().category}])


def titles(call: Call) -> Answer:
    """GET newtmpl/getpubtemplatetitles: the library, `limit` at most 30."""
    try:
        start, limit = int(call.query.get("start", "")), int(call.query.get("limit", ""))
    except ValueError as error:
        raise ApiError(200016, "start is invalid") from error
    if start < 0:
        raise ApiError(200016, "start is invalid")
    if not 0 < limit <= 30:
        raise ApiError(200017, "limit is invalid")
    if not call.query.get("ids"):
        raise ApiError(200018, "ids is missing")
    rows: list[JsonValue] = [
        {"tid": title.tid, "title": title.title, "type": 2, "categoryId": "616"}
        for title in texts().library
    ]
    return ok(count=len(rows), data=rows[start : start + limit])


def keywords(call: Call) -> Answer:
    """GET newtmpl/getpubtemplatekeywords."""
    tid = call.query.get("tid", "")
    rows: list[JsonValue] = [
        {"kid": keyword.kid, "name": keyword.name, "example": "", "rule": keyword.rule}
        for keyword in _title(int(tid) if tid.isdigit() else 0).keywords
    ]
    return ok(count=len(rows), data=rows)


_PREFIX = "/wxaapi/newtmpl/"
ENDPOINTS = (
    Endpoint("/cgi-bin/message/subscribe/bizsend", send),
    Endpoint(_PREFIX + "addtemplate", add),
    Endpoint(_PREFIX + "gettemplate", listed, "GET", "none"),
    Endpoint(_PREFIX + "deltemplate", delete),
    Endpoint(_PREFIX + "getcategory", categories, "GET", "none"),
    Endpoint(_PREFIX + "getpubtemplatetitles", titles, "GET", "none"),
    Endpoint(_PREFIX + "getpubtemplatekeywords", keywords, "GET", "none"),
)

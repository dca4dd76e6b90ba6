"""Template messages and the account's templates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import JsonValue

from bot.sandbox.endpoint import Answer, Call, Endpoint, ok
from bot.sandbox.errors import ApiError
from bot.sandbox.fields import Fields
from bot.sandbox.keywords import checked_values, keywords_of
from bot.sandbox.models import Template
from bot.sandbox.texts import texts

if TYPE_CHECKING:
    from bot.sandbox.world import World

_MOST_TEMPLATES = 25
_FINISHED = "TEMPLATESENDJOBFINISH"


def send(call: Call) -> Answer:
    """POST template/send: one notice to one follower."""
    world, body = call.world, call.body
    openid = call.receiver()
    template = world.templates.get(body.text("template_id"))
    if template is None or template.kind != "template":
        raise ApiError(40037, "invalid template_id")
    call.check_follower(openid)
    values = checked_values(template, body.inner("data"))
    key = body.text("client_msg_id")
    if key:
        sent = world.template_keys.find((openid, key))
        if sent is not None:
            return ok(msgid=sent)
    msgid = world.next_id()
    if key:
        world.template_keys.remember((openid, key), msgid)
    world.journal.write(
        call.now,
        "template",
        {
            "openid": openid,
            "key": key or None,
            "msgid": msgid,
            "template_id": template.template_id,
            "body": body.raw,
        },
    )
    _arrive(world, openid, template, values, body, msgid)
    return ok(msgid=msgid)


def _arrive(
    world: World, openid: str, template: Template, values: dict[str, str], body: Fields, msgid: int
) -> None:
    contact = world.contacts.get(openid)
    blocked = contact is not None and template.template_id in contact.blocked_templates
    if not blocked and world.person_of(openid) is not None:
        world.show(openid, "account", card(template, values, body))
    status = "failed:user block" if blocked else "success"
    world.deliverer.receipt(openid, _FINISHED, {"MsgID": msgid, "Status": status})


def card(template: Template, values: dict[str, str], body: Fields) -> dict[str, JsonValue]:
    """The notice as a phone shows it: title, labelled lines, and where a tap leads."""
    rows: list[JsonValue] = [
        {"label": label, "value": values[key]} for key, label in keywords_of(template.content)
    ]
    program = body.inner("miniprogram")
    return {
        "kind": "notice",
        "channel": template.kind,
        "template_id": template.template_id,
        "title": template.title,
        "rows": rows,
        "url": "" if program.has("appid") else body.text("url") or body.text("page"),
        "miniprogram": program.text("pagepath"),
    }


def listed(call: Call) -> Answer:
    """GET get_all_private_template."""
    return {"template_list": [_public(t) for t in call.world.templates.values() if _private(t)]}


def _private(template: Template) -> bool:
    return template.kind == "template"


def _public(template: Template) -> JsonValue:
    return {
        "template_id": template.template_id,
        "title": template.title,
        "primary_industry": "",
        "deputy_industry": "",
        "content": template.content,
        "example": "",
    }


def add(call: Call) -> Answer:
    """POST api_add_template: the names of the keywords are asked for, as for every category."""
    world = call.world
    short = call.body.text("template_id_short")
    if not short:
        raise ApiError(40036, "invalid template_id size")
    names = call.body.texts("keyword_name_list")
    if not names:
        raise ApiError(40247, "keyword_name_list is missing")
    if sum(_private(template) for template in world.templates.values()) >= _MOST_TEMPLATES:
        raise ApiError(45026, "template num exceeds limit")
    lines = [f"{name}:{{{{thing{place}.DATA}}}}" for place, name in enumerate(names, 1)]
    template_id = world.new_name(43)
    world.templates.put(
        template_id,
        Template(
            template_id=template_id,
            title=f"{texts().template} {short}",
            content="\n".join(lines) + "\n",
        ),
    )
    return ok(template_id=template_id)


def delete(call: Call) -> Answer:
    """POST del_private_template."""
    template_id = call.body.text("template_id")
    template = call.world.templates.get(template_id)
    if template is None or not _private(template):
        raise ApiError(40037, "invalid template_id")
    call.world.templates.drop(template_id)
    return ok()


def blocked(call: Call) -> Answer:
    """POST /wxa/sec/queryblocktmplmsg is read as: who switched which template off."""
    rows: list[JsonValue] = [
        {"openid": contact.openid, "template_id": template_id}
        for contact in call.world.contacts.values()
        for template_id in contact.blocked_templates
    ]
    return ok(msginfo=rows)


def industry(call: Call) -> Answer:
    """GET get_industry: the trades of the account."""
    del call
    first, second = texts().industry
    trade: JsonValue = {"first_class": first, "second_class": second}
    return {"primary_industry": trade, "secondary_industry": trade}


def set_industry(call: Call) -> Answer:
    """POST api_set_industry: accepted, without effect."""
    call.body.number("industry_id1")
    return ok()


_PREFIX = "/cgi-bin/template/"
ENDPOINTS = (
    Endpoint("/cgi-bin/message/template/send", send),
    Endpoint(_PREFIX + "get_all_private_template", listed, "GET", "none"),
    Endpoint(_PREFIX + "api_add_template", add),
    Endpoint(_PREFIX + "del_private_template", delete),
    Endpoint(_PREFIX + "get_industry", industry, "GET", "none"),
    Endpoint(_PREFIX + "api_set_industry", set_industry),
    Endpoint("/wxa/sec/queryblocktmplmsg", blocked),
)

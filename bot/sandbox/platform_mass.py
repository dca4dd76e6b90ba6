"""Mass sending: the job, its counts and its end event."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING

from pydantic import JsonValue

from bot.sandbox.endpoint import Answer, Call, Endpoint, ok
from bot.sandbox.errors import ApiError
from bot.sandbox.fields import Fields
from bot.sandbox.models import Contact, Job
from bot.sandbox.monthly import MONTHLY, beijing_day
from bot.sandbox.platform_custom import article_cards, media_of

if TYPE_CHECKING:
    from bot.sandbox.world import World

_KEY_BYTES = 64
_FEWEST, _MOST = 2, 10_000
_LISTED = 10_000
_FINISHED = "MASSSENDJOBFINISH"


def send_all(call: Call) -> Awaitable[Answer]:
    """POST mass/sendall: to everybody or to a tag."""
    world = call.world
    chosen = call.body.inner("filter")
    if not chosen.has("is_to_all") and not chosen.has("tag_id"):
        raise ApiError(40035, "invalid parameter hint: [filter]")
    everybody = chosen.flag("is_to_all")
    if everybody:
        _checkbeijing_day(world, call.now)
        return _run(call, list(_followers(world)), "all", world.config.crowd_size)
    tag_id = chosen.number("tag_id")
    if str(tag_id) not in world.tags:
        raise ApiError(40152, "invalid tagid")
    return _run(call, [c.openid for c in _followers_tagged(world, tag_id)], f"tag {tag_id}", 0)


def send_list(call: Call) -> Awaitable[Answer]:
    """POST mass/send: to 2 to 10 000 openids."""
    openids = call.body.texts("touser")
    if not _FEWEST <= len(openids) <= _MOST:
        raise ApiError(40130, "invalid openid list size, at least two openid")
    return _run(call, openids, "list", 0)


def _followers(world: World) -> list[str]:
    return [contact.openid for contact in world.contacts.values() if contact.following]


def _followers_tagged(world: World, tag_id: int) -> list[Contact]:
    return [c for c in world.contacts.values() if c.following and tag_id in c.tags]


def _checkbeijing_day(world: World, now: float) -> None:
    """To everybody: once a day and four times a month."""
    sent = [job.sent_at for job in world.jobs.values() if job.everybody]
    if any(beijing_day(at) == beijing_day(now) for at in sent):
        raise ApiError(45028, "has no masssend quota: once a day to everybody")
    if sum(beijing_day(at)[:7] == beijing_day(now)[:7] for at in sent) >= MONTHLY:
        raise ApiError(45028, "has no masssend quota")


async def _run(call: Call, openids: list[str], target: str, crowd: int) -> Answer:
    world, key = call.world, call.body.text("clientmsgid")
    _check_key(world, key)
    entry = content_of(world, call.body)
    if not openids and not crowd:
        raise ApiError(40130, "no receiver")
    job = Job(
        msg_id=world.next_id(),
        clientmsgid=key,
        sent_at=call.now,
        target=target,
        everybody=target == "all",
    )
    if key:
        world.mass_keys.remember((key,), job.msg_id)
    reached = [openid for openid in openids if _may_receive(world, openid, call.now)]
    count = len(reached) + crowd
    _log(call, job, reached, count)
    shown = [world.show(openid, "account", {**entry, "mass": job.msg_id}) for openid in reached]
    job.messages = [number for number in shown if number]
    job.status = "SEND_SUCCESS"
    world.jobs.put(str(job.msg_id), job)
    _drop_draft(world, call.body)
    fields: dict[str, JsonValue] = {
        "MsgID": job.msg_id,
        "Status": "send success",
        "TotalCount": len(openids) + crowd,
        "FilterCount": count,
        "SentCount": count,
        "ErrorCount": 0,
    }
    return await _answered(world, job.msg_id, fields)


def _check_key(world: World, key: str) -> None:
    """A `clientmsgid` counts for a day; its second use is told the first job's id."""
    if len(key.encode()) > _KEY_BYTES:
        raise ApiError(45067, "clientmsgid size out of limit")
    known = world.mass_keys.find((key,)) if key else None
    if known is not None:
        raise ApiError(45065, "clientmsgid exist", msg_id=known)


def _log(call: Call, job: Job, reached: list[str], count: int) -> None:
    call.world.journal.write(
        call.now,
        "mass",
        {
            "openid": None,
            "key": job.clientmsgid or None,
            "msgid": job.msg_id,
            "target": job.target,
            "count": count,
            "openids": [*reached] if len(reached) <= _LISTED else None,
            "body": call.body.raw,
        },
    )


async def _answered(world: World, msg_id: int, fields: dict[str, JsonValue]) -> Answer:
    """The result event usually follows the answer, but it may overtake it."""
    if world.faults.for_callback("receipt_first", _FINISHED) is not None:
        await world.deliverer.report_now("mphelper", _FINISHED, fields)
    else:
        world.deliverer.receipt("mphelper", _FINISHED, fields)
    return ok(errmsg="send job submission success", msg_id=msg_id, msg_data_id=msg_id)


def _may_receive(world: World, openid: str, now: float) -> bool:
    """Followers who got fewer than four this month; counts the one being sent."""
    if not world.known(openid) or not world.is_following(openid):
        return False
    return world.monthly.take(openid, now)


def content_of(world: World, body: Fields) -> dict[str, JsonValue]:
    """What the message shows, checked by its type."""
    kind = body.text("msgtype")
    inner = body.inner(kind)
    if kind == "text":
        content = inner.text("content")
        if not content:
            raise ApiError(44004, "empty content")
        if len(content.encode()) > 2048:
            raise ApiError(45002, "content size out of limit")
        return {"kind": "text", "text": content}
    if kind == "mpnews":
        draft = world.drafts.get(inner.text("media_id"))
        if draft is None:
            raise ApiError(40007, "invalid media_id")
        name = inner.text("media_id")
        return {"kind": "news", "articles": article_cards(world, name, draft.articles)}
    if kind == "image":
        ids = body.inner("images").texts("media_ids") or inner.texts("media_ids")
        first = Fields({"media_id": ids[0] if ids else inner.text("media_id")})
        return {"kind": "image", "media_id": media_of(world, first, "image")}
    if kind in {"voice", "mpvideo"}:
        wanted = "voice" if kind == "voice" else "video"
        return {"kind": wanted, "media_id": media_of(world, inner, wanted)}
    if kind == "wxcard":
        raise ApiError(45113, "wxcard is no longer supported")
    raise ApiError(40008, "invalid message type")


def _drop_draft(world: World, body: Fields) -> None:
    """A draft is used up by the sending; its articles can still be read."""
    if body.text("msgtype") == "mpnews":
        name = body.inner("mpnews").text("media_id")
        draft = world.drafts.get(name)
        if draft is not None:
            world.published.put(name, draft)
            world.drafts.drop(name)


def preview(call: Call) -> Answer:
    """POST mass/preview: to one person, by openid or name."""
    world, body = call.world, call.body
    openid = body.text("touser")
    if not openid:
        name = body.text("towxname")
        openid = next((p.openid for p in world.persons.values() if p.key == name), "")
    if not openid or not world.known(openid):
        raise ApiError(40003, "invalid openid")
    if not world.is_following(openid):
        raise ApiError(43004, "require subscribe")
    entry = content_of(world, body)
    msg_id = world.next_id()
    world.journal.write(
        call.now, "preview", {"openid": openid, "key": None, "msgid": msg_id, "body": body.raw}
    )
    world.show(openid, "account", {**entry, "preview": True})
    return ok(errmsg="preview success", msg_id=msg_id)


def get(call: Call) -> Answer:
    """POST mass/get: how far a job is."""
    job = call.world.jobs.get(call.body.text("msg_id"))
    if job is None:
        raise ApiError(40059, "invalid msg id")
    return {"msg_id": job.msg_id, "msg_status": job.status}


def delete(call: Call) -> Answer:
    """POST mass/delete: it disappears for those who have not opened it."""
    world = call.world
    job = world.jobs.get(call.body.text("msg_id"))
    if job is None:
        raise ApiError(40059, "invalid msg id")
    for number in job.messages:
        world.store.drop_message(number)
    job.status, job.messages = "DELETE", []
    world.jobs.put(str(job.msg_id), job)
    world.changed("reload")
    return ok()


_SPEEDS = {0: 80, 1: 60, 2: 45, 3: 30, 4: 10}


def speed(call: Call) -> Answer:
    """POST mass/speed/get."""
    del call
    return {"speed": 0, "realspeed": _SPEEDS[0]}


def set_speed(call: Call) -> Answer:
    """POST mass/speed/set: accepted, without effect."""
    if call.body.number("speed", -1) not in _SPEEDS:
        raise ApiError(45083, "set speed error: out of range")
    return ok()


_PREFIX = "/cgi-bin/message/mass/"
ENDPOINTS = (
    Endpoint(_PREFIX + "sendall", send_all),
    Endpoint(_PREFIX + "send", send_list),
    Endpoint(_PREFIX + "preview", preview),
    Endpoint(_PREFIX + "get", get),
    Endpoint(_PREFIX + "delete", delete),
    Endpoint(_PREFIX + "speed/get", speed),
    Endpoint(_PREFIX + "speed/set", set_speed),
)

"""Followers and scene codes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import segno
from aiohttp import web
from pydantic import JsonValue

from bot.sandbox.endpoint import Answer, Call, Endpoint, ok
from bot.sandbox.errors import ApiError
from bot.sandbox.models import QrCode

if TYPE_CHECKING:
    from bot.sandbox.world import World

_PAGE = 10_000
_MOST_INFO = 100
_REMARK_BYTES = 30
_MOST_SECONDS = 2_592_000
_DEFAULT_SECONDS = 30
_SCENE_LETTERS = 64
_PERMANENT_IDS = 100_000
_SCENE_IDS = 2**32


def _info(world: World, openid: str) -> dict[str, JsonValue]:
    """What the platform tells of a person: since 2021 no name, picture or sex."""
    if not world.is_following(openid):
        return {"subscribe": 0, "openid": openid, "tagid_list": []}
    contact = world.contact(openid)
    return {
        "subscribe": 1,
        "openid": openid,
        "language": "zh_CN",
        "subscribe_time": contact.followed_at,
        "remark": contact.remark,
        "groupid": contact.tags[-1] if contact.tags else 0,
        "tagid_list": [*contact.tags],
        "subscribe_scene": contact.scene,
        "qr_scene": contact.qr_scene,
        "qr_scene_str": contact.qr_scene_str,
    }


def info(call: Call) -> Answer:
    """GET user/info."""
    openid = call.query.get("openid", "")
    if not call.world.known(openid):
        raise ApiError(40003, "invalid openid")
    return _info(call.world, openid)


def batch_info(call: Call) -> Answer:
    """POST user/info/batchget: up to 100."""
    rows = call.body.objects("user_list")
    if not 1 <= len(rows) <= _MOST_INFO:
        raise ApiError(40032, "invalid openid list size")
    openids = [row.text("openid") for row in rows]
    if not all(call.world.known(openid) for openid in openids):
        raise ApiError(40003, "invalid openid")
    return {"user_info_list": [_info(call.world, openid) for openid in openids]}


def followers(call: Call) -> Answer:
    """GET user/get: up to 10 000 from `next_openid` on."""
    world = call.world
    found = {contact.openid for contact in world.contacts.values() if contact.following}
    gone = {contact.openid for contact in world.contacts.values() if not contact.following}
    for prefix in world.config.crowd:
        found.update(f"{prefix}{number:07d}" for number in range(world.config.crowd_size))
    ordered = sorted(found - gone)
    after = call.query.get("next_openid", "")
    page = [openid for openid in ordered if openid > after][:_PAGE]
    return {
        "total": len(ordered),
        "count": len(page),
        "data": {"openid": [*page]},
        "next_openid": page[-1] if page else "",
    }


def remark(call: Call) -> Answer:
    """POST user/info/updateremark: under 30 bytes."""
    openid = call.receiver("openid")
    text = call.body.text("remark")
    if len(text.encode()) >= _REMARK_BYTES:
        raise ApiError(40035, "invalid parameter hint: [remark is too long]")
    contact = call.world.contact(openid)
    contact.remark = text
    call.world.keep(contact)
    return ok()


def create_code(call: Call) -> Answer:
    """POST qrcode/create."""
    world = call.world
    action = call.body.text("action_name")
    scene = call.body.inner("action_info").inner("scene")
    if action not in {"QR_SCENE", "QR_STR_SCENE", "QR_LIMIT_SCENE", "QR_LIMIT_STR_SCENE"}:
        raise ApiError(40052, "invalid action name")
    code = QrCode(ticket=world.new_name(96))
    if "STR" in action:
        code.scene_str = scene.text("scene_str")
        if not 1 <= len(code.scene_str) <= _SCENE_LETTERS:
            raise ApiError(40053, "invalid action info")
    else:
        code.scene_id = scene.number("scene_id")
        most = _PERMANENT_IDS + 1 if "LIMIT" in action else _SCENE_IDS
        if not 0 < code.scene_id < most:
            raise ApiError(40053, "invalid action info")
    answer: dict[str, JsonValue] = {
        "ticket": code.ticket,
        "url": f"http://weixin.qq.com/q/{code.ticket[:22]}",
    }
    if "LIMIT" not in action:
        seconds = min(call.body.number("expire_seconds", _DEFAULT_SECONDS), _MOST_SECONDS)
        code.expires = call.now + seconds
        answer["expire_seconds"] = seconds
    world.qr_codes.put(code.ticket, code)
    return answer


def show_code(call: Call) -> Answer:
    """GET showqrcode?ticket=, the picture of mp.weixin.qq.com."""
    ticket = call.query.get("ticket", "")
    code = call.world.qr_codes.get(ticket)
    if code is None or (code.expires and code.expires <= call.now):
        return web.Response(status=404)
    picture = segno.make(f"{call.world.config.base_url}/scan/{ticket}", error="m")
    return web.Response(text=picture.svg_inline(scale=6, border=2), content_type="image/svg+xml")


ENDPOINTS = (
    Endpoint("/cgi-bin/user/info", info, "GET", "none"),
    Endpoint("/cgi-bin/user/info/batchget", batch_info),
    Endpoint("/cgi-bin/user/get", followers, "GET", "none"),
    Endpoint("/cgi-bin/user/info/updateremark", remark),
    Endpoint("/cgi-bin/qrcode/create", create_code),
    Endpoint("/cgi-bin/showqrcode", show_code, "GET", "none", token=False),
)

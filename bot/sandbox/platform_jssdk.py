"""The JS-SDK: its script as res.wx.qq.com serves it, and the check of a page's signature."""

from __future__ import annotations

import hmac
from pathlib import Path

from aiohttp import web

from bot.sandbox.crypto import signature_of
from bot.sandbox.endpoint import Answer, Call, Endpoint, ok
from bot.sandbox.errors import ApiError

_SCRIPT = Path(__file__).parent / "pages" / "jweixin.js"


def script(call: Call) -> Answer:
    """GET open/js/jweixin-1.6.0.js: the part of it that a service account's pages use."""
    del call
    return web.Response(body=_SCRIPT.read_bytes(), content_type="text/javascript")


def check(call: Call) -> Answer:
    """POST open/js/check: what `wx.config` asks; the signature covers the URL without `#…`."""
    body, world = call.body, call.world
    if body.text("appid") != world.config.appid:
        raise ApiError(40013, "invalid appid")
    ticket = world.tokens.get("ticket:jsapi")
    if ticket is None or ticket.expires <= call.now:
        raise ApiError(63002, "invalid signature")
    text = (
        f"jsapi_ticket={ticket.value}&noncestr={body.text('noncestr')}"
        f"&timestamp={body.text('timestamp')}&url={body.text('url')}"
    )
    if not hmac.compare_digest(signature_of(text), body.text("signature")):
        raise ApiError(63002, "invalid signature")
    return ok()


ENDPOINTS = (
    Endpoint("/open/js/jweixin-1.6.0.js", script, "GET", "none", token=False),
    Endpoint("/open/js/check", check, token=False),
)

"""Network addresses, quotas and diagnostics."""

from __future__ import annotations

from pydantic import JsonValue

from bot.sandbox.endpoint import Answer, Call, Endpoint, ok
from bot.sandbox.errors import ApiError
from bot.sandbox.quota import DAILY


def clear(call: Call) -> Answer:
    """POST clear_quota: ten times a month."""
    if call.body.text("appid") != call.world.config.appid:
        raise ApiError(40013, "invalid appid")
    call.world.quotas.clear()
    return ok()


def clear_by_secret(call: Call) -> Answer:
    """POST clear_quota/v2: with the secret, when the token's own quota is gone."""
    config = call.world.config
    appid = call.body.text("appid") or call.form.get("appid", "")
    if appid != config.appid:
        raise ApiError(40013, "invalid appid")
    if call.body.text("appsecret") != config.secret:
        raise ApiError(40125, "invalid appsecret")
    call.world.quotas.clear()
    return ok()


def clear_one(call: Call) -> Answer:
    """POST openapi/quota/clear: one interface."""
    call.world.quotas.clear(_path(call))
    return ok()


def _path(call: Call) -> str:
    path = call.body.text("cgi_path")
    if not path.startswith("/"):
        raise ApiError(76021, "cgi_path not found, please check")
    if path not in call.world.quotas.limits and path not in DAILY:
        raise ApiError(76022, "could not use this cgi_path, no permission")
    return path


def get(call: Call) -> Answer:
    """POST openapi/quota/get."""
    quotas = call.world.quotas
    path = _path(call)
    limit, used = quotas.limits[path], quotas.used(path)
    quota: JsonValue = {"daily_limit": limit, "used": used, "remain": max(0, limit - used)}
    return ok(quota=quota)


def rid(call: Call) -> Answer:
    """POST openapi/rid/get: the refused call behind a rid, while it is remembered."""
    wanted = call.body.text("rid")
    if not wanted:
        raise ApiError(76001, "rid not found")
    found = call.world.refusals.get(wanted)
    if found is None:
        raise ApiError(76001, "rid not found")
    request: JsonValue = {
        "invoke_time": int(found.at),
        "cost_in_ms": 1,
        "request_url": found.path,
        "request_body": found.sent.decode("utf-8", "replace"),
        "response_body": f'{{"errcode":{found.errcode}}}',
        "client_ip": "127.0.0.1",
    }
    return ok(request=request)


def addresses(call: Call) -> Answer:
    """GET get_api_domain_ip and getcallbackip: this machine."""
    del call
    return {"ip_list": ["127.0.0.1"]}


async def check(call: Call) -> Answer:
    """POST callback/check: asks the callback URL for its echo."""
    action = call.body.text("action")
    if action not in {"dns", "ping", "all"}:
        raise ApiError(40035, "invalid parameter hint: [action]")
    if not call.world.callback_url:
        raise ApiError(40201, "callback url is not set")
    reached, _text = await call.world.deliverer.check_url()
    loss = "0%" if reached else "100%"
    return {
        "dns": [{"ip": "127.0.0.1", "real_operator": "DEFAULT"}],
        "ping": [{"ip": "127.0.0.1", "package_loss": loss, "time": "1.000ms"}],
    }


ENDPOINTS = (
    Endpoint("/cgi-bin/clear_quota", clear),
    Endpoint("/cgi-bin/clear_quota/v2", clear_by_secret, token=False),
    Endpoint("/cgi-bin/openapi/quota/clear", clear_one),
    Endpoint("/cgi-bin/openapi/quota/get", get),
    Endpoint("/cgi-bin/openapi/rid/get", rid),
    Endpoint("/cgi-bin/get_api_domain_ip", addresses, "GET", "none"),
    Endpoint("/cgi-bin/getcallbackip", addresses, "GET", "none"),
    Endpoint("/cgi-bin/callback/check", check),
)

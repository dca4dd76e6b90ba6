"""Web authorisation: the page in the browser and the exchange of the code."""

from __future__ import annotations

import html
import re
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit, urlunsplit
from weakref import WeakKeyDictionary

from aiohttp import web

from bot.sandbox.endpoint import Answer, Call, Endpoint, ok
from bot.sandbox.errors import ApiError
from bot.sandbox.models import Person
from bot.sandbox.texts import texts

if TYPE_CHECKING:
    from bot.sandbox.world import World

PERSON_COOKIE = "sandbox_person"
SNAPSHOT_COOKIE = "sandbox_snapshot"
_CODE_SECONDS = 300
_LIFE = 7200
_REFRESH_LIFE = 30 * 86400
_KEPT = 5000
_SCOPES = frozenset({"snsapi_base", "snsapi_userinfo"})
_STATE = re.compile(r"[a-zA-Z0-9]{0,128}")


@dataclass
class Grant:
    """What one code or token stands for."""

    openid: str
    scope: str
    snapshot: bool
    expires: float
    used: bool = False


class Grants:
    """Codes and tokens of web authorisation, the oldest forgotten beyond a number."""

    def __init__(self) -> None:
        self._held: OrderedDict[str, Grant] = OrderedDict()

    def add(self, name: str, grant: Grant) -> str:
        """Keep a grant under a code or token."""
        self._held[name] = grant
        while len(self._held) > _KEPT:
            self._held.popitem(last=False)
        return name

    def get(self, name: str) -> Grant | None:
        """The grant, or None."""
        return self._held.get(name)


_GRANTS: WeakKeyDictionary[World, Grants] = WeakKeyDictionary()


def grants_of(world: World) -> Grants:
    """The grants of one sandbox."""
    return _GRANTS.setdefault(world, Grants())


def authorize(call: Call) -> Answer:
    """GET connect/oauth2/authorize, as open.weixin.qq.com does inside the phone's web view."""
    world, query = call.world, call.query
    if query.get("appid") != world.config.appid:
        return _page(texts().oauth["appid"])
    target = urlsplit(query.get("redirect_uri", ""))
    if target.scheme not in {"http", "https"} or not target.netloc:
        return _page(texts().oauth["redirect_uri"])
    scope = query.get("scope", "")
    if query.get("response_type") != "code" or scope not in _SCOPES:
        return _page(texts().oauth["scope"])
    state = query.get("state", "")
    if _STATE.fullmatch(state) is None:
        return _page(texts().oauth["state"])
    person = world.persons.get(call.request.cookies.get(PERSON_COOKIE, ""))
    if person is None:
        return _page(texts().oauth["outside"])
    snapshot = call.request.cookies.get(SNAPSHOT_COOKIE) == "1"
    if scope == "snsapi_userinfo" and "agreed" not in query:
        return _consent(call, person)
    code = world.new_name(32)
    openid = f"snapshot_{world.new_name(19)}" if snapshot else person.openid
    grants_of(world).add(code, Grant(openid, scope, snapshot, call.now + _CODE_SECONDS))
    pairs = urlencode({"code": code, "state": state})
    joined = f"{target.query}&{pairs}" if target.query else pairs
    raise web.HTTPFound(urlunsplit((*target[:3], joined, "")))


def _page(text: str) -> web.Response:
    style = "font:17px sans-serif;text-align:center;padding-top:30vh"
    body = (
        "<!doctype html><html lang=zh-CN><meta charset=utf-8>"
        "<meta name=viewport content='width=device-width,initial-scale=1'>"
        f"<title>{texts().oauth['title']}</title><body style='{style}'>{text}</body></html>"
    )
    return web.Response(text=body, content_type="text/html")


def _consent(call: Call, person: Person) -> web.Response:
    here = html.escape(f"?{urlencode({**call.query, 'agreed': '1'})}")
    account = html.escape(call.world.config.account_name)
    words = texts().oauth
    return _page(
        f"<p>{account} {words['asks']}</p><p>{words['wants']}</p>"
        f"<p>{html.escape(person.name)}</p>"
        f"<p><a href='{here}' style='display:inline-block;padding:10px 48px;border-radius:8px;"
        f"background:#07c160;color:#fff;text-decoration:none'>{words['allow']}</a></p>"
    )


def access_token(call: Call) -> Answer:
    """GET sns/oauth2/access_token: a code works once, for five minutes."""
    world, query = call.world, call.query
    _check(call)
    if query.get("secret") != world.config.secret:
        raise ApiError(40125, "invalid appsecret")
    if query.get("grant_type") != "authorization_code":
        raise ApiError(40002, "invalid grant_type")
    grant = grants_of(world).get(query.get("code", ""))
    if grant is None:
        raise ApiError(40029, "invalid code")
    if grant.used:
        raise ApiError(40163, "code been used")
    if grant.expires <= call.now:
        raise ApiError(42003, "code expired")
    grant.used = True
    return _granted(call, grant)


def _check(call: Call) -> None:
    if call.query.get("appid") != call.world.config.appid:
        raise ApiError(40013, "invalid appid")


def _granted(call: Call, grant: Grant) -> Answer:
    world = call.world
    grants = grants_of(world)
    token, refresh = world.new_name(110), world.new_name(110)
    life = Grant(grant.openid, grant.scope, grant.snapshot, call.now + _LIFE)
    grants.add(token, life)
    grants.add(refresh, Grant(grant.openid, grant.scope, grant.snapshot, call.now + _REFRESH_LIFE))
    answer: dict[str, str | int] = {
        "access_token": token,
        "expires_in": _LIFE,
        "refresh_token": refresh,
        "openid": grant.openid,
        "scope": grant.scope,
    }
    if grant.snapshot:
        answer["is_snapshotuser"] = 1
    return {**answer}


def refresh_token(call: Call) -> Answer:
    """GET sns/oauth2/refresh_token."""
    _check(call)
    grant = grants_of(call.world).get(call.query.get("refresh_token", ""))
    if grant is None:
        raise ApiError(40030, "invalid refresh_token")
    if grant.expires <= call.now:
        raise ApiError(42002, "refresh_token expired")
    return _granted(call, grant)


def _of_token(call: Call) -> Grant:
    grant = grants_of(call.world).get(call.query.get("access_token", ""))
    if grant is None or grant.openid != call.query.get("openid"):
        raise ApiError(40001, "invalid credential")
    if grant.expires <= call.now:
        raise ApiError(42001, "access_token expired")
    return grant


def userinfo(call: Call) -> Answer:
    """GET sns/userinfo: nickname and picture, for `snsapi_userinfo` only."""
    grant = _of_token(call)
    if grant.scope != "snsapi_userinfo":
        raise ApiError(48001, "api unauthorized")
    person = call.world.person_of(grant.openid)
    return {
        "openid": grant.openid,
        "nickname": texts().oauth["nickname"] if person is None else person.name,
        "sex": 0,
        "language": "",
        "city": "",
        "province": "",
        "country": "",
        "headimgurl": "",
        "privilege": [],
    }


def auth(call: Call) -> Answer:
    """GET sns/auth: whether a token still works."""
    _of_token(call)
    return ok()


ENDPOINTS = (
    Endpoint("/connect/oauth2/authorize", authorize, "GET", "none", token=False),
    Endpoint("/sns/oauth2/access_token", access_token, "GET", "none", token=False),
    Endpoint("/sns/oauth2/refresh_token", refresh_token, "GET", "none", token=False),
    Endpoint("/sns/userinfo", userinfo, "GET", "none", token=False),
    Endpoint("/sns/auth", auth, "GET", "none", token=False),
)

"""Who looks at a page: WeChat's silent authorisation, kept in a sealed cookie.

The way: page → WeChat's authorise page → ``/h5/oauth?code&state`` → page. A snapshot page (an
invented openid) is refused, since nothing may be shown to it.
"""

from __future__ import annotations

import base64
import json
import secrets
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlencode

from aiohttp import web
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from config.settings import Settings

VISITOR_COOKIE, WAY_COOKIE = "h5_visitor", "h5_way"
VISIT_SECONDS, WAY_SECONDS = 2 * 3600, 600


class Visited(Protocol):
    @property
    def openid(self) -> str: ...
    @property
    def snapshot(self) -> bool: ...


class Authorises(Protocol):
    """Turns a code into a visitor; see bot.wechat.oauth."""

    async def exchange(self, code: str) -> Visited: ...


@dataclass(frozen=True, slots=True)
class Way:
    """Where somebody was going when they were sent to WeChat."""

    path: str
    state: str


class Visitors:
    """Cookies of visitors, sealed with the installation's secret key."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        master = settings.secret_key.get_secret_value().encode()
        key = HKDF(SHA256(), 32, salt=None, info=b"medcredit:h5").derive(master)
        self._seal = Fernet(base64.urlsafe_b64encode(key))
        self._secure = settings.public_url.startswith("https")

    def openid(self, request: web.Request) -> str | None:
        """The openid of a visitor whom WeChat has named within the last two hours."""
        return self._open(request, VISITOR_COOKIE, VISIT_SECONDS)

    def remember(self, response: web.StreamResponse, openid: str) -> None:
        self._set(response, VISITOR_COOKIE, openid, VISIT_SECONDS)

    def send_to_wechat(self, request: web.Request) -> web.Response:
        """To WeChat's authorise page, and back to this page after."""
        state = secrets.token_hex(12)
        back = f"{self._settings.public_url.rstrip('/')}/h5/oauth"
        query = urlencode(
            {
                "appid": self._settings.wechat_appid,
                "redirect_uri": back,
                "response_type": "code",
                "scope": "snsapi_base",
                "state": state,
            }
        )
        base = self._settings.wechat_oauth_base.rstrip("/")
        response = web.Response(
            status=302,
            headers={"Location": f"{base}/connect/oauth2/authorize?{query}#wechat_redirect"},
        )
        way = json.dumps({"path": request.path, "state": state})
        self._set(response, WAY_COOKIE, way, WAY_SECONDS)
        return response

    def way(self, request: web.Request) -> Way | None:
        """Where the visitor was going; None when the state is not the one that we gave."""
        kept = self._open(request, WAY_COOKIE, WAY_SECONDS)
        if kept is None:
            return None
        way = Way(**json.loads(kept))
        return way if secrets.compare_digest(way.state, request.query.get("state", "")) else None

    def _set(self, response: web.StreamResponse, name: str, value: str, seconds: int) -> None:
        response.set_cookie(
            name,
            self._seal.encrypt(value.encode()).decode(),
            max_age=seconds,
            path="/h5",
            httponly=True,
            secure=self._secure,
            samesite="Lax",
        )

    def _open(self, request: web.Request, name: str, seconds: int) -> str | None:
        try:
            return self._seal.decrypt(request.cookies.get(name, ""), ttl=seconds).decode()
        except (InvalidToken, UnicodeError):
            return None

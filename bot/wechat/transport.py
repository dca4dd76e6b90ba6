"""One call to WeChat: raw UTF-8 JSON out, a body or a typed error back.

HTTP is 200 also for refusals, so the number decides. A refused token is renewed and the call
repeated once, nothing more; every other repetition is the business of whoever owns the
message, since only they know whether it may be repeated.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote, urlencode

import aiohttp
from pydantic_core import from_json, to_json
from yarl import URL

from bot.wechat.credentials import Credential
from bot.wechat.errors import (
    OutcomeUnknown,
    TokenInvalid,
    WeChatError,
    no_answer,
    no_connection,
    refusal,
)
from credit_core.clock import Clock
from credit_core.database import Database

CONNECTIONS = 256
_TIMEOUT = aiohttp.ClientTimeout(total=15, sock_connect=5)
_JSON = {"Content-Type": "application/json; charset=utf-8"}
Body = dict[str, Any]


class Transport:
    """Connections to ``api.weixin.qq.com`` with the account's credentials.

    :param base: address of the platform; another one puts a stand-in in its place.
    """

    def __init__(
        self, database: Database, clock: Clock, *, base: str, appid: str, secret: str
    ) -> None:
        self.base, self.appid, self._secret = base.rstrip("/"), appid, secret
        self.token = Credential(
            database, clock, appid=appid, kind="access_token", fetch=self._fetch_token
        )
        self.ticket = Credential(
            database, clock, appid=appid, kind="jsapi_ticket", fetch=self._fetch_ticket
        )
        self._session: aiohttp.ClientSession | None = None
        self._urls: dict[str, URL] = {}
        self._urls_token = ""

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def post(self, path: str, body: Mapping[str, Any]) -> Body:
        """:raises bot.wechat.errors.WeChatError: what WeChat or the network refused."""
        data = to_json(body)
        return await self._with_token("POST", path, data)

    async def get(self, path: str, **query: str) -> Body:
        return await self._with_token("GET", path, None, query)

    async def upload(
        self, path: str, *, name: str, content: bytes, content_type: str, **query: str
    ) -> Body:
        """A multipart call with the one field ``media``."""

        def form() -> aiohttp.FormData:
            made = aiohttp.FormData()
            made.add_field("media", content, filename=name, content_type=content_type)
            return made

        token = await self.token.value()
        try:
            return await self._call("POST", path, self._url(path, token, query), form())
        except TokenInvalid as error:
            renewed = await self.token.renewed(token)
            if renewed is None:
                raise error from None
            return await self._call("POST", path, self._url(path, renewed, query), form())

    async def without_token(self, path: str, query: Mapping[str, str]) -> Body:
        """A call of the web authorisation, which carries its own credentials."""
        return await self._call("GET", path, URL(f"{self.base}{path}?{urlencode(query)}"), None)

    @asynccontextmanager
    async def stream(self, path: str, **query: str) -> AsyncIterator[aiohttp.ClientResponse]:
        """An open answer, for files."""
        token = await self.token.value()
        try:
            async with self._client().get(self._url(path, token, query)) as response:
                yield response
        except (aiohttp.ClientError, TimeoutError) as fault:
            raise no_answer(path, type(fault).__name__) from None

    async def _with_token(
        self, method: str, path: str, data: bytes | None, query: Mapping[str, str] | None = None
    ) -> Body:
        token = self.token.held() or await self.token.value()
        try:
            answer = await self._call(method, path, self._url(path, token, query), data)
        except TokenInvalid as error:
            renewed = await self.token.renewed(token)
            if renewed is None:
                raise error from None
            token = renewed
            answer = await self._call(method, path, self._url(path, token, query), data)
        if not self.token.is_known_to_work(token):
            await self.token.works(token)
        return answer

    async def _call(
        self, method: str, path: str, url: URL, data: bytes | aiohttp.FormData | None
    ) -> Body:
        headers = _JSON if isinstance(data, bytes) else None
        try:
            async with self._client().request(
                method, url, data=data, headers=headers, allow_redirects=False
            ) as response:
                raw = await response.read()
                status = response.status
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
            raise no_connection(path) from None
        except (aiohttp.ClientError, TimeoutError, ConnectionError) as fault:
            raise no_answer(path, type(fault).__name__) from None
        if status != 200:
            raise no_answer(path, f"HTTP {status}")
        return read_answer(path, raw)

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=CONNECTIONS, keepalive_timeout=30),
                timeout=_TIMEOUT,
                cookie_jar=aiohttp.DummyCookieJar(),
                skip_auto_headers=("User-Agent",),
            )
        return self._session

    def _url(self, path: str, token: str, query: Mapping[str, str] | None = None) -> URL:
        if query:
            rest = urlencode({"access_token": token, **query})
            return URL(f"{self.base}{path}?{rest}", encoded=True)
        if token != self._urls_token:
            self._urls, self._urls_token = {}, token
        url = self._urls.get(path)
        if url is None:
            url = URL(f"{self.base}{path}?access_token={quote(token)}", encoded=True)
            self._urls[path] = url
        return url

    async def _fetch_token(self, force: bool) -> tuple[str, int]:
        path = "/cgi-bin/stable_token"
        body = {
            "grant_type": "client_credential",
            "appid": self.appid,
            "secret": self._secret,
            "force_refresh": force,
        }
        answer = await self._token_call(path, json.dumps(body).encode())
        return str(answer["access_token"]), int(answer["expires_in"])

    async def _token_call(self, path: str, data: bytes) -> Body:
        try:
            return await self._call("POST", path, URL(self.base + path), data)
        except OutcomeUnknown:
            # A token may be fetched again; the call that wanted one was not made.
            raise no_connection(path) from None
        except WeChatError as error:
            if error.body is None:
                raise
            raise refusal(path, error.body, at_token=True) from None

    async def _fetch_ticket(self, _force: bool) -> tuple[str, int]:
        answer = await self.get("/cgi-bin/ticket/getticket", type="jsapi")
        return str(answer["ticket"]), int(answer["expires_in"])


def read_answer(path: str, raw: bytes) -> Body:
    """The body of an answer, or its refusal.

    :raises bot.wechat.errors.WeChatError: ``errcode`` is not 0, or it is no JSON object.
    """
    try:
        answer = from_json(raw)
    except ValueError:
        raise no_answer(path, "no JSON") from None
    if not isinstance(answer, dict):
        raise no_answer(path, "no JSON object")
    if answer.get("errcode", 0):
        raise refusal(path, answer)
    return answer

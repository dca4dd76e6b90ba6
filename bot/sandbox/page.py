"""The phone's page, its live events, pictures and articles."""

from __future__ import annotations

import asyncio
import html
import json
import mimetypes
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from aiohttp import web

from bot.sandbox.fields import Fields
from bot.sandbox.platform_oauth import PERSON_COOKIE, SNAPSHOT_COOKIE

if TYPE_CHECKING:
    from bot.sandbox.world import World

_PAGES = Path(__file__).parent / "pages"
_WEUI = Path("weui/dist/style/weui.min.css")
_BEAT_SECONDS = 15.0
_SAFE_PAGE = "default-src 'self' 'unsafe-inline' data:; script-src 'none'"


class Page:
    """Routes of the page."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[web.RouteDef]:
        """All routes, relative to the sandbox."""
        return [
            web.get("", self.to_phone),
            web.get("/", self.phone),
            web.get("/pages/{name}", self.own_file),
            web.get("/vendor/weui.min.css", self.weui),
            web.get("/events", self.events),
            web.get("/media/{media_id}", self.media),
            web.get("/articles/{name}/{place}", self.article),
            web.get("/open", self.open),
        ]

    async def to_phone(self, request: web.Request) -> web.Response:
        """The addresses in the page are relative, so its own must end in a slash."""
        raise web.HTTPFound(f"{request.path}/")

    async def phone(self, request: web.Request) -> web.Response:
        """The page itself, at the origin that the account's links have.

        Web pages open inside the phone, and their cookies must be of the same origin.
        """
        public = urlsplit(self._world.config.public_url)
        asked = request.url
        if asked.host in {"localhost", "::1"} and public.hostname == "127.0.0.1":
            raise web.HTTPFound(asked.with_host(public.hostname))
        return self._file(_PAGES / "phone.html")

    async def own_file(self, request: web.Request) -> web.Response:
        """Our own script and style."""
        wanted = _PAGES / request.match_info["name"]
        if wanted.parent != _PAGES or not wanted.is_file():
            raise web.HTTPNotFound
        return self._file(wanted)

    async def weui(self, _request: web.Request) -> web.Response:
        """WeChat's own style sheet, as installed from the npm registry."""
        path = self._world.config.vendor_dir / _WEUI
        if not path.is_file():
            return web.Response(text="", content_type="text/css")
        return self._file(path)

    @staticmethod
    def _file(path: Path) -> web.Response:
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        return web.Response(
            body=path.read_bytes(),
            headers={"Content-Type": f"{kind}; charset=utf-8", "Cache-Control": "no-cache"},
        )

    async def events(self, request: web.Request) -> web.StreamResponse:
        """Server-sent events: new messages, traffic, changes."""
        answer = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
        )
        await answer.prepare(request)
        queue = self._world.hub.open()
        try:
            await answer.write(b"retry: 1000\n\n")
            while True:
                try:
                    event = await asyncio.wait_for(queue.get(), _BEAT_SECONDS)
                except TimeoutError:
                    await answer.write(b": still here\n\n")
                    continue
                if event["type"] == "shut":
                    return answer
                text = json.dumps(event, ensure_ascii=False)
                await answer.write(f"data: {text}\n\n".encode())
        except (ConnectionError, asyncio.CancelledError):
            return answer
        finally:
            self._world.hub.close(queue)

    async def media(self, request: web.Request) -> web.StreamResponse:
        """A picture, voice or video, as WeChat's file servers hand it out."""
        media_id = request.match_info["media_id"]
        media = self._world.media.get(media_id)
        path = self._world.media_dir / media_id
        if media is None or not path.is_file():
            raise web.HTTPNotFound
        return web.Response(
            body=path.read_bytes(),
            headers={
                "Content-Type": media.content_type,
                "X-Content-Type-Options": "nosniff",
                "Content-Security-Policy": "sandbox",
                "Cache-Control": "max-age=86400",
            },
        )

    async def article(self, request: web.Request) -> web.Response:
        """An article of a draft, a mass message or a publication."""
        name, place = request.match_info["name"], request.match_info["place"]
        draft = self._world.published.get(name) or self._world.drafts.get(name)
        if draft is None or not place.isdigit() or int(place) >= len(draft.articles):
            raise web.HTTPNotFound
        article = Fields(draft.articles[int(place)])
        title = html.escape(article.text("title"))
        body = (
            "<!doctype html><html lang=zh-CN><meta charset=utf-8>"
            "<meta name=viewport content='width=device-width,initial-scale=1'>"
            f"<title>{title}</title><link rel=stylesheet href='../../pages/article.css'>"
            f"<main><h1>{title}</h1><p class=by>{html.escape(self._world.config.account_name)}"
            f"</p>{article.text('content')}</main></html>"
        )
        return web.Response(
            text=body,
            content_type="text/html",
            headers={"Content-Security-Policy": _SAFE_PAGE},
        )

    async def open(self, request: web.Request) -> web.Response:
        """Open a page in the web view of one person: `?person=KEY&url=…&snapshot=1`."""
        person = self._world.persons.get(request.query.get("person", ""))
        url = request.query.get("url", "")
        if person is None or urlsplit(url).scheme not in {"http", "https"}:
            raise web.HTTPNotFound
        answer = web.HTTPFound(url)
        if request.cookies.get(PERSON_COOKIE) != person.key:
            # Every person has their own phone: the browser's sessions are not theirs.
            for name, path in self._world.config.web_cookies:
                answer.del_cookie(name, path=path)
        snapshot = "1" if request.query.get("snapshot") else ""
        answer.set_cookie(PERSON_COOKIE, person.key, path="/", httponly=True, samesite="Lax")
        answer.set_cookie(SNAPSHOT_COOKIE, snapshot, path="/", httponly=True, samesite="Lax")
        raise answer

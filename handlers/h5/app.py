"""The pages under ``/h5``, mounted by the composition root."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp_jinja2
import jinja2
import structlog
from aiohttp import web
from sqlalchemy import select
from sqlalchemy.orm import Session

from config.settings import Settings
from config.texts import text
from credit_core.accounts.models import Follower
from credit_core.clock import Clock
from credit_core.database import Database
from handlers.h5 import campaign, pages
from handlers.h5.visitor import Authorises, Visitors
from handlers.static import content_hash, file_response, vendor_url

log = structlog.get_logger("h5")

HERE = Path(__file__).parent
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
        "base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}

Shown = tuple[str, Mapping[str, Any]]
View = Callable[[pages.Visit], Shown]


@dataclass(frozen=True, slots=True)
class H5:
    database: Database
    clock: Clock
    visitors: Visitors
    authority: Authorises
    city: str


_H5 = web.AppKey("h5", H5)


def h5_app(
    database: Database, clock: Clock, settings: Settings, authority: Authorises
) -> web.Application:
    """:param authority: who tells us the openid behind a code (WeChat's client)."""
    app = web.Application(middlewares=[_kindly])
    templates = aiohttp_jinja2.setup(app, loader=jinja2.FileSystemLoader(HERE / "templates"))
    templates.undefined = jinja2.StrictUndefined
    templates.globals.update(
        weui=vendor_url("weui.min.css"),
        style=f"/h5/static/h5.css?v={content_hash(HERE / 'static' / 'h5.css')}",
        words=lambda key, **fields: text("h5", key, **fields),
    )
    app[_H5] = H5(database, clock, Visitors(settings), authority, settings.city)
    app.router.add_get("/oauth", _returned)
    app.router.add_get("/static/h5.css", _style)
    for path, view in pages.VIEWS.items():
        app.router.add_get(path, _served(view))
    app.router.add_post("/alerts/{id}", _served(pages.acknowledge))
    app.router.add_get("/campaigns/{id}", _served(campaign.show))
    app.router.add_post("/campaigns/{id}", _served(campaign.take_part))
    return app


def _served(view: View) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def serve(request: web.Request) -> web.StreamResponse:
        h5 = request.app[_H5]
        openid = h5.visitors.openid(request)
        if openid is None:
            if request.method == "POST":
                return _page(request, "message.html", {"message": text("h5", "again")}, 403)
            return h5.visitors.send_to_wechat(request)
        form = await request.post() if request.method == "POST" else {}
        said = {name: value for name, value in form.items() if isinstance(value, str)}
        template, values = await asyncio.to_thread(_run, h5, view, openid, request, said)
        return _page(request, template, values)

    return serve


def _run(h5: H5, view: View, openid: str, request: web.Request, said: Mapping[str, str]) -> Shown:
    noted = (*campaign.COUNTED, pages.alert)
    writes = request.method == "POST" or view in noted
    begin = h5.database.begin if writes else h5.database.read
    with begin() as session:
        follower = _follower(session, openid)
        if follower is None:
            return "message.html", {"message": text("h5", "follow_first")}
        visit = pages.Visit(session, follower, h5.clock.now(), request.match_info, h5.city, said)
        return view(visit)


def _follower(session: Session, openid: str) -> Follower | None:
    return session.scalar(select(Follower).where(Follower.openid == openid))


async def _returned(request: web.Request) -> web.StreamResponse:
    """Back from WeChat with a code."""
    h5 = request.app[_H5]
    way = h5.visitors.way(request)
    code = request.query.get("code", "")
    if way is None or not code:
        return _page(request, "message.html", {"message": text("h5", "again")}, 403)
    try:
        visitor = await h5.authority.exchange(code)
    except Exception as error:  # noqa: BLE001  Old code or no network: the page says try again.
        log.warning("not_authorised", error=type(error).__name__)
        return _page(request, "message.html", {"message": text("h5", "again")}, 403)
    if visitor.snapshot:
        return _page(request, "message.html", {"message": text("h5", "snapshot")}, 403)
    response = web.Response(status=302, headers={"Location": way.path})
    h5.visitors.remember(response, visitor.openid)
    return response


async def _style(request: web.Request) -> web.StreamResponse:
    return file_response(request, HERE / "static" / "h5.css")


def _page(
    request: web.Request, template: str, values: Mapping[str, Any], status: int = 200
) -> web.Response:
    response = aiohttp_jinja2.render_template(template, request, dict(values), status=status)
    response.headers.update(HEADERS)
    return response


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def _kindly(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except web.HTTPNotFound:
        return _page(request, "message.html", {"message": text("h5", "missing")}, 404)
    except web.HTTPException:
        raise
    except Exception:
        log.exception("page_failed")
        return _page(request, "message.html", {"message": text("h5", "fault")}, 503)

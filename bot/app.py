"""The composition root: one web process, put together from its parts.

Nothing is wired anywhere else. On SQLite the process also runs the clock and the dispatcher; on
PostgreSQL `medcredit worker` does, as often as wanted.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import structlog
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Histogram, generate_latest
from sqlalchemy import text as sql

import bot.schema  # noqa: F401  Registers every table.
from bot.gateway import Gateway
from bot.menu import publish_menu
from bot.turn import Services
from bot.turns import Turns
from bot.understanding import Understander
from bot.wechat.client import WeChat
from bot.wechat.media import MediaTooLarge
from config.settings import Settings
from credit_core.clock import Clock, SystemClock
from credit_core.crypto import Keyring, install_keyring
from credit_core.database import Database
from credit_core.errors import Refusal
from credit_core.evidence.store import EvidenceStore
from credit_core.migrate import is_current
from handlers.chat import make_routes
from handlers.engine import make_engine
from handlers.h5.app import h5_app
from handlers.staff.app import staff_app
from handlers.static import add_vendor_routes
from notices import outbox, queue

log = structlog.get_logger("bot.app")

REQUESTS = Counter("medcredit_requests_total", "Answered requests", ["area", "status"])
SECONDS = Histogram("medcredit_request_seconds", "Time to answer", ["area"])
MOST_PHOTO_BYTES = 10 * 1024 * 1024


def install_keys(settings: Settings) -> None:
    """Make sealed columns readable in this process."""
    old = tuple(settings.old_data_keys.get_secret_value().split())
    install_keyring(Keyring(settings.data_key.get_secret_value(), old))


def make_app(
    settings: Settings,
    database: Database,
    *,
    clock: Clock | None = None,
    understander: Understander | None = None,
) -> web.Application:
    """The web application of one installation.

    :param database: migrated, with the subscribers of :func:`bot.wiring.subscribers`.
    """
    clock = clock or SystemClock()
    understander = understander or Understander.load()
    wechat = WeChat.of(settings, database, clock)
    engine = make_engine(settings, database, wechat, clock) if database.is_sqlite else None

    async def fetch_photo(media_id: str) -> bytes:
        try:
            found = await wechat.media.get(media_id, most_bytes=MOST_PHOTO_BYTES)
        except MediaTooLarge:
            raise Refusal("evidence.too_large", most=10) from None
        return found.content

    services = Services(
        settings=settings,
        understander=understander,
        evidence=EvidenceStore(settings.var_dir / "evidence"),
        routes=make_routes(understander),
    )
    turns = Turns(
        database=database,
        clock=clock,
        services=services,
        fetch_photo=fetch_photo,
        answer_late=outbox.post_reply,
        committed=engine.wake if engine else lambda: None,
        threads=settings.workers,
    )
    app = web.Application(middlewares=[_kindly])
    app.add_routes(Gateway(settings, turns, clock).routes())
    app.add_routes(_health(database))
    add_vendor_routes(app)
    app.add_subapp("/staff", staff_app(database, clock, settings))
    app.add_subapp("/h5", h5_app(database, clock, settings, wechat.oauth))

    async def running(_app: web.Application) -> AsyncIterator[None]:
        if engine:
            await engine.start()
        else:
            await asyncio.to_thread(queue.prepare, database)
            queue.attach(database)
        menu = asyncio.create_task(publish_menu(wechat))
        yield
        menu.cancel()
        await turns.close()
        if engine:
            await engine.stop()
        else:
            queue.detach(database)
        await wechat.close()

    app.cleanup_ctx.append(running)
    return app


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def _kindly(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Count, and let no fault of ours reach a person as a trace."""
    area = request.path.split("/", 2)[1] or "root"
    with SECONDS.labels(area if area in _AREAS else "other").time():
        try:
            response = await handler(request)
        except web.HTTPException:
            raise
        except ConnectionResetError:
            raise
        except Exception:
            log.exception("request_failed", area=area)
            # WeChat shows its own fault text for anything but success.
            status = 200 if area == "wechat" else 503
            response = web.Response(text="success" if area == "wechat" else "", status=status)
    REQUESTS.labels(area if area in _AREAS else "other", str(response.status)).inc()
    return response


_AREAS = {"wechat", "staff", "h5", "api", "verify", "merchant", "sandbox", "static"}


def _health(database: Database) -> list[web.RouteDef]:
    async def alive(_request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    def look() -> bool:
        with database.read() as session:
            session.execute(sql("SELECT 1"))
        return is_current(database)

    async def ready(_request: web.Request) -> web.Response:
        try:
            good = await asyncio.to_thread(look)
        except Exception:  # noqa: BLE001  Not ready is the answer, whatever the reason.
            good = False
        return web.json_response({"ready": good}, status=200 if good else 503)

    async def metrics(_request: web.Request) -> web.Response:
        return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    return [web.get("/healthz", alive), web.get("/readyz", ready), web.get("/metrics", metrics)]

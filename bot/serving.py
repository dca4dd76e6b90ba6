"""Starting and stopping a web process, with or without the sandbox."""

from __future__ import annotations

import errno
import gc
import json
import socket
import sys
import time
from pathlib import Path

from aiohttp import web

from bot import demo
from bot.app import install_keys, make_app
from bot.logs import configure_logs
from bot.understanding import Understander
from bot.wiring import subscribers
from config.settings import ROOT, Settings, SettingsError
from credit_core.clock import SystemClock
from credit_core.database import Database
from credit_core.knowledge.library import Library
from credit_core.migrate import require_current, upgrade
from handlers.h5.visitor import VISITOR_COOKIE, WAY_COOKIE


def serve_until_stopped(settings: Settings, *, host: str, port: int) -> None:
    """Serve until SIGINT or SIGTERM; running turns end first.

    :raises SettingsError: the address is taken.
    :raises NotMigratedError: the database is not of this version.
    """
    configure_logs(settings.log_level)
    install_keys(settings)
    database = Database(settings.database_url, subscribers=subscribers(settings.city))
    require_current(database)
    _require_free(host, port)
    app = make_app(settings, database)
    _listen(app, host=host, port=port, seconds=10)
    database.dispose()


def demo_until_stopped(*, port: int, state: Path) -> None:
    """The demo: the product, and beside it the stand-in for WeChat, in one process.

    :raises SettingsError: the port is taken, or the folder of the state cannot be written.
    """
    from bot.sandbox import PersonSpec, SandboxConfig, make_sandbox

    started = time.monotonic()
    _require_free("127.0.0.1", port)
    first = not (state / "demo" / "secrets.json").is_file()
    settings = demo.demo_settings(port, state)
    if first:
        _tell("First start: demo data, and learning to understand messages; about a minute …")
    configure_logs("WARNING")
    install_keys(settings)
    database = Database(settings.database_url, subscribers=subscribers(settings.city))
    upgrade(database)
    clock = SystemClock()
    password = demo.demo_password(state)
    demo.fill(database, clock.now(), password)
    understander = Understander.load()
    people = demo.personas(clock.now().date())
    sandbox = make_sandbox(
        SandboxConfig(
            state_dir=settings.var_dir / "sandbox",
            callback_url=f"{settings.public_url}/wechat",
            public_url=settings.public_url,
            mount=demo.MOUNT,
            appid=settings.wechat_appid,
            secret=settings.wechat_secret.get_secret_value(),
            token=settings.wechat_token.get_secret_value(),
            aes_key=settings.wechat_aes_key.get_secret_value(),
            original_id=settings.wechat_account,
            mode=settings.wechat_mode,
            persons=tuple(
                PersonSpec(key=one.key, name=one.name, openid=one.openid, description=one.about)
                for one in people
            ),
            templates=demo.templates(),
            vendor_dir=ROOT / "node_modules",
            # Each person has a phone of their own, so a page must not keep the last one's visit.
            web_cookies=((VISITOR_COOKIE, "/h5"), (WAY_COOKIE, "/h5")),
        )
    )
    app = make_app(settings, database, clock=clock, understander=understander)
    app.add_subapp(demo.MOUNT, sandbox.app)

    async def home(_request: web.Request) -> web.Response:
        raise web.HTTPFound(f"{demo.MOUNT}/")

    app.router.add_get("/", home)
    _export_environment(settings, state)
    ready = demo.greeting(settings, password, seconds=time.monotonic() - started)
    _tell(ready)
    _listen(app, host="127.0.0.1", port=port, seconds=5)
    database.dispose()


def _tell(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def _require_free(host: str, port: int) -> None:
    """Ask for the address before anything slow is done.

    :raises SettingsError: it cannot be had.
    """
    try:
        with socket.create_server((host, port)):
            pass
    except (OSError, OverflowError) as error:
        raise _not_to_be_had(host, port) from error


def _not_to_be_had(host: str, port: int) -> SettingsError:
    return SettingsError(
        f"{host}:{port} cannot be listened on: it is taken or not allowed; choose another --port."
    )


def settle() -> None:
    """Load what the first question would wait for, and set aside what stays loaded.

    Dictionaries and models live as long as the process: a full collection of garbage that went
    through them would hold up whoever is being answered.
    """
    Library.warm()
    gc.collect()
    gc.freeze()


def _listen(app: web.Application, *, host: str, port: int, seconds: float) -> None:
    """Serve; running requests have ``seconds`` to end.

    :raises SettingsError: the address cannot be had.
    """
    settle()
    try:
        web.run_app(
            app, host=host, port=port, print=None, access_log=None, shutdown_timeout=seconds
        )
    except OSError as error:
        if error.errno in {errno.EADDRINUSE, errno.EADDRNOTAVAIL, errno.EACCES}:
            raise _not_to_be_had(host, port) from None
        raise


def _export_environment(settings: Settings, state: Path) -> None:
    """Settings file with which other commands reach the demo: MEDCREDIT_CONFIG=…/demo.toml."""
    file = state / "demo" / "demo.toml"
    values = {
        "database_url": settings.database_url,
        "var_dir": str(settings.var_dir),
        "public_url": settings.public_url,
        "secret_key": settings.secret_key.get_secret_value(),
        "data_key": settings.data_key.get_secret_value(),
        "wechat_appid": settings.wechat_appid,
        "wechat_secret": settings.wechat_secret.get_secret_value(),
        "wechat_token": settings.wechat_token.get_secret_value(),
        "wechat_aes_key": settings.wechat_aes_key.get_secret_value(),
        "wechat_api_base": settings.wechat_api_base,
        "wechat_oauth_base": settings.wechat_oauth_base,
    }
    lines = [f"{name} = {json.dumps(value)}" for name, value in values.items()]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    file.chmod(0o600)

"""``medcredit worker``: a process with the clock and the dispatcher, as many as needed."""

from __future__ import annotations

import asyncio
import signal
from typing import Annotated

import typer

from bot.logs import configure_logs
from bot.wechat.client import WeChat
from config.settings import Settings, SettingsError
from credit_core.clock import SystemClock
from credit_core.database import Database
from credit_core.migrate import require_current
from handlers.cli.context import open_database, refuse, settings_or_exit


def register(app: typer.Typer) -> None:
    app.command("worker")(worker)


def worker(
    once: Annotated[bool, typer.Option("--once", help="Do what is due and end.")] = False,
) -> None:
    """Run the periodic jobs and send notices until stopped."""
    settings = settings_or_exit()
    try:
        settings.require_secrets()
    except SettingsError as error:
        refuse(str(error))
    configure_logs(settings.log_level)
    with open_database(settings) as database:
        require_current(database)
        asyncio.run(_work(settings, database, once=once))


async def _work(settings: Settings, database: Database, *, once: bool) -> None:
    from handlers.engine import make_engine
    from notices import queue

    clock = SystemClock()
    client = WeChat.of(settings, database, clock)
    engine = make_engine(settings, database, client, clock)
    try:
        if once:
            await engine.run_once()
            return
        await asyncio.to_thread(queue.prepare, database)
        queue.attach(database)
        stopped = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stopped.set)
        await engine.start()
        typer.echo("The worker runs.", err=True)
        await stopped.wait()
        await engine.stop()
    finally:
        await client.close()

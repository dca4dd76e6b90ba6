"""``medcredit tick``: run every periodic job that is due, once, and say what it did."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Annotated, Any

import typer
from sqlalchemy import select

from bot.logs import configure_logs
from bot.wechat.client import WeChat
from config.settings import Settings
from credit_core.clock import Clock, FixedClock, SystemClock, parse_moment
from credit_core.database import Database
from handlers.cli.context import open_database, print_json, refuse, settings_or_exit
from notices.clock import Clockwork, Done
from notices.models import NoticeEvent
from notices.status import NoticeStatus


def register(app: typer.Typer) -> None:
    app.command("tick")(tick)


def tick(
    now: Annotated[
        str, typer.Option(help="The time to take, such as 2026-12-01 or 2026-12-01T09:30.")
    ] = "",
    dispatch: Annotated[
        bool | None,
        typer.Option(
            "--dispatch/--no-dispatch",
            help="Send what results. Without it: yes on SQLite, left to workers on PostgreSQL.",
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Run every periodic job that is due at a time, once."""
    settings = settings_or_exit()
    configure_logs(settings.log_level)
    clock = _clock(now)
    with open_database(settings) as database:
        sends = settings.is_sqlite if dispatch is None else dispatch
        if sends and not settings.wechat_appid:
            typer.echo("MEDCREDIT_WECHAT_APPID is missing: nothing is sent.", err=True)
            sends = False
        done = (
            asyncio.run(_run_and_send(settings, database, clock))
            if sends
            else _run(settings, database, clock)
        )
        moved = _moved(database, clock) if sends else {}
    if json:
        jobs = [_told(one) for one in done]
        print_json({"now": clock.now().isoformat(), "jobs": jobs, "notices": moved})
        return
    for one in done:
        words = ", ".join(f"{name} {value}" for name, value in one.result.items())
        print(f"{one.job}: {one.error or words or 'done'}")
    if not done:
        print("Nothing is due.")
    if moved:
        print("notices:", ", ".join(f"{name} {number}" for name, number in moved.items()))
    if any(one.error for one in done):
        raise typer.Exit(1)


def _clock(now: str) -> Clock:
    if not now:
        return FixedClock(SystemClock().now())
    try:
        return FixedClock(parse_moment(now))
    except ValueError:
        refuse(f"{now!r} is not a time; write it as 2026-12-01 or 2026-12-01T09:30.")


def _run(settings: Settings, database: Database, clock: Clock) -> list[Done]:
    from handlers.engine import periodic_jobs

    return Clockwork(database, periodic_jobs(settings.city)).run_due(clock.now())


async def _run_and_send(settings: Settings, database: Database, clock: Clock) -> list[Done]:
    from handlers.engine import make_engine

    client = WeChat.of(settings, database, SystemClock())
    try:
        return await make_engine(settings, database, client, clock).run_once()
    finally:
        await client.close()


def _moved(database: Database, clock: Clock) -> dict[str, int]:
    """What became of notices in this run, by status."""
    with database.read() as session:
        rows = session.scalars(
            select(NoticeEvent.status).where(
                NoticeEvent.at == clock.now(), NoticeEvent.status != NoticeStatus.SENDING
            )
        ).all()
    return dict(Counter(str(row) for row in rows))


def _told(one: Done) -> dict[str, Any]:
    told: dict[str, Any] = {"job": one.job, "slot": one.slot.isoformat(), **one.result}
    if one.error:
        told["error"] = one.error
    return told

"""A worker whose clock is shifted, and which kills itself once in the middle of a slot.

    python -m tests.crash.leader DATABASE_URL PLATFORM MARKS STEP SHIFT_SECONDS

``STEP`` is ``before`` (the slot's work is done, its transaction not committed) or ``after``
(committed, the slot not closed yet). A file ``MARKS/STEP`` says that the death has been died.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session

import bot.schema  # noqa: F401
from bot.wechat.client import WeChat
from credit_core.clock import SystemClock
from credit_core.crypto import Keyring, install_keyring
from credit_core.database import Database
from handlers.delivery import WeChatPlatform
from notices import jobs, queue
from notices.clock import Job
from notices.engine import Engine
from tests.conftest import KEY
from tests.notices.platform import SECRET

TAKEOVER = timedelta(seconds=10)
CLOCK_SECONDS = 3.0
"""A quarter of an installation's; longer than a running job's signs of life are apart."""
_here = threading.local()


class Shifted:
    """The machine's clock, so many seconds on: the slot of the morning is due at any hour."""

    def __init__(self, seconds: float) -> None:
        self._by = timedelta(seconds=seconds)

    def now(self) -> datetime:
        return SystemClock().now() + self._by


def die_once(marks: Path) -> None:
    try:
        marks.touch(exist_ok=False)
    except FileExistsError:
        return
    os.kill(os.getpid(), signal.SIGKILL)


def mortal(mark: Path) -> Job:
    """The planning of the day, at midnight already."""

    def plan(database: Database, now: datetime) -> Mapping[str, Any]:
        _here.planning = True
        try:
            done = jobs.plan(database, now)
        finally:
            _here.planning = False
        if mark.name == "after":
            die_once(mark)
        return done

    def committing(_session: Session) -> None:
        if mark.name == "before" and getattr(_here, "planning", False):
            die_once(mark)

    event.listen(Session, "before_commit", committing)
    return Job(jobs.PLAN, plan, every=timedelta(days=1))


async def run(url: str, base: str, mark: Path, shift: float) -> None:
    install_keyring(Keyring(KEY))
    database = Database(url)
    client = WeChat(database, SystemClock(), base=base, appid="wx5afe5afe5afe5afe", secret=SECRET)
    await asyncio.to_thread(queue.prepare, database)
    engine = Engine(
        database,
        WeChatPlatform(client),
        public_url="https://credit.example",
        jobs=[mortal(mark)],
        clock=Shifted(shift),
        takeover=TAKEOVER,
        clock_seconds=CLOCK_SECONDS,
    )
    await engine.start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1], sys.argv[2], Path(sys.argv[3]) / sys.argv[4], float(sys.argv[5])))

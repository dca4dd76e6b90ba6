"""The clock's leader is killed in the middle of a slot: taken over in time, done once.

The workers here wait for a shorter time than those of an installation, who have a minute.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select

import bot.schema  # noqa: F401  Registers every table.
from credit_core.accounts.models import BindingRole
from credit_core.clock import SHANGHAI, FixedClock, SystemClock, local_day
from credit_core.crypto import Keyring, install_keyring
from credit_core.database import Base, Database
from credit_core.deadlines.models import Deadline
from credit_core.ids import new_id
from notices import clock, engine, jobs
from notices.memory import MemoryPlatform
from notices.models import JobSlot, Notice
from tests.conftest import HAS_POSTGRES, KEY
from tests.crash import leader
from tests.crash.installation import ROOT
from tests.databases import fresh_postgres
from tests.notices.conftest import Bureau
from tests.notices.test_crash import Platform, platform

pytestmark = [pytest.mark.crash, pytest.mark.timeout(300)]
DEADLINES = 40
WITHIN = 30
"""Seconds: until signs of life are missed and somebody looks, and as long for the work."""


class Place:
    """One database with a pharmacy whose papers are due today, and its workers."""

    def __init__(self, url: str, folder: Path, wx: Platform, step: str) -> None:
        folder.mkdir()
        self.url, self.mark, self.wx = url, folder / step, wx
        self.database = Database(url)
        install_keyring(Keyring(KEY))
        Base.metadata.create_all(self.database.engine)
        self.workers: list[subprocess.Popen[bytes]] = []
        # Ten in the morning in Shanghai, whatever the hour of the test.
        ten = datetime.now(UTC).astimezone(SHANGHAI).replace(hour=10, minute=0, second=0)
        self.shift = (ten - datetime.now(UTC)) / timedelta(seconds=1)
        bureau = Bureau(self.database, FixedClock(SystemClock().now()), MemoryPlatform())
        pharmacy = bureau.subject()
        bureau.bind(bureau.follower("one_clerk"), pharmacy, BindingRole.CLERK)
        with self.database.begin() as session:
            for _ in range(DEADLINES):
                number = new_id()
                session.execute(
                    insert(Deadline).values(
                        id=number,
                        kind="papers_due",
                        ref=f"record:{number}",
                        subject_id=pharmacy,
                        on=local_day(ten),
                        provisional=False,
                        done=False,
                    )
                )

    def start(self) -> None:
        said = [self.url, f"{self.wx.url}/platform", str(self.mark.parent), self.mark.name]
        self.workers.append(
            subprocess.Popen(
                [sys.executable, "-m", "tests.crash.leader", *said, str(self.shift)],
                cwd=ROOT,
                stderr=subprocess.DEVNULL,
            )
        )

    def wait_for_death(self) -> float:
        until = time.monotonic() + 90
        while time.monotonic() < until:
            if any(worker.poll() is not None for worker in self.workers):
                assert self.mark.exists()
                return time.monotonic()
            time.sleep(0.1)
        raise AssertionError("nobody took the slot")

    def done_at(self) -> datetime | None:
        with self.database.read() as session:
            return session.scalars(select(JobSlot.done_at).where(JobSlot.job == jobs.PLAN)).one()

    def owed(self) -> bool:
        with self.database.read() as session:
            states = list(session.scalars(select(Notice.status)))
        return len(states) < DEADLINES or set(states) != {"sent"}

    def end(self) -> None:
        for worker in self.workers:
            worker.kill()
            worker.wait()
        self.database.dispose()


def test_an_installations_slot_is_taken_over_within_a_minute() -> None:
    assert leader.TAKEOVER.total_seconds() + leader.CLOCK_SECONDS < WITHIN
    assert clock.TAKEOVER.total_seconds() + engine.CLOCK_SECONDS < 60
    assert leader.TAKEOVER.total_seconds() > clock.BEAT_SECONDS


@pytest.mark.skipif(not HAS_POSTGRES, reason="PostgreSQL does not answer")
def test_a_slot_outlives_its_worker(tmp_path: Path) -> None:
    with platform(tmp_path) as wx, fresh_postgres() as url:
        # Two workers: another takes over. One process: its restart catches up.
        two = Place(url, tmp_path / "two", wx, "after")
        one = Place(f"sqlite:///{tmp_path / 'one.sqlite3'}", tmp_path / "alone", wx, "before")
        places = [two, one]
        try:
            two.start()
            two.start()
            one.start()
            died = {place: place.wait_for_death() for place in places}
            one.start()
            while any(place.done_at() is None for place in places):
                assert all(time.monotonic() - at < WITHIN for at in died.values())
                time.sleep(0.2)
            until = time.monotonic() + 60
            while any(place.owed() for place in places) and time.monotonic() < until:
                time.sleep(0.2)
            keys = Counter(line["key"] for line in wx.log() if line["api"] == "template")
            for place in places:
                with place.database.read() as session:
                    planned = list(session.scalars(select(Notice.id)))
                assert len(planned) == DEADLINES
                assert {keys[f"n{number}"] for number in planned} == {1}
            assert sum(keys.values()) == 2 * DEADLINES
        finally:
            for place in places:
                place.end()

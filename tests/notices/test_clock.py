"""Each slot of a job runs once, is taken over from the dead, and is caught up once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from credit_core.clock import FixedClock
from credit_core.database import Database
from notices.clock import Clockwork, Job
from notices.models import JobSlot


class Counted:
    """A job that counts its turns."""

    def __init__(self) -> None:
        self.turns: list[datetime] = []

    def __call__(self, _database: Database, now: datetime) -> dict[str, int]:
        self.turns.append(now)
        return {"turn": len(self.turns)}


def test_a_slot_runs_once_over_many_workers(
    database: Database, clock: FixedClock, at: Callable[[str], datetime]
) -> None:
    counted = Counted()
    now = at("2026-11-23T09:10")
    workers = [
        Clockwork(database, [Job("daily", counted, cron="0 9 * * *")], wall=clock) for _ in range(4)
    ]
    threads = [threading.Thread(target=one.run_due, args=[now]) for one in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(counted.turns) == 1


def test_missed_days_are_caught_up_once(
    database: Database, clock: FixedClock, at: Callable[[str], datetime]
) -> None:
    counted = Counted()
    work = Clockwork(database, [Job("daily", counted, cron="0 9 * * *")], wall=clock)
    work.run_due(at("2026-11-20T09:00"))
    work.run_due(at("2026-11-23T10:00"))
    work.run_due(at("2026-11-23T11:00"))
    assert len(counted.turns) == 2


def test_a_dead_workers_slot_is_taken_over_within_a_minute(
    database: Database, clock: FixedClock, at: Callable[[str], datetime]
) -> None:
    counted = Counted()
    job = Job("daily", counted, cron="0 9 * * *")
    now = at("2026-11-23T09:00")
    with database.begin() as session:
        session.add(JobSlot(job="daily", slot=job.slot(now), worker=1, taken_at=now, beat_at=now))
    work = Clockwork(database, [job], wall=clock)
    clock.current = now + timedelta(seconds=20)
    assert work.run_due(clock.now()) == []
    clock.current = now + timedelta(seconds=55)
    assert len(work.run_due(clock.now())) == 1


def test_a_failing_job_is_tried_again_and_given_up(
    database: Database, clock: FixedClock, at: Callable[[str], datetime]
) -> None:
    turns: list[int] = []

    def fail(_database: Database, _now: datetime) -> None:
        turns.append(1)
        raise RuntimeError

    at("2026-11-23T09:00")
    fine = Counted()
    jobs = [Job("bad", fail, cron="0 9 * * *"), Job("good", fine, cron="0 9 * * *")]
    work = Clockwork(database, jobs, wall=clock)
    for _ in range(10):
        work.run_due(clock.now())
        clock.current += timedelta(minutes=1)
    assert len(turns) == 3
    assert len(fine.turns) == 1


def test_intervals_have_slots_too(at: Callable[[str], datetime]) -> None:
    job = Job("often", Counted(), every=timedelta(minutes=30))
    assert job.slot(at("2026-11-23T10:47")) == at("2026-11-23T10:30")

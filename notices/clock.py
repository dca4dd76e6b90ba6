"""Periodic jobs: every slot of a job runs once, however many processes have a clock.

APScheduler only rings; the database decides. A slot is a unique row: whoever inserts it runs
the job, shows life while it runs, and dates its end. A slot whose worker died is taken over;
slots that were missed while nothing ran are caught up once, by the newest of them. Jobs ask
the database what is due, so one catching-up run does what all the missed ones would have.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from apscheduler.triggers.cron import CronTrigger
from sqlalchemy import Update, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from credit_core.clock import SHANGHAI, Clock, SystemClock
from credit_core.database import Database
from credit_core.ids import new_id
from notices.models import JobSlot

log = structlog.get_logger("notices.clock")

TAKEOVER = timedelta(seconds=40)
BEAT_SECONDS = 8.0
TRIES = 3
_LOOK_BACK = timedelta(days=40)

_at_work: ContextVar[bool] = ContextVar("at_work", default=False)

Work = Callable[[Database, datetime], Mapping[str, Any] | None]


def is_at_work() -> bool:
    """Whether a periodic job runs here: the clock causes what happens, nobody's act."""
    return _at_work.get()


@dataclass(frozen=True, slots=True)
class Job:
    """One periodic job.

    :ivar fn: called with the database and the time; opens its own units of work, must be safe
        to run again, and returns what it did, for people to read.
    :ivar cron: five fields in Shanghai time, such as ``0 9 * * *``.
    :ivar every: instead of ``cron``: an interval, counted from midnight in Shanghai.
    """

    name: str
    fn: Work
    cron: str | None = None
    every: timedelta | None = None

    def __post_init__(self) -> None:
        if (self.cron is None) == (self.every is None):
            raise ValueError(f"the job {self.name!r} needs either cron or every")

    def slot(self, now: datetime) -> datetime | None:
        """The newest slot at or before ``now``."""
        local = now.astimezone(SHANGHAI)
        if self.every is not None:
            midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
            return midnight + (local - midnight) // self.every * self.every
        return _newest(self.trigger, local)

    @property
    def trigger(self) -> CronTrigger:
        return CronTrigger.from_crontab(self.cron or "* * * * *", timezone=SHANGHAI)


def _newest(trigger: CronTrigger, local: datetime) -> datetime | None:
    """Newest firing time at or before ``local``: back in growing steps, then forward."""
    for back in (timedelta(hours=1), timedelta(days=1), timedelta(days=7), _LOOK_BACK):
        found: datetime | None = None
        at = trigger.get_next_fire_time(None, local - back)
        while at is not None and at <= local:
            found = at
            at = trigger.get_next_fire_time(at, at + timedelta(microseconds=1))
        if found is not None:
            return found
    return None


@dataclass(frozen=True, slots=True)
class Done:
    """One job that ran."""

    job: str
    slot: datetime
    result: Mapping[str, Any]
    error: str = ""


class Clockwork:
    """Runs jobs by their slots.

    :param wall: the machine's time, by which a dead worker is noticed.
    """

    def __init__(
        self,
        database: Database,
        jobs: Sequence[Job],
        *,
        worker: int | None = None,
        wall: Clock | None = None,
        takeover: timedelta = TAKEOVER,
    ) -> None:
        names = [job.name for job in jobs]
        if len(set(names)) != len(names):
            raise ValueError("two jobs have the same name")
        self._database, self.jobs = database, tuple(jobs)
        self._worker = worker or new_id()
        self._wall = wall or SystemClock()
        self._takeover = takeover

    def run_due(self, now: datetime) -> list[Done]:
        """Run every job whose newest slot has not run yet; returns what was done."""
        done: list[Done] = []
        for job in self.jobs:
            slot = job.slot(now)
            if slot is not None and self._take(job, slot):
                done.append(self._run(job, slot, now))
        return done

    def _take(self, job: Job, slot: datetime) -> bool:
        wall = self._wall.now()
        with self._database.begin() as session:
            if self._earlier_runs(session, job, slot, wall):
                return False
            if _insert(session, job.name, slot, self._worker, wall):
                return True
            # It is there: done, running, failed, or its worker died. A failed one waits as
            # long as a dead one before it is tried again.
            taken = session.execute(
                update(JobSlot)
                .where(
                    JobSlot.job == job.name,
                    JobSlot.slot == slot,
                    JobSlot.done_at.is_(None),
                    JobSlot.failures < TRIES,
                    JobSlot.beat_at < wall - self._takeover,
                )
                .values(worker=self._worker, taken_at=wall, beat_at=wall)
                .returning(JobSlot.id)
            ).first()
            return taken is not None

    def _earlier_runs(self, session: Session, job: Job, slot: datetime, wall: datetime) -> bool:
        """An earlier slot of the same job is still being worked on: not now."""
        running = session.scalars(
            select(JobSlot.id)
            .where(
                JobSlot.job == job.name,
                JobSlot.slot < slot,
                JobSlot.done_at.is_(None),
                JobSlot.failures == 0,
                JobSlot.beat_at >= wall - self._takeover,
            )
            .limit(1)
        ).first()
        return running is not None

    def _run(self, job: Job, slot: datetime, now: datetime) -> Done:
        with self._life(job, slot):
            try:
                result = dict(job.fn(self._database, now) or {})
            except Exception as fault:
                log.exception("a periodic job failed", job=job.name)
                self._close(job, slot, None)
                return Done(job.name, slot, {}, error=type(fault).__name__)
        self._close(job, slot, result)
        return Done(job.name, slot, result)

    @contextmanager
    def _life(self, job: Job, slot: datetime) -> Iterator[None]:
        """Show life while the job runs, and let others know that it does."""
        over = threading.Event()

        def beat() -> None:
            while not over.wait(BEAT_SECONDS):
                with self._database.begin() as session:
                    session.execute(self._mine(job, slot).values(beat_at=self._wall.now()))

        thread = threading.Thread(target=beat, name=f"job-{job.name}", daemon=True)
        thread.start()
        token = _at_work.set(True)
        try:
            yield
        finally:
            _at_work.reset(token)
            over.set()
            thread.join()

    def _close(self, job: Job, slot: datetime, result: Mapping[str, Any] | None) -> None:
        with self._database.begin() as session:
            if result is not None:
                values: dict[str, Any] = {"done_at": self._wall.now(), "result": result}
            else:
                values = {"failures": JobSlot.failures + 1}
            session.execute(self._mine(job, slot).values(**values))

    def _mine(self, job: Job, slot: datetime) -> Update:
        return update(JobSlot).where(
            JobSlot.job == job.name, JobSlot.slot == slot, JobSlot.worker == self._worker
        )


def _insert(session: Session, job: str, slot: datetime, worker: int, wall: datetime) -> bool:
    make = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    done = session.execute(
        make(JobSlot)
        .values(
            id=new_id(), job=job, slot=slot, worker=worker, taken_at=wall, beat_at=wall, failures=0
        )
        .on_conflict_do_nothing()
        .returning(JobSlot.id)
    )
    return done.first() is not None

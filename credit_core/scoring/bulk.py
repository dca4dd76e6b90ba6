"""Rescoring of many subjects: everything, or what may have changed since the run before.

Chunks of subjects are read into arrays, scored by :mod:`credit_core.scoring.vector` and stored
where score or grade differ; each chunk is one transaction with its events. A run that was killed
is simply run again: stored ratings do not change twice.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from credit_core.database import Database
from credit_core.ids import new_id
from credit_core.records.models import Record
from credit_core.rows import seldom_collected
from credit_core.rules.book import rule_book
from credit_core.scoring.changes import changed_subjects, rules_changed
from credit_core.scoring.models import RescoreRun
from credit_core.scoring.ranges import Bulk, Rated
from credit_core.scoring.storing import store
from credit_core.subjects.models import Subject

_WRITERS = 2
"""Connections that store at the same time on PostgreSQL, each with a process of its own there."""

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Rescored:
    """What a rescore did; ``records`` counts all records of the subjects that were scored."""

    subjects: int
    records: int
    changed: int
    complete: bool

    def __add__(self, other: Rescored) -> Rescored:
        return Rescored(
            self.subjects + other.subjects,
            self.records + other.records,
            self.changed + other.changed,
            self.complete,
        )


def rate_subjects(session: Session, ids: Iterable[int], *, on: date, at: datetime) -> Rescored:
    """Rate some subjects in the session's own transaction."""
    session.flush()
    total = Rescored(0, 0, 0, complete=False)
    chosen = list(ids)
    if not chosen:
        return total
    bulk = Bulk(session, on)
    for subjects in bulk.reader.chosen(chosen):
        records = bulk.reader.records(subjects, chosen=True)
        known = bulk.reader.count(chosen=True)
        made = bulk.rate(subjects, records)
        changed = store(session, made, on, at)
        total += Rescored(len(subjects.id), known, changed, complete=False)
    session.expire_all()
    return total


def rescore(
    database: Database,
    *,
    on: date,
    at: datetime,
    complete: bool = False,
    progress: Progress | None = None,
) -> Rescored:
    """Bring all stored ratings to a day.

    :param complete: read everybody. Otherwise only those whose records, standing or rules may
        have changed since the last run; without a run before, everybody too.
    """
    with database.read() as session:
        book = rule_book(session)
        last = session.scalar(
            select(RescoreRun).order_by(RescoreRun.started_at.desc(), RescoreRun.id.desc()).limit(1)
        )
        complete = complete or last is None or rules_changed(book, last, on)
        ids = [] if complete or last is None else changed_subjects(session, last, on)
    if complete:
        with seldom_collected():
            total = _all(database, on, at, progress)
    with database.begin() as session:
        if not complete:
            total = rate_subjects(session, ids, on=on, at=at)
        session.add(
            RescoreRun(
                id=new_id(),
                on=on,
                complete=complete,
                rules=book.digest(on),
                started_at=at,
                finished_at=at,
                subjects=total.subjects,
                records=total.records,
                changed=total.changed,
            )
        )
    return total


def _all(database: Database, on: date, at: datetime, progress: Progress | None) -> Rescored:
    """Everybody, chunk by chunk; PostgreSQL stores some chunks while the next are read."""
    writers = 1 if database.is_sqlite else _WRITERS
    with database.read() as session, ThreadPoolExecutor(writers) as pool:
        count, records_of_all = (
            session.scalar(select(func.count()).select_from(table)) or 0
            for table in (Subject, Record)
        )
        total = Rescored(0, records_of_all, 0, complete=True)
        bulk = Bulk(session, on)
        for made in _ahead(pool, writers, _made(database, bulk, on, at)):
            total += made
            if progress is not None:
                progress("rescore", total.subjects, count)
    return total


def _made(
    database: Database, bulk: Bulk, on: date, at: datetime
) -> Iterator[Callable[[], Rescored]]:
    for subjects in bulk.reader.chunks():
        made = bulk.rate(subjects, bulk.reader.records(subjects))
        yield partial(_stored, database, made, on, at)


def _stored(database: Database, made: Rated, on: date, at: datetime) -> Rescored:
    changed = 0
    if len(made.changed()):
        with database.begin() as session:
            changed = store(session, made, on, at)
    return Rescored(len(made.score), 0, changed, complete=True)


def _ahead(
    pool: ThreadPoolExecutor, most: int, works: Iterable[Callable[[], Rescored]]
) -> Iterator[Rescored]:
    """What the works give, in their order, with at most so many under way or waiting."""
    waiting: deque[Future[Rescored]] = deque()
    for work in works:
        waiting.append(pool.submit(work))
        if len(waiting) > most:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()

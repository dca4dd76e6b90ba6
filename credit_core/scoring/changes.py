"""Who may have another score than at the last rescore.

A score changes by itself only on days on which a record begins or ends to count, a subject
begins or ends to be evaluated, a commitment or list entry begins or ends; and by what was
written since. Each of these is an index of its own, so the answer costs what changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from sqlalchemy import Select, select, text
from sqlalchemy.orm import Session

from credit_core.errors import Refusal
from credit_core.lists.models import ListEntry
from credit_core.records.models import Record, RecordEvent
from credit_core.rows import is_sqlite, plan_for_few
from credit_core.rules.book import KINDS, RuleBook
from credit_core.scoring.models import RescoreRun
from credit_core.subjects.models import Subject

_OVERLAP = timedelta(minutes=10)
"""Writers that were under way when the last run began may have committed after it read."""

_BOUNDS = (
    (Record.subject_id, Record.effective_from),
    (Record.subject_id, Record.effective_to),
    (Record.subject_id, Record.ended_on),
    (Subject.id, Subject.evaluable_from),
    (Subject.id, Subject.ended_on),
    (Subject.id, Subject.committed_from),
    (Subject.id, Subject.committed_until),
    (ListEntry.subject_id, ListEntry.entered_on),
    (ListEntry.subject_id, ListEntry.left_on),
)
"""Columns of days on which a score may change, each with the subject whose score it is."""


def rules_changed(book: RuleBook, last: RescoreRun, on: date) -> bool:
    """Whether the rules may have given anybody another score since the last run."""
    if last.rules != book.digest(on):
        return True
    return last.on.year != on.year and any(_outlasts_year(book, kind, on) for kind in KINDS)


def _outlasts_year(book: RuleBook, kind: str, on: date) -> bool:
    """Whether points of a counter count on over the new year, when the decision that spoke in its
    place is one of the year before."""
    try:
        rules = book.on(kind, on).rules
    except Refusal:
        return False
    counter = rules.counter
    return counter is not None and any(
        item.lasts != "new_year"
        for item in rules.items
        if counter.group in {item.group, *(variant.group for variant in item.variants)}
    )


def changed_subjects(session: Session, last: RescoreRun, on: date) -> list[int]:
    """Subjects to score again for ``on``, given the last run; also when days go backwards."""
    plan_for_few(session)
    if not is_sqlite(session):
        # An index that held many rows until a moment ago is full of dead entries; reading it in
        # order throws them out on the way, a bitmap reads them again every time.
        session.execute(text("SET LOCAL enable_bitmapscan = off"))
        # Dividing the work seems to make reading a whole index worth it.
        session.execute(text("SET LOCAL max_parallel_workers_per_gather = 0"))
    found: set[int] = set()
    for query in (*_by_day(last.on, on), *_by_writing(last)):
        found.update(session.scalars(query))
    return sorted(found)


def _by_day(one: date, other: date) -> Iterator[Select[int]]:
    first, until = min(one, other), max(one, other)
    if first == until:
        return
    for subject, bound in _BOUNDS:
        yield select(subject).where(bound > first, bound <= until)


def _by_writing(last: RescoreRun) -> Iterator[Select[int]]:
    since = last.started_at - _OVERLAP
    yield select(Record.subject_id).where(Record.recorded_at >= since)
    # Its events first, then their records: freely joined, PostgreSQL may read all records.
    told = select(RecordEvent.record_id).where(RecordEvent.at >= since).cte("told")
    told = told.prefix_with("MATERIALIZED", dialect="postgresql")
    yield select(Record.subject_id).where(Record.id.in_(select(told.c.record_id)))
    yield select(ListEntry.subject_id).where(ListEntry.recorded_at >= since)
    yield select(Subject.id).where(Subject.rated_on.is_(None))

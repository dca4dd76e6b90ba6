"""The days that follow from records: from when a repair is possible, when the display ends.

A subscriber keeps the rows of ``deadline`` in step with records that are added or change. The
first records of a transaction are planned at once; when there are many (an import), they are
planned in batches, the last one before the transaction commits. :func:`plan_records` plans,
page by page, records that came without events.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

from sqlalchemy import Select, event, func, or_, select
from sqlalchemy.orm import Session

from credit_core.cases.places import place_of_city
from credit_core.clock import local_day
from credit_core.database import Database
from credit_core.deadlines.models import DeadlineKind
from credit_core.deadlines.service import close_deadlines, record_ref, set_many
from credit_core.errors import Refusal
from credit_core.events import Event, EventKind, Subscriber
from credit_core.ids import new_id
from credit_core.records.models import COUNTING, VOID, Record, Severity
from credit_core.repair.check import minimum_until
from credit_core.repair.facts import class_at
from credit_core.repair.rules import NATIONAL, Law, law_for, repair_book
from credit_core.rules.book import RuleBook, rule_book
from credit_core.subjects.models import Subject

KINDS = (DeadlineKind.REPAIR_POSSIBLE, DeadlineKind.DISPLAY_END)
_AT_ONCE, _BATCH = 20, 500
_WAITING = "medcredit.records_to_plan"
Row = dict[str, object]


class _Planned(NamedTuple):
    """What the days of a record follow from."""

    id: int
    subject_id: int
    item: str
    level: str
    severity: str | None
    decided_on: date
    effective_to: date | None
    kind: str


def records_follower(city: str) -> Subscriber:
    """A subscriber that keeps the deadlines of records, by the repair rules of ``city``."""

    def follow(session: Session, told: Event) -> None:
        if told.kind is EventKind.RECORD_ADDED:
            _plan_soon(session, told.data["record_id"], local_day(told.at), city)
        elif told.kind is EventKind.RECORD_STATE:
            record_id = told.data["record_id"]
            if told.data["after"] in COUNTING:
                plan_some(session, [record_id], local_day(told.at), city=city)
            else:
                close_deadlines(session, record_ref(record_id), KINDS)

    return follow


def _plan_soon(session: Session, record_id: int, today: date, city: str) -> None:
    waiting = _waiting(session, city)
    waiting.count += 1
    if waiting.count <= _AT_ONCE:
        plan_some(session, [record_id], today, city=city)
        return
    waiting.today = today
    waiting.ids.append(record_id)
    if len(waiting.ids) >= _BATCH:
        waiting.plan(session)


class _Waiting:
    """Records of this transaction that are not planned yet."""

    def __init__(self, city: str) -> None:
        self.city = city
        self.count = 0
        self.today = date.min
        self.ids: list[int] = []

    def plan(self, session: Session) -> None:
        ids, self.ids = self.ids, []
        plan_some(session, ids, self.today, city=self.city)


def _waiting(session: Session, city: str) -> _Waiting:
    """The queue of this session; emptied before every commit, dropped with a rollback."""
    waiting = session.info.get(_WAITING)
    if not isinstance(waiting, _Waiting):
        waiting = session.info[_WAITING] = _Waiting(city)
        event.listen(session, "before_commit", _plan_waiting)
        event.listen(session, "after_rollback", _forget)
    return waiting


def _plan_waiting(session: Session) -> None:
    waiting = session.info.get(_WAITING)
    if isinstance(waiting, _Waiting):
        waiting.plan(session)
        waiting.count = 0


def _forget(session: Session) -> None:
    waiting = session.info.get(_WAITING)
    if isinstance(waiting, _Waiting):
        waiting.ids, waiting.count = [], 0


def plan_some(session: Session, record_ids: Iterable[int], today: date, *, city: str) -> None:
    """Set the days of these records, and of older ones whose period begins anew with them."""
    for part in _parts(sorted(set(record_ids))):
        session.flush()
        records = _read(session, _wanted(today).where(Record.id.in_(part)))
        if _begins_anew(city):
            records = _with_older(session, records, today)
        _plan(session, records, today, city)


def plan_records(
    session: Session, today: date, *, city: str, after_id: int = 0, most: int = 5000
) -> int | None:
    """Plan the next ``most`` running records after ``after_id``, in the order of their ids.

    :return: where to go on, or ``None`` at the end.
    """
    wanted = _wanted(today).where(Record.id > after_id).order_by(Record.id).limit(most)
    records = _read(session, wanted)
    _plan(session, records, today, city)
    return records[-1].id if len(records) == most else None


def _plan(session: Session, records: Sequence[_Planned], today: date, city: str) -> None:
    book = rule_book(session)
    newest: dict[tuple[int, str], date] = {}
    if _begins_anew(city):
        newest = _newest_of_kind(session, {record.subject_id for record in records})
    rows = [
        row
        for record in records
        for row in _days(book, record, newest.get((record.subject_id, record.item)), today, city)
    ]
    set_many(session, rows)


def _days(
    book: RuleBook, record: _Planned, newest: date | None, today: date, city: str
) -> Iterator[Row]:
    """Rows of ``deadline`` for a negative record; days that have passed are left out."""
    severity = class_at(
        book, record.kind, record.item, record.level, record.severity, record.decided_on
    )
    if severity is None:
        return
    last = record.effective_to - timedelta(days=1) if record.effective_to else None
    law = _law(severity, record.item, record.decided_on, today, city)
    if law is not None:
        start = record.decided_on
        if newest is not None and "no_new_same_kind" in law.conditions:
            start = max(start, newest)
        first = minimum_until(start, law.minimum_months)
        if first >= today and (last is None or first <= last):
            yield _row(record, DeadlineKind.REPAIR_POSSIBLE, first)
    if last is not None and last >= today:
        yield _row(record, DeadlineKind.DISPLAY_END, last)


@lru_cache(maxsize=4096)
def _law(severity: Severity, item: str, decided_on: date, today: date, city: str) -> Law | None:
    field = repair_book().fields_of_items.get(item)
    try:
        return law_for(severity, field, decided_on=decided_on, applied_on=today, city=city)
    except Refusal:
        return None


def _row(record: _Planned, kind: DeadlineKind, on: date) -> Row:
    return {
        "id": new_id(),
        "kind": kind.value,
        "ref": record_ref(record.id),
        "subject_id": record.subject_id,
        "on": on,
        "provisional": False,
        "record_id": record.id,
        "case_no": None,
        "done": False,
        "start": None,
        "working_days": None,
    }


@lru_cache(maxsize=64)
def _begins_anew(city: str) -> bool:
    """Whether a new item of the same kind can move the day of an older one in this city."""
    places = {NATIONAL, place_of_city(city)}
    return any(
        "no_new_same_kind" in rules.conditions
        for rules in repair_book().rule_sets
        if rules.place in places
    )


def _wanted(
    today: date,
) -> Select[int, int, str, str, str | None, date, date | None, str]:
    return (
        select(
            Record.id,
            Record.subject_id,
            Record.item,
            Record.level,
            Record.severity,
            Record.decided_on,
            Record.effective_to,
            Subject.kind,
        )
        .join(Subject, Subject.id == Record.subject_id)
        .where(
            Record.state.in_(COUNTING),
            or_(Record.effective_to.is_(None), Record.effective_to > today),
        )
    )


def _read(
    session: Session,
    wanted: Select[int, int, str, str, str | None, date, date | None, str],
) -> list[_Planned]:
    return [_Planned(*row) for row in session.execute(wanted)]


def _with_older(session: Session, records: list[_Planned], today: date) -> list[_Planned]:
    known = {record.id: record for record in records}
    kinds = {(record.subject_id, record.item) for record in records}
    subjects = sorted({record.subject_id for record in records})
    items = sorted({record.item for record in records})
    older = _read(
        session,
        _wanted(today).where(Record.subject_id.in_(subjects), Record.item.in_(items)),
    )
    known |= {one.id: one for one in older if (one.subject_id, one.item) in kinds}
    return list(known.values())


def _newest_of_kind(session: Session, subjects: set[int]) -> dict[tuple[int, str], date]:
    newest: dict[tuple[int, str], date] = {}
    for part in _parts(sorted(subjects)):
        for subject_id, item, day in session.execute(
            select(Record.subject_id, Record.item, func.max(Record.decided_on))
            .where(Record.subject_id.in_(part), Record.state.not_in(VOID))
            .group_by(Record.subject_id, Record.item)
        ):
            newest[subject_id, item] = day
    return newest


def _parts(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for at in range(0, len(ids), _BATCH):
        yield ids[at : at + _BATCH]


def plan_all(database: Database, today: date, *, city: str) -> None:
    """Plan every running record, a page a transaction; after a bulk load without events."""
    after: int | None = 0
    while after is not None:
        with database.begin() as session:
            after = plan_records(session, today, city=city, after_id=after)

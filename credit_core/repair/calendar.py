"""The days that follow from records: from when a repair is possible, when the display ends.

A subscriber keeps the rows of ``deadline`` in step with records that are added or change;
:func:`plan_records` does the same, page by page, for records that came in bulk.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import lru_cache

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from credit_core.clock import local_day
from credit_core.deadlines.models import DeadlineKind
from credit_core.deadlines.service import close_deadlines, record_ref, set_many
from credit_core.errors import Refusal
from credit_core.events import Event, EventKind, Subscriber
from credit_core.ids import new_id
from credit_core.records.models import COUNTING, VOID, Record, Severity
from credit_core.repair.check import minimum_until
from credit_core.repair.facts import class_of
from credit_core.repair.rules import Law, law_for, repair_book
from credit_core.rules.book import RuleBook, rule_book
from credit_core.subjects.models import Subject

KINDS = (DeadlineKind.REPAIR_POSSIBLE, DeadlineKind.DISPLAY_END)
Row = dict[str, object]


def records_follower(city: str) -> Subscriber:
    """A subscriber that keeps the deadlines of records, by the repair rules of ``city``."""

    def follow(session: Session, event: Event) -> None:
        if event.kind is EventKind.RECORD_ADDED:
            plan_record(session, event.data["record_id"], local_day(event.at), city=city)
        elif event.kind is EventKind.RECORD_STATE:
            record_id = event.data["record_id"]
            if event.data["after"] in COUNTING:
                plan_record(session, record_id, local_day(event.at), city=city)
            else:
                close_deadlines(session, record_ref(record_id), KINDS)

    return follow


def plan_record(session: Session, record_id: int, today: date, *, city: str) -> None:
    """Set the days of one record, and of older ones of its kind where they begin anew."""
    record = session.get_one(Record, record_id)
    subject = session.get_one(Subject, record.subject_id)
    book = rule_book(session)
    rows = record_days(book, subject, record, today, city=city)
    if any("no_new_same_kind" in rules.conditions for rules in repair_book().rule_sets):
        for older in _older_of_kind(session, record):
            rows += record_days(book, subject, older, today, city=city, newest=record.decided_on)
    set_many(session, rows)


def record_days(
    book: RuleBook,
    subject: Subject,
    record: Record,
    today: date,
    *,
    city: str,
    newest: date | None = None,
) -> list[Row]:
    """Rows of ``deadline`` for a negative record in effect; days that have passed are left out.

    :param newest: day of decision of the newest record of the same kind.
    """
    severity = class_of(book, subject.kind, record)
    if severity is None or record.state not in COUNTING:
        return []
    rows = []
    law = _law(severity, record.item, record.decided_on, today, city)
    if law is not None:
        start = record.decided_on
        if newest is not None and "no_new_same_kind" in law.period.conditions:
            start = max(start, newest)
        first = minimum_until(start, law.minimum_months)
        if first >= today and (record.last_day is None or first <= record.last_day):
            rows.append(_row(record, DeadlineKind.REPAIR_POSSIBLE, first))
    if record.last_day is not None and record.last_day >= today:
        rows.append(_row(record, DeadlineKind.DISPLAY_END, record.last_day))
    return rows


def plan_records(
    session: Session, today: date, *, city: str, after_id: int = 0, most: int = 5000
) -> int | None:
    """Plan the next ``most`` records in effect after ``after_id``, in the order of their ids.

    :return: where to go on, or ``None`` at the end.
    """
    book = rule_book(session)
    pairs = session.execute(
        select(Record, Subject)
        .join(Subject, Subject.id == Record.subject_id)
        .where(Record.id > after_id, Record.state.in_(COUNTING))
        .order_by(Record.id)
        .limit(most)
    ).all()
    newest = _newest_of_kind(session, {record.subject_id for record, _ in pairs})
    rows: list[Row] = []
    for record, subject in pairs:
        latest = newest.get((record.subject_id, record.item))
        rows += record_days(book, subject, record, today, city=city, newest=latest)
    set_many(session, rows)
    return pairs[-1][0].id if len(pairs) == most else None


@lru_cache(maxsize=4096)
def _law(severity: Severity, item: str, decided_on: date, today: date, city: str) -> Law | None:
    field = repair_book().fields_of_items.get(item)
    try:
        return law_for(severity, field, decided_on=decided_on, applied_on=today, city=city)
    except Refusal:
        return None


def _row(record: Record, kind: DeadlineKind, on: date) -> Row:
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


def _older_of_kind(session: Session, record: Record) -> Sequence[Record]:
    return session.scalars(
        select(Record).where(
            Record.subject_id == record.subject_id,
            Record.item == record.item,
            Record.decided_on < record.decided_on,
            Record.state.in_(COUNTING),
        )
    ).all()


def _newest_of_kind(session: Session, subjects: set[int]) -> dict[tuple[int, str], date]:
    wanted = sorted(subjects)
    newest: dict[tuple[int, str], date] = {}
    for at in range(0, len(wanted), 500):
        for subject_id, item, day in session.execute(
            select(Record.subject_id, Record.item, func.max(Record.decided_on))
            .where(Record.subject_id.in_(wanted[at : at + 500]), Record.state.not_in(VOID))
            .group_by(Record.subject_id, Record.item)
        ):
            newest[subject_id, item] = day
    return newest

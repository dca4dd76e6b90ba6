"""What staff have verified about a record, and what its rules say of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from credit_core.clock import local_day
from credit_core.errors import Refusal
from credit_core.records.models import Record, Severity
from credit_core.repair.models import FactKind, RepairFact
from credit_core.repair.rules import repair_book
from credit_core.rules.book import RuleBook, rule_book
from credit_core.subjects.models import Subject


def record_fact(
    session: Session,
    record: Record,
    fact: FactKind,
    *,
    on: date,
    by: str,
    at: datetime,
    value: str = "",
    note: str = "",
) -> RepairFact:
    """Keep a verified fact; a later one of the same kind takes its place.

    :param on: since when it is true.
    :param value: for a field, its name as the rules have it.
    :raises Refusal: ``repairs.fact_before_decision``: duties cannot be done before they arose;
        ``.fact_in_future``: what is to come cannot be verified; ``.field_unknown`` (``known``).
    """
    if fact is not FactKind.BARRED and on > local_day(at):
        raise Refusal("repairs.fact_in_future", on=on)
    if fact is FactKind.FIELD and value not in (known := _fields()):
        raise Refusal("repairs.field_unknown", value=value, known="、".join(known))
    if fact in {FactKind.DUTIES_DONE, FactKind.CORRECTED} and on < record.occurred_on:
        raise Refusal("repairs.fact_before_decision", on=record.occurred_on)
    return _add(session, record, fact, on, by, at, value, note, withdrawn=False)


def _fields() -> list[str]:
    return sorted({name for rules in repair_book().rule_sets for name in rules.fields})


def withdraw_fact(
    session: Session, record: Record, fact: FactKind, *, by: str, at: datetime, note: str
) -> None:
    """It has turned out not to be true; the earlier rows stay in the log."""
    _add(session, record, fact, record.decided_on, by, at, "", note, withdrawn=True)


def _add(
    session: Session,
    record: Record,
    fact: FactKind,
    on: date,
    by: str,
    at: datetime,
    value: str,
    note: str,
    *,
    withdrawn: bool,
) -> RepairFact:
    row = RepairFact(
        record_id=record.id,
        subject_id=record.subject_id,
        fact=fact,
        on=on,
        value=value,
        withdrawn=withdrawn,
        note=note,
        by=by,
        at=at,
    )
    session.add(row)
    session.flush()
    return row


def facts_of(session: Session, record: Record) -> dict[FactKind, RepairFact]:
    """The facts that hold, by kind."""
    newest: dict[FactKind, RepairFact] = {}
    for row in session.scalars(
        select(RepairFact)
        .where(RepairFact.record_id == record.id)
        .order_by(RepairFact.at, RepairFact.id)
    ):
        newest[FactKind(row.fact)] = row
    return {kind: row for kind, row in newest.items() if not row.withdrawn}


def class_at(
    book: RuleBook, kind: str, item: str, level: str, severity: str | None, decided_on: date
) -> Severity | None:
    """轻微, 一般 or 严重 of a negative item by the rules of its day; ``None``: positive.

    An item that the rules do not know any more keeps the severity of its decision.
    """
    cell = book.for_decision(kind, decided_on).compiled.cell(item, level)
    if cell is None:
        return Severity(severity) if severity else None
    if not cell.negative:
        return None
    return Severity(cell.variant.class_ or severity or Severity.GENERAL)


def class_of(book: RuleBook, kind: str, record: Record) -> Severity | None:
    """As :func:`class_at`, for a record."""
    return class_at(book, kind, record.item, record.level, record.severity, record.decided_on)


def record_class(session: Session, record: Record) -> Severity | None:
    """As :func:`class_of`, for one record."""
    subject = session.get_one(Subject, record.subject_id)
    return class_of(rule_book(session), subject.kind, record)


def field_of(record: Record, facts: dict[FactKind, RepairFact]) -> str | None:
    """The special field (药品 …) that staff have noted, or that the item stands for."""
    noted = facts.get(FactKind.FIELD)
    return noted.value if noted else repair_book().fields_of_items.get(record.item)


def negatives(
    session: Session, subject: Subject, records: Iterable[Record]
) -> list[tuple[Record, Severity]]:
    """Those of ``records`` that are negative, with their class."""
    book = rule_book(session)
    classed = ((record, class_of(book, subject.kind, record)) for record in records)
    return [(record, severity) for record, severity in classed if severity is not None]

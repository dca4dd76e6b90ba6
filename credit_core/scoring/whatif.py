"""What if: a repair, and the days to come. Nothing here is stored."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from credit_core.errors import NotFoundError
from credit_core.lists.models import ListEntry
from credit_core.records.models import Record, RecordState, RecordSuspension
from credit_core.rules.book import rule_book
from credit_core.scoring.evaluate import evaluate
from credit_core.scoring.history import Cause, causes
from credit_core.scoring.result import Score
from credit_core.scoring.service import score, standing
from credit_core.subjects.models import Subject


def what_if_repaired(session: Session, subject: Subject, record_id: int, on: date) -> Score:
    """The score on a day if one record were repaired on that day.

    :raises NotFoundError: the subject has no such record.
    """
    return what_if_all_repaired(session, subject, {record_id}, on)


def what_if_all_repaired(
    session: Session, subject: Subject, record_ids: set[int], on: date
) -> Score:
    """The score on a day if these records were repaired on that day.

    :raises NotFoundError: the subject lacks one of them.
    """
    records = records_of(session, subject)
    unknown = record_ids - {record.id for record in records}
    if unknown:
        raise NotFoundError(f"subject {subject.id} has no record {min(unknown)}")
    entry = rule_book(session).on(subject.kind, on)
    return evaluate(
        entry, standing(session, subject, entry, on), repaired_copies(records, record_ids, on), on
    )


def what_if_added(
    session: Session, subject: Subject, acts: Iterable[tuple[str, str]], on: date
) -> Score:
    """The score on a day if records of these items and levels were decided on that day."""
    entry = rule_book(session).on(subject.kind, on)
    added = [supposed(item, level, -at, on) for at, (item, level) in enumerate(acts, 1)]
    records = [*records_of(session, subject), *added]
    return evaluate(entry, standing(session, subject, entry, on), records, on)


def supposed(item: str, level: str, row_id: int, day: date) -> Record:
    """A record that does not exist, each of a decision of its own."""
    return Record(
        id=row_id,
        item=item,
        level=level,
        occurred_on=day,
        decided_on=day,
        document_no="",
        decision_key=row_id,
        source_unit="",
        basis="",
        severity=None,
        points=None,
        state=RecordState.ACTIVE,
        effective_from=day,
        effective_to=None,
        ended_on=None,
    )


def records_of(session: Session, subject: Subject) -> list[Record]:
    """All records of a subject, as scoring takes them."""
    return list(session.scalars(select(Record).where(Record.subject_id == subject.id)))


def repaired_copies(records: Iterable[Record], ids: set[int], on: date) -> list[Record]:
    """Copies in which some records are repaired on a day; the originals stay as they are."""
    made = []
    for record in records:
        if record.id in ids:
            copy = _copy(record)
            copy.state = RecordState.REPAIRED
            copy.ended_on = min(filter(None, (record.ended_on, on)))
            made.append(copy)
        else:
            made.append(record)
    return made


def _copy(record: Record) -> Record:
    columns = inspect(Record).column_attrs
    return Record(**{column.key: getattr(record, column.key) for column in columns})


@dataclass(frozen=True, slots=True)
class Change:
    """A day on which the score is another than before."""

    on: date
    score: Score
    causes: tuple[Cause, ...]


def upcoming(session: Session, subject: Subject, on: date, *, months: int = 36) -> list[Change]:
    """What changes by itself after a day: records that run out, counters that start again,
    evaluation that begins; by the records known today."""
    return changes(session, subject, on, on + timedelta(days=31 * months))


def changes(session: Session, subject: Subject, after: date, until: date) -> list[Change]:
    """The days after one day and up to another on which the score or the grade became another."""
    records = records_of(session, subject)
    days = {record.without_effect_from for record in records}
    days |= {record.effective_from for record in records}
    days |= {subject.evaluable_from, subject.ended_on, subject.committed_from}
    days.add(subject.committed_until)
    days |= _days_of_cases(session, subject)
    days |= {date(year, 1, 1) for year in range(after.year + 1, until.year + 1)}
    book = rule_book(session)
    days |= {entry.rules.effective_from for entry in book.entries[subject.kind]}
    before = score(session, subject, after, book=book)
    found = []
    for day in sorted(day for day in days if day is not None and after < day <= until):
        entry = book.on(subject.kind, day)
        now = evaluate(entry, standing(session, subject, entry, day), records, day)
        if (now.score, now.grade) != (before.score, before.grade):
            found.append(Change(day, now, tuple(causes(before, now))))
            before = now
    return found


def _days_of_cases(session: Session, subject: Subject) -> set[date | None]:
    """Days on which an effect began or ceased to rest, or a list was entered or left."""
    rested = select(RecordSuspension.since, RecordSuspension.until).where(
        RecordSuspension.subject_id == subject.id
    )
    listed = select(ListEntry.entered_on, ListEntry.left_on, ListEntry.over_on).where(
        ListEntry.subject_id == subject.id
    )
    return {day for query in (rested, listed) for row in session.execute(query) for day in row}

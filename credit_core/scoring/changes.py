"""Who may have another score than at the last rescore.

A score changes by itself only on days on which a record begins or ends to count, a subject
begins or ends to be evaluated, a commitment or list entry begins or ends; and by what was
written since. Each of these is an index, so the answer costs what changed.
"""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from credit_core.lists.models import ListEntry
from credit_core.records.models import Record, RecordEvent
from credit_core.scoring.models import RescoreRun
from credit_core.subjects.models import Subject

_OVERLAP = timedelta(minutes=10)
"""Writers that were under way when the last run began may have committed after it read."""


def changed_subjects(session: Session, last: RescoreRun, on: date) -> list[int]:
    """Subjects to score again for ``on``, given the last run; also when days go backwards."""
    first, until = min(last.on, on), max(last.on, on)
    since = last.started_at - _OVERLAP

    def between(
        column: InstrumentedAttribute[date] | InstrumentedAttribute[date | None],
    ) -> ColumnElement[bool]:
        return (column > first) & (column <= until)

    found: set[int] = set()
    for column in (Record.effective_from, Record.effective_to, Record.ended_on):
        found.update(session.scalars(select(Record.subject_id).where(between(column))))
    found.update(session.scalars(select(Record.subject_id).where(Record.recorded_at >= since)))
    events = select(RecordEvent.record_id).where(RecordEvent.at >= since)
    found.update(session.scalars(select(Record.subject_id).where(Record.id.in_(events))))
    for bound in (
        Subject.evaluable_from,
        Subject.ended_on,
        Subject.committed_from,
        Subject.committed_until,
    ):
        found.update(session.scalars(select(Subject.id).where(between(bound))))
    found.update(
        session.scalars(
            select(ListEntry.subject_id).where(
                or_(
                    between(ListEntry.entered_on),
                    between(ListEntry.left_on),
                    ListEntry.recorded_at >= since,
                )
            )
        )
    )
    found.update(session.scalars(select(Subject.id).where(Subject.rated_on.is_(None))))
    return sorted(found)

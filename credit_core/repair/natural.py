"""自然修复: items that have stood in the file for as long as the law of the place says leave it.

The effect on the score has its own, shorter period (by class) and is over by then; what goes is
the item itself: no score, report or list shows it any more. The row stays, with the step that
took it out, for audits. Of a subject on the severe list nothing is
repaired, so nothing leaves until it is off the list; what is under objection or repair stays
until that is decided.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from config.texts import text
from credit_core.cases.steps import CLOCK
from credit_core.lists.models import ListEntry, ListKind
from credit_core.records.models import Record, RecordState
from credit_core.records.service import leave_file
from credit_core.repair.models import RepairCase
from credit_core.repair.rules import file_rules
from credit_core.rules.periods import add_months


def remove_due(session: Session, today: date, now: datetime, *, city: str, most: int = 1000) -> int:
    """Take out of the file what has stood there for its time; how many.

    A result equal to ``most`` means: call again in the next transaction. The work follows what
    is due, by an index of what the files still show.
    """
    period = file_rules(city, today)
    if period is None:
        return 0
    start = _last_start(today, period.months)
    listed = exists().where(
        ListEntry.subject_id == Record.subject_id,
        ListEntry.list == ListKind.SEVERE,
        (ListEntry.left_on.is_(None)) | (ListEntry.left_on > today),
    )
    repairing = exists().where(RepairCase.record_id == Record.id, RepairCase.running.is_(True))
    due = select(Record).where(
        Record.removed_on.is_(None),
        Record.severity.is_not(None),
        Record.occurred_on <= start,
        Record.state.not_in((RecordState.SUSPECTED, RecordState.UNDER_OBJECTION)),
        # Nothing leaves the file while it counts.
        (Record.effective_to.is_not(None)) & (Record.effective_to <= today)
        | (Record.ended_on.is_not(None)) & (Record.ended_on <= today),
        ~listed,
        ~repairing,
    )
    if period.counts_from == "decision":
        due = due.where(Record.decided_on <= start)
    records = session.scalars(due.order_by(Record.occurred_on, Record.id).limit(most)).all()
    for record in records:
        begun = record.decided_on if period.counts_from == "decision" else record.occurred_on
        kept_until = add_months(begun, period.months)
        leave_file(
            session,
            record,
            on=max(kept_until, record.last_day or kept_until) + timedelta(days=1),
            at=now,
            by=CLOCK,
            reason=text("repairs", "reasons.removed"),
        )
    return len(records)


def _last_start(today: date, months: int) -> date:
    """The latest day from which a period of months is over before ``today``.

    >>> _last_start(date(2026, 11, 26), 60)
    datetime.date(2021, 11, 25)
    >>> _last_start(date(2025, 3, 1), 60), _last_start(date(2028, 2, 29), 60)
    (datetime.date(2020, 2, 29), datetime.date(2023, 2, 28))
    """
    start = add_months(today, -months)
    return start if add_months(start, months) < today else start - timedelta(days=1)

"""When a holiday notice is published, provisional days are counted again, in cases too."""

from __future__ import annotations

from sqlalchemy import update
from sqlalchemy.orm import Session

from credit_core.deadlines.models import Deadline, DeadlineKind
from credit_core.deadlines.service import settle_provisional
from credit_core.objections.models import Objection
from credit_core.repair.models import RepairCase

_REPAIR_COLUMNS = {
    DeadlineKind.PUBLICATION_END: "notice_until",
    DeadlineKind.REFUSAL_OBJECTION: "object_until",
}
_REPAIR_STEPS = (
    DeadlineKind.PAPERS_DUE,
    DeadlineKind.REPAIR_ACCEPT,
    DeadlineKind.REPAIR_CHECK,
    DeadlineKind.REPAIR_SHOW,
    DeadlineKind.REPAIR_LABEL,
    DeadlineKind.REPAIR_DECIDE,
    *_REPAIR_COLUMNS,
)


def settle_calendar(session: Session) -> int:
    """Count provisional days again; how many deadlines changed."""
    changed = settle_provisional(session)
    for row in changed:
        if row.case_no is not None:
            _settle_case(session, row, row.case_no)
    return len(changed)


def _settle_case(session: Session, row: Deadline, case_no: str) -> None:
    due = {"due_on": row.on, "due_provisional": row.provisional}
    if row.kind == DeadlineKind.OBJECTION_DECIDE:
        session.execute(update(Objection).where(Objection.case_no == case_no).values(**due))
    elif row.kind == DeadlineKind.OBJECTION_ACCEPT:
        session.execute(
            update(Objection).where(Objection.case_no == case_no).values(accept_due_on=row.on)
        )
    elif row.kind in _REPAIR_STEPS:
        column = _REPAIR_COLUMNS.get(DeadlineKind(row.kind))
        more = {column: row.on} if column else {}
        session.execute(
            update(RepairCase).where(RepairCase.case_no == case_no).values(**due, **more)
        )

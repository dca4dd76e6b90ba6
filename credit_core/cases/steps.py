"""The log of a case and what others hear of it, written in one place for every kind of case."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, object_session

from credit_core.accounts.models import StaffMember, StaffRole
from credit_core.cases.models import CaseKind, CaseStep
from credit_core.database import Base
from credit_core.errors import Refusal
from credit_core.events import Event, EventKind, emit
from credit_core.masking import mask_free_text
from credit_core.workdays import Due

APPLICANT = "applicant"
CLOCK = "clock"


def lock_row(row: Base) -> None:
    """Read the row again and hold it until the transaction ends, so that of two members of
    staff who click at the same time the second one sees what the first has done."""
    session = object_session(row)
    if session is not None:
        session.flush()
        session.refresh(row, with_for_update=True)


def require_role(staff: StaffMember, allowed: Iterable[StaffRole]) -> None:
    """:raises Refusal: ``cases.role``: none of the roles is the member's."""
    if not staff.active or set(staff.roles.split(",")).isdisjoint(allowed):
        raise Refusal("cases.role", needed=",".join(sorted(allowed)))


def require_other_hand(
    session: Session, case_no: str, staff: StaffMember, after: Iterable[str]
) -> None:
    """Whoever prepared a case does not decide it.

    :raises Refusal: ``cases.own_work``: this member took one of the steps ``after``.
    """
    mine = session.scalar(
        select(CaseStep.id).where(
            CaseStep.case_no == case_no,
            CaseStep.by == staff.login,
            CaseStep.after.in_(list(after)),
        )
    )
    if mine is not None:
        raise Refusal("cases.own_work", case_no=case_no)


def steps_of(session: Session, case_no: str) -> Sequence[CaseStep]:
    """The life of a case, first step first."""
    return session.scalars(
        select(CaseStep).where(CaseStep.case_no == case_no).order_by(CaseStep.at, CaseStep.id)
    ).all()


def log_step(
    session: Session,
    *,
    kind: CaseKind,
    case_no: str,
    subject_id: int,
    record_id: int | None,
    follower_id: int | None,
    before: str | None,
    after: str,
    by: str,
    at: datetime,
    reason: str = "",
    due: Due | None = None,
    form: str | None = None,
) -> CaseStep:
    """Write the step and emit ``CASE_OPENED`` (no state before) or ``CASE_MOVED``."""
    step = CaseStep(
        case_no=case_no,
        before=before,
        after=after,
        at=at,
        by=by,
        reason=mask_free_text(reason),
        due_on=due.due if due else None,
        provisional=due.provisional if due else False,
        form=form,
    )
    session.add(step)
    session.flush()
    data: dict[str, object] = {
        "case_no": case_no,
        "case_kind": kind.name.lower(),
        "record_id": record_id,
        "before": before,
        "after": after,
        "due_on": due.due.isoformat() if due else None,
        "provisional": due.provisional if due else False,
        "reason": step.reason,
        "follower_id": follower_id,
        "form": form,
    }
    what = EventKind.CASE_OPENED if before is None else EventKind.CASE_MOVED
    emit(session, Event(what, subject_id, at, data))
    return step

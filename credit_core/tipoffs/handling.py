"""What staff do with a clue: look into it, then close it with a reason; never by one hand."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from credit_core.accounts.models import StaffMember, StaffRole
from credit_core.cases.models import CaseStep
from credit_core.cases.steps import require_other_hand, require_role
from credit_core.errors import NotFoundError, Refusal
from credit_core.masking import mask_free_text
from credit_core.tipoffs.models import TipOff, TipOffState

S = TipOffState
ALLOWED: dict[TipOffState, frozenset[TipOffState]] = {
    S.RECEIVED: frozenset({S.INVESTIGATED}),
    S.INVESTIGATED: frozenset({S.CONFIRMED, S.UNFOUNDED, S.TRANSFERRED}),
    S.CONFIRMED: frozenset(),
    S.UNFOUNDED: frozenset(),
    S.TRANSFERRED: frozenset(),
}
"""Which state may follow which."""
OPEN = (S.RECEIVED, S.INVESTIGATED)


def find_clue(session: Session, case_no: str) -> TipOff:
    """:raises NotFoundError: no such case."""
    found = session.scalar(select(TipOff).where(TipOff.case_no == case_no.strip().upper()))
    if found is None:
        raise NotFoundError(f"tip-off {case_no[:32]}")
    return found


def investigate(
    session: Session, clue: TipOff, *, staff: StaffMember, note: str, now: datetime
) -> None:
    """A clerk or reviewer has looked into it and writes down what was found.

    :raises Refusal: ``cases.role``, ``tipoffs.wrong_state``, ``tipoffs.reason_missing``.
    """
    require_role(staff, (StaffRole.CLERK, StaffRole.REVIEWER))
    _move(session, clue, S.INVESTIGATED, staff, note, now)


def conclude(
    session: Session,
    clue: TipOff,
    outcome: TipOffState,
    *,
    staff: StaffMember,
    reason: str,
    now: datetime,
) -> None:
    """An approver who did not look into it closes the case.

    :raises Refusal: ``cases.role``, ``cases.own_work``, ``tipoffs.wrong_state``,
        ``tipoffs.reason_missing``.
    """
    require_role(staff, (StaffRole.APPROVER,))
    require_other_hand(session, clue.case_no, staff, (S.INVESTIGATED,))
    _move(session, clue, outcome, staff, reason, now)


def _move(
    session: Session,
    clue: TipOff,
    state: TipOffState,
    staff: StaffMember,
    reason: str,
    now: datetime,
) -> None:
    if state not in ALLOWED[S(clue.state)]:
        raise Refusal("tipoffs.wrong_state")
    if not reason.strip():
        raise Refusal("tipoffs.reason_missing")
    session.add(
        CaseStep(
            case_no=clue.case_no,
            before=clue.state,
            after=state,
            at=now,
            by=staff.login,
            reason=mask_free_text(reason.strip()),
            provisional=False,
        )
    )
    clue.state = state
    session.flush()

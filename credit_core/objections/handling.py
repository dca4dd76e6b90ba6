"""What staff do with an objection: accept, check, decide, tell, review, archive.

A clerk works the case, an approver who did not work it decides it. Every function refuses a
step that the present state does not allow and a role that may not take it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from config.texts import text
from credit_core.accounts.models import StaffMember, StaffRole
from credit_core.cases.steps import require_other_hand, require_role
from credit_core.clock import local_day
from credit_core.deadlines.models import DeadlineKind
from credit_core.deadlines.service import close_deadlines, set_deadline
from credit_core.errors import Refusal
from credit_core.lists.following import void_entries_of
from credit_core.objections.models import Objection, ObjectionState, Outcome
from credit_core.objections.periods import answer_periods
from credit_core.objections.service import move, require_state, unmark
from credit_core.records.models import Record, RecordState
from credit_core.records.service import (
    change_state,
    leave_file,
    resume_effect,
    suspend_effect,
)
from credit_core.workdays import Due, calendar_for

WORKERS = (StaffRole.CLERK, StaffRole.REVIEWER)


def accept(session: Session, objection: Objection, *, staff: StaffMember, now: datetime) -> None:
    """:raises Refusal: ``objections.wrong_state``, ``cases.role``."""
    require_role(staff, WORKERS)
    require_state(objection, ObjectionState.FILED)
    close_deadlines(session, objection.case_no, [DeadlineKind.OBJECTION_ACCEPT])
    _move(session, objection, ObjectionState.ACCEPTED, staff, now, due=objection.answer_due)


def refuse_acceptance(
    session: Session, objection: Objection, *, staff: StaffMember, reason: str, now: datetime
) -> None:
    """Not an objection that can be dealt with; closes the case and takes the mark away.

    :raises Refusal: ``objections.wrong_state``, ``cases.role``, ``objections.reason_missing``.
    """
    require_role(staff, WORKERS)
    require_state(objection, ObjectionState.FILED)
    reason = _reason(reason)
    unmark(session, objection, now=now, by=staff.login, reason=reason)
    close_deadlines(session, objection.case_no)
    objection.reason, objection.closed_at = reason, now
    _move(session, objection, ObjectionState.NOT_ACCEPTED, staff, now, reason=reason)


def start_check(
    session: Session, objection: Objection, *, staff: StaffMember, now: datetime, note: str = ""
) -> None:
    """The facts are checked with the unit that the record came from."""
    require_role(staff, WORKERS)
    require_state(objection, ObjectionState.ACCEPTED)
    _move(
        session,
        objection,
        ObjectionState.CHECKING,
        staff,
        now,
        reason=note,
        due=objection.answer_due,
    )


def extend(
    session: Session, objection: Objection, *, staff: StaffMember, reason: str, now: datetime
) -> Due:
    """The longer period for complex cases holds, counted from the day of filing; once.

    :raises Refusal: ``objections.wrong_state``, ``cases.role``, ``objections.reason_missing``.
    """
    require_role(staff, (StaffRole.REVIEWER, StaffRole.APPROVER))
    require_state(objection, ObjectionState.ACCEPTED, ObjectionState.CHECKING)
    reason = _reason(reason)
    filed = local_day(objection.filed_at)
    days = answer_periods(objection.place, filed).decide_complex
    due = calendar_for(session).add_working_days(filed, days)
    objection.complex = True
    objection.due_on, objection.due_provisional = due
    set_deadline(
        session,
        DeadlineKind.OBJECTION_DECIDE,
        objection.case_no,
        subject_id=objection.subject_id,
        due=due,
        record_id=objection.record_id,
        case_no=objection.case_no,
        start=filed,
        working_days=days,
    )
    state = ObjectionState(objection.state)
    _move(session, objection, state, staff, now, reason=reason, due=due)
    return due


def suspend(
    session: Session, objection: Objection, *, staff: StaffMember, reason: str, now: datetime
) -> None:
    """The record does not count from today until the objection is decided or taken back.

    Without this step the effect stays: shown as under objection, no extra benefit or penalty.

    :raises Refusal: ``objections.wrong_state``, ``cases.role``, ``objections.reason_missing``,
        ``.not_counting``, ``.suspended_already``.
    """
    require_role(staff, (StaffRole.REVIEWER,))
    require_state(objection, ObjectionState.ACCEPTED, ObjectionState.CHECKING)
    reason = _reason(reason)
    record = session.get_one(Record, objection.record_id)
    try:
        suspend_effect(
            session,
            record,
            on=local_day(now),
            at=now,
            by=staff.login,
            reason=reason,
            case_no=objection.case_no,
        )
    except Refusal as refusal:
        resting = refusal.code == "record.resting"
        code = "objections.suspended_already" if resting else "objections.not_counting"
        raise Refusal(code) from None
    state = ObjectionState(objection.state)
    reason = text("objections", "suspended", reason=reason)
    _move(session, objection, state, staff, now, reason=reason, due=objection.answer_due)


def decide(
    session: Session,
    objection: Objection,
    *,
    staff: StaffMember,
    outcome: Outcome,
    reason: str,
    now: datetime,
    replacement: Record | None = None,
) -> None:
    """Decide and carry the decision out on the record.

    :param replacement: for ``CORRECTED``: the record that stands in its place.
    :raises Refusal: ``objections.wrong_state``, ``cases.role``, ``cases.own_work``,
        ``objections.reason_missing``, ``.replacement_missing``, ``.replacement_wrong``,
        ``.not_on_list``.
    """
    require_role(staff, (StaffRole.APPROVER,))
    require_state(objection, ObjectionState.CHECKING)
    worked = (ObjectionState.ACCEPTED, ObjectionState.CHECKING)
    require_other_hand(session, objection.case_no, staff, worked)
    reason = _reason(reason)
    carry_out(session, objection, outcome, replacement, by=staff.login, reason=reason, now=now)
    objection.outcome, objection.reason = outcome, reason
    objection.decided_at, objection.decided_by = now, staff.login
    close_deadlines(session, objection.case_no)
    _move(session, objection, ObjectionState.DECIDED, staff, now, reason=reason)


def tell(session: Session, objection: Objection, *, staff: StaffMember, now: datetime) -> None:
    """The applicant was told of the result; from now on a review can be asked for."""
    require_role(staff, WORKERS)
    require_state(objection, ObjectionState.DECIDED)
    objection.told_at = now
    days = answer_periods(objection.place, local_day(objection.filed_at)).review
    last = calendar_for(session).roll_forward(local_day(now) + timedelta(days=days.within))
    set_deadline(
        session,
        DeadlineKind.REFUSAL_OBJECTION,
        objection.case_no,
        subject_id=objection.subject_id,
        due=last,
        record_id=objection.record_id,
        case_no=objection.case_no,
    )
    _move(session, objection, ObjectionState.TOLD, staff, now, reason=objection.reason, due=last)


def decide_review(
    session: Session,
    objection: Objection,
    *,
    staff: StaffMember,
    outcome: Outcome,
    reason: str,
    now: datetime,
    replacement: Record | None = None,
) -> None:
    """Enter what the authority above decided; it may change the first decision."""
    require_role(staff, (StaffRole.APPROVER,))
    require_state(objection, ObjectionState.UNDER_REVIEW)
    reason = _reason(reason)
    if outcome is not Outcome.REJECTED:
        carry_out(session, objection, outcome, replacement, by=staff.login, reason=reason, now=now)
    objection.review_outcome, objection.reason = outcome, reason
    _close(session, objection, staff, now, reason)


def archive(session: Session, objection: Objection, *, staff: StaffMember, now: datetime) -> None:
    """File the case away after the result was told."""
    require_role(staff, WORKERS)
    require_state(objection, ObjectionState.TOLD)
    _close(session, objection, staff, now, "")


def carry_out(
    session: Session,
    objection: Objection,
    outcome: Outcome,
    replacement: Record | None,
    *,
    by: str,
    reason: str,
    now: datetime,
) -> None:
    """What an outcome does to the record; everything happens on the day of the decision."""
    record = session.get_one(Record, objection.record_id)
    today = local_day(now)
    match outcome:
        case Outcome.REJECTED | Outcome.COMPLETED:
            unmark(session, objection, now=now, by=by, reason=reason)
            return
        case Outcome.OFF_LIST:
            if not void_entries_of(session, record, by=by, reason=reason, at=now):
                raise Refusal("objections.not_on_list")
            unmark(session, objection, now=now, by=by, reason=reason)
            return
        case Outcome.REVOKED:
            state, on = RecordState.REVOKED, today
        case Outcome.CORRECTED:
            _stand_in(record, objection, replacement)
            state, on = RecordState.CORRECTED, today
        case Outcome.STOPPED if (end := record.without_effect_from) is not None and end <= today:
            # Its effect is over already, by time or by a repair: only the file still shows it.
            unmark(session, objection, now=now, by=by, reason=reason)
            leave_file(session, record, on=today, at=now, by=by, reason=reason)
            return
        case Outcome.STOPPED:
            state, on = RecordState.EXPIRED, today
    objection.running = False
    resume_effect(session, record, on=today)
    change_state(
        session, record, state, on=on, at=now, by=by, reason=reason, case_no=objection.case_no
    )


def _stand_in(record: Record, objection: Objection, replacement: Record | None) -> None:
    if replacement is None:
        raise Refusal("objections.replacement_missing")
    fits = replacement.subject_id == record.subject_id and replacement.id != record.id
    if not fits or replacement.state != RecordState.ACTIVE:
        raise Refusal("objections.replacement_wrong")
    record.replaced_by_id = replacement.id
    objection.replacement_id = replacement.id


def _close(
    session: Session, objection: Objection, staff: StaffMember, now: datetime, reason: str
) -> None:
    close_deadlines(session, objection.case_no)
    objection.closed_at = now
    _move(session, objection, ObjectionState.ARCHIVED, staff, now, reason=reason)


def _move(
    session: Session,
    objection: Objection,
    state: ObjectionState,
    staff: StaffMember,
    now: datetime,
    *,
    reason: str = "",
    due: Due | None = None,
) -> None:
    move(session, objection, state, by=staff.login, at=now, reason=reason, due=due)


def _reason(reason: str) -> str:
    reason = reason.strip()
    if not reason:
        raise Refusal("objections.reason_missing")
    return reason

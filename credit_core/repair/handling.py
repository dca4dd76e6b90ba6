"""What staff do with a repair, step by step, each within its working days.

The clock starts only when the papers are complete; what is missing is told once. A reviewer
verifies, an approver who did neither confirms or refuses, a clerk labels. Labelling ends the
negative effect on that day; the record stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from config.texts import text
from credit_core.accounts.models import StaffMember
from credit_core.cases.steps import require_other_hand
from credit_core.clock import local_day
from credit_core.deadlines.models import DeadlineKind
from credit_core.deadlines.service import close_deadlines
from credit_core.errors import Refusal
from credit_core.measures.ending import end_measures_of
from credit_core.records.models import Record, RecordState
from credit_core.records.service import change_state
from credit_core.repair.check import check
from credit_core.repair.facts import record_fact
from credit_core.repair.models import FactKind, RepairCase, RepairState
from credit_core.repair.rules import repair_book
from credit_core.repair.service import (
    close,
    move,
    open_deadline,
    procedure_of,
    require_state,
)
from credit_core.repair.steps import doer
from credit_core.workdays import Due, add_months, calendar_for

S = RepairState
_WORKED = (S.PAPERS_COMPLETE, S.ACCEPTED, S.VERIFIED, S.PUBLIC_NOTICE)


def ask_papers(
    session: Session,
    case: RepairCase,
    *,
    staff: StaffMember,
    missing: Sequence[str],
    now: datetime,
) -> Due:
    """一次性告知: tell once, in full, what is missing; no clock runs meanwhile.

    What was told and still has not come may be asked for again; nothing new may.

    :raises Refusal: ``repairs.wrong_state``, ``cases.role``, ``repairs.missing_empty``,
        ``repairs.told_once`` (``told``).
    """
    by = doer("ask_papers", staff)
    require_state(case, S.SUBMITTED)
    papers = [paper.strip() for paper in missing if paper.strip()]
    if not papers:
        raise Refusal("repairs.missing_empty")
    if case.missing and not set(papers) <= set(case.missing):
        raise Refusal("repairs.told_once", told="；".join(case.missing))
    case.missing = list(papers)
    due = _clock(session, case, DeadlineKind.PAPERS_DUE, procedure_of(case).papers, now)
    reason = "；".join(papers)
    move(session, case, S.PAPERS_MISSING, "ask_papers", by=by, at=now, reason=reason, due=due)
    return due


def papers_complete(
    session: Session, case: RepairCase, *, staff: StaffMember, now: datetime
) -> Due:
    """The papers are complete: the clock starts today."""
    by = doer("papers_complete", staff)
    require_state(case, S.SUBMITTED)
    case.papers_complete_at, case.missing = now, []
    days = procedure_of(case)
    if days.accept is not None:
        due = _clock(session, case, DeadlineKind.REPAIR_ACCEPT, days.accept, now)
    else:
        due = _clock(session, case, DeadlineKind.REPAIR_CHECK, days.verify, now)
    move(session, case, S.PAPERS_COMPLETE, "papers_complete", by=by, at=now, due=due)
    return due


def accept(session: Session, case: RepairCase, *, staff: StaffMember, now: datetime) -> Due:
    """Accept; verification is due so many working days after complete papers or acceptance,
    as the rule set says."""
    by = doer("accept", staff)
    require_state(case, S.PAPERS_COMPLETE)
    case.accepted_at = now
    days = procedure_of(case)
    start = case.papers_complete_at if days.verify_from == "papers" else now
    due = _clock(session, case, DeadlineKind.REPAIR_CHECK, days.verify, start or now)
    move(session, case, S.ACCEPTED, "accept", by=by, at=now, due=due)
    return due


def extend(
    session: Session, case: RepairCase, *, staff: StaffMember, reason: str, now: datetime
) -> Due:
    """A complex case: the extension is added to the verification period, once.

    :raises Refusal: ``repairs.no_extension`` and the usual ones.
    """
    by = doer("extend", staff)
    require_state(case, S.ACCEPTED)
    days = procedure_of(case)
    if days.verify_extension is None or case.extended:
        raise Refusal("repairs.no_extension")
    reason = _reason(reason)
    start = case.papers_complete_at if days.verify_from == "papers" else case.accepted_at
    length = days.verify + days.verify_extension
    due = _clock(session, case, DeadlineKind.REPAIR_CHECK, length, start or now)
    case.extended = True
    move(session, case, S.ACCEPTED, "extend", by=by, at=now, reason=reason, due=due)
    return due


def verify(
    session: Session,
    case: RepairCase,
    *,
    staff: StaffMember,
    now: datetime,
    duties_done: bool,
    corrected: bool,
    note: str = "",
) -> None:
    """Write down what was verified; all conditions must pass today, else the case is refused
    by an approver.

    :raises Refusal: ``repairs.conditions_open`` (``missing``: the sentences), …
    """
    by = doer("verify", staff)
    require_state(case, S.ACCEPTED)
    record = session.get_one(Record, case.record_id)
    today = local_day(now)
    for fact, true in ((FactKind.DUTIES_DONE, duties_done), (FactKind.CORRECTED, corrected)):
        if true:
            record_fact(session, record, fact, on=today, by=by, at=now, note=note)
    _require_conditions(session, case, record, now)
    close_deadlines(session, case.case_no)
    days = procedure_of(case)
    due = None
    if days.show is not None:
        due = _clock(session, case, DeadlineKind.REPAIR_SHOW, days.show, now)
    move(session, case, S.VERIFIED, "verify", by=by, at=now, reason=note, due=due)


def start_notice(session: Session, case: RepairCase, *, staff: StaffMember, now: datetime) -> Due:
    """Put the result on public notice for as many working days as the rule set says.

    :raises Refusal: ``repairs.no_notice`` where the rule set has none.
    """
    by = doer("start_notice", staff)
    require_state(case, S.VERIFIED)
    days = procedure_of(case)
    if days.show is None:
        raise Refusal("repairs.no_notice")
    due = _clock(session, case, DeadlineKind.PUBLICATION_END, days.show, now)
    case.notice_until = due.due
    move(session, case, S.PUBLIC_NOTICE, "start_notice", by=by, at=now, due=due)
    return due


def confirm(session: Session, case: RepairCase, *, staff: StaffMember, now: datetime) -> Due:
    """Confirm the repair after the public notice; the label is due next.

    :raises Refusal: ``repairs.notice_running`` (``until``), ``.notice_needed``,
        ``.conditions_open``, ``cases.own_work``, …
    """
    by = doer("confirm", staff)
    require_state(case, S.VERIFIED, S.PUBLIC_NOTICE)
    require_other_hand(session, case.case_no, staff, _WORKED)
    if procedure_of(case).show is not None:
        if case.notice_until is None:
            raise Refusal("repairs.notice_needed")
        if local_day(now) <= case.notice_until:
            raise Refusal("repairs.notice_running", until=case.notice_until)
    _require_conditions(session, case, session.get_one(Record, case.record_id), now)
    case.confirmed_at = now
    due = _clock(session, case, DeadlineKind.REPAIR_LABEL, procedure_of(case).label, now)
    move(session, case, S.CONFIRMED, "confirm", by=by, at=now, due=due)
    return due


def label(session: Session, case: RepairCase, *, staff: StaffMember, now: datetime) -> None:
    """Label the record: from today on it has no negative effect, and its measures end."""
    by = doer("label", staff)
    require_state(case, S.CONFIRMED)
    today = local_day(now)
    record = session.get_one(Record, case.record_id)
    reason = text("repairs", "reasons.labelled", unit=case.unit)
    change_state(
        session,
        record,
        RecordState.REPAIRED,
        on=today,
        at=now,
        by=by,
        reason=reason,
        case_no=case.case_no,
    )
    end_measures_of(session, record, on=today, by=by, reason=reason, at=now)
    case.labelled_on = today
    close(session, case)
    move(session, case, S.LABELLED, "label", by=by, at=now, reason=reason)


def refuse(
    session: Session, case: RepairCase, *, staff: StaffMember, reason: str, now: datetime
) -> Due:
    """Refuse in writing; returns the last day to object to the authority above.

    :raises Refusal: ``repairs.reason_missing``, ``cases.own_work``, …
    """
    by = doer("refuse", staff)
    require_state(case, S.SUBMITTED, S.PAPERS_MISSING, *_WORKED)
    require_other_hand(session, case.case_no, staff, _WORKED)
    reason = _reason(reason)
    case.reason, case.refused_at = reason, now
    close(session, case)
    due = _clock(
        session, case, DeadlineKind.REFUSAL_OBJECTION, procedure_of(case).refusal_objection, now
    )
    case.object_until = due.due
    move(session, case, S.REFUSED, "refuse", by=by, at=now, reason=reason, due=due)
    return due


def decide_objection(
    session: Session,
    case: RepairCase,
    *,
    staff: StaffMember,
    upheld: bool,
    reason: str,
    now: datetime,
) -> None:
    """Enter what the authority above decided: go on with the repair, or the refusal stands."""
    by = doer("decide_objection", staff)
    require_state(case, S.OBJECTED)
    reason = _reason(reason)
    case.reason = reason
    if upheld:
        case.accepted_at = now
        days = procedure_of(case).verify
        due = _clock(session, case, DeadlineKind.REPAIR_CHECK, days, now)
        move(session, case, S.ACCEPTED, "decide_objection", by=by, at=now, reason=reason, due=due)
        return
    close(session, case)
    move(session, case, S.REFUSED_FINALLY, "decide_objection", by=by, at=now, reason=reason)


def undo(
    session: Session, case: RepairCase, *, staff: StaffMember, reason: str, now: datetime
) -> None:
    """The repair was got with false papers: the record counts again, and a bar begins."""
    by = doer("undo", staff)
    require_state(case, S.LABELLED)
    reason = _reason(reason)
    record = session.get_one(Record, case.record_id)
    today = local_day(now)
    over = record.effective_to is not None and record.effective_to <= today
    if record.state == RecordState.REPAIRED:
        change_state(
            session,
            record,
            RecordState.EXPIRED if over else RecordState.ACTIVE,
            on=today,
            at=now,
            by=by,
            reason=reason,
            case_no=case.case_no,
        )
    months = max((r.forgery_bar_months or 0 for r in repair_book().rule_sets), default=0)
    until = add_months(today, months)
    record_fact(session, record, FactKind.BARRED, on=until, by=by, at=now, note=case.case_no)
    move(session, case, S.UNDONE, "undo", by=by, at=now, reason=reason)


def _require_conditions(session: Session, case: RepairCase, record: Record, now: datetime) -> None:
    found = check(session, record, local_day(now), city=case.city)
    open_ones = [one.why for one in found.conditions if not one.passed]
    if open_ones:
        raise Refusal("repairs.conditions_open", missing="；".join(open_ones))


def _clock(
    session: Session, case: RepairCase, kind: DeadlineKind, days: int, start: datetime
) -> Due:
    """End the present deadlines of the case and open the next one."""
    first = local_day(start)
    due = calendar_for(session).add_working_days(first, days)
    close_deadlines(session, case.case_no)
    open_deadline(session, case, kind, due, first, days)
    return due


def _reason(reason: str) -> str:
    reason = reason.strip()
    if not reason:
        raise Refusal("repairs.reason_missing")
    return reason

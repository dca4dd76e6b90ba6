"""What the applicant does: open an application, hand it in, complete papers, object, withdraw.

What staff do stands in :mod:`credit_core.repair.handling`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.texts import text
from credit_core.cases.models import CaseKind, CaseStep
from credit_core.cases.numbers import next_case_no
from credit_core.cases.steps import APPLICANT, lock_row, log_step, steps_of
from credit_core.clock import local_day
from credit_core.deadlines.models import DeadlineKind
from credit_core.deadlines.service import close_deadlines, set_deadline
from credit_core.errors import NotFoundError, Refusal
from credit_core.evidence.store import Stored, attach, evidence_of
from credit_core.records.models import Record
from credit_core.repair.check import RepairCheck, check
from credit_core.repair.models import RUNNING, RepairCase, RepairState
from credit_core.repair.rules import Procedure, repair_book
from credit_core.repair.steps import StepName, step
from credit_core.subjects.models import Subject
from credit_core.workdays import Due, calendar_for

STATEMENT_MOST = 2000
_NOW_OR_NEVER = {
    "in_file": "repairs.not_in_file",
    "not_on_severe_list": "repairs.on_severe_list",
    "minimum_period": "repairs.too_early",
    "no_new_same_kind": "repairs.new_item",
    "no_new_breach": "repairs.new_item",
    "not_barred": "repairs.barred",
}
"""Conditions that no paper can mend; an application is refused at the door while one fails."""


@dataclass(frozen=True, slots=True)
class RepairStatus:
    """How far a case is, in words that can be shown."""

    case_no: str
    record_id: int
    state: RepairState
    state_text: str
    next_text: str
    opened_on: date
    due: Due | None
    """Statutory day of the next step."""
    missing: tuple[str, ...]
    reason: str
    object_until: date | None
    period_rules: str
    procedure_rules: str
    steps: tuple[CaseStep, ...]


def open_application(
    session: Session,
    subject: Subject,
    record: Record,
    *,
    follower_id: int | None,
    city: str,
    now: datetime,
) -> RepairCase:
    """Begin a draft. What papers can still mend is left open; what they cannot is refused now.

    :raises Refusal: ``repairs.not_own``, ``.duplicate`` (``case_no``), ``.positive``,
        ``.not_in_file``, ``.too_early`` (``day``), ``.new_item`` (``day``),
        ``.on_severe_list``, ``.barred`` (``day``).
    """
    today = local_day(now)
    if record.subject_id != subject.id:
        raise Refusal("repairs.not_own")
    _refuse_duplicate(session, record)
    found = check(session, record, today, city=city)
    _refuse_at_the_door(found)
    case_no = next_case_no(session, CaseKind.REPAIR, today)
    # The counter's row is locked now, so a case opened at the same time is visible.
    _refuse_duplicate(session, record)
    case = RepairCase(
        case_no=case_no,
        subject_id=subject.id,
        record_id=record.id,
        follower_id=follower_id,
        unit=record.source_unit,
        city=city,
        state=RepairState.DRAFT,
        running=True,
        period_rules=found.rule_set,
        procedure_rules=found.procedure_rules,
        missing=[],
        opened_at=now,
        reason="",
        extended=False,
        due_provisional=False,
    )
    session.add(case)
    session.flush()
    return case


def submit(
    session: Session,
    case: RepairCase,
    *,
    statement: str,
    evidence: Sequence[Stored] = (),
    now: datetime,
) -> None:
    """Hand the draft in; the case is opened for everybody.

    :raises Refusal: ``repairs.wrong_state``, ``.papers_none``, ``.statement_long``, and what
        :func:`open_application` refuses.
    """
    require_state(case, RepairState.DRAFT)
    today = local_day(now)
    found = check(session, session.get_one(Record, case.record_id), today, city=case.city)
    _refuse_at_the_door(found)
    case.period_rules, case.procedure_rules = found.rule_set, found.procedure_rules
    case.statement = checked_statement(statement, needed=False)
    attach(session, case.case_no, evidence, at=now)
    if not evidence_of(session, case.case_no):
        raise Refusal("repairs.papers_none")
    case.submitted_at = now
    _wait_for_papers_check(session, case, RepairState.SUBMITTED, "submit", now, opened=True)


def resubmit(
    session: Session, case: RepairCase, *, evidence: Sequence[Stored], now: datetime
) -> None:
    """Hand in what was missing, in time.

    :raises Refusal: ``repairs.wrong_state``, ``.papers_none``, ``.papers_late``
        (``last_day``).
    """
    require_state(case, RepairState.PAPERS_MISSING)
    today = local_day(now)
    if case.due_on is not None and today > case.due_on:
        raise Refusal("repairs.papers_late", last_day=case.due_on)
    if not attach(session, case.case_no, evidence, at=now):
        raise Refusal("repairs.papers_none")
    _wait_for_papers_check(session, case, RepairState.SUBMITTED, "resubmit", now)


def withdraw(session: Session, case: RepairCase, *, now: datetime) -> None:
    """The applicant takes it back; the record is as it was."""
    require_state(case, *RUNNING)
    close(session, case)
    reason = text("repairs", "reasons.withdrawn")
    move(session, case, RepairState.WITHDRAWN, "withdraw", by=APPLICANT, at=now, reason=reason)


def object_to_refusal(session: Session, case: RepairCase, *, statement: str, now: datetime) -> Due:
    """Object to the authority above; returns the day by which it decides.

    :raises Refusal: ``repairs.wrong_state``, ``.objection_late`` (``last_day``),
        ``.statement_empty``, ``.statement_long``, ``.duplicate``.
    """
    require_state(case, RepairState.REFUSED)
    today = local_day(now)
    if case.object_until is not None and today > case.object_until:
        raise Refusal("repairs.objection_late", last_day=case.object_until)
    _refuse_duplicate(session, session.get_one(Record, case.record_id))
    case.statement = checked_statement(statement, needed=True)
    case.running = True
    days = procedure_of(case).objection_decide
    due = calendar_for(session).add_working_days(today, days)
    close_deadlines(session, case.case_no)
    open_deadline(session, case, DeadlineKind.REPAIR_DECIDE, due, today, days)
    move(session, case, RepairState.OBJECTED, "object", by=APPLICANT, at=now, due=due)
    return due


def status(session: Session, case_no: str) -> RepairStatus:
    """:raises NotFoundError: no such case."""
    case = find_case(session, case_no)
    state = RepairState(case.state)
    return RepairStatus(
        case_no=case.case_no,
        record_id=case.record_id,
        state=state,
        state_text=text("repairs", f"states.{state}"),
        next_text=text("repairs", f"next.{state}"),
        opened_on=local_day(case.opened_at),
        due=case.due,
        missing=tuple(case.missing) if state is RepairState.PAPERS_MISSING else (),
        reason=case.reason,
        object_until=case.object_until if state is RepairState.REFUSED else None,
        period_rules=case.period_rules,
        procedure_rules=case.procedure_rules,
        steps=tuple(steps_of(session, case.case_no)),
    )


def cases_of(session: Session, subject_id: int) -> Sequence[RepairCase]:
    """The repairs of one subject, newest first; drafts too."""
    return session.scalars(
        select(RepairCase)
        .where(RepairCase.subject_id == subject_id)
        .order_by(RepairCase.opened_at.desc(), RepairCase.id.desc())
    ).all()


def find_case(session: Session, case_no: str) -> RepairCase:
    """:raises NotFoundError: no such case."""
    found = session.scalar(select(RepairCase).where(RepairCase.case_no == case_no.strip().upper()))
    if found is None:
        raise NotFoundError(f"repair {case_no[:32]}")
    return found


def procedure_of(case: RepairCase) -> Procedure:
    """The working days that were stored with the case when it was handed in."""
    procedure = repair_book().by_id(case.procedure_rules).procedure
    if procedure is None:
        raise LookupError(f"{case.procedure_rules} has no procedure")
    return procedure


def require_state(case: RepairCase, *allowed: RepairState) -> None:
    """Lock the case and look at its state.

    :raises Refusal: ``repairs.wrong_state`` with the present state in words.
    """
    lock_row(case)
    if case.state not in allowed:
        raise Refusal("repairs.wrong_state", state=text("repairs", f"states.{case.state}"))


def move(
    session: Session,
    case: RepairCase,
    state: RepairState,
    name: StepName,
    *,
    by: str,
    at: datetime,
    reason: str = "",
    due: Due | None = None,
    opened: bool = False,
) -> None:
    """Set the state and the next statutory day, log the step, tell the listeners."""
    before = None if opened else case.state
    case.state = state
    case.due_on = due.due if due else None
    case.due_provisional = due.provisional if due else False
    session.flush()
    log_step(
        session,
        kind=CaseKind.REPAIR,
        case_no=case.case_no,
        subject_id=case.subject_id,
        record_id=case.record_id,
        follower_id=case.follower_id,
        before=before,
        after=state,
        by=by,
        at=at,
        reason=reason,
        due=due,
        form=step(name).form,
    )


def open_deadline(
    session: Session,
    case: RepairCase,
    kind: DeadlineKind,
    due: Due,
    start: date,
    working_days: int,
) -> None:
    set_deadline(
        session,
        kind,
        case.case_no,
        subject_id=case.subject_id,
        due=due,
        record_id=case.record_id,
        case_no=case.case_no,
        start=start,
        working_days=working_days,
    )


def close(session: Session, case: RepairCase) -> None:
    """Nothing more is due; another case for the record may be opened."""
    case.running = False
    close_deadlines(session, case.case_no)


def checked_statement(statement: str, *, needed: bool) -> str:
    statement = statement.strip()
    if needed and not statement:
        raise Refusal("repairs.statement_empty")
    if len(statement) > STATEMENT_MOST:
        raise Refusal("repairs.statement_long", most=STATEMENT_MOST)
    return statement


def _wait_for_papers_check(
    session: Session,
    case: RepairCase,
    state: RepairState,
    name: StepName,
    now: datetime,
    *,
    opened: bool = False,
) -> None:
    """No statutory clock runs against the applicant; the bureau has to look at the papers."""
    today = local_day(now)
    days = procedure_of(case).papers
    due = calendar_for(session).add_working_days(today, days)
    close_deadlines(session, case.case_no)
    open_deadline(session, case, DeadlineKind.REPAIR_ACCEPT, due, today, days)
    move(session, case, state, name, by=APPLICANT, at=now, due=due, opened=opened)


def _refuse_at_the_door(found: RepairCheck) -> None:
    for condition in found.conditions:
        if not condition.passed and condition.code in _NOW_OR_NEVER:
            raise Refusal(_NOW_OR_NEVER[condition.code], day=condition.passes_from)


def _refuse_duplicate(session: Session, record: Record) -> None:
    running = session.scalar(
        select(RepairCase.case_no).where(
            RepairCase.record_id == record.id, RepairCase.running.is_(True)
        )
    )
    if running is not None:
        raise Refusal("repairs.duplicate", case_no=running)

"""What the person concerned does: file an objection, ask how far it is, withdraw, ask for review.

What staff do stands in :mod:`credit_core.objections.handling`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from config.texts import text
from credit_core.cases.models import CaseKind, CaseStep
from credit_core.cases.numbers import next_case_no
from credit_core.cases.places import place_of_city
from credit_core.cases.steps import APPLICANT, lock_row, log_step, steps_of
from credit_core.clock import local_day
from credit_core.deadlines.models import DeadlineKind
from credit_core.deadlines.service import close_deadlines, set_deadline
from credit_core.errors import NotFoundError, Refusal
from credit_core.evidence.store import Stored, attach
from credit_core.objections.models import UNDECIDED, Objection, ObjectionState
from credit_core.objections.periods import (
    ReviewPeriod,
    answer_periods,
    last_filing_day,
    periods,
)
from credit_core.records.models import COUNTING, Record, RecordState
from credit_core.records.service import change_state, resume_effect
from credit_core.subjects.models import Subject
from credit_core.workdays import Due, calendar_for

_OPEN_ENDED = (RecordState.ACTIVE, RecordState.REPAIRED, RecordState.EXPIRED)


@dataclass(frozen=True, slots=True)
class ObjectionStatus:
    """How far a case is, in words that can be shown."""

    case_no: str
    record_id: int
    state: ObjectionState
    state_text: str
    next_text: str
    filed_on: date
    answer_due: Due
    outcome_text: str | None
    reason: str
    review_until: date | None
    """Last day to ask for a review, once the result was told."""
    steps: tuple[CaseStep, ...]


def file_objection(
    session: Session,
    subject: Subject,
    record: Record,
    *,
    statement: str,
    evidence: Sequence[Stored] = (),
    follower_id: int | None,
    city: str,
    now: datetime,
    told_on: date | None = None,
) -> Objection:
    """Open a case and mark the record on the same day.

    :param statement: what is wrong, in the person's words; stored sealed.
    :param evidence: pictures that were put into the store before.
    :param told_on: when the subject was told of the record; the day of decision when unknown.
    :raises Refusal: ``objections.not_own``, ``.void``, ``.suspected``, ``.duplicate``
        (``case_no``), ``.late`` (``last_day``), ``.statement_empty``, ``.statement_long``
        (``most``), ``.evidence_many`` (``most``).
    """
    today = local_day(now)
    statement = _checked_statement(statement)
    if len(evidence) > periods().evidence_most:
        raise Refusal("objections.evidence_many", most=periods().evidence_most)
    _refuse_unless_open(session, subject, record)
    calendar = calendar_for(session)
    last = last_filing_day(subject.kind, record.item, told_on or record.decided_on, calendar)
    if last is not None and today > last.due:
        raise Refusal("objections.late", last_day=last.due)

    case_no = next_case_no(session, CaseKind.OBJECTION, today)
    # The counter's row is locked now, so an objection filed at the same time is visible.
    _refuse_duplicate(session, record)
    days = answer_periods(place_of_city(city), today)
    accept = calendar.add_working_days(today, days.accept)
    due = calendar.add_working_days(today, days.decide)
    objection = Objection(
        case_no=case_no,
        subject_id=subject.id,
        record_id=record.id,
        follower_id=follower_id,
        place=days.place,
        state=ObjectionState.FILED,
        running=True,
        record_state_before=record.state,
        filed_at=now,
        accept_due_on=accept.due,
        due_on=due.due,
        due_provisional=due.provisional,
        complex=False,
        reason="",
    )
    objection.statement = statement
    session.add(objection)
    session.flush()
    attach(session, case_no, evidence, at=now)
    if record.state == RecordState.ACTIVE:
        change_state(
            session,
            record,
            RecordState.UNDER_OBJECTION,
            on=today,
            at=now,
            by=APPLICANT,
            reason=case_no,
            case_no=case_no,
        )
    _open_deadline(session, objection, DeadlineKind.OBJECTION_ACCEPT, accept, today, days.accept)
    _open_deadline(session, objection, DeadlineKind.OBJECTION_DECIDE, due, today, days.decide)
    move(session, objection, ObjectionState.FILED, by=APPLICANT, at=now, due=due, opened=True)
    return objection


def status(session: Session, case_no: str) -> ObjectionStatus:
    """:raises NotFoundError: no such case."""
    objection = find_case(session, case_no)
    state = ObjectionState(objection.state)
    told = objection.told_at
    return ObjectionStatus(
        case_no=objection.case_no,
        record_id=objection.record_id,
        state=state,
        state_text=text("objections", f"states.{state}"),
        next_text=text("objections", f"next.{state}"),
        filed_on=local_day(objection.filed_at),
        answer_due=objection.answer_due,
        outcome_text=(
            text("objections", f"outcomes.{objection.outcome}") if objection.outcome else None
        ),
        reason=objection.reason,
        review_until=review_until(objection) if told else None,
        steps=tuple(steps_of(session, case_no)),
    )


def cases_of(session: Session, subject_id: int) -> Sequence[Objection]:
    """The objections of one subject, newest first."""
    return session.scalars(
        select(Objection)
        .where(Objection.subject_id == subject_id)
        .order_by(Objection.filed_at.desc(), Objection.id.desc())
    ).all()


def find_case(session: Session, case_no: str) -> Objection:
    """:raises NotFoundError: no such case."""
    found = session.scalar(select(Objection).where(Objection.case_no == case_no.strip().upper()))
    if found is None:
        raise NotFoundError(f"objection {case_no[:32]}")
    return found


def withdraw(session: Session, objection: Objection, *, now: datetime, reason: str = "") -> None:
    """The applicant takes it back; the mark goes, the record is as before.

    :raises Refusal: ``objections.wrong_state``: it was decided already.
    """
    require_state(objection, *UNDECIDED)
    reason = reason.strip() or text("objections", "default_reason.withdrawn")
    unmark(session, objection, now=now, by=APPLICANT, reason=reason)
    close_deadlines(session, objection.case_no)
    objection.closed_at = now
    move(session, objection, ObjectionState.WITHDRAWN, by=APPLICANT, at=now, reason=reason)


def review_until(objection: Objection) -> date | None:
    """Last day to ask the authority above; ``None`` before the result was told."""
    if objection.told_at is None:
        return None
    told = local_day(objection.told_at)
    return told + timedelta(days=_review(objection).within)


def ask_review(session: Session, objection: Objection, *, statement: str, now: datetime) -> Due:
    """Ask the authority above; returns the day by which it decides.

    :raises Refusal: ``objections.wrong_state``, ``.review_late`` (``last_day``),
        ``.statement_empty``, ``.statement_long``.
    """
    require_state(objection, ObjectionState.TOLD)
    today = local_day(now)
    last = review_until(objection)
    if last is not None:
        last = calendar_for(session).roll_forward(last).due
        if today > last:
            raise Refusal("objections.review_late", last_day=last)
    objection.review_statement = _checked_statement(statement)
    ends = today + timedelta(days=_review(objection).decide)
    due = calendar_for(session).roll_forward(ends)
    close_deadlines(session, objection.case_no)
    _open_deadline(session, objection, DeadlineKind.OBJECTION_REVIEW, due, None, None)
    move(session, objection, ObjectionState.UNDER_REVIEW, by=APPLICANT, at=now, due=due)
    return due


def _review(objection: Objection) -> ReviewPeriod:
    return answer_periods(objection.place, local_day(objection.filed_at)).review


def move(
    session: Session,
    objection: Objection,
    state: ObjectionState,
    *,
    by: str,
    at: datetime,
    reason: str = "",
    due: Due | None = None,
    opened: bool = False,
) -> None:
    """Set the state, log the step, tell the listeners."""
    before = None if opened else objection.state
    objection.state = state
    session.flush()
    log_step(
        session,
        kind=CaseKind.OBJECTION,
        case_no=objection.case_no,
        subject_id=objection.subject_id,
        record_id=objection.record_id,
        follower_id=objection.follower_id,
        before=before,
        after=state,
        by=by,
        at=at,
        reason=reason,
        due=due,
    )


def require_state(objection: Objection, *allowed: ObjectionState) -> None:
    """Lock the case and look at its state.

    :raises Refusal: ``objections.wrong_state`` with the present state in words.
    """
    lock_row(objection)
    if objection.state not in allowed:
        raise Refusal(
            "objections.wrong_state", state=text("objections", f"states.{objection.state}")
        )


def unmark(session: Session, objection: Objection, *, now: datetime, by: str, reason: str) -> None:
    """The record goes back to what it was; a record whose end has come meanwhile is expired."""
    objection.running = False
    record = session.get_one(Record, objection.record_id)
    resume_effect(session, record, on=local_day(now))
    if record.state != RecordState.UNDER_OBJECTION:
        return
    today = local_day(now)
    over = record.effective_to is not None and record.effective_to <= today
    change_state(
        session,
        record,
        RecordState.EXPIRED if over else RecordState.ACTIVE,
        on=record.effective_to if over and record.effective_to else today,
        at=now,
        by=by,
        reason=reason,
        case_no=objection.case_no,
    )


def _checked_statement(statement: str) -> str:
    statement = statement.strip()
    if not statement:
        raise Refusal("objections.statement_empty")
    most = periods().statement_most
    if len(statement) > most:
        raise Refusal("objections.statement_long", most=most)
    return statement


def _refuse_unless_open(session: Session, subject: Subject, record: Record) -> None:
    if record.subject_id != subject.id:
        raise Refusal("objections.not_own")
    _refuse_duplicate(session, record)
    if record.state == RecordState.SUSPECTED:
        raise Refusal("objections.suspected")
    if record.state not in (*_OPEN_ENDED, *COUNTING):
        raise Refusal("objections.void")


def running_objection(session: Session, record: Record) -> str | None:
    """Number of the case in which the record is contested and not decided yet, here or by the
    authority above, if any."""
    return session.scalar(
        select(Objection.case_no).where(
            Objection.record_id == record.id,
            or_(Objection.running.is_(True), Objection.state == ObjectionState.UNDER_REVIEW),
        )
    )


def _refuse_duplicate(session: Session, record: Record) -> None:
    running = running_objection(session, record)
    if running is not None:
        raise Refusal("objections.duplicate", case_no=running)


def _open_deadline(
    session: Session,
    objection: Objection,
    kind: DeadlineKind,
    due: Due,
    start: date | None,
    working_days: int | None,
) -> None:
    set_deadline(
        session,
        kind,
        objection.case_no,
        subject_id=objection.subject_id,
        due=due,
        record_id=objection.record_id,
        case_no=objection.case_no,
        start=start,
        working_days=working_days,
    )

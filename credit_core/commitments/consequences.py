"""What follows from a commitment that is refused, not signed in time, kept or broken.

Refusing puts an organisation on the focus list until it signs. Silence, and a promise that was
not kept by its day, only raise a suspected record; it counts when a person confirms it.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.texts import text
from credit_core.accounts.models import StaffMember, StaffRole
from credit_core.cases.steps import APPLICANT, CLOCK, lock_row, require_role
from credit_core.clock import local_day
from credit_core.commitments.models import Commitment, CommitmentKind, CommitmentState
from credit_core.commitments.service import find_one, ref_of
from credit_core.commitments.texts import commitment_book
from credit_core.deadlines.service import close_deadlines
from credit_core.errors import Refusal
from credit_core.lists.service import enter_list
from credit_core.records.models import Record, RecordState
from credit_core.records.service import add_record, confirm_hit, reject_hit
from credit_core.scoring.service import refresh
from credit_core.subjects.models import Subject, SubjectKind

S = CommitmentState
_ORGANISATIONS = ("institution", "employer", "supplier")


def refuse(
    session: Session,
    subject: Subject,
    kind: CommitmentKind,
    *,
    now: datetime,
    by: str = APPLICANT,
    document_no: str | None = None,
) -> Commitment:
    """The subject refuses: an organisation goes on the focus list until it signs, and what the
    rules say of a refusal is recorded.

    :raises Refusal: ``commitments.not_asked``.
    """
    asked = find_one(session, subject, kind, None, (S.ASKED,))
    if asked is None:
        raise Refusal("commitments.not_asked")
    _not_signed(session, subject, asked, now, by, document_no, silent=False)
    return asked


def run_due(session: Session, today: date, now: datetime) -> dict[str, int]:
    """Daily: what was not signed in time, what was not kept in time; how many of each."""
    unsigned = session.scalars(
        select(Commitment).where(Commitment.state == S.ASKED, Commitment.due_on < today)
    ).all()
    for commitment in unsigned:
        subject = session.get_one(Subject, commitment.subject_id)
        _not_signed(session, subject, commitment, now, CLOCK, None, silent=True)
    unkept = session.scalars(
        select(Commitment).where(
            Commitment.state == S.SIGNED,
            Commitment.fulfil_by < today,
            Commitment.result_record_id.is_(None),
        )
    ).all()
    suspected = sum(_suspect(session, commitment, today, now) for commitment in unkept)
    return {"unsigned": len(unsigned), "unkept": suspected}


def keep(
    session: Session, commitment: Commitment, *, staff: StaffMember, now: datetime, reason: str
) -> None:
    """Staff found that it was fulfilled; a suspicion is withdrawn.

    :raises Refusal: ``cases.role``, ``commitments.not_signed``, ``.reason_missing``.
    """
    reason = _begin(commitment, staff, reason)
    hit = _hit(session, commitment)
    if hit is not None and hit.state == RecordState.SUSPECTED:
        reject_hit(session, hit, on=local_day(now), at=now, by=staff.login, reason=reason)
    _end(session, commitment, S.KEPT, now, reason)


def break_commitment(
    session: Session, commitment: Commitment, *, staff: StaffMember, now: datetime, reason: str
) -> Record | None:
    """Staff confirm that it was not fulfilled by its day; the record counts from now on.

    :return: the record, or ``None`` where the rules know no item for this kind of subject.
    :raises Refusal: ``cases.role``, ``commitments.not_signed``, ``.no_due``, ``.not_due``
        (``day``), ``.reason_missing``.
    """
    reason = _begin(commitment, staff, reason)
    today = local_day(now)
    if commitment.fulfil_by is None:
        raise Refusal("commitments.no_due")
    if today <= commitment.fulfil_by:
        raise Refusal("commitments.not_due", day=commitment.fulfil_by)
    _suspect(session, commitment, today, now)
    hit = _hit(session, commitment)
    if hit is not None and hit.state == RecordState.SUSPECTED:
        confirm_hit(session, hit, on=today, at=now, by=staff.login, reason=reason)
    if commitment.kind == CommitmentKind.PUBLIC:
        subject = session.get_one(Subject, commitment.subject_id)
        subject.committed_until = today
        refresh(session, subject, today, now)
    _end(session, commitment, S.BROKEN, now, reason)
    return hit


def _not_signed(
    session: Session,
    subject: Subject,
    asked: Commitment,
    now: datetime,
    by: str,
    document_no: str | None,
    *,
    silent: bool,
) -> None:
    """Silence puts on the focus list and only raises a suspicion; a spoken refusal counts."""
    today = local_day(now)
    book = commitment_book()
    title = book.kinds[CommitmentKind(asked.kind)].title
    document = document_no or _document("refusal_document", asked, today)
    detail = text("commitments", "silence_detail" if silent else "refusal_detail", title=title)
    asked.state, asked.reason = S.REFUSED, detail
    close_deadlines(session, ref_of(asked))
    public = asked.kind == CommitmentKind.PUBLIC
    item = book.refusal_items.get(_kind_of(subject)) if public else None
    if item is not None:
        record = add_record(
            session,
            subject,
            item,
            occurred_on=today,
            decided_on=today,
            document_no=document,
            source_unit=text("commitments", "unit"),
            at=now,
            by=by,
            detail=detail,
            suspected=silent,
        )
        asked.result_record_id = record.id
    if public:
        enter_list(
            session,
            subject,
            book.refusal_list.rule,
            document_no=document,
            decided_on=today,
            entered_on=today,
            basis=book.refusal_list.basis,
            source_unit=text("commitments", "unit"),
            by=by,
            at=now,
            record_id=asked.result_record_id,
        )
    session.flush()


def _suspect(session: Session, commitment: Commitment, today: date, now: datetime) -> bool:
    """Add the suspected record of a breach, once; ``False`` where there is no item for it."""
    if commitment.result_record_id is not None:
        return False
    subject = session.get_one(Subject, commitment.subject_id)
    item = commitment_book().breach_items.get(_kind_of(subject))
    if item is None:
        return False
    title = commitment_book().kinds[CommitmentKind(commitment.kind)].title
    record = add_record(
        session,
        subject,
        item,
        occurred_on=today,
        decided_on=today,
        document_no=_document("breach_document", commitment, today),
        source_unit=text("commitments", "unit"),
        at=now,
        by=CLOCK,
        detail=text("commitments", "breach_detail", title=title),
        suspected=True,
    )
    commitment.result_record_id = record.id
    session.flush()
    return True


def _kind_of(subject: Subject) -> SubjectKind:
    return SubjectKind(subject.kind)


def _hit(session: Session, commitment: Commitment) -> Record | None:
    if commitment.result_record_id is None:
        return None
    return session.get_one(Record, commitment.result_record_id)


def _begin(commitment: Commitment, staff: StaffMember, reason: str) -> str:
    require_role(staff, (StaffRole.REVIEWER, StaffRole.APPROVER))
    lock_row(commitment)
    if commitment.state != S.SIGNED:
        raise Refusal("commitments.not_signed")
    if not reason.strip():
        raise Refusal("commitments.reason_missing")
    return reason.strip()


def _end(
    session: Session,
    commitment: Commitment,
    state: CommitmentState,
    now: datetime,
    reason: str,
) -> None:
    commitment.state, commitment.ended_at, commitment.reason = state, now, reason
    close_deadlines(session, ref_of(commitment))
    session.flush()


def _document(key: str, commitment: Commitment, today: date) -> str:
    return text("commitments", key, year=today.year, number=commitment.id)

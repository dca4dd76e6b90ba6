"""Ask for a commitment, show it, sign it; check a signature; list what was signed.

What follows from refusing or breaking one stands in :mod:`credit_core.commitments.consequences`.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from datetime import UTC, date, datetime
from hashlib import sha256

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.texts import text
from credit_core.cases.steps import APPLICANT
from credit_core.cases.wording import shown
from credit_core.clock import local_day
from credit_core.commitments.models import Commitment, CommitmentKind, CommitmentState
from credit_core.commitments.texts import Shown, TextVersion, commitment_book, text_in_force
from credit_core.deadlines.models import DeadlineKind
from credit_core.deadlines.service import close_deadlines, set_deadline
from credit_core.errors import Refusal
from credit_core.events import Event, EventKind, emit
from credit_core.lists.models import ListEntry, ListKind
from credit_core.lists.service import leave_list
from credit_core.records.models import Record
from credit_core.scoring.service import refresh
from credit_core.subjects.models import Subject
from credit_core.workdays import Due, add_months

S = CommitmentState
_ORGANISATIONS = ("institution", "employer", "supplier")


def ask(
    session: Session,
    subject: Subject,
    kind: CommitmentKind,
    *,
    due_on: date,
    now: datetime,
    matter: str = "",
) -> Commitment:
    """Ask the subject to sign by ``due_on``; asking again for the same moves the day.

    :raises Refusal: ``commitments.wrong_signer``.
    """
    _require_signer(subject, kind)
    asked = find_one(session, subject, kind, matter, (S.ASKED,))
    if asked is None:
        asked = Commitment(subject_id=subject.id, kind=kind, state=S.ASKED, matter=matter)
        asked.text_version, asked.reason = "", ""
        session.add(asked)
    asked.asked_at, asked.due_on = now, due_on
    session.flush()
    _deadline(session, asked, due_on)
    return asked


def show(
    kind: CommitmentKind, on: date, *, matter: str = "", fulfil_by: date | None = None
) -> Shown:
    """The text in force, filled, as it stands over the button.

    :raises Refusal: ``commitments.no_text``.
    """
    version = text_in_force(kind, on)
    return Shown(
        commitment_book().kinds[kind].title,
        version.version,
        version.text.format(
            matter=matter or text("commitments", "open_matter"),
            fulfil_by=shown(fulfil_by) if fulfil_by else text("commitments", "no_day"),
        ).rstrip(),
    )


def sign(
    session: Session,
    subject: Subject,
    kind: CommitmentKind,
    *,
    follower_id: int | None,
    now: datetime,
    matter: str = "",
    record: Record | None = None,
    fulfil_by: date | None = None,
) -> Commitment:
    """Sign the text in force. An earlier one of the same kind and matter is replaced.

    :param record: for ``repair``: the record that shall be repaired.
    :param fulfil_by: last day to do what is promised.
    :raises Refusal: ``commitments.wrong_signer``, ``.no_text``, ``.matter_missing``,
        ``.record_missing``, ``.record_not_own``.
    """
    _require_signer(subject, kind)
    matter = matter.strip()
    if kind is CommitmentKind.REPAIR:
        matter = _repair_matter(subject, record)
    elif kind is CommitmentKind.INSTEAD_OF_APPROVAL and not matter:
        raise Refusal("commitments.matter_missing")
    today = local_day(now)
    version = text_in_force(kind, today)
    months = commitment_book().kinds[kind].valid_months
    commitment = find_one(session, subject, kind, matter, (S.ASKED, S.REFUSED)) or Commitment(
        subject_id=subject.id, kind=kind, matter=matter
    )
    for earlier in _signed(session, subject, kind, matter):
        earlier.state, earlier.ended_at = S.REPLACED, now
        close_deadlines(session, ref_of(earlier))
    commitment.state, commitment.reason = S.SIGNED, ""
    commitment.record_id = record.id if record else None
    commitment.text_version, commitment.text_sha256 = version.version, version.sha256
    commitment.follower_id, commitment.signed_at = follower_id, now
    commitment.valid_until = add_months(today, months) if months else None
    commitment.fulfil_by = fulfil_by
    commitment.digest = _digest(commitment, version)
    session.add(commitment)
    session.flush()
    _after_signing(session, subject, commitment, today, now)
    return commitment


def is_genuine(commitment: Commitment) -> bool:
    """The stored digest belongs to this text, subject, matter and instant."""
    version = commitment_book().version(CommitmentKind(commitment.kind), commitment.text_version)
    if version is None or commitment.digest is None:
        return False
    return hmac.compare_digest(commitment.digest, _digest(commitment, version))


def commitments_of(session: Session, subject_id: int) -> Sequence[Commitment]:
    """The commitments of a subject, newest first."""
    return session.scalars(
        select(Commitment).where(Commitment.subject_id == subject_id).order_by(Commitment.id.desc())
    ).all()


def public_commitments(
    session: Session, *, after_id: int = 0, most: int = 100
) -> Sequence[tuple[Commitment, Subject]]:
    """Signed commitments of organisations for the public list; never of natural persons."""
    kinds = [kind for kind, rule in commitment_book().kinds.items() if rule.public]
    rows = session.execute(
        select(Commitment, Subject)
        .join(Subject, Subject.id == Commitment.subject_id)
        .where(
            Commitment.id > after_id,
            Commitment.state.in_((S.SIGNED, S.KEPT)),
            Commitment.kind.in_(kinds),
            Subject.kind.in_(_ORGANISATIONS),
        )
        .order_by(Commitment.id)
        .limit(most)
    )
    return [(commitment, subject) for commitment, subject in rows]


def _after_signing(
    session: Session, subject: Subject, commitment: Commitment, today: date, now: datetime
) -> None:
    close_deadlines(session, ref_of(commitment))
    last = commitment.fulfil_by or commitment.valid_until
    if last is not None:
        _deadline(session, commitment, last)
    entries = session.scalars(
        select(ListEntry).where(
            ListEntry.subject_id == subject.id,
            ListEntry.list == ListKind.FOCUS,
            ListEntry.rule == commitment_book().refusal_list.rule,
            ListEntry.left_on.is_(None),
        )
    ).all()
    if commitment.kind == CommitmentKind.PUBLIC:
        for entry in entries:
            on = max(today, entry.entered_on)
            reason = text("commitments", "list_left")
            leave_list(session, entry, on=on, reason=reason, by=APPLICANT, at=now)
        subject.committed_from, subject.committed_until = today, commitment.valid_until
        refresh(session, subject, today, now)
    data = {
        "commitment_id": commitment.id,
        "commitment_kind": str(commitment.kind),
        "version": commitment.text_version,
        "digest": (commitment.digest or b"").hex(),
        "valid_until": commitment.valid_until.isoformat() if commitment.valid_until else None,
        "follower_id": commitment.follower_id,
    }
    emit(session, Event(EventKind.COMMITMENT_SIGNED, subject.id, now, data))


def _digest(commitment: Commitment, version: TextVersion) -> bytes:
    signed_at = commitment.signed_at
    parts = (
        str(commitment.kind),
        version.version,
        version.sha256.hex(),
        str(commitment.subject_id),
        commitment.matter,
        str(commitment.record_id or ""),
        commitment.fulfil_by.isoformat() if commitment.fulfil_by else "",
        signed_at.astimezone(UTC).isoformat() if signed_at else "",
    )
    return sha256("\x1f".join(parts).encode()).digest()


def _repair_matter(subject: Subject, record: Record | None) -> str:
    if record is None:
        raise Refusal("commitments.record_missing")
    if record.subject_id != subject.id:
        raise Refusal("commitments.record_not_own")
    return record.document_no[:120]


def _require_signer(subject: Subject, kind: CommitmentKind) -> None:
    if subject.kind not in commitment_book().kinds[kind].signers:
        raise Refusal("commitments.wrong_signer")


def find_one(
    session: Session,
    subject: Subject,
    kind: CommitmentKind,
    matter: str | None,
    states: Sequence[CommitmentState],
) -> Commitment | None:
    wanted = select(Commitment).where(
        Commitment.subject_id == subject.id,
        Commitment.kind == kind,
        Commitment.state.in_(states),
    )
    if matter is not None:
        wanted = wanted.where(Commitment.matter == matter)
    return session.scalars(wanted.order_by(Commitment.id.desc()).limit(1)).first()


def _signed(
    session: Session, subject: Subject, kind: CommitmentKind, matter: str
) -> Sequence[Commitment]:
    return session.scalars(
        select(Commitment).where(
            Commitment.subject_id == subject.id,
            Commitment.kind == kind,
            Commitment.matter == matter,
            Commitment.state == S.SIGNED,
        )
    ).all()


def ref_of(commitment: Commitment) -> str:
    return f"commitment:{commitment.id}"


def _deadline(session: Session, commitment: Commitment, on: date) -> None:
    set_deadline(
        session,
        DeadlineKind.COMMITMENT_DUE,
        ref_of(commitment),
        subject_id=commitment.subject_id,
        due=Due(on, False),
        record_id=commitment.record_id,
    )

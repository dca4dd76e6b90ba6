"""The life of records: added, confirmed, marked, corrected, revoked, repaired, expired.

A record is never deleted. Each step is a row of ``record_event``; the columns that scoring
reads follow it, the subject is rescored in the same transaction, and whoever listens is told.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from credit_core.clock import local_day
from credit_core.errors import NotFoundError, Refusal
from credit_core.events import Event, EventKind, emit
from credit_core.ids import new_id
from credit_core.records.entry import Entered, Reported, enter, fingerprint
from credit_core.records.models import (
    Record,
    RecordEvent,
    RecordState,
    RecordSuspension,
    decision_key,
)
from credit_core.rules.book import rule_book
from credit_core.rules.choice import effect_end
from credit_core.scoring.service import counts_points, refresh, warn_points
from credit_core.subjects.models import Subject
from credit_core.subjects.service import born_on

S = RecordState
ALLOWED: dict[RecordState, frozenset[RecordState]] = {
    S.SUSPECTED: frozenset({S.ACTIVE, S.REVOKED}),
    S.ACTIVE: frozenset({S.UNDER_OBJECTION, S.CORRECTED, S.REVOKED, S.REPAIRED, S.EXPIRED}),
    S.UNDER_OBJECTION: frozenset({S.ACTIVE, S.CORRECTED, S.REVOKED, S.REPAIRED, S.EXPIRED}),
    # Back to active (or run out) only when a repair is undone: it was got by false papers.
    S.REPAIRED: frozenset({S.UNDER_OBJECTION, S.CORRECTED, S.REVOKED, S.ACTIVE, S.EXPIRED}),
    # What has run out may still stand in the file, and be repaired there.
    S.EXPIRED: frozenset({S.UNDER_OBJECTION, S.CORRECTED, S.REVOKED, S.REPAIRED}),
    S.CORRECTED: frozenset(),
    S.REVOKED: frozenset(),
}
"""Which state may follow which."""


def add_record(
    session: Session,
    subject: Subject,
    item: str,
    *,
    occurred_on: date,
    decided_on: date,
    document_no: str,
    source_unit: str,
    at: datetime,
    by: str,
    basis: str = "",
    severity: str | None = None,
    points: int | None = None,
    detail: str = "",
    suspected: bool = False,
) -> Record:
    """Add one record and rescore its subject.

    :param points: only where the item leaves them open (or to choose a level of the item).
    :param suspected: a monitor's hit: no effect until :func:`confirm_hit`.
    :raises Refusal: ``record.*``: what is wrong with it, or ``record.duplicate``.
    """
    today = local_day(at)
    reported = Reported(
        item, occurred_on, decided_on, document_no.strip(), source_unit.strip(), basis.strip(),
        severity, points, detail.strip(),
    )  # fmt: skip
    entered = enter(rule_book(session), subject.kind, reported, today=today, born=born_on(subject))
    key = fingerprint(subject.kind, subject.identifier, reported, item=entered.item)
    if session.scalar(select(Record.id).where(Record.fingerprint == key)) is not None:
        raise Refusal("record.duplicate")
    if subject.rated_on is None:
        refresh(session, subject, today, at)
    record = Record(
        id=new_id(),
        state=RecordState.SUSPECTED if suspected else RecordState.ACTIVE,
        fingerprint=key,
        **columns(subject.id, reported, entered),
        recorded_at=at,
        recorded_by=by,
    )
    session.add(record)
    session.flush()
    if not suspected:
        emit(session, record_added(record, at))
    _rescore(session, subject, record, today, at)
    return record


def _rescore(session: Session, subject: Subject, record: Record, today: date, at: datetime) -> None:
    """Refresh the subject of a new record; warn when statutory points reach a step."""
    made = refresh(session, subject, today, at)
    if record.points and record.in_effect(today):
        entry = rule_book(session).on(subject.kind, today)
        if counts_points(entry, record.item):
            warn_points(session, made, record.points, at)


def columns(subject_id: int, reported: Reported, entered: Entered) -> dict[str, object]:
    """The columns of a record that follow from the report and the rules."""
    return {
        "subject_id": subject_id,
        "item": entered.item,
        "level": entered.level,
        "occurred_on": reported.occurred_on,
        "decided_on": reported.decided_on,
        "document_no": reported.document_no,
        "decision_key": decision_key(reported.document_no),
        "source_unit": reported.source_unit,
        "basis": reported.basis,
        "severity": entered.severity,
        "points": entered.points,
        "detail": reported.detail or None,
        "effective_from": entered.effective_from,
        "effective_to": entered.effective_to,
    }


def record_added(record: Record, at: datetime) -> Event:
    return Event(
        EventKind.RECORD_ADDED,
        record.subject_id,
        at,
        {
            "record_id": record.id,
            "item": record.item,
            "points": record.points,
            "effective_from": record.effective_from.isoformat(),
            "effective_to": record.last_day.isoformat() if record.last_day else None,
            "document_no": record.document_no,
        },
    )


def _event(
    record_id: int, state: str, on: date, at: datetime, by: str, reason: str, case_no: str | None
) -> RecordEvent:
    return RecordEvent(
        id=new_id(),
        record_id=record_id,
        state=state,
        on=on,
        at=at,
        by=by,
        reason=reason,
        case_no=case_no,
    )


def change_state(
    session: Session,
    record: Record,
    state: str,
    *,
    on: date,
    at: datetime,
    by: str,
    reason: str,
    case_no: str | None = None,
) -> None:
    """Take a record to another state from a day on, and rescore its subject.

    *Repaired* and *expired* end the effect on ``on``; *revoked* and *corrected* undo it for
    every day; *under objection* only marks.

    :raises Refusal: ``record.transition``: that state cannot follow the present one.
    """
    before, after = RecordState(record.state), RecordState(state)
    if before == after:
        return
    if after not in ALLOWED[before]:
        raise Refusal("record.transition", before=str(before), after=str(after))
    subject = _subject(session, record)
    if subject.rated_on is None:
        refresh(session, subject, on, at)
    record.state = after
    _end_effect(record, before, after, on)
    session.add(_event(record.id, after, on, at, by, reason, case_no))
    session.flush()
    emit(
        session,
        Event(
            EventKind.RECORD_STATE,
            subject.id,
            at,
            {
                "record_id": record.id,
                "before": str(before),
                "after": str(after),
                "on": on.isoformat(),
                "reason": reason,
                "item": record.item,
                "document_no": record.document_no,
            },
        ),
    )
    refresh(session, subject, on, at)


def _end_effect(record: Record, before: RecordState, after: RecordState, on: date) -> None:
    """Keep the columns of the end in step with the state."""
    if after == RecordState.REPAIRED:
        over = record.effective_to is not None and record.effective_to <= on
        record.ended_on = on if over else min(filter(None, (record.ended_on, on)))
    elif after == RecordState.EXPIRED and before == RecordState.REPAIRED:
        record.ended_on = record.effective_to
    elif after == RecordState.EXPIRED:
        record.ended_on = min(filter(None, (record.ended_on, record.effective_to, on)))
    elif after == RecordState.ACTIVE and before == RecordState.REPAIRED:
        record.ended_on = None


def _subject(session: Session, record: Record) -> Subject:
    subject = session.get(Subject, record.subject_id)
    if subject is None:
        raise NotFoundError(f"record {record.id} has no subject")
    return subject


def leave_file(
    session: Session, record: Record, *, on: date, at: datetime, by: str, reason: str
) -> None:
    """The file shows it no longer from a day on (natural repair); row and steps stay."""
    record.removed_on = on
    session.add(_event(record.id, record.state_on(on), on, at, by, reason, None))
    session.flush()


def suspend_effect(
    session: Session, record: Record, *, on: date, at: datetime, by: str, reason: str, case_no: str
) -> None:
    """The effect rests from a day on until :func:`resume_effect`; the mark stays visible.

    :raises Refusal: ``record.not_counting``: it has no effect that could rest; ``record.resting``.
    """
    if not record.in_effect(on) or record.state != RecordState.UNDER_OBJECTION:
        raise Refusal("record.not_counting")
    if _open_suspension(session, record) is not None:
        raise Refusal("record.resting")
    session.add(
        RecordSuspension(
            id=new_id(), record_id=record.id, subject_id=record.subject_id, since=on,
            case_no=case_no,
        )
    )  # fmt: skip
    session.add(_event(record.id, record.state, on, at, by, reason, case_no))
    refresh(session, _subject(session, record), on, at)


def resume_effect(session: Session, record: Record, *, on: date) -> None:
    """The rest of the effect is over, if there is one; the caller's change of state rescores."""
    row = _open_suspension(session, record)
    if row is not None:
        row.until = on
        session.flush()


def is_resting(session: Session, record: Record) -> bool:
    return _open_suspension(session, record) is not None


def _open_suspension(session: Session, record: Record) -> RecordSuspension | None:
    return session.scalar(
        select(RecordSuspension).where(
            RecordSuspension.record_id == record.id, RecordSuspension.until.is_(None)
        )
    )


def confirm_hit(
    session: Session, record: Record, *, on: date, at: datetime, by: str, reason: str
) -> None:
    """A person confirms a monitor's hit: it counts from the day of this decision.

    :raises Refusal: ``record.transition``: it was no suspected record.
    """
    if record.state != RecordState.SUSPECTED:
        raise Refusal("record.transition", before=record.state, after=str(RecordState.ACTIVE))
    subject = _subject(session, record)
    entry = rule_book(session).for_decision(subject.kind, on)
    cell = entry.compiled.cell(record.item, record.level)
    record.decided_on = record.effective_from = on
    if cell is not None:
        record.effective_to = effect_end(entry.rules, cell.item, cell.variant, on)
    change_state(session, record, RecordState.ACTIVE, on=on, at=at, by=by, reason=reason)
    emit(session, record_added(record, at))


def reject_hit(
    session: Session, record: Record, *, on: date, at: datetime, by: str, reason: str
) -> None:
    """A person finds a monitor's hit wrong; it never had an effect.

    :raises Refusal: ``record.transition``: it was no suspected record.
    """
    if record.state != RecordState.SUSPECTED:
        raise Refusal("record.transition", before=record.state, after=str(RecordState.REVOKED))
    change_state(session, record, RecordState.REVOKED, on=on, at=at, by=by, reason=reason)


def correct(
    session: Session,
    record: Record,
    replacement: Record,
    *,
    on: date,
    at: datetime,
    by: str,
    reason: str,
    case_no: str | None = None,
) -> None:
    """A record was partly wrong: another one of the same subject stands in its place.

    :raises Refusal: ``record.other_subject`` or ``record.transition``.
    """
    if replacement.subject_id != record.subject_id or replacement.id == record.id:
        raise Refusal("record.other_subject")
    record.replaced_by_id = replacement.id
    change_state(
        session, record, RecordState.CORRECTED, on=on, at=at, by=by, reason=reason, case_no=case_no
    )


def records_of(session: Session, subject: Subject) -> list[Record]:
    """All records of a subject, whatever their state, newest decision first."""
    return list(
        session.scalars(
            select(Record)
            .where(Record.subject_id == subject.id)
            .order_by(Record.decided_on.desc(), Record.id.desc())
        )
    )


def by_document(session: Session, document_no: str) -> list[Record]:
    """Records of a decision; brackets, width and spaces of the number make no difference."""
    return list(
        session.scalars(
            select(Record)
            .where(Record.decision_key == decision_key(document_no))
            .order_by(Record.id)
        )
    )


def events_of(session: Session, record: Record) -> list[RecordEvent]:
    """The steps after a record was added, oldest first; adding it is its own row."""
    return list(
        session.scalars(
            select(RecordEvent)
            .where(RecordEvent.record_id == record.id)
            .order_by(RecordEvent.at, RecordEvent.id)
        )
    )


def move_records(
    session: Session, duplicate: Subject, into: Subject, *, at: datetime, by: str, reason: str
) -> None:
    """Carry the records of a merged duplicate over; each keeps a step that says so."""
    on = local_day(at)
    for record in records_of(session, duplicate):
        note = f"{reason} ({duplicate.id} -> {into.id})"
        session.add(_event(record.id, record.state, on, at, by, note, None))
    session.flush()
    session.execute(
        update(Record).where(Record.subject_id == duplicate.id).values(subject_id=into.id)
    )
    session.execute(
        update(RecordSuspension)
        .where(RecordSuspension.subject_id == duplicate.id)
        .values(subject_id=into.id)
    )
    session.flush()
    session.expire_all()
    refresh(session, into, on, at)

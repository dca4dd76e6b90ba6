"""How measures end: with their period, with the repair or revocation of their record, by hand."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import literal, or_, select
from sqlalchemy.orm import Session

from config.texts import text
from credit_core.cases.steps import CLOCK, lock_row
from credit_core.errors import Refusal
from credit_core.events import Event, EventKind, Subscriber, emit
from credit_core.measures.models import Measure, MeasureState
from credit_core.records.models import Record, RecordState


def end_measure(
    session: Session, measure: Measure, *, on: date, by: str, reason: str, at: datetime
) -> None:
    """:raises Refusal: ``measures.not_active``, ``measures.reason_missing``."""
    lock_row(measure)
    if measure.state != MeasureState.ACTIVE:
        raise Refusal("measures.not_active")
    if not reason.strip():
        raise Refusal("measures.reason_missing")
    measure.state, measure.ended_by = MeasureState.ENDED, by
    measure.ended_on = min(max(on, measure.starts_on), measure.ends_on)
    measure.ended_reason = reason.strip()
    session.flush()
    data = {
        "measure_id": measure.id,
        "catalogue_id": measure.catalogue_id,
        "matter": measure.matter,
        "document_no": measure.document_no,
        "record_id": measure.record_id,
        "on": measure.ended_on.isoformat(),
        "reason": measure.ended_reason,
    }
    emit(session, Event(EventKind.MEASURE_ENDED, measure.subject_id, at, data))


def end_measures_of(
    session: Session,
    record: Record,
    *,
    on: date,
    by: str,
    reason: str,
    at: datetime,
    lasting_too: bool = False,
) -> int:
    """End the measures that rest on this record; how many. Lasting ones stay unless told."""
    active = session.scalars(
        select(Measure).where(
            Measure.record_id == record.id,
            Measure.state == MeasureState.ACTIVE,
            or_(Measure.lasting.is_(False), literal(lasting_too)),
        )
    ).all()
    for measure in active:
        end_measure(session, measure, on=on, by=by, reason=reason, at=at)
    return len(active)


def records_follower() -> Subscriber:
    """A subscriber: measures end with the record that they rest on.

    Revoked or corrected: all of them. Repaired: all but lasting ones. Expired: none, they have
    their own period.
    """

    def follow(session: Session, event: Event) -> None:
        if event.kind is not EventKind.RECORD_STATE:
            return
        after = event.data["after"]
        if after not in {RecordState.REVOKED, RecordState.CORRECTED, RecordState.REPAIRED}:
            return
        record = session.get_one(Record, event.data["record_id"])
        end_measures_of(
            session,
            record,
            on=date.fromisoformat(event.data["on"]),
            by=CLOCK,
            reason=text("measures", f"reasons.{after}"),
            at=event.at,
            lasting_too=after != RecordState.REPAIRED,
        )

    return follow


def end_due(session: Session, today: date, now: datetime) -> int:
    """End active measures whose period is over; how many. Run daily."""
    over = session.scalars(
        select(Measure).where(Measure.state == MeasureState.ACTIVE, Measure.ends_on <= today)
    ).all()
    for measure in over:
        reason = text("measures", "reasons.period_over")
        end_measure(session, measure, on=measure.ends_on, by=CLOCK, reason=reason, at=now)
    return len(over)

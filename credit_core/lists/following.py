"""Lists follow records: an entry falls with the record that it rests on."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.texts import text
from credit_core.cases.steps import CLOCK
from credit_core.events import Event, EventKind, Subscriber
from credit_core.lists.models import ListEntry
from credit_core.lists.service import void_entry
from credit_core.records.models import VOID, Record, RecordState, decision_key


def records_follower() -> Subscriber:
    """A subscriber: a revoked record takes its list entries along, as if they had never been."""

    def follow(session: Session, event: Event) -> None:
        if event.kind is not EventKind.RECORD_STATE or event.data["after"] != RecordState.REVOKED:
            return
        record = session.get_one(Record, event.data["record_id"])
        reason = text("lists", "reasons.revoked")
        void_entries_of(session, record, by=CLOCK, reason=reason, at=event.at)

    return follow


def void_entries_of(session: Session, record: Record, *, by: str, reason: str, at: datetime) -> int:
    """Undo every entry that rests on this record, past ones too; how many."""
    entries = session.scalars(
        select(ListEntry)
        .where(ListEntry.subject_id == record.subject_id)
        .order_by(ListEntry.entered_on, ListEntry.id)
    ).all()
    resting = [one for one in entries if not one.void and _rests_on(session, one, record)]
    for entry in resting:
        void_entry(session, entry, reason=reason, by=by, at=at)
    return len(resting)


def _rests_on(session: Session, entry: ListEntry, record: Record) -> bool:
    """It names the record; or its decision, of which no other record stands."""
    if entry.record_id is not None:
        return entry.record_id == record.id
    if decision_key(entry.document_no) != record.decision_key:
        return False
    standing = select(Record.id).where(
        Record.subject_id == record.subject_id,
        Record.decision_key == record.decision_key,
        Record.id != record.id,
        Record.state.not_in(VOID),
    )
    return session.scalar(standing.limit(1)) is None

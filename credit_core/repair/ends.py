"""How a record ended, in words: revoked, repaired and expired are three different things."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.texts import text
from credit_core.records.models import Record, RecordState
from credit_core.repair.forms import label_text
from credit_core.repair.models import RepairCase, RepairState


def end_of(record: Record, on: date) -> str | None:
    """One sentence on how the record ended by ``on``; ``None`` while it counts, or may come to."""
    state = record.state_on(on)
    if state in {RecordState.REVOKED, RecordState.CORRECTED}:
        return text("repairs", f"ends.{state}")
    if state is RecordState.SUSPECTED:
        return None
    end = record.without_effect_from
    if end is None or end > on:
        return None
    if state is RecordState.REPAIRED:
        return text("repairs", "ends.repaired")
    return text("repairs", "ends.expired" if record.in_file(on) else "ends.removed")


def label_of(session: Session, record: Record) -> str | None:
    """The label that a repaired record carries wherever it is shown; ``None``: none."""
    if record.state != RecordState.REPAIRED:
        return None
    case = session.scalars(
        select(RepairCase)
        .where(RepairCase.record_id == record.id, RepairCase.state == RepairState.LABELLED)
        .order_by(RepairCase.labelled_on.desc())
        .limit(1)
    ).first()
    return label_text(case) if case is not None else None

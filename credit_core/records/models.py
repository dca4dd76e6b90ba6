"""Tables of records. A record is never changed or deleted: its life is a list of dated events,
and the few columns that scoring needs are kept beside them."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from credit_core.database import Base
from credit_core.ids import new_id


class RecordState(StrEnum):
    SUSPECTED = "suspected"
    """A monitor's hit: no effect until a person confirms it."""
    ACTIVE = "active"
    """In effect from the day of decision until its end."""
    UNDER_OBJECTION = "under_objection"
    """Marked while an objection runs; the effect stays (no extra benefit, no extra penalty)."""
    CORRECTED = "corrected"
    """Was partly wrong; another record (``replaced_by_id``) stands in its place, this one as if
    it had never counted."""
    REVOKED = "revoked"
    """Was wrong: as if it had never counted; the log is kept."""
    REPAIRED = "repaired"
    """Stays, labelled; without effect from ``ended_on``."""
    EXPIRED = "expired"
    """Ran out by itself on ``ended_on``."""


class Severity(StrEnum):
    MINOR = "轻微"
    GENERAL = "一般"
    SEVERE = "严重"


COUNTING = (RecordState.ACTIVE, RecordState.UNDER_OBJECTION)
"""States with effect today; repaired and expired ones had effect before ``ended_on``."""
VOID = (RecordState.CORRECTED, RecordState.REVOKED, RecordState.SUSPECTED)
"""States that never count, for any day."""


class Record(Base):
    __tablename__ = "record"
    __table_args__ = (
        Index("ix_record_effect", "effective_from"),
        Index("ix_record_end", "effective_to"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=new_id)
    subject_id: Mapped[int] = mapped_column(ForeignKey("subject.id"), index=True)
    item: Mapped[str] = mapped_column(String(24))
    occurred_on: Mapped[date]
    decided_on: Mapped[date]
    document_no: Mapped[str] = mapped_column(String(120), index=True)
    source_unit: Mapped[str] = mapped_column(String(120))
    basis: Mapped[str] = mapped_column(String(240), default="")
    severity: Mapped[str | None] = mapped_column(String(4))
    points: Mapped[int | None]
    """Given only where the rule of the item leaves the points open."""
    detail: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[str] = mapped_column(String(16), default=RecordState.ACTIVE)
    effective_from: Mapped[date]
    """Day of decision; later when the rule says so."""
    effective_to: Mapped[date | None]
    """First day without effect (by the rules on the day of decision, or earlier by repair)."""
    ended_on: Mapped[date | None]
    """First day without effect, when it was repaired or has expired."""
    replaced_by_id: Mapped[int | None] = mapped_column(ForeignKey("record.id"))
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary(16), unique=True)
    """Keyed digest of the row as reported; the same file again changes nothing."""
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(String(60))


class RecordEvent(Base):
    """One step in the life of a record: who set which state, when, from which day, and why."""

    __tablename__ = "record_event"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=new_id)
    record_id: Mapped[int] = mapped_column(ForeignKey("record.id"), index=True)
    state: Mapped[str] = mapped_column(String(16))
    on: Mapped[date]
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(60))
    reason: Mapped[str] = mapped_column(Text, default="")
    case_no: Mapped[str | None] = mapped_column(String(32))

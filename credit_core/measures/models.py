"""Table of measures that were taken, each under one entry of ``config/measures``."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from credit_core.database import Base
from credit_core.ids import new_id


class MeasureState(StrEnum):
    DRAFT = "draft"
    """Prepared; without effect until an approver activates it."""
    ACTIVE = "active"
    ENDED = "ended"


class Measure(Base):
    """One measure: matter, body, object, means, basis and period, tied to a record."""

    __tablename__ = "measure"
    __table_args__ = (Index("ix_measure_subject_id_state", "subject_id", "state"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=new_id)
    catalogue_id: Mapped[str] = mapped_column(String(40))
    state: Mapped[str] = mapped_column(String(8), default=MeasureState.DRAFT)
    subject_id: Mapped[int] = mapped_column(ForeignKey("subject.id"))
    """The object: a person who is barred is the object themselves, wherever they work."""
    record_id: Mapped[int | None] = mapped_column(ForeignKey("record.id"), index=True)
    document_no: Mapped[str] = mapped_column(String(120))
    """The decision behind it; no measure follows from points."""
    matter: Mapped[str] = mapped_column(String(120))
    body: Mapped[str] = mapped_column(String(120))
    means: Mapped[str] = mapped_column(Text)
    basis: Mapped[str] = mapped_column(String(240))
    lasting: Mapped[bool] = mapped_column(default=False)
    """Fixed by the decision itself, such as a ban of five years: a repair does not lift it."""
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    """First day without effect."""
    ended_on: Mapped[date | None]
    """First day without effect when it was ended earlier."""
    ended_reason: Mapped[str] = mapped_column(Text, default="")
    drafted_by: Mapped[str] = mapped_column(String(60))
    drafted_at: Mapped[datetime]
    activated_by: Mapped[str | None] = mapped_column(String(60))
    activated_at: Mapped[datetime | None]
    ended_by: Mapped[str | None] = mapped_column(String(60))

    @property
    def last_day(self) -> date:
        """The last day with effect."""
        return (self.ended_on or self.ends_on) - timedelta(days=1)

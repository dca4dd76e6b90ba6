"""Table of deadlines, kept with the records and cases that they belong to."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from credit_core.database import Base
from credit_core.ids import new_id


class DeadlineKind(StrEnum):
    # Days of the subject.
    REPAIR_POSSIBLE = "repair_possible"
    """First day on which the minimum period of a negative record is over."""
    DISPLAY_END = "display_end"
    """Last day with effect of a record that ends by itself."""
    PAPERS_DUE = "papers_due"
    """Last day to complete the papers of a repair."""
    PUBLICATION_END = "publication_end"
    """Last day of the public notice of a repair."""
    REFUSAL_OBJECTION = "refusal_objection"
    """Last day to object to a refused repair or a decision."""
    COMMITMENT_DUE = "commitment_due"
    """Last day to sign or to fulfil a commitment."""
    # Days of the bureau.
    REPAIR_ACCEPT = "repair_accept"
    REPAIR_CHECK = "repair_check"
    REPAIR_SHOW = "repair_show"
    REPAIR_LABEL = "repair_label"
    REPAIR_DECIDE = "repair_decide"
    """An objection against a refused repair has to be decided."""
    OBJECTION_MARK = "objection_mark"
    OBJECTION_ACCEPT = "objection_accept"
    OBJECTION_DECIDE = "objection_decide"
    OBJECTION_REVIEW = "objection_review"


class Deadline(Base):
    """One day for one reference (a record or a case). ``done`` ends it without deleting it.

    ``start`` and ``working_days`` are kept for days that were counted on the working-day
    calendar, so that a provisional day can be counted again when a notice is published.
    """

    __tablename__ = "deadline"
    __table_args__ = (
        UniqueConstraint("kind", "ref"),
        Index("ix_deadline_done_on", "done", "on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=new_id)
    kind: Mapped[str] = mapped_column(String(24))
    ref: Mapped[str] = mapped_column(String(40))
    """The case number, or ``record:<id>``, ``commitment:<id>``."""
    subject_id: Mapped[int] = mapped_column(ForeignKey("subject.id"), index=True)
    on: Mapped[date]
    provisional: Mapped[bool] = mapped_column(default=False)
    record_id: Mapped[int | None] = mapped_column(ForeignKey("record.id"))
    case_no: Mapped[str | None] = mapped_column(String(32))
    done: Mapped[bool] = mapped_column(default=False)
    start: Mapped[date | None]
    working_days: Mapped[int | None]

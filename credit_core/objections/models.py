"""Table of objections. Its life stands in ``case_step``; its statutory days in ``deadline``."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from credit_core.crypto import Sealed
from credit_core.database import Base
from credit_core.ids import new_id
from credit_core.workdays import Due


class ObjectionState(StrEnum):
    FILED = "filed"
    """Handed in and marked on the record; the bureau has to accept it."""
    ACCEPTED = "accepted"
    """The bureau has to check it with the unit that the record came from."""
    NOT_ACCEPTED = "not_accepted"
    """Closed: not an objection that can be dealt with; the reason was told."""
    CHECKING = "checking"
    """The facts are being checked; an approver has to decide."""
    DECIDED = "decided"
    """Decided; the applicant has to be told."""
    TOLD = "told"
    """The applicant was told and may ask for a review."""
    UNDER_REVIEW = "under_review"
    """The authority above has to decide."""
    ARCHIVED = "archived"
    """Closed."""
    WITHDRAWN = "withdrawn"
    """Closed by the applicant."""


UNDECIDED = (ObjectionState.FILED, ObjectionState.ACCEPTED, ObjectionState.CHECKING)
CLOSED = (ObjectionState.NOT_ACCEPTED, ObjectionState.ARCHIVED, ObjectionState.WITHDRAWN)


class Outcome(StrEnum):
    REVOKED = "revoked"
    """The record was wrong: as if it had never counted."""
    CORRECTED = "corrected"
    """Partly wrong: another record stands in its place."""
    COMPLETED = "completed"
    """Right but incomplete: details were added, the effect stays."""
    STOPPED = "stopped"
    """Its display had run out and has been stopped."""
    OFF_LIST = "off_list"
    """The entry on a list was wrong and is ended."""
    REJECTED = "rejected"
    """The record is right and stays."""


class Objection(Base):
    __tablename__ = "objection"
    __table_args__ = (
        Index(
            "uq_objection_running",
            "record_id",
            unique=True,
            sqlite_where=text("running"),
            postgresql_where=text("running"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=new_id)
    case_no: Mapped[str] = mapped_column(String(32), unique=True)
    subject_id: Mapped[int] = mapped_column(ForeignKey("subject.id"), index=True)
    record_id: Mapped[int] = mapped_column(ForeignKey("record.id"))
    follower_id: Mapped[int | None] = mapped_column(ForeignKey("follower.id"))
    place: Mapped[str] = mapped_column(String(24))
    """Whose periods hold; see ``config/objections``."""
    state: Mapped[str] = mapped_column(String(16), default=ObjectionState.FILED)
    running: Mapped[bool] = mapped_column(default=True)
    """Not decided yet; at most one per record."""
    record_state_before: Mapped[str] = mapped_column(String(16))
    statement_sealed: Mapped[bytes]
    filed_at: Mapped[datetime]
    accept_due_on: Mapped[date]
    due_on: Mapped[date]
    """Statutory day of the answer."""
    due_provisional: Mapped[bool] = mapped_column(default=False)
    complex: Mapped[bool] = mapped_column(default=False)
    """The longer period for complex cases holds."""
    outcome: Mapped[str | None] = mapped_column(String(12))
    reason: Mapped[str] = mapped_column(Text, default="")
    replacement_id: Mapped[int | None] = mapped_column(ForeignKey("record.id"))
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None] = mapped_column(String(60))
    told_at: Mapped[datetime | None]
    review_statement_sealed: Mapped[bytes | None]
    review_outcome: Mapped[str | None] = mapped_column(String(12))
    closed_at: Mapped[datetime | None]

    statement = Sealed("statement_sealed")
    review_statement = Sealed("review_statement_sealed")

    @property
    def answer_due(self) -> Due:
        return Due(self.due_on, self.due_provisional)

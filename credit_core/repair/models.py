"""Tables of repairs: what staff know about a record, and the cases."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from credit_core.crypto import Sealed
from credit_core.database import Base
from credit_core.ids import new_id
from credit_core.workdays import Due


class FactKind(StrEnum):
    DUTIES_DONE = "duties_done"
    """Fines paid, money returned, orders carried out."""
    CORRECTED = "corrected"
    """The act was corrected and its effects removed."""
    COMMITMENT = "commitment"
    """A public commitment on paper; one signed here counts by itself."""
    FIELD = "field"
    """The special field of the record (``value``), such as 药品."""
    BARRED = "barred"
    """No repair before ``on``, because an earlier one was got with false papers."""


class RepairFact(Base):
    """A fact about a record that staff have verified. The newest of a kind holds."""

    __tablename__ = "repair_fact"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=new_id)
    record_id: Mapped[int] = mapped_column(ForeignKey("record.id"), index=True)
    subject_id: Mapped[int] = mapped_column(ForeignKey("subject.id"), index=True)
    fact: Mapped[str] = mapped_column(String(16))
    on: Mapped[date]
    """Since when it is true; for ``barred``: the first day without the bar."""
    value: Mapped[str] = mapped_column(String(24), default="")
    withdrawn: Mapped[bool] = mapped_column(default=False)
    note: Mapped[str] = mapped_column(Text, default="")
    by: Mapped[str] = mapped_column(String(60))
    at: Mapped[datetime]


class RepairState(StrEnum):
    DRAFT = "draft"
    """The applicant is collecting papers."""
    SUBMITTED = "submitted"
    """The bureau checks whether the papers are complete."""
    PAPERS_MISSING = "papers_missing"
    """The applicant was told once what is missing."""
    PAPERS_COMPLETE = "papers_complete"
    """The clock runs; the bureau has to accept."""
    ACCEPTED = "accepted"
    """The bureau verifies the facts."""
    VERIFIED = "verified"
    """True; the public notice, or the confirmation where there is none, comes next."""
    PUBLIC_NOTICE = "public_notice"
    """On public notice; confirmed when nobody objects."""
    CONFIRMED = "confirmed"
    """Confirmed; the record has to be labelled."""
    LABELLED = "labelled"
    """Done: the record is repaired."""
    REFUSED = "refused"
    """Refused in writing; the applicant may object to the authority above."""
    OBJECTED = "objected"
    """The authority above decides on the refusal."""
    REFUSED_FINALLY = "refused_finally"
    """The authority above has upheld the refusal."""
    WITHDRAWN = "withdrawn"
    """Taken back by the applicant."""
    CLOSED = "closed"
    """Its record was revoked or corrected: there is nothing to repair any more."""
    UNDONE = "undone"
    """The repair was got with false papers and was taken back."""


RUNNING = tuple(
    state
    for state in RepairState
    if state
    not in {
        RepairState.LABELLED,
        RepairState.REFUSED,
        RepairState.REFUSED_FINALLY,
        RepairState.WITHDRAWN,
        RepairState.CLOSED,
        RepairState.UNDONE,
    }
)
"""A record has at most one case in one of these."""


class RepairCase(Base):
    __tablename__ = "repair_case"
    __table_args__ = (
        Index(
            "uq_repair_case_running",
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
    unit: Mapped[str] = mapped_column(String(120))
    """The unit that recognised the record; it accepts, verifies and confirms."""
    city: Mapped[str] = mapped_column(String(40))
    state: Mapped[str] = mapped_column(String(16), default=RepairState.DRAFT)
    running: Mapped[bool] = mapped_column(default=True)
    period_rules: Mapped[str] = mapped_column(String(24))
    """Rule set of the minimum period, chosen when the application was handed in."""
    procedure_rules: Mapped[str] = mapped_column(String(24))
    """Rule set of the steps' working days."""
    statement_sealed: Mapped[bytes | None]
    missing: Mapped[list[Any]] = mapped_column(default=list)
    opened_at: Mapped[datetime]
    submitted_at: Mapped[datetime | None]
    papers_complete_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    notice_until: Mapped[date | None]
    confirmed_at: Mapped[datetime | None]
    labelled_on: Mapped[date | None]
    refused_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(Text, default="")
    object_until: Mapped[date | None]
    """Last day to object to the refusal."""
    extended: Mapped[bool] = mapped_column(default=False)
    due_on: Mapped[date | None]
    """Statutory day of the next step."""
    due_provisional: Mapped[bool] = mapped_column(default=False)

    statement = Sealed("statement_sealed")

    @property
    def due(self) -> Due | None:
        return Due(self.due_on, self.due_provisional) if self.due_on else None

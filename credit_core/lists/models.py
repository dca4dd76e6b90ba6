"""Table of list entries. An entry is never deleted: leaving sets ``left_on``."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from credit_core.crypto import Sealed
from credit_core.database import Base
from credit_core.ids import new_id


class ListKind(StrEnum):
    HONOUR = "honour"
    """守信名单: recognised by an authority; lighter supervision."""
    SEVERE = "severe"
    """严重失信名单: by a written decision on a statutory basis only; grade override."""
    FOCUS = "focus"
    """重点监管名单: more checks; left as soon as its reason has gone."""


class ListEntry(Base):
    """A subject stands on a list from ``entered_on`` until the day before ``left_on``.

    A corporate entry on the severe list names its responsible person, either as a subject
    (``responsible_subject_id``) or, for a person without a file, by sealed name.
    """

    __tablename__ = "list_entry"
    __table_args__ = (
        Index("ix_list_entry_subject_id_list", "subject_id", "list"),
        Index(
            "uq_list_entry_open",
            "subject_id",
            "list",
            "document_no",
            unique=True,
            sqlite_where=text("left_on IS NULL"),
            postgresql_where=text("left_on IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=new_id)
    subject_id: Mapped[int] = mapped_column(ForeignKey("subject.id"))
    list: Mapped[str] = mapped_column(String(8))
    rule: Mapped[str] = mapped_column(String(40))
    """Which list rule of ``config/lists`` it was entered under."""
    document_no: Mapped[str] = mapped_column(String(120))
    decided_on: Mapped[date]
    entered_on: Mapped[date] = mapped_column(index=True)
    """First day with effect."""
    left_on: Mapped[date | None] = mapped_column(index=True)
    """First day without effect."""
    over_on: Mapped[date | None]
    """First day without effect when nobody ends it earlier, by the rule of the decision's day."""
    basis: Mapped[str] = mapped_column(String(240))
    source_unit: Mapped[str] = mapped_column(String(120))
    record_id: Mapped[int | None] = mapped_column(ForeignKey("record.id"))
    responsible_subject_id: Mapped[int | None] = mapped_column(ForeignKey("subject.id"))
    responsible_sealed: Mapped[bytes | None]
    entered_by: Mapped[str] = mapped_column(String(60))
    recorded_at: Mapped[datetime] = mapped_column(index=True)
    left_reason: Mapped[str] = mapped_column(Text, default="")
    left_document_no: Mapped[str] = mapped_column(String(120), default="")
    left_by: Mapped[str | None] = mapped_column(String(60))

    responsible = Sealed("responsible_sealed")

    @property
    def void(self) -> bool:
        """Undone: it never had a day with effect."""
        return self.left_on is not None and self.left_on <= self.entered_on

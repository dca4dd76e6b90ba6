"""Rule versions that staff made: they stand in the place of a file from a day on."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from credit_core.database import Base
from credit_core.ids import new_id


class VersionState(StrEnum):
    DRAFT = "draft"
    """Being written; decides nothing."""
    APPROVED = "approved"
    """Decides from its ``effective_from`` on."""
    WITHDRAWN = "withdrawn"
    """Was approved and is no longer used; kept for the record."""


class RuleVersion(Base):
    """A whole rule set as YAML text, in the schema of the files of ``config/rules``.

    Its own ``effective_from`` and ``effective_to`` say when it holds; on those days it takes
    the place of the file (and of versions approved before it) for its kind of subject.
    """

    __tablename__ = "rule_version"
    __table_args__ = (Index("ix_rule_version_state", "state", "approved_at"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=new_id)
    rule_set: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(16))
    effective_from: Mapped[date]
    effective_to: Mapped[date | None]
    content: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(12), default=VersionState.DRAFT)
    note: Mapped[str] = mapped_column(Text, default="")
    created_by: Mapped[str] = mapped_column(String(60))
    created_at: Mapped[datetime]
    approved_by: Mapped[str | None] = mapped_column(String(60))
    approved_at: Mapped[datetime | None]

"""One version of one row: a set of rules, an offer, a rule of a list, a measure, or a year of the
calendar."""

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


class TopicKey(StrEnum):
    RULES = "rules"
    OFFERS = "offers"
    LISTS = "lists"
    MEASURES = "measures"
    CALENDAR = "calendar"


class ConfigVersion(Base):
    """A row as YAML text, in the schema of its file; see :mod:`credit_core.versions.store`."""

    __tablename__ = "config_version"
    __table_args__ = (Index("ix_config_version_topic", "topic", "state", "approved_at"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=new_id)
    topic: Mapped[str] = mapped_column(String(12))
    name: Mapped[str] = mapped_column(String(60))
    """Id of the row; the kind of subject of a set of rules, the year of a calendar."""
    title: Mapped[str] = mapped_column(String(120))
    effective_from: Mapped[date | None]
    """None: from its approval on (calendars, which also correct days that are over)."""
    effective_to: Mapped[date | None]
    content: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(12), default=VersionState.DRAFT)
    note: Mapped[str] = mapped_column(Text, default="")
    created_by: Mapped[str] = mapped_column(String(60))
    created_at: Mapped[datetime]
    approved_by: Mapped[str | None] = mapped_column(String(60))
    approved_at: Mapped[datetime | None]

"""Tables of random inspection: two libraries, draws with seed and snapshot, visits."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from credit_core.crypto import Sealed
from credit_core.database import Base
from credit_core.ids import new_id


class InspectionObject(Base):
    """An object of the first library; it may be a subject or something of one (a project)."""

    __tablename__ = "inspection_object"
    __table_args__ = (
        Index(
            "uq_inspection_object_current",
            "subject_id",
            "label",
            unique=True,
            sqlite_where=text("until IS NULL"),
            postgresql_where=text("until IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=new_id)
    subject_id: Mapped[int] = mapped_column(ForeignKey("subject.id"), index=True)
    label: Mapped[str] = mapped_column(String(80), default="")
    """A product, project or act of the subject; empty: the subject itself."""
    since: Mapped[date]
    until: Mapped[date | None]
    """First day outside the library."""


class Inspector(Base):
    """A person of the second library."""

    __tablename__ = "inspector"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=new_id)
    name_sealed: Mapped[bytes]
    certificate_index: Mapped[bytes | None] = mapped_column(LargeBinary(16), unique=True)
    """Blind index of the enforcement certificate; None: an expert without a title."""
    titled: Mapped[bool]
    qualification: Mapped[str] = mapped_column(String(60), default="")
    specialities: Mapped[list[Any]]
    district: Mapped[str] = mapped_column(String(40), default="")
    since: Mapped[date]
    until: Mapped[date | None]
    """First day outside the library."""

    name = Sealed("name_sealed")


class InspectorConflict(Base):
    """A reason why an inspector may not look at a subject."""

    __tablename__ = "inspector_conflict"
    __table_args__ = (UniqueConstraint("inspector_id", "subject_id"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=new_id)
    inspector_id: Mapped[int] = mapped_column(ForeignKey("inspector.id"))
    subject_id: Mapped[int] = mapped_column(ForeignKey("subject.id"), index=True)
    reason: Mapped[str] = mapped_column(String(120))


class InspectionDraw(Base):
    """A draw that anybody can repeat: seed, snapshot of both libraries, result, operator."""

    __tablename__ = "inspection_draw"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=new_id)
    on: Mapped[date]
    at: Mapped[datetime]
    operator: Mapped[str] = mapped_column(String(60))
    seed: Mapped[str] = mapped_column(String(64))
    matters: Mapped[list[Any]]
    snapshot: Mapped[bytes]
    """Canonical JSON, compressed."""
    snapshot_digest: Mapped[str] = mapped_column(String(64))
    result: Mapped[bytes]
    """Canonical JSON, compressed."""
    result_digest: Mapped[str] = mapped_column(String(64))
    objects: Mapped[int]
    drawn: Mapped[int]
    unassigned: Mapped[int]


class VisitStatus(StrEnum):
    PLANNED = "planned"
    """The inspectors' move."""
    UNASSIGNED = "unassigned"
    """No team could be matched: the office assigns one by hand."""
    DONE = "done"
    """The result is entered and due for publication."""
    PUBLISHED = "published"


class InspectionVisit(Base):
    """One visit to one object for all its matters; by lot, or by a clue outside the draw."""

    __tablename__ = "inspection_visit"
    __table_args__ = (Index("ix_inspection_visit_status_due", "status", "result_due"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=new_id)
    draw_id: Mapped[int | None] = mapped_column(ForeignKey("inspection_draw.id"), index=True)
    object_id: Mapped[int] = mapped_column(ForeignKey("inspection_object.id"), index=True)
    matters: Mapped[list[Any]]
    inspectors: Mapped[list[Any]]
    lacking: Mapped[str] = mapped_column(String(60), default="")
    clue: Mapped[str] = mapped_column(Text, default="")
    """Why a visit outside the draw: complaint, transfer, monitoring."""
    status: Mapped[str] = mapped_column(String(12))
    way: Mapped[str] = mapped_column(String(24), default="")
    visited_on: Mapped[date | None]
    result_due: Mapped[date | None]
    """Last working day on which the result is entered and public."""
    result: Mapped[str] = mapped_column(Text, default="")
    entered_by: Mapped[str | None] = mapped_column(String(60))
    entered_at: Mapped[datetime | None]
    published_at: Mapped[datetime | None]

"""Tables of subjects: one file per subject, five kinds, kept through renaming and merging."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from credit_core.crypto import Sealed
from credit_core.database import Base
from credit_core.days import Day
from credit_core.ids import new_id


class SubjectKind(StrEnum):
    RESIDENT = "resident"
    """参保人, known by the identity number (GB 11643)."""
    INSTITUTION = "institution"
    """定点医药机构, known by the unified social credit code (GB 32100)."""
    PRACTITIONER = "practitioner"
    """医保人员, known by the national code of medical-insurance staff."""
    EMPLOYER = "employer"
    """参保单位, known by the unified social credit code."""
    SUPPLIER = "supplier"
    """医药供应商, known by the unified social credit code."""


class SubjectStatus(StrEnum):
    ACTIVE = "active"
    """On the register."""
    ENDED = "ended"
    """Contract ended, deregistered or dead: kept, not evaluated."""
    MERGED = "merged"
    """A duplicate; ``merged_into_id`` carries both histories on."""


class Subject(Base):
    """One credit file. Identifier, name and phone are sealed; exact search by blind index."""

    __tablename__ = "subject"
    __table_args__ = (
        UniqueConstraint("kind", "identifier_index"),
        Index("ix_subject_kind_grade", "kind", "grade"),
        Index(
            "ix_subject_merged_into_id",
            "merged_into_id",
            sqlite_where=text("merged_into_id IS NOT NULL"),
            postgresql_where=text("merged_into_id IS NOT NULL"),
        ),
        Index(
            "ix_subject_never_rated",
            "id",
            sqlite_where=text("rated_on IS NULL"),
            postgresql_where=text("rated_on IS NULL"),
        ),
        *(
            # Most files have none of these days, and would all stand in the index for nothing.
            Index(
                f"ix_subject_{day}",
                day,
                sqlite_where=text(f"{day} IS NOT NULL"),
                postgresql_where=text(f"{day} IS NOT NULL"),
            )
            for day in ("evaluable_from", "ended_on", "committed_from", "committed_until")
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=new_id)
    kind: Mapped[str] = mapped_column(String(16))
    identifier_sealed: Mapped[bytes]
    identifier_index: Mapped[bytes] = mapped_column(LargeBinary(16))
    name_sealed: Mapped[bytes]
    name_index: Mapped[bytes] = mapped_column(LargeBinary(16), index=True)
    phone_sealed: Mapped[bytes | None]
    district: Mapped[str] = mapped_column(String(40), default="")
    subkind: Mapped[str] = mapped_column(String(24), default="")
    status: Mapped[str] = mapped_column(String(12), default=SubjectStatus.ACTIVE)
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("subject.id"))
    registered_on: Mapped[date] = mapped_column(Day)
    evaluable_from: Mapped[date | None] = mapped_column(Day)
    """First day with a score (18th birthday; six months of contract); None: since ever."""
    ended_on: Mapped[date | None] = mapped_column(Day)
    """First day after the contract, the registration or the life."""
    identity_verified: Mapped[bool] = mapped_column(default=True)
    """Name and identifier agree with the register of the insured; AAA and AA ask for it."""
    committed_from: Mapped[date | None] = mapped_column(Day)
    """First day of the signed commitment in force; AAA and AA of organisations ask for it."""
    committed_until: Mapped[date | None] = mapped_column(Day)
    """First day without it; None: open."""
    # The newest stored rating; the history stands in `rating`.
    score: Mapped[int | None]
    grade: Mapped[str | None] = mapped_column(String(4))
    rated_on: Mapped[date | None] = mapped_column(Day)

    identifier = Sealed("identifier_sealed")
    name = Sealed("name_sealed")
    phone = Sealed("phone_sealed")


class SubjectName(Base):
    """Earlier names; renaming keeps the file."""

    __tablename__ = "subject_name"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=new_id)
    subject_id: Mapped[int] = mapped_column(ForeignKey("subject.id"), index=True)
    name_sealed: Mapped[bytes]
    name_index: Mapped[bytes] = mapped_column(LargeBinary(16), index=True)
    until: Mapped[date] = mapped_column(Day)

    name = Sealed("name_sealed")


class Relation(Base):
    """A dated edge: practitioner–institution, legal representative–institution,
    insured–employer."""

    __tablename__ = "relation"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=new_id)
    kind: Mapped[str] = mapped_column(String(24))
    """``works_at``, ``legal_representative``, ``person_in_charge``, ``insured_by``."""
    from_id: Mapped[int] = mapped_column(ForeignKey("subject.id"), index=True)
    to_id: Mapped[int] = mapped_column(ForeignKey("subject.id"), index=True)
    since: Mapped[date] = mapped_column(Day)
    until: Mapped[date | None] = mapped_column(Day)
    recorded_at: Mapped[datetime]

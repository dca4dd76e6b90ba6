"""Table of commitments, asked for, signed, refused, kept or broken."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from credit_core.database import Base
from credit_core.ids import new_id


class CommitmentKind(StrEnum):
    INSTEAD_OF_APPROVAL = "instead_of_approval"
    """审批替代: a promise takes the place of a certificate."""
    PUBLIC = "public"
    """主动公示: an organisation's public promise to be honest."""
    SELF_DISCIPLINE = "self_discipline"
    """行业自律: a promise within a trade."""
    REPAIR = "repair"
    """信用修复: the promise that goes with a repair."""


class CommitmentState(StrEnum):
    ASKED = "asked"
    """The subject was asked to sign by ``due_on``."""
    SIGNED = "signed"
    REFUSED = "refused"
    """Refused, or not signed by the due day."""
    KEPT = "kept"
    """What was promised has been fulfilled."""
    BROKEN = "broken"
    """Not fulfilled by ``fulfil_by``; a record was added."""
    REPLACED = "replaced"
    """A later one of the same kind and matter holds."""


class Commitment(Base):
    __tablename__ = "commitment"
    __table_args__ = (
        Index("ix_commitment_subject_id_kind", "subject_id", "kind"),
        Index("ix_commitment_state_due_on", "state", "due_on"),
        Index("ix_commitment_state_fulfil_by", "state", "fulfil_by"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=new_id)
    subject_id: Mapped[int] = mapped_column(ForeignKey("subject.id"))
    kind: Mapped[str] = mapped_column(String(24))
    state: Mapped[str] = mapped_column(String(12))
    matter: Mapped[str] = mapped_column(String(120), default="")
    """What it is given for (a certificate, a case number)."""
    record_id: Mapped[int | None] = mapped_column(ForeignKey("record.id"), index=True)
    """For ``repair``: the record that is to be repaired."""
    text_version: Mapped[str] = mapped_column(String(40), default="")
    text_sha256: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    digest: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    """SHA-256 over text version, text digest, subject, matter and instant of signing."""
    follower_id: Mapped[int | None] = mapped_column(ForeignKey("follower.id"))
    asked_at: Mapped[datetime | None]
    due_on: Mapped[date | None]
    signed_at: Mapped[datetime | None]
    valid_until: Mapped[date | None]
    """First day without it; ``None``: open."""
    fulfil_by: Mapped[date | None]
    ended_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(Text, default="")
    result_record_id: Mapped[int | None] = mapped_column(ForeignKey("record.id"))
    """The record that a refusal or a breach has brought about."""

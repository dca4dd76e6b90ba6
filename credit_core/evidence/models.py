"""Table of evidence; the pictures themselves are sealed files outside the database."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from credit_core.database import Base
from credit_core.ids import new_id


class Evidence(Base):
    """One picture of one case."""

    __tablename__ = "evidence"
    __table_args__ = (UniqueConstraint("case_no", "sha256"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=new_id)
    case_no: Mapped[str] = mapped_column(String(32), index=True)
    sha256: Mapped[bytes] = mapped_column(LargeBinary(32), index=True)
    """Of the cleaned picture, before it was sealed."""
    original_sha256: Mapped[bytes] = mapped_column(LargeBinary(32))
    """Of the bytes as they arrived."""
    size: Mapped[int]
    mime: Mapped[str] = mapped_column(String(16))
    width: Mapped[int]
    height: Mapped[int]
    path: Mapped[str] = mapped_column(String(80))
    """Relative to the root of the store."""
    received_at: Mapped[datetime]

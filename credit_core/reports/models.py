"""Table of issued reports."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from credit_core.crypto import Sealed
from credit_core.database import Base
from credit_core.ids import new_id


class CreditReport(Base):
    """A report as it was issued; its content is sealed and never changes."""

    __tablename__ = "credit_report"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=new_id)
    serial: Mapped[str] = mapped_column(String(32), unique=True)
    subject_id: Mapped[int] = mapped_column(ForeignKey("subject.id"), index=True)
    issued_on: Mapped[date]
    issued_at: Mapped[datetime]
    valid_to: Mapped[date]
    """Last day of validity."""
    purpose: Mapped[str] = mapped_column(String(120))
    grade: Mapped[str | None] = mapped_column(String(4))
    score: Mapped[int | None]
    content_sealed: Mapped[bytes]
    """The sections as JSON."""
    content_digest: Mapped[bytes] = mapped_column(LargeBinary(32))

    content = Sealed("content_sealed")

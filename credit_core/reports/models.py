"""Tables of reports: our own, and those of third-party agencies with the register of them."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, LargeBinary, String, UniqueConstraint
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
    valid_to: Mapped[date] = mapped_column(index=True)
    """Last day of validity."""
    purpose: Mapped[str] = mapped_column(String(120))
    grade: Mapped[str | None] = mapped_column(String(4))
    score: Mapped[int | None]
    content_sealed: Mapped[bytes]
    """The sections as JSON."""
    content_digest: Mapped[bytes] = mapped_column(LargeBinary(32))

    content = Sealed("content_sealed")


class CreditAgency(Base):
    """A third-party agency of the register; without a filing number its reports do not count."""

    __tablename__ = "credit_agency"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=new_id)
    name: Mapped[str] = mapped_column(String(120))
    credit_code: Mapped[str] = mapped_column(String(18), unique=True)
    """The unified social credit code."""
    filing_no: Mapped[str] = mapped_column(String(80), default="")
    """Number of its filing with the credit-reporting authority; empty: not filed."""
    staff: Mapped[int] = mapped_column(default=0)
    """Registered staff."""
    registered_on: Mapped[date]
    valid_to: Mapped[date]
    """Last day of the registration."""
    entered_by: Mapped[str] = mapped_column(String(60))
    entered_at: Mapped[datetime]


class OutsideReport(Base):
    """A report of a third-party agency that staff took in for one of the listed purposes."""

    __tablename__ = "outside_report"
    __table_args__ = (UniqueConstraint("agency_id", "report_no"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=new_id)
    agency_id: Mapped[int] = mapped_column(ForeignKey("credit_agency.id"))
    subject_id: Mapped[int] = mapped_column(ForeignKey("subject.id"), index=True)
    report_no: Mapped[str] = mapped_column(String(60))
    issued_on: Mapped[date]
    valid_to: Mapped[date]
    """Last day of validity, a year after ``issued_on`` at most."""
    grade: Mapped[str] = mapped_column(String(20))
    """As the agency writes it."""
    purpose: Mapped[str] = mapped_column(String(16))
    """A key of ``config/reports/purposes.yaml``."""
    entered_by: Mapped[str] = mapped_column(String(60))
    entered_at: Mapped[datetime]

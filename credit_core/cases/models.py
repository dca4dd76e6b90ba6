"""Tables that all kinds of cases share."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from credit_core.database import Base
from credit_core.ids import new_id


class CaseKind(StrEnum):
    """The value is the prefix of the case number."""

    OBJECTION = "YY"
    """异议."""
    REPAIR = "XF"
    """信用修复."""
    TIP_OFF = "JB"
    """举报."""
    CALL_BACK = "HD"
    """回电."""


class CaseSequence(Base):
    """The last number that was given out for one kind of case on one day."""

    __tablename__ = "case_sequence"

    prefix: Mapped[str] = mapped_column(String(4), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    last: Mapped[int]


class CaseStep(Base):
    """One step of a case: who moved it from which state to which, when and why. Never changed."""

    __tablename__ = "case_step"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=new_id)
    case_no: Mapped[str] = mapped_column(String(32), index=True)
    before: Mapped[str | None] = mapped_column(String(24))
    after: Mapped[str] = mapped_column(String(24))
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(60))
    """Login of the member of staff, ``applicant`` or ``clock``."""
    reason: Mapped[str] = mapped_column(Text, default="")
    due_on: Mapped[date | None]
    """Statutory day of the next step."""
    provisional: Mapped[bool] = mapped_column(default=False)
    form: Mapped[str | None] = mapped_column(String(40))
    """The form that this step prints."""

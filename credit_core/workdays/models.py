"""Table of holiday notices that staff enter when the State Council publishes a year."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from credit_core.database import Base
from credit_core.ids import new_id


class CalendarNotice(Base):
    """One version of one year's notice; the newest of a year holds, older ones stay."""

    __tablename__ = "calendar_notice"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=new_id)
    year: Mapped[int] = mapped_column(index=True)
    basis: Mapped[str] = mapped_column(String(240))
    holidays: Mapped[list[Any]]
    """ISO days."""
    make_up: Mapped[list[Any]]
    source: Mapped[str] = mapped_column(Text)
    """The notice as it was entered."""
    entered_by: Mapped[str] = mapped_column(String(60))
    entered_at: Mapped[datetime]

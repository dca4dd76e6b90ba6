"""Table of clues. What was told and who told it are sealed; staff see the first only."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from credit_core.crypto import Sealed
from credit_core.database import Base
from credit_core.ids import new_id


class TipOffState(StrEnum):
    RECEIVED = "received"
    """The bureau's move: look at it."""
    INVESTIGATED = "investigated"
    """The bureau's move: decide."""
    CONFIRMED = "confirmed"
    """Found true; a reward may be due."""
    UNFOUNDED = "unfounded"
    TRANSFERRED = "transferred"
    """Handed to the police or another department."""


class TipOff(Base):
    __tablename__ = "tip_off"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=new_id)
    case_no: Mapped[str] = mapped_column(String(32), unique=True)
    statement_sealed: Mapped[bytes]
    follower_id: Mapped[int | None] = mapped_column(ForeignKey("follower.id"))
    state: Mapped[str] = mapped_column(String(16), default=TipOffState.RECEIVED)
    received_at: Mapped[datetime] = mapped_column(index=True)

    statement = Sealed("statement_sealed")

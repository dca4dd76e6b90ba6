"""Tables of the gateway: what came in, and where each conversation stands."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from credit_core.crypto import Sealed
from credit_core.database import Base
from credit_core.ids import new_id


class InboxRow(Base):
    """One message that took effect, with the answer that every repeat of it gets.

    The row stands in the transaction of the effect: it is there if, and only if, the message
    has taken effect.
    """

    __tablename__ = "inbox"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=new_id)
    key: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    received_at: Mapped[datetime] = mapped_column(index=True)
    answer_sealed: Mapped[bytes | None]
    """Clear XML of the answer; None stands for `success`."""

    answer = Sealed("answer_sealed")


class Conversation(Base):
    """Where the talk with one follower stands: the open form and what was spoken of last.

    The state may hold a name or an identity number on its way into a form, so it is sealed.
    """

    __tablename__ = "conversation"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=new_id)
    follower_id: Mapped[int] = mapped_column(ForeignKey("follower.id"), unique=True)
    changed_at: Mapped[datetime]
    state_sealed: Mapped[bytes]

    state_text = Sealed("state_sealed")

    @property
    def state(self) -> dict[str, Any]:
        loaded: dict[str, Any] = json.loads(self.state_text)
        return loaded

    @state.setter
    def state(self, value: dict[str, Any]) -> None:
        self.state_text = json.dumps(value, ensure_ascii=False)


class NotUnderstood(Base):
    """A message that was not understood; staff give it a label later.

    Numbers are masked before it is stored. A name cannot be told from other words, so what is
    left is sealed.
    """

    __tablename__ = "not_understood"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=new_id)
    at: Mapped[datetime] = mapped_column(index=True)
    text_sealed: Mapped[bytes]
    best_intent: Mapped[str] = mapped_column(String(24), default="")
    label: Mapped[str | None] = mapped_column(String(24))
    labelled_by: Mapped[str | None] = mapped_column(String(60))

    text = Sealed("text_sealed")

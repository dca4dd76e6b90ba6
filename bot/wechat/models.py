"""Credentials that WeChat lends us, shared by all processes through the database."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from credit_core.crypto import Sealed
from credit_core.database import Base
from credit_core.ids import new_id


class PlatformCredential(Base):
    """An access token or a JS-SDK ticket. One process at a time renews it."""

    __tablename__ = "platform_credential"
    __table_args__ = (UniqueConstraint("appid", "kind"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=new_id)
    appid: Mapped[str] = mapped_column(String(32))
    kind: Mapped[str] = mapped_column(String(16))
    """``access_token`` or ``jsapi_ticket``."""
    value_sealed: Mapped[bytes | None]
    expires_at: Mapped[datetime | None]
    forced_at: Mapped[datetime | None]
    """Last forced renewal (20 a day, at least 30 s apart)."""
    forced_in_row: Mapped[int] = mapped_column(default=0)
    """Forced renewals since a token last worked."""
    renewing_until: Mapped[datetime | None]
    """A process is renewing it; it gives up at this moment."""

    value = Sealed("value_sealed")

"""Tables of the access log: rows in a chain, and the sealed head of the chain."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from credit_core.crypto import Sealed
from credit_core.database import Base
from credit_core.ids import new_id


class Purpose(StrEnum):
    """Why somebody may look; the five of the law's practice, and others with an explanation."""

    LICENSING = "licensing"
    """行政许可."""
    INSPECTION = "inspection"
    """监督检查."""
    TRADING = "trading"
    """公共资源交易."""
    SUPPORT = "support"
    """财政支持."""
    SOCIAL_SECURITY = "social_security"
    """社会保障."""
    OTHER = "other"
    """其他: the matter has to explain it."""


class AccessLog(Base):
    """One look. Rows are only ever added; ``seq`` has no holes."""

    __tablename__ = "access_log"
    __table_args__ = (Index("ix_access_log_subject_id_seq", "subject_id", "seq"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=new_id)
    seq: Mapped[int] = mapped_column(unique=True)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(60))
    """Account: login of staff, code of a system."""
    actor_name_sealed: Mapped[bytes]
    subject_id: Mapped[int] = mapped_column(ForeignKey("subject.id"))
    purpose: Mapped[str] = mapped_column(String(16))
    matter: Mapped[str] = mapped_column(String(240))
    content: Mapped[str] = mapped_column(Text)
    """What was seen: which page, which report."""
    ip: Mapped[str] = mapped_column(String(45), default="")
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    """SHA-256 over the digest before and every field of this row."""

    actor_name = Sealed("actor_name_sealed")


class AccessHead(Base):
    """The end of the chain: how many rows, and the digest of the last one.

    ``seal`` holds both under the installation's key, so a chain that is cut and computed anew
    by somebody with the database alone does not fit it.
    """

    __tablename__ = "access_head"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    count: Mapped[int]
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    seal: Mapped[bytes]

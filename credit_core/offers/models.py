"""Tables of offers: stored facts, coupons with their redemption, quotas, wallets, rankings."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from credit_core.crypto import Sealed
from credit_core.database import Base
from credit_core.ids import new_id


class SubjectFact(Base):
    """A dated fact about a subject that offers ask for: a title, a village rating, an external
    score. Never changed: a newer row takes its place."""

    __tablename__ = "subject_fact"
    __table_args__ = (Index("ix_subject_fact_subject_name", "subject_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=new_id)
    subject_id: Mapped[int] = mapped_column(ForeignKey("subject.id"))
    name: Mapped[str] = mapped_column(String(40))
    """Canonical name of ``config/offers/facts.yaml``."""
    value: Mapped[str] = mapped_column(String(200))
    source: Mapped[str] = mapped_column(String(120))
    """Who said so: the unit or partner and its document."""
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    """Last day on which it may be used; None: until a newer one."""
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(String(60))


class CouponStatus(StrEnum):
    HELD = "held"
    """Claimed and not used: the holder's move, until ``expires_on``."""
    REDEEMED = "redeemed"
    """Used once; a redemption stands beside it."""
    EXPIRED = "expired"
    """Its last day has passed."""
    CANCELLED = "cancelled"
    """Given back by the holder; place and points are returned."""


class Coupon(Base):
    """A claimed offer: a one-time code with a last day. What was promised at the claim holds,
    so the terms are kept with it."""

    __tablename__ = "coupon"
    __table_args__ = (
        Index(
            "uq_coupon_person_period",
            "offer_id",
            "subject_id",
            "period",
            "slot",
            unique=True,
            sqlite_where=text("status <> 'cancelled'"),
            postgresql_where=text("status <> 'cancelled'"),
        ),
        Index("ix_coupon_subject", "subject_id", "status"),
        Index("ix_coupon_status_expires", "status", "expires_on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=new_id)
    offer_id: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[int] = mapped_column(ForeignKey("subject.id"))
    follower_id: Mapped[int | None] = mapped_column(ForeignKey("follower.id"))
    period: Mapped[str] = mapped_column(String(10))
    slot: Mapped[int]
    """1 … ``per_person`` within the period."""
    code_sealed: Mapped[bytes]
    code_index: Mapped[bytes] = mapped_column(LargeBinary(16), unique=True)
    status: Mapped[str] = mapped_column(String(10), default=CouponStatus.HELD)
    claimed_on: Mapped[date]
    claimed_at: Mapped[datetime]
    expires_on: Mapped[date]
    """Last day on which the code is good."""
    terms: Mapped[dict[str, Any]]
    """``title``, ``text``, ``value`` (text of a decimal or None) as promised at the claim."""
    points: Mapped[int] = mapped_column(default=0)
    """Wallet points that were paid for it."""
    ended_at: Mapped[datetime | None]

    code = Sealed("code_sealed")


class Redemption(Base):
    """The one use of a coupon."""

    __tablename__ = "redemption"
    __table_args__ = (Index("ix_redemption_merchant_at", "merchant", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=new_id)
    coupon_id: Mapped[int] = mapped_column(ForeignKey("coupon.id"), unique=True)
    merchant: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime]
    on: Mapped[date]
    amount_fen: Mapped[int]
    saved_fen: Mapped[int]


class OfferQuota(Base):
    """How many codes of an offer are taken in a period."""

    __tablename__ = "offer_quota"

    offer_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    period: Mapped[str] = mapped_column(String(10), primary_key=True)
    taken: Mapped[int] = mapped_column(default=0)


class WalletAccount(Base):
    """Points of one subject in one wallet; never negative."""

    __tablename__ = "wallet_account"
    __table_args__ = (CheckConstraint("balance >= 0", name="not_negative"),)

    subject_id: Mapped[int] = mapped_column(ForeignKey("subject.id"), primary_key=True)
    wallet: Mapped[str] = mapped_column(String(24), primary_key=True)
    balance: Mapped[int] = mapped_column(default=0)


class WalletEntry(Base):
    """One movement of points; the balance is their sum."""

    __tablename__ = "wallet_entry"
    __table_args__ = (
        UniqueConstraint("wallet", "activity", "source_id"),
        Index("ix_wallet_entry_day", "subject_id", "wallet", "activity", "on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=new_id)
    subject_id: Mapped[int] = mapped_column(ForeignKey("subject.id"))
    wallet: Mapped[str] = mapped_column(String(24))
    activity: Mapped[str] = mapped_column(String(24))
    """An earning activity of ``config/offers/wallets.yaml``, or ``spend`` and ``refund``."""
    source_id: Mapped[str] = mapped_column(String(80))
    """Id of the reported record, or of the coupon; the same one never counts twice."""
    quantity: Mapped[str] = mapped_column(String(24))
    points: Mapped[int]
    on: Mapped[date]
    at: Mapped[datetime]


class RankedApplication(Base):
    """One application to a ranked quota, with the points that it was ranked by."""

    __tablename__ = "ranked_application"
    __table_args__ = (UniqueConstraint("table", "round", "subject_id"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=new_id)
    table: Mapped[str] = mapped_column(String(24))
    round: Mapped[str] = mapped_column(String(24))
    subject_id: Mapped[int] = mapped_column(ForeignKey("subject.id"))
    points: Mapped[int]
    lines: Mapped[list[Any]]
    applied_at: Mapped[datetime]

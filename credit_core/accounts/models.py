"""Tables of followers, bindings, consents and staff."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from credit_core.crypto import Sealed
from credit_core.database import Base
from credit_core.ids import new_id


class Follower(Base):
    """One WeChat user of the account, following or gone.

    The ``window_*`` columns follow WeChat's customer-service window: what opened it last, when,
    and how many messages were sent in it since (5 in 48 h after a message, 3 in 1 min after a
    tap, a subscription or a scan).
    """

    __tablename__ = "follower"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=new_id)
    openid: Mapped[str] = mapped_column(String(64), unique=True)
    following: Mapped[bool] = mapped_column(default=True)
    followed_at: Mapped[datetime | None]
    unfollowed_at: Mapped[datetime | None]
    scene: Mapped[str] = mapped_column(String(64), default="")
    elderly_mode: Mapped[bool] = mapped_column(default=False)
    unreachable: Mapped[bool] = mapped_column(default=False)
    """WeChat does not know this openid any more (40003, 46004, 49003)."""
    window_kind: Mapped[str | None] = mapped_column(String(8))
    """``message`` or ``tap``."""
    window_opened_at: Mapped[datetime | None]
    window_used: Mapped[int] = mapped_column(default=0)


class BindingRole(StrEnum):
    SELF = "self"
    """The follower is the resident or practitioner."""
    CLERK = "clerk"
    """The follower acts for an institution, employer or supplier."""


class Binding(Base):
    """A follower speaks for a subject, from ``since`` until ``until``."""

    __tablename__ = "binding"
    __table_args__ = (
        Index(
            "uq_binding_current",
            "follower_id",
            "subject_id",
            unique=True,
            sqlite_where=text("until IS NULL"),
            postgresql_where=text("until IS NULL"),
        ),
        Index("ix_binding_subject", "subject_id", "until"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=new_id)
    follower_id: Mapped[int] = mapped_column(ForeignKey("follower.id"))
    subject_id: Mapped[int] = mapped_column(ForeignKey("subject.id"))
    role: Mapped[str] = mapped_column(String(8))
    since: Mapped[datetime]
    until: Mapped[datetime | None]
    ended_by: Mapped[str | None] = mapped_column(String(24))
    """``self``, ``unfollow``, ``staff``, ``moved`` (bound from another WeChat)."""


class Consent(Base):
    """A consent to one purpose, with the version of the text that was shown (PIPL 14–17)."""

    __tablename__ = "consent"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=new_id)
    follower_id: Mapped[int] = mapped_column(ForeignKey("follower.id"), index=True)
    purpose: Mapped[str] = mapped_column(String(32))
    version: Mapped[str] = mapped_column(String(32))
    given_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class BindingCode(Base):
    """A one-time code that staff issue so that a clerk can bind an institution."""

    __tablename__ = "binding_code"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=new_id)
    subject_id: Mapped[int] = mapped_column(ForeignKey("subject.id"), index=True)
    code_index: Mapped[bytes] = mapped_column(LargeBinary(16), unique=True)
    issued_by: Mapped[str] = mapped_column(String(60))
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    used_by_id: Mapped[int | None] = mapped_column(ForeignKey("follower.id"))
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[str | None] = mapped_column(String(60))


class TryCounter(Base):
    """Wrong tries of one kind by one actor, and until when it is locked."""

    __tablename__ = "try_counter"

    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    failures: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    changed_at: Mapped[datetime]


class StaffRole(StrEnum):
    CLERK = "clerk"
    """经办: works cases, drafts campaigns, issues binding codes."""
    REVIEWER = "reviewer"
    """审核: checks what a clerk prepared."""
    APPROVER = "approver"
    """审批: decides and releases; never on own drafts."""
    AUDITOR = "auditor"
    """Reads the logs; changes nothing."""
    ADMIN = "admin"
    """Accounts and settings; no cases."""


class StaffMember(Base):
    """An account of the bureau's console."""

    __tablename__ = "staff_member"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=new_id)
    login: Mapped[str] = mapped_column(String(40), unique=True)
    name_sealed: Mapped[bytes]
    password_hash: Mapped[str] = mapped_column(String(200))
    totp_sealed: Mapped[bytes | None]
    totp_last_step: Mapped[int | None]
    roles: Mapped[str] = mapped_column(String(80))
    """Comma-separated :class:`StaffRole` values."""
    district: Mapped[str] = mapped_column(String(40), default="")
    openid: Mapped[str | None] = mapped_column(String(64))
    """Their own WeChat, for previews."""
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    link_index: Mapped[bytes | None] = mapped_column(LargeBinary(16), unique=True)
    """Blind index of the code that binds their own WeChat, until ``link_expires_at``."""
    link_expires_at: Mapped[datetime | None]

    name = Sealed("name_sealed")
    totp = Sealed("totp_sealed")


class StaffSession(Base):
    """One signed-in browser. Only a digest of the cookie's token is kept."""

    __tablename__ = "staff_session"

    token_digest: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("staff_member.id"), index=True)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    """Twelve hours after signing in; idle sessions end earlier."""


class StaffAction(Base):
    """What a member of staff changed or opened, in the transaction that did it. Never changed."""

    __tablename__ = "staff_action"
    __table_args__ = (Index("ix_staff_action_at", "at"), Index("ix_staff_action_login", "login"))

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=new_id)
    at: Mapped[datetime]
    login: Mapped[str] = mapped_column(String(40))
    action: Mapped[str] = mapped_column(String(40))
    """``area.what``, such as ``campaign.approve``."""
    target: Mapped[str] = mapped_column(String(80), default="")
    """A case number or ``kind:id``; never a name or a number of a person."""
    detail: Mapped[str] = mapped_column(String(240), default="")

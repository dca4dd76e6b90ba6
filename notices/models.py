"""Tables of the outbox: what is owed to whom, what became of it, and who moves it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from credit_core.crypto import Sealed
from credit_core.database import Base
from credit_core.ids import new_id
from notices.status import Lane, NoticeStatus

_DUE = text("next_at IS NOT NULL AND lease_by IS NULL")
_IN_DOUBT = text("handed_at IS NOT NULL AND next_at IS NOT NULL AND lease_by IS NULL")
_OPEN = text("next_at IS NOT NULL")
_OF_CAMPAIGN = text("campaign_id IS NOT NULL")
_LEASED = text("lease_by IS NOT NULL")
_UNACKNOWLEDGED = text("chase_on IS NOT NULL")


class Notice(Base):
    """One thing that one person is told. ``key`` makes it unique for ever."""

    __tablename__ = "notice"
    __table_args__ = (
        Index("ix_notice_due", "lane", "next_at", "id", sqlite_where=_DUE, postgresql_where=_DUE),
        Index(
            "ix_notice_in_doubt", "handed_at", sqlite_where=_IN_DOUBT, postgresql_where=_IN_DOUBT
        ),
        Index(
            "ix_notice_turn",
            "follower_id",
            "lane",
            "id",
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
        Index("ix_notice_leased", "lease_by", sqlite_where=_LEASED, postgresql_where=_LEASED),
        Index(
            "ix_notice_chase",
            "chase_on",
            sqlite_where=_UNACKNOWLEDGED,
            postgresql_where=_UNACKNOWLEDGED,
        ),
        Index(
            "ix_notice_campaign",
            "campaign_id",
            "status",
            sqlite_where=_OF_CAMPAIGN,
            postgresql_where=_OF_CAMPAIGN,
        ),
        Index("ix_notice_subject", "subject_id", "id"),
        Index("ix_notice_follower", "follower_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=new_id)
    key: Mapped[str] = mapped_column(String(160), unique=True)
    kind: Mapped[str] = mapped_column(String(48))
    lane: Mapped[int] = mapped_column(default=Lane.ORDINARY)
    statutory: Mapped[bool] = mapped_column(default=False)
    follower_id: Mapped[int | None] = mapped_column(ForeignKey("follower.id"))
    subject_id: Mapped[int | None] = mapped_column(ForeignKey("subject.id"))
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff_member.id"), index=True)
    case_no: Mapped[str | None] = mapped_column(String(32), index=True)
    campaign_id: Mapped[int | None]
    status: Mapped[str] = mapped_column(String(16), default=NoticeStatus.PLANNED)
    why: Mapped[str] = mapped_column(String(40), default="")
    """Key under ``why`` in config/notices/texts.yaml."""
    fields_sealed: Mapped[bytes]
    text_sealed: Mapped[bytes | None]
    """What was handed to WeChat, word for word."""
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    """Not to be sent before."""
    expires_at: Mapped[datetime | None]
    next_at: Mapped[datetime | None]
    """When the dispatcher looks at it next; None when it owes nothing any more."""
    lease_by: Mapped[int | None]
    lease_no: Mapped[int] = mapped_column(default=0)
    """Fencing number: a result is stored only by the lease that fetched it."""
    channel: Mapped[str | None] = mapped_column(String(16))
    refused: Mapped[str] = mapped_column(String(60), default="")
    """Channels that refused this notice, comma-separated."""
    handed_at: Mapped[datetime | None]
    """First hand-over to WeChat whose outcome is not known yet (by the machine's clock, since
    WeChat's idempotency window runs by it)."""
    attempts: Mapped[int] = mapped_column(default=0)
    message_id: Mapped[str | None] = mapped_column(String(40), index=True)
    errcode: Mapped[int | None]
    rid: Mapped[str] = mapped_column(String(80), default="")
    sent_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    acknowledged_at: Mapped[datetime | None]
    chase_on: Mapped[date | None]
    """First day on which a missing 已知悉 has a consequence; None: none is awaited."""
    chased: Mapped[int] = mapped_column(default=0)
    """How often a missing 已知悉 was followed up."""
    digest_id: Mapped[int | None] = mapped_column(ForeignKey("notice.id"), index=True)
    """The notice of the day that this one went out with."""

    fields = Sealed("fields_sealed")
    text = Sealed("text_sealed")


class NoticeEvent(Base):
    """One change of a notice's status, dated."""

    __tablename__ = "notice_event"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=new_id)
    notice_id: Mapped[int] = mapped_column(ForeignKey("notice.id"), index=True)
    status: Mapped[str] = mapped_column(String(16))
    at: Mapped[datetime]
    why: Mapped[str] = mapped_column(String(40), default="")
    channel: Mapped[str | None] = mapped_column(String(16))
    errcode: Mapped[int | None]
    by: Mapped[str] = mapped_column(String(60), default="")


class EarlyReceipt(Base):
    """A result event that came before WeChat's answer to our call; matched when that comes."""

    __tablename__ = "early_receipt"

    message_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    event: Mapped[str] = mapped_column(String(40))
    fields: Mapped[dict[str, Any]]
    at: Mapped[datetime]


class Courier(Base):
    """A process that moves notices; its leases hold as long as it shows life."""

    __tablename__ = "courier"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=new_id)
    started_at: Mapped[datetime]
    beat_at: Mapped[datetime] = mapped_column(index=True)


class SubscriptionCredit(Base):
    """What a follower accepted for one subscription template."""

    __tablename__ = "subscription_credit"

    follower_id: Mapped[int] = mapped_column(ForeignKey("follower.id"), primary_key=True)
    template_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    long_term: Mapped[bool] = mapped_column(default=False)
    credits: Mapped[int] = mapped_column(default=0)
    """Messages still allowed; a long-term acceptance keeps 1."""
    changed_at: Mapped[datetime]


class TemplateRefusal(Base):
    """A follower who closed one template or all messages of the account; asked again later."""

    __tablename__ = "template_refusal"

    follower_id: Mapped[int] = mapped_column(ForeignKey("follower.id"), primary_key=True)
    channel: Mapped[str] = mapped_column(String(16), primary_key=True)
    template_id: Mapped[str] = mapped_column(String(64), primary_key=True, default="")
    until: Mapped[datetime]


class ReminderSetting(Base):
    """What one follower wants to be reminded of, how early, and when to be left alone."""

    __tablename__ = "reminder_setting"

    follower_id: Mapped[int] = mapped_column(ForeignKey("follower.id"), primary_key=True)
    on: Mapped[bool] = mapped_column(default=True)
    kinds: Mapped[list[Any]]
    days_ahead: Mapped[list[Any]]
    quiet_from: Mapped[int]
    """Hour of the day in Shanghai, 0 to 23."""
    quiet_to: Mapped[int]
    digest: Mapped[bool] = mapped_column(default=True)
    changed_at: Mapped[datetime]


class ApiStop(Base):
    """An interface that may not be called before ``until``; ``*`` stops everything."""

    __tablename__ = "api_stop"

    api: Mapped[str] = mapped_column(String(80), primary_key=True)
    """Name of a channel, ``template:<id>`` for one template, or ``*``."""
    until: Mapped[datetime]
    errcode: Mapped[int | None]
    why: Mapped[str] = mapped_column(String(40), default="")
    rid: Mapped[str] = mapped_column(String(80), default="")
    since: Mapped[datetime]


class ApiUsage(Base):
    """How many calls of an interface were made on one day in Shanghai."""

    __tablename__ = "api_usage"

    api: Mapped[str] = mapped_column(String(80), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    used: Mapped[int] = mapped_column(default=0)


class StaffTask(Base):
    """Something that a person at the bureau has to do because WeChat could not."""

    __tablename__ = "staff_task"
    __table_args__ = (Index("ix_staff_task_open", "done_at", "created_at"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=new_id)
    key: Mapped[str] = mapped_column(String(160), unique=True)
    kind: Mapped[str] = mapped_column(String(32))
    """``serve`` (a notice by phone or post), ``attend`` (look at a fault)."""
    notice_id: Mapped[int | None] = mapped_column(ForeignKey("notice.id"), index=True)
    subject_id: Mapped[int | None] = mapped_column(ForeignKey("subject.id"))
    case_no: Mapped[str | None] = mapped_column(String(32))
    why: Mapped[str] = mapped_column(String(40))
    detail: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    done_by: Mapped[str | None] = mapped_column(String(60))
    means: Mapped[str | None] = mapped_column(String(16))
    """``phone``, ``post``, ``in_person``, ``none``."""
    record_sealed: Mapped[bytes | None]
    """What staff wrote about it: who was reached, number of the letter."""

    record = Sealed("record_sealed")


class JobSlot(Base):
    """One turn of a periodic job; the unique row makes it run once over all workers."""

    __tablename__ = "job_slot"
    __table_args__ = (UniqueConstraint("job", "slot"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=new_id)
    job: Mapped[str] = mapped_column(String(48))
    slot: Mapped[datetime]
    worker: Mapped[int]
    taken_at: Mapped[datetime]
    beat_at: Mapped[datetime]
    """Shows life while it runs; another worker takes over when it stops."""
    done_at: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0)
    result: Mapped[dict[str, Any] | None]

"""Tables of campaigns: what is told to many, to exactly whom, and what came of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from credit_core.database import Base
from credit_core.ids import new_id
from notices.campaigns.status import BatchStatus, CampaignStatus

_OWED = text("next_at IS NOT NULL")


class Campaign(Base):
    __tablename__ = "campaign"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=new_id)
    title: Mapped[str] = mapped_column(String(64))
    theme: Mapped[str] = mapped_column(String(120), default="")
    occasion: Mapped[str | None] = mapped_column(String(40))
    """A day of the yearly calendar, such as ``2027:world-consumer-day``."""
    kind: Mapped[str] = mapped_column(String(12))
    """``text``, ``image``, ``article``, ``template``."""
    content: Mapped[dict[str, Any]]
    audience: Mapped[dict[str, Any]]
    audience_count: Mapped[int | None]
    """Counted when it was submitted; the recipients are fixed when it starts."""
    status: Mapped[str] = mapped_column(String(12), default=CampaignStatus.DRAFT, index=True)
    drafted_by: Mapped[int] = mapped_column(ForeignKey("staff_member.id"))
    drafted_at: Mapped[datetime]
    submitted_at: Mapped[datetime | None]
    approved_by: Mapped[int | None] = mapped_column(ForeignKey("staff_member.id"))
    approved_at: Mapped[datetime | None]
    scheduled_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    """Counts changes of content or audience; an approval is for one version."""
    approved_version: Mapped[int | None]
    media_id: Mapped[str | None] = mapped_column(String(128))
    """The picture at WeChat, once it is uploaded."""
    tag_id: Mapped[int | None] = mapped_column(ForeignKey("follower_tag_name.id"))
    """Sent by this tag of WeChat instead of by lists."""
    cursor: Mapped[int] = mapped_column(default=0)
    """Last follower that was put into a batch."""
    counted: Mapped[bool] = mapped_column(default=False)
    """All recipients stand in batches."""


class CampaignEvent(Base):
    """Who moved a campaign, when."""

    __tablename__ = "campaign_event"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=new_id)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"), index=True)
    what: Mapped[str] = mapped_column(String(24))
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(60), default="")
    note: Mapped[str] = mapped_column(Text, default="")


class CampaignBatch(Base):
    """One mass message: at most 10,000 openids, or one tag. ``key`` is WeChat's clientmsgid."""

    __tablename__ = "campaign_batch"
    __table_args__ = (
        UniqueConstraint("campaign_id", "no"),
        Index("ix_campaign_batch_due", "next_at", sqlite_where=_OWED, postgresql_where=_OWED),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=new_id)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"), index=True)
    no: Mapped[int]
    key: Mapped[str] = mapped_column(String(32), unique=True)
    size: Mapped[int]
    status: Mapped[str] = mapped_column(String(12), default=BatchStatus.PLANNED)
    why: Mapped[str] = mapped_column(String(40), default="")
    next_at: Mapped[datetime | None]
    lease_by: Mapped[int | None] = mapped_column(index=True)
    lease_no: Mapped[int] = mapped_column(default=0)
    handed_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    message_id: Mapped[str | None] = mapped_column(String(40), index=True)
    errcode: Mapped[int | None]
    rid: Mapped[str] = mapped_column(String(80), default="")
    sent_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    result: Mapped[str] = mapped_column(String(60), default="")
    total_count: Mapped[int | None]
    filter_count: Mapped[int | None]
    sent_count: Mapped[int | None]
    error_count: Mapped[int | None]


class CampaignRecipient(Base):
    """Exactly who a campaign is for, fixed when it starts."""

    __tablename__ = "campaign_recipient"

    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"), primary_key=True)
    follower_id: Mapped[int] = mapped_column(ForeignKey("follower.id"), primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("campaign_batch.id"), index=True)


class Tag(Base):
    """A tag of followers, ours and WeChat's."""

    __tablename__ = "follower_tag_name"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=new_id)
    name: Mapped[str] = mapped_column(String(30), unique=True)
    wechat_id: Mapped[int | None]


class FollowerTag(Base):
    """A follower has a tag, or no longer; ``told`` once WeChat knows."""

    __tablename__ = "follower_tag"

    follower_id: Mapped[int] = mapped_column(ForeignKey("follower.id"), primary_key=True)
    tag_id: Mapped[int] = mapped_column(ForeignKey("follower_tag_name.id"), primary_key=True)
    wanted: Mapped[bool] = mapped_column(default=True)
    told: Mapped[bool] = mapped_column(default=False, index=True)


class MassCount(Base):
    """Mass messages to one follower in one month; WeChat allows four."""

    __tablename__ = "mass_count"

    follower_id: Mapped[int] = mapped_column(ForeignKey("follower.id"), primary_key=True)
    month: Mapped[str] = mapped_column(String(7), primary_key=True)
    used: Mapped[int] = mapped_column(default=0)


class CampaignPreview(Base):
    """A preview to one's own WeChat."""

    __tablename__ = "campaign_preview"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=new_id)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"), index=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff_member.id"))
    version: Mapped[int]
    requested_at: Mapped[datetime]
    next_at: Mapped[datetime | None] = mapped_column(index=True)
    lease_by: Mapped[int | None]
    sent_at: Mapped[datetime | None]
    why: Mapped[str] = mapped_column(String(40), default="")
    errcode: Mapped[int | None]


class CampaignReaction(Base):
    """What a recipient did: ``opened``, ``asked``, ``signed_up``, ``quiz_passed``; each once."""

    __tablename__ = "campaign_reaction"

    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"), primary_key=True)
    follower_id: Mapped[int] = mapped_column(ForeignKey("follower.id"), primary_key=True)
    what: Mapped[str] = mapped_column(String(12), primary_key=True)
    at: Mapped[datetime]


class CampaignPhoto(Base):
    """A picture of the event, for the report to 信用中国. It is meant for the public."""

    __tablename__ = "campaign_photo"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=new_id)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    caption: Mapped[str] = mapped_column(String(120), default="")
    content_type: Mapped[str] = mapped_column(String(20))
    content: Mapped[bytes]
    added_at: Mapped[datetime]
    added_by: Mapped[str] = mapped_column(String(60))

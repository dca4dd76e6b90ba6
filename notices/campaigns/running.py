"""A campaign that is under way: paused, resumed, cancelled, at its end."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from credit_core.errors import Refusal
from notices.campaigns.models import Campaign, CampaignBatch
from notices.campaigns.service import get, mark
from notices.campaigns.status import OWED, RUNNING, BatchStatus, CampaignStatus
from notices.models import Notice, NoticeEvent
from notices.signals import posted
from notices.status import NoticeStatus


def pause(session: Session, campaign_id: int, *, by: int, now: datetime) -> Campaign:
    """Nothing new leaves; what WeChat already took goes on there."""
    campaign = get(session, campaign_id, lock=True)
    if campaign.status != CampaignStatus.SENDING:
        raise Refusal("campaign.not_running")
    campaign.status = CampaignStatus.PAUSED
    _hold_notices(session, campaign, now)
    mark(session, campaign, "paused", by, now)
    return campaign


def resume(session: Session, campaign_id: int, *, by: int, now: datetime) -> Campaign:
    """Go on with exactly those who have not had it."""
    campaign = get(session, campaign_id, lock=True)
    if campaign.status != CampaignStatus.PAUSED:
        raise Refusal("campaign.not_paused")
    campaign.status = CampaignStatus.SENDING
    session.execute(
        update(Notice)
        .where(
            Notice.campaign_id == campaign.id,
            Notice.status == NoticeStatus.WAITING,
            Notice.why == "paused",
        )
        .values(status=NoticeStatus.PLANNED, why="", next_at=now)
    )
    mark(session, campaign, "resumed", by, now)
    posted(session)
    return campaign


def cancel(session: Session, campaign_id: int, *, by: int, now: datetime) -> Campaign:
    """What has not left stays here; what has left is counted to its end."""
    campaign = get(session, campaign_id, lock=True)
    if campaign.status in {CampaignStatus.DONE, CampaignStatus.CANCELLED}:
        raise Refusal("campaign.already_over")
    campaign.status, campaign.finished_at = CampaignStatus.CANCELLED, now
    campaign.scheduled_at = None
    session.execute(
        update(CampaignBatch)
        .where(
            CampaignBatch.campaign_id == campaign.id,
            CampaignBatch.status.in_([BatchStatus.PLANNED, BatchStatus.WAITING]),
            CampaignBatch.lease_by.is_(None),
            CampaignBatch.handed_at.is_(None),
        )
        .values(status=BatchStatus.CANCELLED, next_at=None)
    )
    session.execute(
        update(Notice)
        .where(
            Notice.campaign_id == campaign.id,
            Notice.lease_by.is_(None),
            Notice.handed_at.is_(None),
            Notice.status.in_([NoticeStatus.PLANNED, NoticeStatus.WAITING]),
        )
        .values(status=NoticeStatus.CANCELLED, why="campaign_cancelled", next_at=None)
    )
    mark(session, campaign, "cancelled", by, now)
    return campaign


def finish_if_done(session: Session, campaign: Campaign, now: datetime) -> bool:
    """A running campaign ends when every batch has left and every notice is settled."""
    if campaign.status not in RUNNING or not campaign.counted:
        return False
    owed = session.scalars(
        select(CampaignBatch.id)
        .where(CampaignBatch.campaign_id == campaign.id, CampaignBatch.status.in_(OWED))
        .limit(1)
    ).first()
    open_notice = session.scalars(
        select(Notice.id)
        .where(Notice.campaign_id == campaign.id, Notice.next_at.is_not(None))
        .limit(1)
    ).first()
    if owed is not None or open_notice is not None:
        return False
    campaign.status, campaign.finished_at = CampaignStatus.DONE, now
    mark(session, campaign, "finished", None, now)
    return True


def _hold_notices(session: Session, campaign: Campaign, now: datetime) -> None:
    """Template messages that have not left wait; what is under way comes to its end."""
    held = session.scalars(
        update(Notice)
        .where(
            Notice.campaign_id == campaign.id,
            Notice.next_at.is_not(None),
            Notice.lease_by.is_(None),
            Notice.handed_at.is_(None),
        )
        .values(status=NoticeStatus.WAITING, why="paused", next_at=None)
        .returning(Notice.id)
    ).all()
    for notice_id in held:
        session.add(
            NoticeEvent(notice_id=notice_id, status=NoticeStatus.WAITING, at=now, why="paused")
        )

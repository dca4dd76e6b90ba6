"""A campaign that is under way: paused, resumed, cancelled, at its end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from credit_core.errors import Refusal
from credit_core.ids import new_ids
from credit_core.rows import insert_at_once
from notices.campaigns.models import Campaign, CampaignBatch
from notices.campaigns.service import get, mark
from notices.campaigns.status import OWED, RUNNING, BatchStatus, CampaignStatus
from notices.models import Notice
from notices.signals import posted
from notices.status import NoticeStatus
from notices.tables import EVENT

_NOT_LEFT = (Notice.lease_by.is_(None), Notice.handed_at.is_(None))


def pause(session: Session, campaign_id: int, *, by: int, now: datetime) -> Campaign:
    """Nothing new leaves; what WeChat already took goes on there."""
    campaign = get(session, campaign_id, lock=True)
    if campaign.status != CampaignStatus.SENDING:
        raise Refusal("campaign.not_running")
    campaign.status = CampaignStatus.PAUSED
    hold_notices(session, campaign, now)
    mark(session, campaign, "paused", by, now)
    return campaign


def resume(session: Session, campaign_id: int, *, by: int, now: datetime) -> Campaign:
    """Go on with exactly those who have not had it."""
    campaign = get(session, campaign_id, lock=True)
    if campaign.status != CampaignStatus.PAUSED:
        raise Refusal("campaign.not_paused")
    campaign.status = CampaignStatus.SENDING
    held = (Notice.status == NoticeStatus.WAITING, Notice.why == "paused")
    _move_notices(session, campaign, held, NoticeStatus.PLANNED, now, next_at=now)
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
    waiting = Notice.status.in_([NoticeStatus.PLANNED, NoticeStatus.WAITING])
    here = (waiting, *_NOT_LEFT)
    _move_notices(session, campaign, here, NoticeStatus.CANCELLED, now, why="campaign_cancelled")
    mark(session, campaign, "cancelled", by, now)
    return campaign


def still_running(session: Session, campaign_id: int) -> bool:
    """Hold off a pause until this step ends; False where one is being made or was made.

    Without it a list could still leave after the person who paused was told that nothing does.
    Whoever holds the campaign's row is not waited for: a cancelling one waits for the batch.
    """
    running = select(Campaign.id).where(
        Campaign.id == campaign_id, Campaign.status == CampaignStatus.SENDING
    )
    return session.scalar(running.with_for_update(read=True, skip_locked=True)) is not None


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


def hold_notices(session: Session, campaign: Campaign, now: datetime) -> None:
    """Template messages that have not left wait; what is under way comes to its end."""
    owed = (Notice.next_at.is_not(None), *_NOT_LEFT)
    _move_notices(session, campaign, owed, NoticeStatus.WAITING, now, why="paused")


def _move_notices(
    session: Session,
    campaign: Campaign,
    which: Sequence[ColumnElement[bool]],
    status: NoticeStatus,
    now: datetime,
    *,
    why: str = "",
    next_at: datetime | None = None,
) -> None:
    """Change the status of many at once and date it for each."""
    moved = session.scalars(
        update(Notice)
        .where(Notice.campaign_id == campaign.id, *which)
        .values(status=status, why=why, next_at=next_at)
        .returning(Notice.id)
    ).all()
    columns = ("id", "notice_id", "status", "at", "why", "by")
    rows = [
        (number, notice_id, status.value, now, why, "")
        for number, notice_id in zip(new_ids(len(moved)), moved, strict=True)
    ]
    insert_at_once(session, EVENT, columns, rows)

"""Fixing exactly who a campaign is for, batch by batch, so that a kill loses no one.

Recipients are taken in the order of their ids, up to the moment of the start; the last id
stands in the campaign, in the transaction that wrote the batch. Whoever follows later is not
in it; whoever leaves meanwhile is filtered by WeChat.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, and_, func, insert, literal, or_, select, update
from sqlalchemy.orm import Session

from credit_core.accounts.models import Follower
from credit_core.ids import new_id
from notices import outbox
from notices.campaigns import audience as audiences
from notices.campaigns import page
from notices.campaigns.models import (
    Campaign,
    CampaignBatch,
    CampaignEvent,
    CampaignPreview,
    CampaignRecipient,
    FollowerTag,
    Tag,
)
from notices.campaigns.status import BatchStatus, CampaignStatus

LIST = 10_000
"""Openids that one mass message may name."""
LEAST = 2
"""WeChat takes no shorter list."""
_TEMPLATE_LIST = 1_000


def is_due(session: Session, now: datetime) -> bool:
    """Whether campaigns owe anything now; every running one is looked at."""
    running = select(Campaign.id).where(
        or_(
            Campaign.status == CampaignStatus.SENDING,
            and_(Campaign.status == CampaignStatus.SCHEDULED, Campaign.scheduled_at <= now),
        )
    )
    preview = select(CampaignPreview.id).where(CampaignPreview.next_at <= now)
    return any(session.scalars(query.limit(1)).first() is not None for query in (running, preview))


def start_due(session: Session, now: datetime) -> int:
    """Scheduled campaigns whose time has come begin."""
    due = session.scalars(
        select(Campaign)
        .where(Campaign.status == CampaignStatus.SCHEDULED, Campaign.scheduled_at <= now)
        .with_for_update(skip_locked=True)
    ).all()
    for campaign in due:
        campaign.status, campaign.started_at = CampaignStatus.SENDING, now
        campaign.tag_id = _whole_tag(session, campaign)
        session.add(CampaignEvent(campaign_id=campaign.id, what="started", at=now))
    return len(due)


def fill_next(session: Session, now: datetime) -> bool:
    """Make the next batch of a running campaign; False when all are complete."""
    campaign = session.scalars(
        select(Campaign)
        .where(
            Campaign.status.in_([CampaignStatus.SENDING, CampaignStatus.PAUSED]),
            Campaign.counted.is_(False),
        )
        .order_by(Campaign.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).first()
    if campaign is None:
        return False
    most = _TEMPLATE_LIST if campaign.kind == "template" else LIST
    if campaign.tag_id is not None:
        most = 1 << 31
    meant = (
        audiences.members(audiences.read(campaign.audience))
        .where(Follower.id > campaign.cursor)
        .order_by(Follower.id)
        .limit(most)
        .subquery()
    )
    number = session.scalar(select(func.count()).where(CampaignBatch.campaign_id == campaign.id))
    batch = CampaignBatch(
        id=new_id(), campaign_id=campaign.id, no=(number or 0) + 1, key="", size=0
    )
    batch.key = f"c{batch.id}"
    session.add(batch)
    session.flush()
    session.execute(
        insert(CampaignRecipient).from_select(
            ["campaign_id", "follower_id", "batch_id"],
            select(literal(campaign.id, BigInteger), meant.c.id, literal(batch.id, BigInteger)),
        )
    )
    mine = CampaignRecipient.batch_id == batch.id
    size, last = session.execute(
        select(func.count(), func.max(CampaignRecipient.follower_id)).where(mine)
    ).one()
    batch.size = size
    if size:
        campaign.cursor = last
    if size < most:
        campaign.counted = True
        _round_off(session, campaign, batch)
    if batch.size:
        batch.next_at = now
    return True


def _round_off(session: Session, campaign: Campaign, last: CampaignBatch) -> None:
    """WeChat wants two openids at least: a lone last one takes another along."""
    if last.size == 0:
        session.delete(last)
        return
    if last.size > 1 or campaign.kind == "template" or campaign.tag_id is not None:
        return
    before = session.scalars(
        select(CampaignBatch)
        .where(
            CampaignBatch.campaign_id == campaign.id,
            CampaignBatch.no == last.no - 1,
            CampaignBatch.handed_at.is_(None),
            CampaignBatch.lease_by.is_(None),
        )
        .with_for_update()
    ).first()
    if before is None:
        return
    moved = session.scalar(
        select(func.max(CampaignRecipient.follower_id)).where(
            CampaignRecipient.batch_id == before.id
        )
    )
    session.execute(
        update(CampaignRecipient)
        .where(CampaignRecipient.campaign_id == campaign.id, CampaignRecipient.follower_id == moved)
        .values(batch_id=last.id)
    )
    before.size -= 1
    last.size += 1


def split(session: Session, batch: CampaignBatch, now: datetime) -> bool:
    """WeChat does not take a list of this size: its second half becomes a list of its own.

    :returns: False when halves would be too small to be sent.
    """
    if batch.size < 2 * LEAST:
        return False
    mine = select(CampaignRecipient.follower_id).where(CampaignRecipient.batch_id == batch.id)
    ids = list(session.scalars(mine.order_by(CampaignRecipient.follower_id)))
    half = len(ids) // 2
    last = session.scalar(
        select(func.max(CampaignBatch.no)).where(CampaignBatch.campaign_id == batch.campaign_id)
    )
    other = CampaignBatch(
        id=new_id(),
        campaign_id=batch.campaign_id,
        no=(last or 0) + 1,
        key="",
        size=len(ids) - half,
        next_at=now,
    )
    other.key = f"c{other.id}"
    session.add(other)
    session.flush()
    session.execute(
        update(CampaignRecipient)
        .where(CampaignRecipient.batch_id == batch.id, CampaignRecipient.follower_id >= ids[half])
        .values(batch_id=other.id)
    )
    batch.size, batch.status, batch.why, batch.next_at = half, BatchStatus.WAITING, "split", now
    # Another list under the same key would be taken for the refused one.
    batch.key = f"c{new_id()}"
    return True


def post_batch(session: Session, campaign: Campaign, batch: CampaignBatch, now: datetime) -> int:
    """A batch of template messages becomes notices of the outbox."""
    followers = session.scalars(
        select(CampaignRecipient.follower_id).where(CampaignRecipient.batch_id == batch.id)
    ).all()
    content = campaign.content
    fields = {name: content.get(name, "") for name in ("title", "when", "summary", "link")}
    fields["link"] = fields["link"] or page.path_of(campaign)
    made = outbox.post_all(
        session,
        [
            outbox.Draft(
                kind="campaign_template",
                key=f"campaign:{campaign.id}:{follower_id}",
                fields=fields,
                follower_id=follower_id,
                campaign_id=campaign.id,
            )
            for follower_id in followers
        ],
        now,
    )
    batch.status, batch.next_at, batch.sent_at = BatchStatus.FINISHED, None, now
    return len(made)


def _whole_tag(session: Session, campaign: Campaign) -> int | None:
    """The tag, when the audience is one tag that WeChat knows completely."""
    name = audiences.read(campaign.audience).only_tag
    if name is None or campaign.kind == "template":
        return None
    tag = session.scalars(select(Tag).where(Tag.name == name)).one_or_none()
    if tag is None or tag.wechat_id is None:
        return None
    untold = session.scalars(
        select(FollowerTag.follower_id)
        .where(FollowerTag.tag_id == tag.id, FollowerTag.told.is_(False))
        .limit(1)
    ).first()
    return tag.id if untold is None else None

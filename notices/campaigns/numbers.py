"""What came of a campaign, as far as it is known now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from notices.campaigns import audience as audiences
from notices.campaigns import counting
from notices.campaigns.models import CampaignBatch, CampaignRecipient, MassCount
from notices.campaigns.service import get
from notices.models import Notice
from notices.status import TOLD


@dataclass(frozen=True, slots=True)
class CampaignResult:
    """The numbers of a campaign as they are known now."""

    status: str
    recipients: int
    batches: dict[str, int]
    """Status of batches (or of notices, for template messages) to how many."""
    total: int
    filtered: int
    sent: int
    errors: int
    reactions: dict[str, int]
    full_this_month: int


def result(session: Session, campaign_id: int, *, now: datetime) -> CampaignResult:
    """Counts of the result events, of the batches and of what people did."""
    campaign = get(session, campaign_id)
    recipients = (
        session.scalar(
            select(func.count())
            .select_from(CampaignRecipient)
            .where(CampaignRecipient.campaign_id == campaign_id)
        )
        or 0
    )
    table: Any = Notice if campaign.kind == "template" else CampaignBatch
    by_status = session.execute(
        select(table.status, func.count())
        .where(table.campaign_id == campaign_id)
        .group_by(table.status)
    )
    states = {str(state): int(number) for state, number in by_status}
    sums = session.execute(
        select(
            func.coalesce(func.sum(CampaignBatch.total_count), 0),
            func.coalesce(func.sum(CampaignBatch.filter_count), 0),
            func.coalesce(func.sum(CampaignBatch.sent_count), 0),
            func.coalesce(func.sum(CampaignBatch.error_count), 0),
        ).where(CampaignBatch.campaign_id == campaign_id)
    ).one()
    total, filtered, sent, errors = (int(one) for one in sums)
    if campaign.kind == "template":
        total = filtered = recipients
        sent = sum(states.get(one, 0) for one in TOLD)
        errors = sum(states.get(one, 0) for one in ("failed", "uncertain"))
    return CampaignResult(
        status=campaign.status,
        recipients=recipients or campaign.audience_count or 0,
        batches=states,
        total=total,
        filtered=filtered,
        sent=sent,
        errors=errors,
        reactions=counting.reactions(session, campaign_id),
        full_this_month=counting.full_this_month(session, campaign_id, now),
    )


def monthly_warning(session: Session, audience: Mapping[str, Any], now: datetime) -> int:
    """How many of an audience have had their four mass messages of this month."""
    meant = audiences.members(audiences.read(dict(audience))).subquery()
    query = (
        select(func.count())
        .select_from(MassCount)
        .join(meant, meant.c.id == MassCount.follower_id)
        .where(MassCount.month == counting.month_of(now), MassCount.used >= counting.MONTHLY)
    )
    return session.scalar(query) or 0

"""The numbers of a campaign: WeChat's result events, and what people did."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, String, func, literal, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from credit_core.clock import SHANGHAI
from notices.campaigns.models import (
    CampaignBatch,
    CampaignReaction,
    CampaignRecipient,
    MassCount,
)
from notices.campaigns.status import BatchStatus

REACTIONS = ("opened", "asked", "signed_up", "quiz_passed")
MONTHLY = 4
_GOOD = {"sendsuccess", "send success"}


def on_job_finished(
    session: Session, message_id: str, fields: Mapping[str, Any], now: datetime
) -> bool:
    """The result event of one batch; False when no batch has this number (yet)."""
    batch = session.scalars(
        select(CampaignBatch).where(CampaignBatch.message_id == message_id).with_for_update()
    ).first()
    if batch is None:
        return False
    batch.result = str(fields.get("Status") or "")[:60]
    batch.total_count = _int(fields.get("TotalCount"))
    batch.filter_count = _int(fields.get("FilterCount"))
    batch.sent_count = _int(fields.get("SentCount"))
    batch.error_count = _int(fields.get("ErrorCount"))
    batch.finished_at = now
    good = " ".join(batch.result.lower().split()) in _GOOD
    batch.status = BatchStatus.FINISHED if good else BatchStatus.FAILED
    batch.why = "" if good else "refused_by_review"
    return True


def react(
    session: Session, *, campaign_id: int, follower_id: int, what: str, now: datetime
) -> bool:
    """Count that a follower opened, asked, signed up or passed the quiz; each once."""
    if what not in REACTIONS:
        raise ValueError(f"{what!r} is not one of {', '.join(REACTIONS)}")
    make = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    done = session.execute(
        make(CampaignReaction)
        .values(campaign_id=campaign_id, follower_id=follower_id, what=what, at=now)
        .on_conflict_do_nothing()
        .returning(CampaignReaction.what)
    )
    return done.first() is not None


def reactions(session: Session, campaign_id: int) -> dict[str, int]:
    """How many did what. A page may be passed on, so more may open it than were sent it."""
    rows = session.execute(
        select(CampaignReaction.what, func.count())
        .where(CampaignReaction.campaign_id == campaign_id)
        .group_by(CampaignReaction.what)
    )
    return dict.fromkeys(REACTIONS, 0) | dict(rows.all())


def month_of(moment: datetime) -> str:
    return f"{moment.astimezone(SHANGHAI):%Y-%m}"


def count_month(session: Session, batch_id: int, now: datetime) -> None:
    """One more mass message of this month for everybody in a batch."""
    make = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    recipients = select(
        CampaignRecipient.follower_id, literal(month_of(now), String), literal(1, BigInteger)
    ).where(CampaignRecipient.batch_id == batch_id)
    session.execute(
        make(MassCount)
        .from_select(["follower_id", "month", "used"], recipients)
        .on_conflict_do_update(
            index_elements=["follower_id", "month"], set_={"used": MassCount.used + 1}
        )
    )


def full_this_month(session: Session, campaign_id: int, now: datetime) -> int:
    """Recipients who have had their four of this month."""
    query = (
        select(func.count())
        .select_from(CampaignRecipient)
        .join(MassCount, MassCount.follower_id == CampaignRecipient.follower_id)
        .where(
            CampaignRecipient.campaign_id == campaign_id,
            MassCount.month == month_of(now),
            MassCount.used >= MONTHLY,
        )
    )
    return session.scalar(query) or 0


def _int(value: object) -> int | None:
    try:
        return int(str(value))
    except ValueError:
        return None

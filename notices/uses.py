"""What a message uses up before it leaves is given back when it did not leave or was refused."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from credit_core.accounts.models import Follower
from notices.models import SubscriptionCredit


def give_back(
    session: Session, follower_id: int | None, channel: str, template_id: str, now: datetime
) -> None:
    """One message of the customer-service window, or one of a one-off subscription."""
    if follower_id is None:
        return
    if channel == "custom":
        session.execute(
            update(Follower)
            .where(Follower.id == follower_id, Follower.window_used > 0)
            .values(window_used=Follower.window_used - 1)
        )
    elif channel == "subscription":
        session.execute(
            update(SubscriptionCredit)
            .where(
                SubscriptionCredit.follower_id == follower_id,
                SubscriptionCredit.template_id == template_id,
                SubscriptionCredit.long_term.is_(False),
            )
            .values(credits=SubscriptionCredit.credits + 1, changed_at=now)
        )

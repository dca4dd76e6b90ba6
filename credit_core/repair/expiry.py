"""Natural expiry: a record whose last day has passed is expired, without anybody's application.

Expired is neither revoked nor repaired: it had its effect until its last day, nothing was
confirmed, nothing was undone.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.texts import text
from credit_core.cases.steps import CLOCK
from credit_core.errors import CreditError
from credit_core.records.models import Record, RecordState
from credit_core.records.service import change_state

LOOK_BACK = timedelta(days=31)


def expire_due(
    session: Session,
    today: date,
    now: datetime,
    *,
    since: date | None = None,
    most: int = 1000,
) -> int:
    """Expire records whose last day was before ``today``; how many.

    The work follows what has ended since ``since`` (31 days ago by default), not how many
    records there are. A result equal to ``most`` means: call again in the next transaction.
    A record under objection expires when its objection is closed.
    """
    ended = session.scalars(
        select(Record)
        .where(
            Record.effective_to > (since or today - LOOK_BACK),
            Record.effective_to <= today,
            Record.state == RecordState.ACTIVE,
        )
        .order_by(Record.effective_to, Record.id)
        .limit(most)
    ).all()
    for record in ended:
        if record.effective_to is None:
            raise CreditError("a record without an end was found among the ended ones")
        change_state(
            session,
            record,
            RecordState.EXPIRED,
            on=record.effective_to,
            at=now,
            by=CLOCK,
            reason=text("repairs", "reasons.expired"),
        )
    return len(ended)

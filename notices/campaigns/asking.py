"""Asking WeChat for the result of a mass message whose result event never came."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from credit_core.clock import Clock
from notices.campaigns import counting
from notices.campaigns.models import CampaignBatch
from notices.campaigns.status import BatchStatus
from notices.dispatcher import Dispatcher
from notices.verdicts import Outcome, Platform

ASK_AFTER = timedelta(minutes=30)
_AT_ONCE = 20
_RESULTS = {"SEND_SUCCESS": "sendsuccess", "SEND_FAIL": "sendfail", "DELETE": "sendsuccess"}
"""WeChat's word for the job, and that of the event that is missing. What was deleted had been
sent; ``SENDING`` is asked for again."""


class Asker:
    """Asks for each batch half an hour after it left, and every half hour from then on."""

    def __init__(self, dispatcher: Dispatcher, platform: Platform, clock: Clock) -> None:
        self._transact, self._platform, self._clock = dispatcher.transact, platform, clock
        self._asked: dict[str, datetime] = {}

    async def step(self) -> int:
        """Ask for what is overdue; returns how many results came of it."""
        now = self._clock.now()
        found = 0
        for number in await self._transact(partial(_overdue, now=now)):
            if self._asked.get(number, now - ASK_AFTER) > now - ASK_AFTER:
                continue
            self._asked[number] = now
            verdict, status = await self._platform.mass_status(number)
            result = _RESULTS.get(status) if verdict.outcome is Outcome.ACCEPTED else None
            if result is None:
                continue
            fields = {"Status": result}
            found += await self._transact(
                partial(counting.on_job_finished, message_id=number, fields=fields, now=now)
            )
            del self._asked[number]
        return found


def _overdue(session: Session, now: datetime) -> Sequence[str]:
    query = (
        select(CampaignBatch.message_id)
        .where(
            CampaignBatch.status == BatchStatus.SENT,
            CampaignBatch.finished_at.is_(None),
            CampaignBatch.message_id.is_not(None),
            CampaignBatch.sent_at <= now - ASK_AFTER,
            CampaignBatch.sent_at > now - timedelta(days=3),
        )
        .order_by(CampaignBatch.sent_at)
        .limit(_AT_ONCE)
    )
    return [number for number in session.scalars(query) if number]

"""A process that moves notices shows life; when it stops, its leases fall to the others."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from credit_core.ids import new_id
from notices.models import Courier, Notice

BEAT_SECONDS = 4.0
DEAD_AFTER = timedelta(seconds=20)


class Courierhood:
    """This process as a courier."""

    def __init__(self, *, dead_after: timedelta = DEAD_AFTER) -> None:
        self.id = new_id()
        self.dead_after = dead_after
        self._beaten = time.monotonic()

    def register(self, session: Session, wall: datetime) -> None:
        session.add(Courier(id=self.id, started_at=wall, beat_at=wall))
        self._beaten = time.monotonic()

    def beat(self, session: Session, wall: datetime) -> None:
        """Show life. A courier that was thought dead registers anew under the same number."""
        before = time.monotonic()
        known = session.execute(
            update(Courier).where(Courier.id == self.id).values(beat_at=wall).returning(Courier.id)
        ).first()
        if known is None:
            session.add(Courier(id=self.id, started_at=wall, beat_at=wall))
        self._beaten = before

    def lively(self) -> bool:
        """Whether others certainly still respect our leases: checked before each hand-over."""
        limit = self.dead_after / timedelta(seconds=1) * 0.75
        return time.monotonic() - self._beaten < limit

    def leave(self, session: Session) -> None:
        session.execute(delete(Courier).where(Courier.id == self.id))


def forget_dead(session: Session, wall: datetime) -> None:
    """Rows of couriers that are long gone and hold nothing."""
    held = select(Notice.lease_by).where(Notice.lease_by.is_not(None))
    session.execute(
        delete(Courier).where(Courier.beat_at < wall - timedelta(hours=1), Courier.id.not_in(held))
    )

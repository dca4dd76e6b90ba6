"""What the clock does for offers."""

from __future__ import annotations

from datetime import datetime

from credit_core.clock import local_day
from credit_core.database import Database
from credit_core.offers.claims import expire_coupons

BATCH = 1000


def end_coupons(database: Database, now: datetime) -> dict[str, int]:
    """End coupons whose last day has passed, a batch per transaction; run daily after midnight."""
    ended = 0
    while True:
        with database.begin() as session:
            found = expire_coupons(session, local_day(now), now=now, batch=BATCH)
        ended += found
        if found < BATCH:
            return {"expired": ended}

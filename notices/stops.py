"""Interfaces that may not be called for a while, and how many calls were made today.

One quota that is used up stops that interface alone; a wrong secret or a refused address
stops everything, since every call would fail and be counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from credit_core.clock import SHANGHAI, local_day, start_of_day
from notices.campaigns.models import CampaignBatch
from notices.models import ApiStop, ApiUsage, Notice
from notices.status import NoticeStatus
from notices.verdicts import Verdict

EVERYTHING = "*"
TEMPLATE_PAUSE = timedelta(days=1)
_WAITS = ("quota", "api_stopped", "configuration")


def stops(session: Session, now: datetime) -> dict[str, datetime]:
    """Interfaces and templates that are stopped now, with the end of the stop."""
    rows = session.execute(select(ApiStop.api, ApiStop.until).where(ApiStop.until > now))
    return dict(rows.all())


def stop(
    session: Session, api: str, until: datetime, now: datetime, *, verdict: Verdict, why: str
) -> None:
    """Stop one interface; a longer stop that is there already stays."""
    there = session.get(ApiStop, api)
    if there is None:
        there = ApiStop(api=api, until=until, since=now)
        session.add(there)
    elif there.until <= now:
        there.since, there.until = now, until
    else:
        there.until = max(there.until, until)
    there.errcode, there.rid, there.why = verdict.code, verdict.rid, why
    session.flush()


def resume(session: Session, api: str, now: datetime) -> None:
    """The cause is mended, or the quota is there again: what waited for it is due now."""
    session.execute(delete(ApiStop).where(ApiStop.api == api))
    session.execute(
        update(Notice)
        .where(
            Notice.status == NoticeStatus.WAITING,
            Notice.why.in_(_WAITS),
            Notice.next_at > now,
            Notice.lease_by.is_(None),
        )
        .values(next_at=now)
    )
    session.execute(
        update(CampaignBatch)
        .where(
            CampaignBatch.next_at > now,
            CampaignBatch.why.in_(_WAITS),
            CampaignBatch.lease_by.is_(None),
        )
        .values(next_at=now)
    )


def used_up(session: Session, now: datetime) -> list[str]:
    """Interfaces that are stopped because their calls of the day are used up."""
    query = select(ApiStop.api).where(ApiStop.until > now, ApiStop.why == "stop_day")
    return list(session.scalars(query))


def next_day(now: datetime) -> datetime:
    """00:00 in Beijing, when daily quotas are taken to start anew."""
    return start_of_day(local_day(now) + timedelta(days=1))


def next_month(now: datetime) -> datetime:
    local = now.astimezone(SHANGHAI)
    year, month = divmod(local.year * 12 + local.month, 12)
    return start_of_day(date(year, month + 1, 1))


def count(session: Session, used: Mapping[str, int], now: datetime) -> None:
    """Add calls of today."""
    day = local_day(now)
    make = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    for api, calls in sorted(used.items()):
        insert = make(ApiUsage).values(api=api, day=day, used=calls)
        session.execute(
            insert.on_conflict_do_update(
                index_elements=["api", "day"], set_={"used": ApiUsage.used + calls}
            )
        )


def used_today(session: Session, now: datetime) -> dict[str, int]:
    rows = session.execute(
        select(ApiUsage.api, ApiUsage.used).where(ApiUsage.day == local_day(now))
    )
    return dict(rows.all())

"""The engine of an installation: WeChat's client behind it, and every periodic job."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from bot.wechat.client import WeChat
from config.settings import Settings
from credit_core.clock import Clock, local_day
from credit_core.database import Database
from handlers.delivery import WeChatPlatform
from handlers.tagging import tell_tags
from notices import jobs as notice_jobs
from notices.clock import Job
from notices.engine import Engine

_BATCHES = 1000


def make_engine(
    settings: Settings, database: Database, client: WeChat, clock: Clock | None = None
) -> Engine:
    """The engine that a web process (SQLite) or a worker runs."""
    return Engine(
        database,
        WeChatPlatform(client),
        public_url=settings.public_url,
        jobs=periodic_jobs(settings.city),
        clock=clock,
        chores=[lambda: tell_tags(database, client)],
    )


def periodic_jobs(city: str) -> list[Job]:
    """Every job with its times in Shanghai; the order is the order of a tick."""
    return [
        Job("expire_records", _expire_records, cron="10 0 * * *"),
        Job("expire_lists", _expire_lists, cron="15 0 * * *"),
        Job("natural_repair", partial(_natural_repair, city), cron="18 0 * * *"),
        Job("end_measures", _end_measures, cron="20 0 * * *"),
        Job("expire_coupons", _expire_coupons, cron="25 0 * * *"),
        Job("commitments_due", _commitments, cron="28 0 * * *"),
        Job("settle_calendar", _settle_calendar, cron="30 0 * * *"),
        Job("rescore", _rescore, cron="40 0 * * *"),
        *notice_jobs.jobs(),
        Job("rescore_changes", _rescore, every=timedelta(minutes=30)),
    ]


def _rescore(database: Database, now: datetime) -> Mapping[str, Any]:
    from credit_core.scoring.bulk import rescore

    done = rescore(database, on=local_day(now), at=now)
    return {"subjects": done.subjects, "changed": done.changed}


def _expire_records(database: Database, now: datetime) -> Mapping[str, Any]:
    from credit_core.repair.expiry import expire_due

    return _until_none(database, lambda session: expire_due(session, local_day(now), now))


def _natural_repair(city: str, database: Database, now: datetime) -> Mapping[str, Any]:
    from credit_core.repair.natural import remove_due

    return _until_none(
        database, lambda session: remove_due(session, local_day(now), now, city=city)
    )


def _expire_lists(database: Database, now: datetime) -> Mapping[str, Any]:
    from credit_core.lists.service import end_honours, expire_entries

    def end(session: Session) -> int:
        today = local_day(now)
        return expire_entries(session, today, now) + end_honours(session, today, now)

    return _once(database, end)


def _end_measures(database: Database, now: datetime) -> Mapping[str, Any]:
    from credit_core.measures.ending import end_due

    return _once(database, lambda session: end_due(session, local_day(now), now))


def _expire_coupons(database: Database, now: datetime) -> Mapping[str, Any]:
    from credit_core.offers.claims import expire_coupons

    return _until_none(database, lambda session: expire_coupons(session, local_day(now), now=now))


def _settle_calendar(database: Database, _now: datetime) -> Mapping[str, Any]:
    from credit_core.cases.settling import settle_calendar

    return _once(database, settle_calendar)


def _commitments(database: Database, now: datetime) -> Mapping[str, Any]:
    from credit_core.commitments.consequences import run_due

    with database.begin() as session:
        return run_due(session, local_day(now), now)


def _once(database: Database, work: Callable[[Session], int]) -> Mapping[str, Any]:
    with database.begin() as session:
        return {"ended": work(session)}


def _until_none(database: Database, work: Callable[[Session], int]) -> Mapping[str, Any]:
    """Batch by batch, each in its own transaction, so that nobody waits long."""
    ended = 0
    for _ in range(_BATCHES):
        with database.begin() as session:
            done = work(session)
        ended += done
        if not done:
            break
    return {"ended": ended}

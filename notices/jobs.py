"""The periodic jobs of this package. Others (rescoring, expiry) come from the composition root."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import delete, select

from credit_core.clock import local_day
from credit_core.database import Database
from notices import chasing, deadlines, publicity, yearly
from notices.campaigns import page
from notices.clock import Job
from notices.models import ApiUsage, EarlyReceipt, JobSlot

PLAN = "plan_notices"
_KEEP_SLOTS = timedelta(days=90)


def jobs() -> list[Job]:
    return [
        Job(PLAN, plan, cron="30 8 * * *"),
        # A deadline that was set during the day may be due the same day.
        Job("plan_late", plan, cron="0 10-20 * * *"),
        Job("chase", chase, cron="5 9 * * *"),
        Job("calendar", calendar, cron="0 9 * * *"),
        Job("count_questions", count_questions, every=timedelta(minutes=10)),
        Job("tidy_notices", tidy, cron="15 3 * * *"),
    ]


def plan(database: Database, now: datetime) -> Mapping[str, Any]:
    """Post the notices whose day has come."""
    with database.begin() as session:
        newest = session.scalars(
            select(JobSlot.slot)
            .where(JobSlot.job == PLAN, JobSlot.done_at.is_not(None), JobSlot.slot < now)
            .order_by(JobSlot.slot.desc())
            .limit(1)
        ).first()
        since: date | None = local_day(newest) if newest else None
        if since is not None and since >= local_day(now):
            since = local_day(now) - timedelta(days=1)
        return {"posted": deadlines.plan_due(session, now, since=since)}


def chase(database: Database, now: datetime) -> Mapping[str, Any]:
    """Follow up what was not acknowledged."""
    with database.begin() as session:
        return chasing.chase(session, now)


def calendar(database: Database, now: datetime) -> Mapping[str, Any]:
    """Tell staff of campaign days, monthly duties and decisions to be shown."""
    with database.begin() as session:
        return {"posted": yearly.plan_due(session, now) + publicity.plan_due(session, now)}


def count_questions(database: Database, now: datetime) -> Mapping[str, Any]:
    """Count who wrote to the account after opening the page of a campaign."""
    with database.begin() as session:
        return {"asked": page.count_questions(session, now)}


def tidy(database: Database, now: datetime) -> Mapping[str, Any]:
    """Drop what is of no use any more: old slots, unmatched receipts, old counts."""
    with database.begin() as session:
        gone = [
            session.execute(statement.returning(column)).all()
            for statement, column in (
                (delete(JobSlot).where(JobSlot.slot < now - _KEEP_SLOTS), JobSlot.id),
                (
                    delete(EarlyReceipt).where(EarlyReceipt.at < now - timedelta(days=3)),
                    EarlyReceipt.message_id,
                ),
                (
                    delete(ApiUsage).where(ApiUsage.day < local_day(now) - timedelta(days=90)),
                    ApiUsage.day,
                ),
            )
        ]
        return {"removed": sum(len(rows) for rows in gone)}

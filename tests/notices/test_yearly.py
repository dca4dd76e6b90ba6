"""The bureau's own year: campaign days fourteen days ahead, monthly duties in office hours."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, time, timedelta

import pytest
from sqlalchemy import select

from credit_core import workdays
from credit_core.clock import SHANGHAI, local_day
from credit_core.database import Database
from notices import outbox, yearly
from notices.models import Notice
from tests.notices.conftest import Bureau


@pytest.fixture
def database(sqlite_database: Database) -> Database:
    return sqlite_database


def test_a_year_of_campaign_days_and_reports(bureau: Bureau) -> None:
    bureau.staff("clerk", openid="clerk")
    day = date(2026, 1, 1)
    while day < date(2027, 1, 1):
        with bureau.database.begin() as session:
            yearly.plan_due(session, datetime.combine(day, time(9), SHANGHAI))
        day += timedelta(days=1)
    told = defaultdict(list)
    with bureau.database.read() as session:
        for notice in session.scalars(select(Notice).order_by(Notice.created_at)):
            told[notice.kind, outbox.fields_of(notice)["day"]].append(local_day(notice.created_at))
    campaigns = {on: days for (kind, on), days in told.items() if kind == "campaign_day"}
    assert campaigns == {
        "2026年3月15日": [date(2026, 3, 1)],
        "2026年4月26日": [date(2026, 4, 12)],
        "2026年6月14日": [date(2026, 5, 31)],
        "2026年12月4日": [date(2026, 11, 20)],
    }
    reports = {on: days for (kind, on), days in told.items() if kind == "monthly_duty"}
    assert len(reports) == 12
    # The Spring Festival rests from 15 to 23 February, and Saturday the 14th was worked.
    assert reports["2026年2月25日"] == [date(2026, 2, 11), date(2026, 2, 24)]
    # Sunday 25 January: the day before it that is worked is a Friday.
    assert reports["2026年1月25日"] == [date(2026, 1, 19), date(2026, 1, 23)]
    assert all(workdays.is_working_day(day) for days in reports.values() for day in days)

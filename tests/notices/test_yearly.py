"""The bureau's own year: campaign days fourteen days ahead, monthly duties in office hours,
decisions shown within seven days."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, time, timedelta

import pytest
from sqlalchemy import select

from credit_core import workdays
from credit_core.clock import SHANGHAI, local_day
from credit_core.database import Database
from credit_core.records.models import Record, RecordState, Severity
from credit_core.subjects.models import SubjectKind
from notices import outbox, publicity, yearly
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


def decide(bureau: Bureau, subject_id: int, on: date, number: int) -> None:
    with bureau.database.begin() as session:
        session.add(
            Record(
                subject_id=subject_id,
                item="I-1",
                occurred_on=on,
                decided_on=on,
                document_no=f"样例医保罚〔2026〕{number}号",
                source_unit="样例医保局",
                severity=Severity.GENERAL,
                points=-50,
                state=RecordState.ACTIVE,
                effective_from=on,
                fingerprint=number.to_bytes(16, "big"),
                recorded_at=datetime.combine(on, time(15), SHANGHAI),
                recorded_by="test",
            )
        )


def test_decisions_are_shown_within_seven_days(bureau: Bureau) -> None:
    """Seven calendar days; a last day that rests moves to the next working day (T3, T5)."""
    bureau.staff("clerk", openid="clerk")
    pharmacy = bureau.subject()
    person = bureau.subject("371002196205150018", SubjectKind.RESIDENT)
    # Monday 2 March: until Monday the 9th. Sunday 8 and Monday 9 February: the 15th and the
    # 16th rest with the Spring Festival, until Tuesday the 24th.
    for number, on in enumerate((date(2026, 3, 2), date(2026, 2, 8), date(2026, 2, 9)), 1):
        decide(bureau, pharmacy, on, number)
        decide(bureau, person, on, number + 10)
    day = date(2026, 2, 1)
    while day < date(2026, 4, 1):
        with bureau.database.begin() as session:
            publicity.plan_due(session, datetime.combine(day, time(9), SHANGHAI))
        day += timedelta(days=1)
    told = defaultdict(list)
    with bureau.database.read() as session:
        for notice in session.scalars(select(Notice).order_by(Notice.created_at)):
            fields = outbox.fields_of(notice)
            told[fields["day"], fields["matter"]].append(local_day(notice.created_at))
    assert told == {
        ("2026年3月9日", "1件行政处罚决定待公示"): [
            *(date(2026, 3, 4), date(2026, 3, 6), date(2026, 3, 9)),
        ],
        ("2026年2月24日", "2件行政处罚决定待公示"): [
            *(date(2026, 2, 12), date(2026, 2, 14), date(2026, 2, 24)),
        ],
    }

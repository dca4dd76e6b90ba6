"""The front of the console: what is late, how many are rated, what to do about the unknown."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

from credit_core.deadlines.models import Deadline
from credit_core.offers import claims
from credit_core.offers.redeeming import redeem
from credit_core.scoring.service import refresh
from credit_core.subjects.models import Subject
from notices import outbox, plans
from notices.models import StaffTask
from notices.status import NoticeStatus
from tests.credit_core.offers.conftest import graded


async def test_coverage_is_the_rated_over_the_registered(browse, people, sqlite_database, clock):
    with sqlite_database.begin() as session:
        resident = session.get_one(Subject, people["residents"][0])
        refresh(session, resident, date(2026, 11, 23), clock.now())
    clerk = await browse("clerk")
    found = re.search(r'id="coverage">(.*?)</div>\s*</div>\s*</div>', clerk.page, re.DOTALL)
    shown = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found.group(1)))
    assert "参保人 50.0% 1 / 2" in shown
    assert "定点医药机构 0.0% 0 / 1" in shown


async def test_days_that_are_over_are_counted(browse, people, sqlite_database):
    with sqlite_database.begin() as session:
        for number, day in enumerate((20, 23)):
            session.add(
                Deadline(
                    kind="repair_accept", ref=f"case:{number}", subject_id=people["pharmacy"],
                    on=date(2026, 11, day), provisional=False, done=False,
                )
            )  # fmt: skip
    clerk = await browse("clerk")
    clerk.shows('id="overdue">1<')


async def test_a_notice_of_unknown_outcome_says_what_to_do(browse, people, sqlite_database, clock):
    with sqlite_database.begin() as session:
        notice = outbox.post(
            session, kind="case_moved", key="case:1", now=clock.now(),
            subject_id=people["pharmacy"], fields=dict(plans.plan("case_moved").example),
        )  # fmt: skip
        outbox.move(session, notice, NoticeStatus.UNCERTAIN, clock.now(), why="uncertain")
        task = StaffTask(
            key="serve:1", kind="serve", notice_id=notice.id, subject_id=people["pharmacy"],
            why="uncertain", detail="", created_at=clock.now(),
        )  # fmt: skip
        session.add(task)
        session.flush()
        address = f"/staff/tasks/{task.id}"
    clerk = await browse("clerk")
    clerk.shows("结果不明的通知", "不再自动重发", address, "人工送达并登记")
    auditor = await browse("auditor")
    assert address not in auditor.page


async def test_what_the_offers_of_the_year_brought_is_shown(browse, people, sqlite_database, clock):
    with sqlite_database.begin() as session:
        coupon = claims.claim(
            session, session.get_one(Subject, people["residents"][0]), "no-deposit",
            follower_id=None, on=date(2026, 11, 23), now=clock.now(), rated=graded("AAA"),
        )  # fmt: skip
        redeem(session, coupon.code, merchant="一院", now=clock.now(), amount=Decimal("1500.50"))
    clerk = await browse("clerk")
    found = re.search(r'id="offers">(.*?)</table>', clerk.page, re.DOTALL)
    shown = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found.group(1)))
    assert "住院免交押金 1 1 1 1500.50" in shown

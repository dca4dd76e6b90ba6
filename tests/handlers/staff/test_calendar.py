"""The holiday notice of a year: checked, entered, and provisional days counted again."""

from __future__ import annotations

import html
import re
from datetime import date

from credit_core.workdays import Due, calendar_for
from credit_core.workdays.models import CalendarNotice


def text_of(browser):
    found = re.search(r"<textarea[^>]*>\n?(.*?)</textarea>", browser.page, re.DOTALL)
    return html.unescape(found.group(1))


async def test_a_notice_is_entered_and_its_year_is_no_longer_provisional(browse, sqlite_database):
    approver = await browse("approver")
    await approver.get("/calendar")
    approver.shows("暂定", "2027")
    content = text_of(approver)
    assert content.startswith("year: 2027\n")
    content = content.replace("basis: ", "basis: 国办发明电〔2026〕9号")
    await approver.post("/calendar", content=content)
    approver.shows("2027 年的放假安排已录入", "国办发明电〔2026〕9号")
    with sqlite_database.read() as session:
        assert calendar_for(session).add_working_days(date(2027, 3, 1), 2) == Due(
            date(2027, 3, 3), False
        )


async def test_a_faulty_notice_is_told_with_its_line_and_not_kept(browse, sqlite_database):
    approver = await browse("approver")
    await approver.get("/calendar")
    content = text_of(approver).replace("basis: ", "basis: 通知")
    content = content.replace("make_up: []", "make_up: [2027-02-03]")
    await approver.post("/calendar", content=content)
    assert approver.status == 422
    approver.shows("有问题", "2027-02-03", "不是周六、周日")
    assert text_of(approver) == content
    with sqlite_database.read() as session:
        assert session.query(CalendarNotice).count() == 0


async def test_a_clerk_reads_the_calendar_and_cannot_enter(browse):
    clerk = await browse("clerk")
    await clerk.get("/calendar")
    clerk.shows("2026", "已公布")
    assert "<textarea" not in clerk.page
    await clerk.post("/calendar", content="year: 2027")
    assert clerk.status == 403

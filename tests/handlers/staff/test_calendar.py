"""The holiday notice of a year: drafted, approved, and provisional days counted again."""

from __future__ import annotations

import html
import re
from datetime import date

from credit_core.workdays import Due, calendar_for
from credit_core.workdays.models import CalendarNotice


def text_of(browser):
    found = re.search(r"<textarea[^>]*>\n?(.*?)</textarea>", browser.page, re.DOTALL)
    return html.unescape(found.group(1))


async def test_a_notice_is_approved_and_its_year_is_no_longer_provisional(browse, sqlite_database):
    clerk, approver = await browse("clerk"), await browse("approver")
    await clerk.get("/calendar")
    clerk.shows("暂定", "2027", "录入通知")
    await clerk.get("/versions/calendar/new?name=2027")
    content = text_of(clerk)
    assert content.startswith("year: 2027\n")
    content = content.replace("basis: ", "basis: 国办发明电〔2026〕9号")
    await clerk.post("/versions/calendar/new", content=content, step="keep")
    clerk.shows("草稿已保存")
    with sqlite_database.read() as session:
        assert session.query(CalendarNotice).count() == 0
    await approver.post(f"{clerk.url.removeprefix('/staff')}/approve")
    await approver.get("/calendar")
    approver.shows("国办发明电〔2026〕9号")
    with sqlite_database.read() as session:
        assert calendar_for(session).add_working_days(date(2027, 3, 1), 2) == Due(
            date(2027, 3, 3), False
        )


async def test_a_faulty_notice_is_told_with_its_line_and_not_kept(browse, sqlite_database):
    clerk = await browse("clerk")
    await clerk.get("/versions/calendar/new?name=2027")
    content = text_of(clerk).replace("basis: ", "basis: 通知")
    content = content.replace("make_up: []", "make_up: [2027-02-03]")
    await clerk.post("/versions/calendar/new", content=content, step="keep")
    assert clerk.status == 422
    clerk.shows("有问题", "2027-02-03", "不是周六、周日")
    assert text_of(clerk) == content
    with sqlite_database.read() as session:
        assert session.query(CalendarNotice).count() == 0


async def test_an_approver_reads_the_calendar_and_does_not_draft(browse):
    approver = await browse("approver")
    await approver.get("/calendar")
    approver.shows("2026", "已公布")
    assert "录入通知" not in approver.page
    await approver.get("/versions/calendar/new?name=2027")
    assert approver.status == 403

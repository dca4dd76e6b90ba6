"""Rules are changed by staff: drafted as text, checked, counted, approved by a second person."""

from __future__ import annotations

import html
import re
from datetime import date

import pytest

from credit_core.accounts.actions import find_actions
from credit_core.rules.book import rule_book
from credit_core.scoring.service import refresh
from credit_core.subjects.models import Subject
from credit_core.versions.models import ConfigVersion


def text_of(browser):
    found = re.search(r"<textarea[^>]*>\n?(.*?)</textarea>", browser.page, re.DOTALL)
    return html.unescape(found.group(1))


@pytest.fixture
def drafted(browse):
    async def make(login="clerk", base=990):
        clerk = await browse(login)
        await clerk.get("/versions/rules/new?name=resident")
        content = text_of(clerk).replace("base: 1000", f"base: {base}")
        await clerk.post("/versions/rules/new", content=content, note="按新办法", step="keep")
        clerk.shows("草稿已保存", "草稿（待审批）", "改了什么", "按新办法")
        return clerk, clerk.url.removeprefix("/staff")

    return make


async def test_the_form_begins_with_the_rules_that_hold_to_start_next_month(browse):
    clerk = await browse("clerk")
    await clerk.get("/versions/rules/new?name=institution")
    content = text_of(clerk)
    assert "kind: institution" in content
    assert "effective_from: 2026-12-01" in content
    await clerk.get("/versions/rules/new?name=x")
    assert clerk.status == 404


async def test_two_persons_bring_a_version_into_force(drafted, browse, sqlite_database):
    clerk, address = await drafted()
    clerk.shows("base", "1000", "990")
    assert "批准</button>" not in clerk.page
    approver = await browse("approver")
    await approver.get(address)
    await approver.post(f"{address}/approve")
    approver.shows("已批准")
    with sqlite_database.read() as session:
        assert rule_book(session).on("resident", date(2026, 12, 1)).rules.base == 990
        assert rule_book(session).on("resident", date(2026, 11, 30)).rules.base == 1000
        actions = [one.action for one in find_actions(session, area="version")]
        assert actions == ["version.approve", "version.draft"]


async def test_nobody_approves_their_own_version(drafted, sqlite_database):
    both, address = await drafted("both")
    both.shows("自己起草的版本要由另一位同事审批")
    await both.post(f"{address}/approve")
    both.shows("起草人不能批准自己的版本")
    with sqlite_database.read() as session:
        assert session.query(ConfigVersion).one().state == "draft"


@pytest.mark.parametrize("step", ["check", "count", "keep"])
async def test_a_fault_is_shown_with_its_line_beside_the_text_that_was_typed(
    browse, sqlite_database, step
):
    clerk = await browse("clerk")
    await clerk.get("/versions/rules/new?name=resident")
    content = text_of(clerk).replace("cap: 1200", "cap: 800")
    line = next(n for n, row in enumerate(content.splitlines(), 1) if row.startswith("base:"))
    await clerk.post("/versions/rules/new", content=content, step=step)
    assert clerk.status == 422
    clerk.shows(f"第 {line} 行有问题", "最低分0和最高分800", f'data-line="{line}"')
    assert re.search(rf'<li value="{line}" class="faulty"><code>base: 1000', clerk.page)
    assert text_of(clerk) == content
    with sqlite_database.read() as session:
        assert session.query(ConfigVersion).count() == 0


async def test_a_check_alone_keeps_nothing(browse, sqlite_database):
    clerk = await browse("clerk")
    await clerk.get("/versions/rules/new?name=resident")
    await clerk.post("/versions/rules/new", content=text_of(clerk), step="check")
    clerk.shows("检查通过", "还没有保存")
    with sqlite_database.read() as session:
        assert session.query(ConfigVersion).count() == 0


async def test_rules_of_the_past_cannot_be_made(browse):
    clerk = await browse("clerk")
    await clerk.get("/versions/rules/new?name=resident")
    content = text_of(clerk).replace("effective_from: 2026-12-01", "effective_from: 2026-11-22")
    await clerk.post("/versions/rules/new", content=content, step="keep")
    clerk.shows("不追溯既往", "2026-11-23")


async def test_the_preview_says_who_would_change_grade(drafted, people, sqlite_database, clock):
    with sqlite_database.begin() as session:
        for number in people["residents"]:
            refresh(session, session.get_one(Subject, number), date(2026, 11, 23), clock.now())
    clerk, address = await drafted(base=900)
    await clerk.post(f"{address}/preview")
    clerk.shows("试算结果", "参保人")
    row = re.search(r'id="preview".*?</div>\s*<div class="card">', clerk.page, re.DOTALL).group(0)
    told = re.findall(r"<td>([^<]*)</td><td[^>]*><strong>(\d+)</strong>", row)
    assert ("等级会变化的", "2") in told
    assert told[-1] == ("参保人：A → B", "2")
    assert "37100219600101" not in clerk.page


async def test_an_approved_version_is_taken_back_by_an_approver_only(drafted, browse):
    clerk, address = await drafted()
    approver = await browse("approver")
    await approver.get(address)
    await approver.post(f"{address}/approve")
    await clerk.post(f"{address}/withdraw")
    clerk.shows("您的岗位不能做这一步")
    await approver.post(f"{address}/withdraw")
    approver.shows("已撤回")
    await approver.post(f"{address}/withdraw")
    approver.shows("不用再撤")


async def test_a_version_can_be_the_ground_of_the_next(drafted, browse):
    clerk, address = await drafted(base=985)
    await clerk.get(f"/versions/rules/new?from={address.rsplit('/', 1)[1]}")
    assert "base: 985" in text_of(clerk)
    auditor = await browse("auditor")
    await auditor.get("/versions/rules")
    auditor.shows("草稿（待审批）", "按新办法")

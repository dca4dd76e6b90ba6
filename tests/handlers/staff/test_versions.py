"""Offers, list rules, measures and the calendar are edited in the console, by two persons."""

from __future__ import annotations

import html
import re
from datetime import date

import pytest

from credit_core.accounts.actions import find_actions
from credit_core.lists.rules import list_book
from credit_core.measures.catalogue import catalogue
from credit_core.offers.book import offer_book
from credit_core.versions.models import ConfigVersion

DECEMBER = date(2026, 12, 1)
CHANGES = {
    ("offers", "drug-discount"): ("value: 80", "value: 70"),
    ("lists", "severe-fraud"): ("period_months: 36", "period_months: 24"),
    ("measures", "interview"): ("means: 约谈", "means: 当面约谈"),
}


def text_of(browser):
    found = re.search(r"<textarea[^>]*>\n?(.*?)</textarea>", browser.page, re.DOTALL)
    return html.unescape(found.group(1))


@pytest.fixture
def drafted(browse):
    async def make(topic="offers", name="drug-discount", login="clerk"):
        clerk = await browse(login)
        await clerk.get(f"/versions/{topic}/new?name={name}")
        content = text_of(clerk).replace(*CHANGES[topic, name])
        await clerk.post(f"/versions/{topic}/new", content=content, note="按新办法", step="keep")
        clerk.shows("草稿已保存", "草稿（待审批）", "改了什么", "按新办法")
        return clerk, clerk.url.removeprefix("/staff")

    return make


@pytest.mark.parametrize(("topic", "name"), list(CHANGES))
async def test_two_persons_bring_a_version_into_force(
    drafted, browse, sqlite_database, topic, name
):
    clerk, address = await drafted(topic, name)
    assert "批准</button>" not in clerk.page
    approver = await browse("approver")
    await approver.get(f"/versions/{topic}")
    await approver.get(address)
    await approver.post(f"{address}/preview")
    approver.shows("试算结果", "没有改动任何数据")
    await approver.post(f"{address}/approve")
    approver.shows("已批准")
    with sqlite_database.read() as session:
        held = {
            "offers": lambda day: offer_book(session).on(name, day).terms,
            "lists": lambda day: list_book(session).on(name, day).period_months,
            "measures": lambda day: catalogue(session).on(name, day).means,
        }[topic]
        assert held(DECEMBER) != held(date(2026, 11, 30))
        actions = [one.action for one in find_actions(session, area="version")]
        assert actions == ["version.approve", "version.draft"]


async def test_nobody_approves_their_own_version(drafted, sqlite_database):
    both, address = await drafted(login="both")
    both.shows("自己起草的版本要由另一位同事审批")
    await both.post(f"{address}/approve")
    both.shows("起草人不能批准自己的版本")
    with sqlite_database.read() as session:
        assert session.query(ConfigVersion).one().state == "draft"


@pytest.mark.parametrize("step", ["check", "count", "keep"])
async def test_a_fault_is_shown_with_its_line_and_nothing_is_kept(browse, sqlite_database, step):
    clerk = await browse("clerk")
    await clerk.get("/versions/measures/new?name=interview")
    content = text_of(clerk).replace("body: 医疗保障行政部门", "body: ''")
    line = next(n for n, row in enumerate(content.splitlines(), 1) if "body:" in row)
    await clerk.post("/versions/measures/new", content=content, step=step)
    assert clerk.status == 422
    clerk.shows(f"第 {line} 行有问题", "body")
    assert text_of(clerk) == content
    with sqlite_database.read() as session:
        assert session.query(ConfigVersion).count() == 0


async def test_a_draft_is_withdrawn_and_unknown_things_are_not_found(drafted, browse):
    clerk, address = await drafted()
    await clerk.post(f"{address}/withdraw")
    clerk.shows("已撤回")
    for wrong in (
        "/versions/wishes",
        "/versions/offers/new?name=no-such",
        address.replace("offers", "lists"),
    ):
        await clerk.get(wrong)
        assert clerk.status == 404, wrong


async def test_every_topic_has_its_overview_and_only_a_clerk_drafts(browse):
    clerk, approver = await browse("clerk"), await browse("approver")
    for topic in ("offers", "lists", "measures", "calendar"):
        await clerk.get(f"/versions/{topic}")
        clerk.shows("起草新版本", "还没有起草过版本")
        await approver.get(f"/versions/{topic}/new?name=x")
        assert approver.status == 403

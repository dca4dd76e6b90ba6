"""Lists, measures and commitments: who may take which step, and what is refused."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from credit_core.accounts.actions import find_actions
from credit_core.commitments.models import Commitment, CommitmentKind
from credit_core.commitments.service import sign
from credit_core.lists.models import ListEntry
from credit_core.measures.models import Measure
from credit_core.records.service import add_record
from credit_core.rules.book import read_directory
from credit_core.subjects.models import Subject

FRAUD = {
    "rule": "severe-fraud|735-40", "document_no": "荣医保罚〔2026〕9号",
    "decided_on": "2026-11-02", "entered_on": "2026-11-10", "source_unit": "荣成市医疗保障局",
    "responsible_name": "赵某某",
}  # fmt: skip


@pytest.fixture
def address(people):
    return f"/lists/of/{people['pharmacy']}"


@pytest.fixture
def light(sqlite_database, people, clock):
    """A record of the middle class, which bears light measures only."""
    rules = read_directory().on("institution", date(2026, 11, 23)).rules
    item = next(
        one
        for one in rules.items
        if one.open is None and {v.class_ for v in one.variants} == {"一般"}
    )
    with sqlite_database.begin() as session:
        return add_record(
            session, session.get_one(Subject, people["pharmacy"]), item.code,
            occurred_on=date(2026, 11, 1), decided_on=date(2026, 11, 2),
            document_no="荣医保罚〔2026〕3号", source_unit="荣成市医疗保障局",
            at=clock.now(), by="clerk",
        ).id  # fmt: skip


async def test_the_subject_is_found_and_the_look_is_told(browse, people, address):
    clerk = await browse("clerk")
    await clerk.get("/lists")
    await clerk.post("/lists", q="福安大药房")
    clerk.shows(f'href="/staff{address}"')
    await clerk.get(address)
    clerk.shows("没有列入过名单", "没有采取过措施", "没有请签过承诺")
    auditor = await browse("auditor")
    await auditor.get("/logs")
    auditor.shows("名单、措施和承诺")


async def test_a_reviewer_enters_and_an_approver_takes_off(
    browse, address, sqlite_database, people
):
    reviewer = await browse("reviewer")
    await reviewer.get(address)
    await reviewer.post(address, **FRAUD)
    reviewer.shows("已列入名单", "荣医保罚〔2026〕9号", "最早 2027-11-10 可提前")
    await reviewer.post(address, **FRAUD)
    reviewer.shows("同一份决定已经列入名单")
    with sqlite_database.read() as session:
        number = session.query(ListEntry).one().id
    await reviewer.post(f"/lists/entries/{number}/leave", on="2026-11-23", reason="x")
    assert reviewer.status == 403
    approver = await browse("approver")
    await approver.get(address)
    form = {"document_no": "荣医保〔2026〕20号", "reason": "整改完毕", "on": "2026-11-23"}
    await approver.post(f"/lists/entries/{number}/exit", **form)
    approver.shows("列入不满 12 个月")
    await approver.post(f"/lists/entries/{number}/leave", **form | {"reason": ""})
    approver.shows("请写明移出名单的理由")
    await approver.post(f"/lists/entries/{number}/leave", **form)
    approver.shows("已移出名单", "整改完毕")
    with sqlite_database.read() as session:
        assert session.query(ListEntry).one().left_on == date(2026, 11, 23)
        done = [one.action for one in find_actions(session, area="list")]
        assert done == ["list.leave", "list.enter"]


async def test_after_its_months_an_entry_ends_early_and_the_report_day_is_told(
    browse, address, sqlite_database
):
    reviewer = await browse("reviewer")
    await reviewer.get(address)
    old = FRAUD | {"decided_on": "2025-10-10", "entered_on": "2025-10-20"}
    await reviewer.post(address, **old)
    with sqlite_database.read() as session:
        number = session.query(ListEntry).one().id
    approver = await browse("approver")
    await approver.get(address)
    await approver.post(
        f"/lists/entries/{number}/exit", document_no="荣医保〔2026〕20号", reason="整改完毕"
    )
    approver.shows("已提前移出名单", "2026-11-26")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"document_no": ""}, "书面决定的文号"),
        ({"source_unit": ""}, "作出决定的单位"),
        ({"responsible_name": ""}, "法定代表人或负责人"),
        ({"rule": "severe-fraud|735-43"}, "不在这条名单规则里"),
        ({"rule": "severe-bid|健康-103"}, "不适用于这类主体"),
        ({"rule": "none|x"}, "没有这条名单规则"),
        ({"decided_on": "2026-13-01"}, "日期请写成"),
        ({"record": "7"}, "从列表里选择"),
    ],
)
async def test_what_the_rule_of_the_list_wants_is_asked_for(
    browse, address, sqlite_database, wrong, said
):
    reviewer = await browse("reviewer")
    await reviewer.get(address)
    await reviewer.post(address, **FRAUD | wrong)
    reviewer.shows(said)
    with sqlite_database.read() as session:
        assert session.query(ListEntry).count() == 0


async def test_a_measure_is_drafted_by_one_and_activated_by_another(
    browse, address, light, sqlite_database
):
    clerk = await browse("clerk")
    await clerk.get(address)
    form = {"catalogue_id": "interview", "record": str(light), "starts_on": "2026-12-01"}
    await clerk.post(f"{address}/measures", **form, months="9")
    clerk.shows("期限应在 1 到 3 个月之间")
    await clerk.post(f"{address}/measures", **form, months="2")
    clerk.shows("措施草稿已保存", "约谈提醒", "草稿（待批准）")
    with sqlite_database.read() as session:
        number = session.query(Measure).one().id
    await clerk.post(f"/lists/measures/{number}/activate")
    assert clerk.status == 403
    approver = await browse("approver")
    await approver.get(address)
    await approver.post(f"/lists/measures/{number}/activate")
    approver.shows("措施已批准执行", "执行中")
    await approver.get("/lists?show=measures")
    approver.shows("约谈提醒", "执行中")
    await approver.get(address)
    await approver.post(f"/lists/measures/{number}/end")
    approver.shows("请写明结束措施的理由")
    await approver.post(f"/lists/measures/{number}/end", reason="已整改")
    approver.shows("措施已结束", "已整改")


async def test_nobody_activates_their_own_measure_and_points_alone_allow_none(
    browse, address, light, sqlite_database
):
    both = await browse("both")
    await both.get(address)
    form = {"catalogue_id": "interview", "starts_on": "2026-12-01", "months": "2"}
    await both.post(f"{address}/measures", **form)
    both.shows("要有书面决定的文号")
    await both.post(f"{address}/measures", **form, record=str(light))
    with sqlite_database.read() as session:
        number = session.query(Measure).one().id
    await both.post(f"/lists/measures/{number}/activate")
    both.shows("起草人不能自己批准")


async def test_a_commitment_is_asked_for_and_refused(browse, address, sqlite_database):
    clerk = await browse("clerk")
    await clerk.get(address)
    await clerk.post(f"{address}/commitments", kind="public", due_on="2026-11-01")
    clerk.shows("不能早于今天")
    await clerk.post(f"{address}/commitments", kind="public", due_on="2026-12-10")
    clerk.shows("已请签承诺", "待签署")
    with sqlite_database.read() as session:
        number = session.query(Commitment).one().id
    reviewer = await browse("reviewer")
    await reviewer.get(address)
    await reviewer.post(f"/lists/commitments/{number}/kept", reason="x")
    reviewer.shows("没有签署")
    await reviewer.post(f"/lists/commitments/{number}/refused")
    reviewer.shows("已登记", "未签署", "重点监管名单")
    await reviewer.post(f"/lists/commitments/{number}/refused")
    reviewer.shows("没有待签署的承诺书")


async def test_a_signed_commitment_is_kept_or_broken(browse, address, people, sqlite_database):
    with sqlite_database.begin() as session:
        made = [
            sign(
                session, session.get_one(Subject, people["pharmacy"]),
                CommitmentKind.INSTEAD_OF_APPROVAL, follower_id=None, matter=matter,
                now=datetime(2026, 10, 8, tzinfo=UTC), fulfil_by=by,
            ).id
            for matter, by in (("备案一", date(2026, 11, 1)), ("备案二", date(2026, 12, 1)))
        ]  # fmt: skip
    reviewer = await browse("reviewer")
    await reviewer.get(address)
    await reviewer.post(f"/lists/commitments/{made[1]}/broken", reason="没有补交")
    reviewer.shows("期限过了才能认定未履行")
    await reviewer.post(f"/lists/commitments/{made[0]}/broken", reason="没有补交")
    reviewer.shows("已登记", "未履行", "没有补交")
    await reviewer.post(f"/lists/commitments/{made[1]}/kept", reason="材料已补")
    reviewer.shows("已登记", "已履行")


@pytest.mark.parametrize("part", ["entries/7/leave", "measures/7/end", "commitments/7/kept"])
async def test_what_is_not_there_is_told_kindly(browse, part):
    approver = await browse("approver")
    await approver.get("/lists")
    await approver.post(f"/lists/{part}", reason="x", on="2026-11-23")
    assert approver.status == 404

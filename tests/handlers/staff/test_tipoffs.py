from __future__ import annotations

import pytest

from credit_core.accounts.models import Follower
from credit_core.cases.steps import steps_of
from credit_core.tipoffs.service import receive


@pytest.fixture
def clue(sqlite_database, clock):
    with sqlite_database.begin() as session:
        follower = Follower(openid="the_informant")
        session.add(follower)
        session.flush()
        made = receive(
            session,
            statement="某药店刷卡换购",
            evidence=[],
            follower_id=follower.id,
            now=clock.now(),
        )
        return made.case_no, follower.id


async def test_a_clue_is_looked_into_and_closed_by_another_hand(browse, clue, sqlite_database):
    case_no, _ = clue
    clerk, approver = await browse("clerk"), await browse("approver")
    await clerk.get("/tipoffs")
    clerk.shows(case_no, "待核查")
    await clerk.get(f"/cases/{case_no}")
    clerk.shows("某药店刷卡换购")
    await clerk.post(f"/cases/{case_no}/investigate", note=" ")
    clerk.shows("请写明情况或理由")
    await clerk.post(f"/cases/{case_no}/investigate", note="现场核对了进销存")
    clerk.shows("等待审批岗办结")
    await approver.get(f"/cases/{case_no}")
    await approver.post(f"/cases/{case_no}/conclude", outcome="received", reason="x")
    approver.shows("请从列表里选择一项")
    await approver.post(f"/cases/{case_no}/conclude", outcome="confirmed", reason="账实不符")
    approver.shows("查实", "账实不符")
    with sqlite_database.read() as session:
        assert [step.after for step in steps_of(session, case_no)] == ["investigated", "confirmed"]
    await clerk.get("/tipoffs?closed=1")
    clerk.shows(case_no)


async def test_one_hand_does_not_do_both(browse, clue):
    case_no, _ = clue
    both = await browse("both")
    await both.get(f"/cases/{case_no}")
    await both.post(f"/cases/{case_no}/investigate", note="看过了")
    await both.post(f"/cases/{case_no}/conclude", outcome="unfounded", reason="没有")
    both.shows("请换一位同事", "已核查，待办结")


async def test_nobody_sees_who_told_it(browse, clue):
    case_no, follower_id = clue
    clerk = await browse("clerk")
    for path in ("/tipoffs", f"/cases/{case_no}"):
        await clerk.get(path)
        assert "the_informant" not in clerk.page
        assert str(follower_id) not in clerk.page

"""Objections and repairs at the desk, from their arrival to the decision."""

from __future__ import annotations

import io
import re
from datetime import date, timedelta

import pytest
from PIL import Image

from credit_core.evidence.store import EvidenceStore
from credit_core.objections.service import file_objection
from credit_core.records.models import Record
from credit_core.records.service import add_record
from credit_core.repair.service import open_application, submit
from credit_core.subjects.models import Subject


def picture():
    body = io.BytesIO()
    Image.new("RGB", (60, 40), (10, 120, 200)).save(body, "JPEG")
    return body.getvalue()


def penalty(session, subject, clock, decided_on=date(2026, 11, 2)):
    return add_record(
        session,
        subject,
        "I-1",
        occurred_on=date(2026, 6, 1),
        decided_on=decided_on,
        document_no=f"医保罚〔2026〕{decided_on.month}号",
        source_unit="环翠区医疗保障局",
        severity="一般",
        at=clock.now(),
        by="import",
    )


@pytest.fixture
def objection(sqlite_database, people, clock, settings):
    with sqlite_database.begin() as session:
        subject = session.get_one(Subject, people["pharmacy"])
        record = penalty(session, subject, clock)
        store = EvidenceStore(settings.var_dir / "evidence")
        made = file_objection(
            session,
            subject,
            record,
            statement="编码录错了",
            evidence=[store.put(picture())],
            follower_id=None,
            city="weihai",
            now=clock.now(),
        )
        return made.case_no


async def test_the_desk_shows_the_statutory_day_and_overdue_ones_first(
    browse, objection, sqlite_database, people, clock
):
    clerk = await browse("clerk")
    await clerk.get("/cases")
    clerk.shows(objection, "福安大药房", "待受理", "2026-11-26", "还有 3 天")
    clock.current += timedelta(days=4)
    with sqlite_database.begin() as session:
        subject = session.get_one(Subject, people["pharmacy"])
        later = file_objection(
            session,
            subject,
            penalty(session, subject, clock, date(2026, 10, 12)),
            statement="也不对",
            follower_id=None,
            city="weihai",
            now=clock.now(),
        ).case_no
    await clerk.sign_in("clerk")
    await clerk.get("/")
    clerk.shows("已超期 1 天")
    assert clerk.page.index(objection) < clerk.page.index(later)


async def test_a_case_page_shows_statement_record_and_pictures(browse, objection):
    clerk = await browse("clerk")
    await clerk.get(f"/cases/{objection}")
    clerk.shows("编码录错了", "医保罚〔2026〕11号", "环翠区医疗保障局", "证据照片", "1 张")
    address = re.search(r'<img src="/staff(/cases/[^"]+)"', clerk.page).group(1)
    shown = await clerk.client.get(f"/staff{address}")
    assert shown.content_type == "image/jpeg"
    assert Image.open(io.BytesIO(await shown.read())).size == (60, 40)
    other = address.replace(objection, "YY20200101-0001")
    await clerk.get(other)
    assert clerk.status == 404


async def test_an_objection_is_accepted_checked_and_decided_by_another_hand(
    browse, objection, sqlite_database
):
    clerk, approver = await browse("clerk"), await browse("approver")
    await clerk.get(f"/cases/{objection}")
    await clerk.post(f"/cases/{objection}/accept")
    clerk.shows("已记录", "开始核查")
    await clerk.post(f"/cases/{objection}/check", note="环翠区医疗保障局")
    clerk.shows("核查完成后由审批岗决定")
    await approver.get(f"/cases/{objection}")
    await approver.post(f"/cases/{objection}/decide", outcome="revoked", reason="")
    approver.shows("请写明理由")
    await approver.post(f"/cases/{objection}/decide", outcome="maybe", reason="查实")
    approver.shows("请从列表里选择一项")
    await approver.post(f"/cases/{objection}/decide", outcome="revoked", reason="查实录错")
    approver.shows("记录错了，已经撤销", "查实录错")
    with sqlite_database.read() as session:
        assert session.query(Record).one().state == "revoked"
    await clerk.post(f"/cases/{objection}/tell")
    clerk.shows("可申请复核至")


async def test_a_reviewer_suspends_the_effect_until_the_objection_is_decided(
    browse, objection, sqlite_database
):
    reviewer, approver = await browse("reviewer"), await browse("approver")
    await reviewer.post(f"/cases/{objection}/accept")
    await approver.get(f"/cases/{objection}")
    assert "暂停计分" not in approver.page
    await reviewer.get(f"/cases/{objection}")
    reviewer.shows("暂停计分")
    await reviewer.post(f"/cases/{objection}/suspend", reason="原始单据存疑")
    reviewer.shows("已暂停，异议有结果后恢复或取消", "原始单据存疑")
    with sqlite_database.read() as session:
        record = session.query(Record).one()
        assert session.get_one(Subject, record.subject_id).score == 1000
    await reviewer.post(f"/cases/{objection}/suspend", reason="再停一次")
    reviewer.shows("已经暂停计分")


async def test_whoever_worked_a_case_does_not_decide_it(browse, objection):
    both = await browse("both")
    await both.get(f"/cases/{objection}")
    await both.post(f"/cases/{objection}/accept")
    await both.post(f"/cases/{objection}/check")
    await both.post(f"/cases/{objection}/decide", outcome="rejected", reason="无误")
    both.shows("核查中")
    assert "已决定" not in re.search(r'<li class="here">([^<]+)', both.page).group(1)


async def test_a_clerk_does_not_decide(browse, objection):
    clerk, other = await browse("clerk"), await browse("clerk2")
    await clerk.get(f"/cases/{objection}")
    await clerk.post(f"/cases/{objection}/accept")
    await clerk.post(f"/cases/{objection}/check")
    await other.get(f"/cases/{objection}")
    await other.post(f"/cases/{objection}/decide", outcome="revoked", reason="我来定")
    other.shows("核查中")


async def test_a_step_twice_is_told_kindly(browse, objection):
    clerk = await browse("clerk")
    await clerk.get(f"/cases/{objection}")
    await clerk.post(f"/cases/{objection}/accept")
    await clerk.post(f"/cases/{objection}/accept")
    clerk.shows("不能做这一步")


@pytest.fixture
def repair(sqlite_database, people, clock, settings):
    with sqlite_database.begin() as session:
        subject = session.get_one(Subject, people["pharmacy"])
        record = penalty(session, subject, clock, date(2026, 6, 12))
        store = EvidenceStore(settings.var_dir / "evidence")
        case = open_application(
            session, subject, record, follower_id=None, city="demo", now=clock.now()
        )
        submit(
            session,
            case,
            statement="已缴款并整改",
            evidence=[store.put(picture())],
            now=clock.now(),
        )
        return case.case_no


async def test_a_repair_is_worked_step_by_step(browse, repair):
    clerk, reviewer, approver = [await browse(one) for one in ("clerk", "reviewer", "approver")]
    await clerk.get("/cases")
    clerk.shows(repair, "信用修复", "核对材料")
    await clerk.get(f"/cases/{repair}")
    clerk.shows("修复条件", "已缴款并整改", "未满足")
    await clerk.post(f"/cases/{repair}/papers-complete")
    clerk.shows("材料齐全")
    await clerk.post(f"/cases/{repair}/accept")
    clerk.shows("这一步由审核岗办理")
    await reviewer.get(f"/cases/{repair}")
    await reviewer.post(f"/cases/{repair}/verify", facts="duties_done")
    reviewer.shows("还有条件没有满足")
    await approver.get(f"/cases/{repair}")
    await approver.post(f"/cases/{repair}/refuse", reason="未整改")
    approver.shows("不予修复", "未整改", "可提异议至")


async def test_missing_papers_are_told_once_and_in_full(browse, repair):
    clerk = await browse("clerk")
    await clerk.get(f"/cases/{repair}")
    await clerk.post(f"/cases/{repair}/ask-papers", missing="\n  \n")
    clerk.shows("请一次写清还缺哪些材料")
    await clerk.post(f"/cases/{repair}/ask-papers", missing="缴款凭证\n整改照片")
    clerk.shows("待补材料", "缴款凭证", "整改照片", "等待申请人补正")


@pytest.mark.parametrize("step", ["accept", "papers-complete", "nonsense"])
async def test_a_case_that_is_not_there(browse, step):
    clerk = await browse("clerk")
    await clerk.post(f"/cases/XF20200101-0001/{step}")
    assert clerk.status == 404

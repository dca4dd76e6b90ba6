"""The register on a subject's file: names, relations with dates, double files joined."""

from __future__ import annotations

from datetime import date

import pytest

from credit_core.access.service import looks_at
from credit_core.lists.service import enter_list
from credit_core.reports.check import Verdict, check
from credit_core.subjects.models import Relation, Subject, SubjectStatus
from credit_core.subjects.service import find_subject, register_subject

WHY = {"purpose": "licensing", "matter": "变更登记"}
TODAY = date(2026, 11, 23)
DOCTOR = "D371002000001"


@pytest.fixture
def doctor(sqlite_database, people):
    with sqlite_database.begin() as session:
        person = register_subject(session, "practitioner", DOCTOR, "王测试", on=date(2015, 1, 1))
        return person.id


async def test_a_relation_is_entered_from_either_side_and_ends(
    browse, people, doctor, sqlite_database
):
    clerk = await browse("clerk")
    shop, person = f"/subjects/{people['pharmacy']}", f"/subjects/{doctor}"
    tie = {"relation": "works_at", "since": "2026-03-01", **WHY}
    await clerk.post(f"{shop}/relations", other=DOCTOR, **tie)
    clerk.shows("关系已登记", "王**", "2026-03-01 至 今")
    await clerk.post(f"{person}/relations", other="福安大药房", **tie)
    clerk.shows("无需重复登记")
    with sqlite_database.read() as session:
        edge = session.query(Relation).one()
        assert (edge.from_id, edge.to_id) == (doctor, people["pharmacy"])
        end = f"{person}/relations/{edge.id}/end"
        assert "登记信息" in [look.content for look in looks_at(session, doctor)]
    await clerk.post(end, until="2026-02-28", **WHY)
    clerk.shows("结束日早于开始日")
    await clerk.post(end, until="2026-11-23", **WHY)
    clerk.shows("已登记结束", "2026-03-01 至 2026-11-23")


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"other": "查无此人", "since": "2026-03-01"}, "没有找到这一份档案"),
        ({"other": DOCTOR, "since": "昨天"}, "日期"),
        ({"other": DOCTOR, "since": "2026-03-01", "until": "2026-01-01"}, "结束日早于开始日"),
        ({"other": "", "since": "2026-03-01"}, "必填"),
    ],
)
async def test_a_wrong_relation_is_told_and_nothing_kept(
    browse, people, doctor, sqlite_database, form, said
):
    clerk = await browse("clerk")
    await clerk.post(
        f"/subjects/{people['pharmacy']}/relations", relation="works_at", **form, **WHY
    )
    clerk.shows(said)
    with sqlite_database.read() as session:
        assert session.query(Relation).count() == 0


async def test_a_ban_blocks_the_contract_of_the_house_whose_head_the_barred_person_is(
    browse, people, doctor, sqlite_database, clock
):
    with sqlite_database.begin() as session:
        enter_list(
            session, session.get_one(Subject, doctor), "severe-ban", document_no="禁〔2024〕1号",
            decided_on=date(2024, 2, 29), entered_on=date(2024, 2, 29), basis="735-43",
            source_unit="市医保局", by="a", at=clock.now(),
        )  # fmt: skip
    clerk = await browse("clerk")
    await clerk.post(
        f"/subjects/{people['pharmacy']}/relations", relation="person_in_charge", other=DOCTOR,
        since="2026-11-01", **WHY,
    )  # fmt: skip
    with sqlite_database.read() as session:
        shop = session.get_one(Subject, people["pharmacy"])
        assert check(session, shop, "new_contract", TODAY).verdict == Verdict.BLOCK


async def test_a_new_name_leaves_the_old_one_to_be_found_by(browse, people):
    clerk = await browse("clerk")
    await clerk.post(f"/subjects/{people['pharmacy']}/name", name="福安大药房二店", **WHY)
    clerk.shows("已改名", "福安大药房二店")
    await clerk.post("/subjects", q="福安大药房", **WHY)
    clerk.shows("福安大药房二店")


async def test_a_double_file_is_joined_by_an_approver_only(browse, doctor, sqlite_database):
    with sqlite_database.begin() as session:
        double = register_subject(
            session, "practitioner", "N371002000001", "王测试", on=date(2016, 1, 1)
        ).id
    clerk, approver = await browse("clerk"), await browse("approver")
    form = {"double": "N371002000001", "reason": "同一人两次建档", **WHY}
    await clerk.post(f"/subjects/{doctor}/merge", **form)
    clerk.shows("您的岗位不能做这一步")
    await approver.post(f"/subjects/{doctor}/merge", **form | {"double": "王测试"})
    approver.shows("请输入完整的号码")
    await approver.post(f"/subjects/{doctor}/merge", **form)
    approver.shows("已合并")
    with sqlite_database.read() as session:
        assert session.get_one(Subject, double).status == SubjectStatus.MERGED
        assert find_subject(session, "practitioner", "N371002000001").id == doctor

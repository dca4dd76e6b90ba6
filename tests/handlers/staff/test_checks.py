"""办事核验: allowed, reviewed or blocked, with the decision behind it; each look is logged."""

from __future__ import annotations

from datetime import date

import pytest

from credit_core.access.service import looks_at
from credit_core.lists.service import enter_list
from credit_core.subjects.models import Subject
from credit_core.subjects.service import register_subject

WHY = {"purpose": "licensing", "matter": "新签协议"}
TODAY = date(2026, 11, 23)


@pytest.fixture
def barred(sqlite_database, clock):
    with sqlite_database.begin() as session:
        person = register_subject(
            session, "practitioner", "D371002000001", "王测试", on=date(2015, 1, 1)
        )
        enter_list(
            session, person, "severe-ban", document_no="禁〔2024〕1号",
            decided_on=date(2024, 2, 29), entered_on=date(2024, 2, 29), basis="735-43",
            source_unit="市医保局", by="a", at=clock.now(),
        )  # fmt: skip
        return person.id


async def test_a_clean_pharmacy_may_sign_but_not_with_a_barred_person(
    browse, people, barred, sqlite_database
):
    clerk = await browse("clerk")
    address = f"/subjects/{people['pharmacy']}/check"
    await clerk.post(address, asked="new_contract", **WHY)
    clerk.shows("可以办理", "没有依法作出的限制")
    await clerk.post(address, asked="new_contract", person="D371002000001", **WHY)
    clerk.shows("不能办理", "禁〔2024〕1号", "2029-02-28")
    with sqlite_database.read() as session:
        assert [row.content for row in looks_at(session, barred)] == ["办事核验结果"]
        assert len(looks_at(session, people["pharmacy"])) == 2


async def test_a_matter_that_a_person_has_to_look_at(browse, people, sqlite_database, clock):
    with sqlite_database.begin() as session:
        enter_list(
            session, session.get_one(Subject, people["pharmacy"]), "focus-supervision",
            document_no="重〔2026〕1号", decided_on=TODAY, entered_on=TODAY, basis="735-33",
            source_unit="市医保局", by="a", at=clock.now(),
        )  # fmt: skip
    clerk = await browse("clerk")
    await clerk.post(f"/subjects/{people['pharmacy']}/check", asked="new_contract", **WHY)
    clerk.shows("需人工核对", "重〔2026〕1号")


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"asked": "no_such"}, "没有“no_such”这个事项"),
        ({"asked": ""}, "必填"),
        ({"asked": "new_contract", "person": "查无此人"}, "没有找到这个人"),
    ],
)
async def test_a_wrong_question_is_told(browse, people, form, said):
    clerk = await browse("clerk")
    await clerk.post(f"/subjects/{people['pharmacy']}/check", **form, **WHY)
    clerk.shows(said)


async def test_without_a_purpose_nothing_is_checked(browse, people):
    clerk = await browse("clerk")
    await clerk.get("/subjects")
    await clerk.post(f"/subjects/{people['pharmacy']}/check", asked="new_contract")
    clerk.shows("请先选择查询目的")

"""Looking somebody up leaves a trace and shows no more than needed."""

from __future__ import annotations

from datetime import date

import pytest

from credit_core.subjects.identifiers import check_identifier, credit_check_sign
from credit_core.subjects.models import Subject
from credit_core.subjects.service import register_subject

WHY = {"purpose": "social_security", "matter": "本人到窗口咨询"}


async def test_without_purpose_and_matter_nobody_is_shown(browse, people):
    clerk = await browse("clerk")
    await clerk.get("/subjects")
    for form in (
        {},
        {"purpose": "social_security"},
        {"matter": "咨询"},
        {"purpose": "x", "matter": "y"},
    ):
        await clerk.post("/subjects", q="福安大药房", **form)
        clerk.shows("请先选择查询目的")
        await clerk.post(f"/subjects/{people['pharmacy']}", **form)
        clerk.shows("请先选择查询目的")
        assert "信用分</h2>" not in clerk.page


async def test_one_hit_is_opened_with_score_and_masked_data(browse, people, sqlite_database):
    with sqlite_database.read() as session:
        resident = session.get_one(Subject, people["residents"][0])
        number, phone = resident.identifier, resident.phone
    clerk = await browse("clerk")
    await clerk.post("/subjects", q=number, **WHY)
    clerk.shows("王**", "1000", "基础分", f"371***********{number[-4:]}", phone[:3] + "****")
    for private in (number, phone, "王秀英"):
        assert private not in clerk.page
    assert clerk.url == "/staff/subjects"


async def test_of_several_only_masked_names_are_shown(browse, people):
    clerk = await browse("clerk")
    await clerk.post("/subjects", q="王秀英", **WHY)
    clerk.shows("找到 2 个", "王**")
    assert "基础分" not in clerk.page
    await clerk.post(f"/subjects/{people['residents'][1]}", **WHY)
    clerk.shows("本次查询：社会保障（办件、接待咨询），本人到窗口咨询", "基础分")


@pytest.mark.parametrize("typed", ["王秀", "nobody", "37100219600101"])
async def test_a_part_of_a_name_or_number_finds_nobody(browse, people, typed):
    assert people
    clerk = await browse("clerk")
    await clerk.post("/subjects", q=typed, **WHY)
    clerk.shows("登记里没有")


async def test_a_file_cannot_be_opened_by_its_address(browse, people):
    clerk = await browse("clerk")
    await clerk.get(f"/subjects/{people['pharmacy']}")
    assert clerk.status == 405


async def test_a_doubt_about_a_number_is_shown_where_staff_look(browse, sqlite_database):
    """The check of the organisation code inside is a hint only; nobody saw it."""
    first = next(
        code
        for serial in range(100)
        for code in [f"91371002{serial:08d}0"]
        for code in [code + credit_check_sign(code)]
        if check_identifier("institution", code).hints
    )
    with sqlite_database.begin() as session:
        register_subject(session, "institution", first, "可疑大药房", on=date(2020, 1, 1))
    clerk = await browse("clerk")
    await clerk.post("/subjects", q=first, **WHY)
    clerk.shows("组织机构代码段校验不符")

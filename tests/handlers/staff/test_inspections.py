"""A draw in the console: libraries filled, drawn, repeated, visited, published."""

from __future__ import annotations

import re
from datetime import date

from credit_core.inspection.models import InspectionDraw, InspectionVisit, Inspector
from credit_core.subjects.service import register_subject

CODES = ("91110000600037341L", "11371000004359985C")


async def equipped(browse, sqlite_database, inspectors=3):
    with sqlite_database.begin() as session:
        for number, code in enumerate(CODES):
            subject = register_subject(
                session, "institution", code, f"测试医院{number}", on=date(2020, 1, 1)
            )
            subject.grade = "D"
    approver = await browse("approver")
    await approver.get("/inspections")
    approver.shows("名录库还是空的", "D 100%")
    await approver.post("/inspections/library")
    approver.shows("名录库新增 2 个对象")
    for number in range(inspectors):
        await approver.post(
            "/inspections/inspectors",
            name=f"检查员{number}",
            certificate=f"证{number}",
            speciality="基金监管",
        )
        approver.shows("检查人员已登记")
    return approver


async def test_a_draw_is_held_repeated_visited_and_published(browse, sqlite_database):
    approver = await equipped(browse, sqlite_database)
    await approver.post("/inspections", matter="fund-use", seed="2026-11-23 第1号")
    approver.shows("已抽取", "2026-11-23 第1号", "D 2/2", "测试医院0", "测试医院1")
    address = approver.url.removeprefix("/staff")
    clerk = await browse("clerk")
    await clerk.get(address)
    await clerk.post(f"{address}/repeat")
    clerk.shows("复核一致")
    visit = re.search(r"/inspections/visits/(\d+)/result", clerk.page).group(1)
    entered = {"visited_on": "2026-11-20", "way": "打电话", "result": "未发现问题"}
    await clerk.post(f"/inspections/visits/{visit}/result", **entered)
    clerk.shows("检查方式请从这些里选")
    await clerk.post(f"/inspections/visits/{visit}/result", **(entered | {"way": "现场检查"}))
    clerk.shows("结果已录入", "未发现问题", "待公开")
    await clerk.post(f"/inspections/visits/{visit}/publish")
    clerk.shows("已登记公开")


async def test_a_changed_snapshot_is_found_out(browse, sqlite_database):
    approver = await equipped(browse, sqlite_database)
    await approver.post("/inspections", matter="fund-use")
    address = approver.url.removeprefix("/staff")
    with sqlite_database.begin() as session:
        session.query(InspectionDraw).one().seed = "ein anderes"
    await approver.post(f"{address}/repeat")
    approver.shows("被改动过")


async def test_without_enough_inspectors_the_office_names_a_team(browse, sqlite_database):
    approver = await equipped(browse, sqlite_database, inspectors=1)
    await approver.post("/inspections", matter="fund-use")
    approver.shows("符合条件的检查人员不足2人", "待派人")
    with sqlite_database.read() as session:
        visit = session.query(InspectionVisit).first().id
    clerk = await browse("clerk")
    await clerk.get("/inspections")
    await clerk.post(f"/inspections/visits/{visit}/assign", inspector="1")
    assert clerk.status == 403
    await approver.post(f"/inspections/visits/{visit}/assign", inspector="1")
    approver.shows("至少要有2名检查人员")


async def test_a_clue_goes_past_the_draw(browse, sqlite_database):
    approver = await equipped(browse, sqlite_database, inspectors=2)
    clerk = await browse("clerk")
    await clerk.get("/inspections/clues")
    clue = {"q": CODES[0], "matter": "fund-use", "clue": "监测发现：疑似挂床"}
    await clerk.post("/inspections/clues", **(clue | {"clue": " "}))
    clerk.shows("请写明线索来源和内容")
    await clerk.post("/inspections/clues", **clue)
    clerk.shows("已登记", "疑似挂床", "待派人")
    with sqlite_database.read() as session:
        visit = session.query(InspectionVisit).one().id
        team = [str(one.id) for one in session.query(Inspector)]
    await approver.get("/inspections/clues")
    await approver.post(f"/inspections/visits/{visit}/assign", inspector=team)
    approver.shows("已派定检查人员", "检查员0")

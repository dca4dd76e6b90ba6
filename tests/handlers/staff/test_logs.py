"""Whatever staff do or look at can be read by the auditor."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest

from credit_core.access.models import AccessLog, Purpose
from credit_core.access.service import looks_at
from credit_core.accounts.models import StaffAction
from credit_core.subjects.models import Subject
from handlers.staff import objections, rendering, repairs

WHY = {"purpose": "social_security", "matter": "本人到窗口，电话13800000001"}
NAMED = re.compile(r'(?:record|record_action)\([^"]*?f?"([a-z_]+\.[a-z_{}-]+)"', re.DOTALL)


def done(database):
    with database.read() as session:
        return [(row.login, row.action, row.target) for row in session.query(StaffAction)]


async def test_a_look_is_written_down_with_purpose_and_matter(browse, people, sqlite_database):
    clerk, auditor = await browse("clerk"), await browse("auditor")
    await clerk.post("/subjects", q="福安大药房", **WHY)
    with sqlite_database.read() as session:
        (row,) = looks_at(session, people["pharmacy"])
        assert (row.actor, row.actor_name, row.purpose) == ("clerk", "clerk名", "social_security")
        assert row.content == "信用档案"
        assert row.ip == "127.0.0.1"
    await auditor.get("/logs?who=clerk")
    auditor.shows("福安大药房", "社会保障", "本人到窗口")
    assert "13800000001" not in auditor.page


async def test_other_purposes_have_to_be_explained(browse, people):
    assert people
    clerk = await browse("clerk")
    await clerk.post("/subjects", q="福安大药房", purpose="other", matter="看看")
    assert "基础分" not in clerk.page


async def test_a_list_of_masked_names_is_no_look(browse, people, sqlite_database):
    clerk = await browse("clerk")
    await clerk.post("/subjects", q="王秀英", **WHY)
    with sqlite_database.read() as session:
        assert not any(looks_at(session, one) for one in people["residents"])


async def test_the_auditor_sees_whether_the_chain_is_whole(browse, people, sqlite_database):
    clerk, auditor = await browse("clerk"), await browse("auditor")
    for _ in range(3):
        await clerk.post(f"/subjects/{people['pharmacy']}", **WHY)
    await auditor.get("/logs/verify")
    auditor.shows("完整</span>", "共 3 条")
    with sqlite_database.begin() as session:
        session.get_one(AccessLog, looks_at(session, people["pharmacy"])[1].id).matter = "没看过"
    await auditor.get("/logs/verify")
    auditor.shows("第 2 条起对不上", "记录内容被改动")


async def test_a_refused_step_leaves_no_trace_of_a_deed(browse, people, sqlite_database):
    clerk = await browse("clerk")
    await clerk.get(f"/codes/of/{people['pharmacy']}")
    await clerk.post(f"/codes/of/{people['pharmacy']}")
    await clerk.post("/codes/7/revoke")
    actions = [action for _, action, _ in done(sqlite_database)]
    assert actions == ["account.sign_in", "code.issue"]


async def test_the_log_is_filtered_and_exported(browse, people, sqlite_database):
    clerk, auditor = await browse("clerk"), await browse("auditor")
    await clerk.get(f"/codes/of/{people['pharmacy']}")
    await clerk.post(f"/codes/of/{people['pharmacy']}")
    await auditor.get("/logs/actions?who=auditor")
    assert "签发绑定码</td>" not in auditor.page
    await auditor.get("/logs/actions?from=2026-11-24")
    auditor.shows("没有符合条件的记录")
    await auditor.get("/logs/actions?from=heute")
    auditor.shows("日期请写成 2026-03-01 这样")
    response = await auditor.client.get("/staff/logs/export")
    assert (await response.read()).decode("utf-8-sig").startswith("序号,时间,谁看的")
    response = await auditor.client.get("/staff/logs/actions/export?area=code&from=2026-11-23")
    rows = list(csv.reader(io.StringIO((await response.read()).decode("utf-8-sig"))))
    assert rows[0] == ["时间", "人员", "做了什么", "对象", "说明"]
    assert [row[1:3] for row in rows[1:]] == [["clerk", "签发绑定码"]]
    assert ("auditor", "log.export", "actions") in done(sqlite_database)


@pytest.mark.parametrize("cell", ["=1+1", "+86", "-1", "@cmd"])
def test_a_spreadsheet_computes_nothing(cell):
    from handlers.staff.logs import _no_formula

    assert _no_formula(cell) == f"'{cell}"


def test_every_deed_has_its_words():
    sources = Path(objections.__file__).parent.glob("*.py")
    named = {name for path in sources for name in NAMED.findall(path.read_text("utf-8"))}
    named |= {f"objection.{step}" for step in objections.STEPS}
    named |= {f"repair.{step}" for step in repairs.STEPS}
    assert set(rendering.labels("purpose")) == {*Purpose}
    spelled = {name for name in named if "{" not in name}
    assert len(spelled) > 35
    assert spelled <= set(rendering.labels("action"))
    assert {name.split(".")[0] for name in spelled} <= set(rendering.labels("action_area"))


async def test_no_name_or_number_stands_in_the_log(browse, people, sqlite_database):
    with sqlite_database.read() as session:
        number = session.get_one(Subject, people["residents"][0]).identifier
    clerk = await browse("clerk")
    await clerk.post("/subjects", q=number, purpose="inspection", matter=f"核对 {number}")
    with sqlite_database.read() as session:
        stored = [row.detail + row.target for row in session.query(StaffAction)]
        stored += [row.matter + row.content for row in session.query(AccessLog)]
    assert not any(number in one or "王秀英" in one for one in stored)

"""Whatever staff do or look at can be read by the auditor."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest

from credit_core.accounts.models import StaffAction
from credit_core.subjects.models import Subject
from handlers.staff import objections, rendering, repairs

WHY = {"purpose": "service", "matter": "本人到窗口，电话13800000001"}
NAMED = re.compile(r'(?:record|record_action)\([^"]*?f?"([a-z_]+\.[a-z_{}-]+)"', re.DOTALL)


def done(database):
    with database.read() as session:
        return [(row.login, row.action, row.target) for row in session.query(StaffAction)]


async def test_a_look_is_written_down_with_purpose_and_matter(browse, people, sqlite_database):
    clerk, auditor = await browse("clerk"), await browse("auditor")
    await clerk.post("/subjects", q="福安大药房", **WHY)
    assert ("clerk", "look.service", f"subject:{people['pharmacy']}") in done(sqlite_database)
    await auditor.get("/logs?area=look")
    auditor.shows("clerk", "查看：接待咨询", f"subject:{people['pharmacy']}", "本人到窗口")
    assert "13800000001" not in auditor.page


async def test_a_list_of_masked_names_is_no_look(browse, people, sqlite_database):
    assert people
    clerk = await browse("clerk")
    await clerk.post("/subjects", q="王秀英", **WHY)
    assert not [action for _, action, _ in done(sqlite_database) if action.startswith("look.")]


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
    await auditor.get("/logs?who=auditor")
    assert "签发绑定码</td>" not in auditor.page
    await auditor.get("/logs?from=2026-11-24")
    auditor.shows("没有符合条件的记录")
    await auditor.get("/logs?from=heute")
    auditor.shows("日期请写成 2026-03-01 这样")
    response = await auditor.client.get("/staff/logs/export?area=code&from=2026-11-23")
    rows = list(csv.reader(io.StringIO((await response.read()).decode("utf-8-sig"))))
    assert rows[0] == ["时间", "人员", "做了什么", "对象", "事由或说明"]
    assert [row[1:3] for row in rows[1:]] == [["clerk", "签发绑定码"]]
    assert ("auditor", "log.export", "") in done(sqlite_database)


@pytest.mark.parametrize("cell", ["=1+1", "+86", "-1", "@cmd"])
def test_a_spreadsheet_computes_nothing(cell):
    from handlers.staff.logs import _no_formula

    assert _no_formula(cell) == f"'{cell}"


def test_every_deed_has_its_words():
    sources = Path(objections.__file__).parent.glob("*.py")
    named = {name for path in sources for name in NAMED.findall(path.read_text("utf-8"))}
    named |= {f"objection.{step}" for step in objections.STEPS}
    named |= {f"repair.{step}" for step in repairs.STEPS}
    named |= {f"look.{purpose}" for purpose in rendering.labels("purpose")}
    spelled = {name for name in named if "{" not in name}
    assert len(spelled) > 40
    assert spelled <= set(rendering.labels("action"))
    assert {name.split(".")[0] for name in spelled} <= set(rendering.labels("action_area"))


async def test_no_name_or_number_stands_in_the_log(browse, people, sqlite_database):
    with sqlite_database.read() as session:
        number = session.get_one(Subject, people["residents"][0]).identifier
    clerk = await browse("clerk")
    await clerk.post("/subjects", q=number, purpose="service", matter=f"核对 {number}")
    with sqlite_database.read() as session:
        stored = [row.detail + row.target for row in session.query(StaffAction)]
    assert not any(number in one or "王秀英" in one for one in stored)

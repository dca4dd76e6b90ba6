"""Records by hand on a subject's file, and tables of records by upload."""

from __future__ import annotations

import asyncio
import csv
import io
import re
from datetime import date

import pytest
from aiohttp import FormData

from credit_core.accounts.actions import find_actions
from credit_core.objections.service import file_objection
from credit_core.records.models import Record
from credit_core.records.service import add_record, change_state
from credit_core.subjects.models import Subject

WHY = {"purpose": "social_security", "matter": "日常登记"}
ENTRY = {
    "item": "O-1", "occurred_on": "2026-10-08", "decided_on": "2026-11-02",
    "document_no": "荣医保罚〔2026〕3号", "source_unit": "荣成市医疗保障局", "severity": "一般",
}  # fmt: skip


@pytest.fixture
def item(sqlite_database):
    """An item of institutions with a fixed class that takes no open points."""
    from credit_core.rules.book import read_directory

    rules = read_directory().on("institution", date(2026, 11, 23)).rules
    return next(
        one
        for one in rules.items
        if one.open is None and {v.class_ for v in one.variants} == {"一般"}
    ).code


@pytest.fixture
def hit(sqlite_database, people, clock, item):
    with sqlite_database.begin() as session:
        return add_record(
            session, session.get_one(Subject, people["pharmacy"]), item,
            occurred_on=date(2026, 11, 1), decided_on=date(2026, 11, 2),
            document_no="监控〔2026〕8号", source_unit="智能监控", at=clock.now(), by="monitor",
            suspected=True,
        ).id  # fmt: skip


def state_of(database, number):
    with database.read() as session:
        return session.get_one(Record, number).state


async def test_a_clerk_enters_a_record_and_the_file_shows_it(browse, people, item, sqlite_database):
    clerk = await browse("clerk")
    address = f"/subjects/{people['pharmacy']}/records"
    await clerk.post(address, **WHY, **ENTRY | {"item": item, "severity": ""})
    clerk.shows("记录已录入", "荣医保罚〔2026〕3号", "有效")
    await clerk.post(address, **WHY, **ENTRY | {"item": item, "severity": ""})
    clerk.shows("已经登记过")
    with sqlite_database.read() as session:
        assert session.query(Record).one().recorded_by == "clerk"
        assert [one.action for one in find_actions(session, area="record")] == ["record.add"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"decided_on": "2026-02-30"}, "日期请写成"),
        ({"decided_on": "2026-12-30"}, "日期晚于今天"),
        ({"document_no": " "}, "必填"),
        ({"item": "X-99"}, "不存在或不适用"),
        ({"points": "many"}, "要填整数"),
    ],
)
async def test_a_wrong_entry_is_told_and_nothing_is_kept(
    browse, people, item, sqlite_database, wrong, said
):
    clerk = await browse("clerk")
    form = ENTRY | {"item": item, "severity": ""} | wrong
    await clerk.post(f"/subjects/{people['pharmacy']}/records", **WHY, **form)
    clerk.shows(said, "福安大药房")
    with sqlite_database.read() as session:
        assert session.query(Record).count() == 0


async def test_without_a_purpose_nothing_is_entered(browse, people, item, sqlite_database):
    clerk = await browse("clerk")
    await clerk.get("/subjects")
    await clerk.post(f"/subjects/{people['pharmacy']}/records", **ENTRY | {"item": item})
    clerk.shows("请先选择查询目的")
    with sqlite_database.read() as session:
        assert session.query(Record).count() == 0


@pytest.mark.parametrize(("step", "after"), [("confirm", "active"), ("reject", "revoked")])
async def test_a_reviewer_judges_a_hit_with_a_reason(
    browse, people, hit, sqlite_database, step, after
):
    reviewer = await browse("reviewer")
    address = f"/subjects/{people['pharmacy']}/records/{hit}/{step}"
    await reviewer.post(address, **WHY)
    reviewer.shows("请写明理由", "疑点（待核实）")
    await reviewer.post(address, reason="调阅病历核实", **WHY)
    reviewer.shows("已处理")
    assert state_of(sqlite_database, hit) == after
    await reviewer.post(address, reason="再来一次", **WHY)
    assert state_of(sqlite_database, hit) == after
    reviewer.shows("不能做这一步")


async def test_an_approver_revokes_and_corrects(browse, people, hit, sqlite_database, item):
    clerk = await browse("clerk")
    address = f"/subjects/{people['pharmacy']}/records"
    for number in (3, 4):
        form = {"item": item, "severity": "", "document_no": f"荣医保罚〔2026〕{number}号"}
        await clerk.post(address, **WHY, **ENTRY | form)
    with sqlite_database.read() as session:
        one, other = (
            session.query(Record.id).filter_by(document_no=f"荣医保罚〔2026〕{number}号").scalar()
            for number in (3, 4)
        )
    await clerk.post(f"{address}/{one}/revoke", reason="决定已撤销", **WHY)
    assert clerk.status == 403
    approver = await browse("approver")
    await approver.post(f"{address}/{hit}/revoke", reason="不对", **WHY)
    approver.shows("请用“核实”")
    await approver.post(f"{address}/{one}/correct", reason="文号错", replacement=hit, **WHY)
    approver.shows("先选择代替它的有效记录")
    await approver.post(f"{address}/{one}/correct", reason="文号错", replacement=other, **WHY)
    approver.shows("已处理", "已更正")
    await approver.post(f"{address}/{other}/revoke", reason="复议撤销", **WHY)
    approver.shows("已撤销")
    assert state_of(sqlite_database, one) == "corrected"
    assert state_of(sqlite_database, other) == "revoked"
    await approver.post(f"/subjects/{people['residents'][0]}/records/{one}/revoke", **WHY)
    assert approver.status == 404


# --- a table by upload ------------------------------------------------------------------------


async def send(browser, name, content):
    form = FormData(quote_fields=False)
    form.add_field("csrf", browser.token)
    form.add_field("file", content, filename=name, content_type="application/octet-stream")
    return await browser._read(await browser.client.post("/staff/records", data=form))


async def finished(browser):
    address = browser.url.removeprefix("/staff")
    for _ in range(200):
        await browser.get(f"{address}/progress")
        if "正在导入" not in browser.page:
            break
        await asyncio.sleep(0.05)
    return address


@pytest.fixture
def table(people, item, sqlite_database):
    with sqlite_database.read() as session:
        identifier = session.get_one(Subject, people["pharmacy"]).identifier
    head = (
        "kind,identifier,name,item,occurred_on,decided_on,document_no,source_unit,basis,"
        "severity,points,detail"
    )
    good = (
        f"institution,{identifier},福安大药房,{item},2026-10-08,2026-11-02,"
        "荣医保罚〔2026〕5号,荣成市医疗保障局,,,,"
    )
    return "\n".join([head, good, good.replace("2026-11-02", "2026-02-30")]).encode()


async def test_a_table_is_imported_with_progress_and_its_rejected_rows(
    browse, table, sqlite_database, settings
):
    clerk = await browse("clerk")
    await clerk.get("/records")
    await send(clerk, "十一月.csv", table)
    clerk.shows("十一月.csv")
    address = await finished(clerk)
    clerk.shows("已完成", "下载退回的行和原因")
    assert 'hx-trigger="every' not in clerk.page
    with sqlite_database.read() as session:
        row = session.query(Record).one()
        assert (row.document_no, row.recorded_by) == ("荣医保罚〔2026〕5号", "clerk")
    rows = list(csv.reader(io.StringIO((await clerk.get(f"{address}/rejects")).lstrip("\ufeff"))))
    assert rows[1][0] == "3"
    assert "不是有效日期" in rows[1][1]
    sealed = next((settings.var_dir / "imports").glob("*.rejects")).read_bytes()
    assert "福安".encode() not in sealed

    await clerk.get("/records")
    await send(clerk, "十一月.csv", table)
    await finished(clerk)
    counts = re.findall(r"<small>([^<]+)</small><strong>(\d+)", clerk.page)
    assert dict(counts)["入库"] == "0"
    assert dict(counts)["已有，未改动"] == "1"


async def test_a_table_that_is_none_is_told_in_words(browse):
    clerk = await browse("clerk")
    await clerk.get("/records")
    await send(clerk, "表.pdf", b"%PDF")
    clerk.shows("只支持CSV和XLSX文件")
    await clerk.get("/records")
    await send(clerk, "表.csv", b"a,b\n1,2\n")
    await finished(clerk)
    clerk.shows("文件不能导入", "表头")
    await clerk.get("/records/7")
    assert clerk.status == 404


async def test_a_contested_record_is_decided_in_its_case(browse, people, sqlite_database, clock):
    with sqlite_database.begin() as session:
        pharmacy = session.get_one(Subject, people["pharmacy"])
        row = add_record(
            session, pharmacy, "I-1", occurred_on=date(2026, 11, 1), decided_on=date(2026, 11, 2),
            document_no="荣医保罚〔2026〕7号", source_unit="荣成市医疗保障局",
            at=clock.now(), by="a",
        )  # fmt: skip
        case_no = file_objection(
            session, pharmacy, row, statement="不是我们", follower_id=None, city="demo",
            now=clock.now(),
        ).case_no  # fmt: skip
        number = row.id
    approver = await browse("approver")
    address = f"/subjects/{people['pharmacy']}/records/{number}/revoke"
    await approver.post(address, reason="决定已撤销", **WHY)
    approver.shows(case_no, "请在异议案件")
    assert state_of(sqlite_database, number) == "under_objection"


async def test_the_file_tells_the_three_ends_apart(browse, people, sqlite_database, clock):
    ends = {"revoked": "视同从未计入", "repaired": "记录保留并加标注", "expired": "期限已满"}
    with sqlite_database.begin() as session:
        pharmacy = session.get_one(Subject, people["pharmacy"])
        for number, state in enumerate(ends):
            decided = date(2025, 11, 1) if state == "expired" else date(2026, 3, 2)
            row = add_record(
                session, pharmacy, "I-1", occurred_on=decided, decided_on=decided,
                document_no=f"荣医保罚〔2026〕{number}号", source_unit="荣成市医疗保障局",
                at=clock.now(), by="a",
            )  # fmt: skip
            on = row.effective_to if state == "expired" else date(2026, 11, 2)
            change_state(session, row, state, on=on, at=clock.now(), by="a", reason="x")
    clerk = await browse("clerk")
    await clerk.post(f"/subjects/{people['pharmacy']}", **WHY)
    clerk.shows(*ends.values())

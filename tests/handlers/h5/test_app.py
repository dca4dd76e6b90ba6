"""Pages inside WeChat: only for whom they are, named by WeChat, never for a snapshot."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from aiohttp import CookieJar, web
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import select

from config.texts import topic
from credit_core.accounts.models import Binding, BindingRole, Follower
from credit_core.clock import FixedClock
from credit_core.database import Database
from credit_core.deadlines.models import DeadlineKind
from credit_core.objections.models import ObjectionState
from credit_core.repair.models import RepairState
from credit_core.reports.service import issue_report
from credit_core.subjects.models import Subject
from handlers.h5.app import h5_app
from handlers.static import add_vendor_routes
from notices import outbox
from notices.models import Notice
from tests.bot import account
from tests.handlers.chat.people import WANG, record, resident

SECRET = "a-secret-of-the-tests-0123456789-abcdef"


@dataclass
class Visitor:
    openid: str
    snapshot: bool = False


class WeChatSays:
    """Turns the code into whoever the test wants."""

    def __init__(self) -> None:
        self.visitor = Visitor("wang")
        self.codes: list[str] = []

    async def exchange(self, code: str) -> Visitor:
        if code in self.codes:
            raise ValueError("40163 code been used")
        self.codes.append(code)
        return self.visitor


@pytest.fixture
def wechat() -> WeChatSays:
    return WeChatSays()


@pytest.fixture
async def client(
    sqlite_database: Database, clock: FixedClock, wechat: WeChatSays
) -> AsyncIterator[TestClient[Any, Any]]:
    settings = account.settings(secret_key=SECRET, public_url="http://127.0.0.1")
    app = web.Application()
    add_vendor_routes(app)
    app.add_subapp("/h5", h5_app(sqlite_database, clock, settings, wechat))
    async with TestClient(TestServer(app), cookie_jar=CookieJar(unsafe=True)) as client:
        yield client


@pytest.fixture
def wang(sqlite_database: Database, clock: FixedClock) -> int:
    """王秀英, bound to the openid `wang`; somebody else follows as `li`."""
    subject_id = resident(sqlite_database, "王秀英", WANG)
    record(sqlite_database, subject_id, "P-1", date(2026, 9, 1))
    with sqlite_database.begin() as session:
        follower = Follower(openid="wang", window_used=0)
        session.add_all([follower, Follower(openid="li", window_used=0)])
        session.flush()
        session.add(
            Binding(
                follower_id=follower.id,
                subject_id=subject_id,
                role=BindingRole.SELF,
                since=clock.now(),
            )
        )
    return subject_id


def notice(database: Database, subject_id: int, clock: FixedClock) -> int:
    with database.begin() as session:
        follower = session.scalar(select(Follower).where(Follower.openid == "wang"))
        assert follower is not None
        made = outbox.post(
            session,
            kind="case_opened",
            key="case:YY1",
            now=clock.now(),
            follower_id=follower.id,
            subject_id=subject_id,
            case_no="YY20261123-0001",
            fields={
                "subject_name": "王**",
                "case_title": "异议申请",
                "state": "已提交",
                "since": "2026年11月23日",
                "next_step": "等待受理",
                "explanation": "最迟12月7日答复",
            },
        )
        assert made is not None
        return made.id


async def open_page(client: TestClient[Any, Any], path: str, code: str = "c1") -> tuple[int, str]:
    """Open a page as a phone does: to WeChat, back with a code, and on to the page."""
    async with client.get(path, allow_redirects=False) as response:
        if response.status != 302:
            return response.status, await response.text()
        target = urlsplit(response.headers["Location"])
    query = parse_qs(target.query)
    assert query["scope"] == ["snsapi_base"]
    assert query["state"][0].isalnum()
    back = {"code": code, "state": query["state"][0]}
    async with client.get("/h5/oauth", params=back) as response:
        return response.status, await response.text()


async def test_a_notice_is_shown_in_full_to_its_addressee(
    client: TestClient[Any, Any], sqlite_database: Database, clock: FixedClock, wang: int
) -> None:
    number = notice(sqlite_database, wang, clock)
    status, page = await open_page(client, f"/h5/alerts/{number}")
    assert status == 200
    assert "最迟12月7日答复" in page
    assert "<script" not in page


async def test_opening_a_sent_notice_says_that_it_was_read(
    client: TestClient[Any, Any], sqlite_database: Database, clock: FixedClock, wang: int
) -> None:
    number = notice(sqlite_database, wang, clock)
    for before, after in (("planned", "planned"), ("sent", "read"), ("acknowledged",) * 2):
        with sqlite_database.begin() as session:
            session.get_one(Notice, number).status = before
        await open_page(client, f"/h5/alerts/{number}")
        with sqlite_database.read() as session:
            assert session.get_one(Notice, number).status == after
    with sqlite_database.read() as session:
        assert [one.status for one in outbox.history(session, number)][-1] == "read"


async def test_nobody_else_sees_it(
    client: TestClient[Any, Any],
    sqlite_database: Database,
    clock: FixedClock,
    wang: int,
    wechat: WeChatSays,
) -> None:
    number = notice(sqlite_database, wang, clock)
    wechat.visitor = Visitor("li")
    status, page = await open_page(client, f"/h5/alerts/{number}")
    assert status == 404
    assert "12月7日" not in page


async def test_a_snapshot_page_is_refused(
    client: TestClient[Any, Any], wechat: WeChatSays, wang: int
) -> None:
    wechat.visitor = Visitor("wang", snapshot=True)
    status, page = await open_page(client, "/h5/todo")
    assert status == 403
    assert "完整服务" in page


async def test_a_code_that_was_not_asked_for_is_refused(client: TestClient[Any, Any]) -> None:
    async with client.get("/h5/oauth", params={"code": "x", "state": "abc"}) as response:
        assert response.status == 403


async def test_a_used_code_asks_to_open_again(
    client: TestClient[Any, Any], wechat: WeChatSays, wang: int
) -> None:
    wechat.codes.append("c1")
    status, page = await open_page(client, "/h5/todo")
    assert status == 403
    assert "重新点开" in page


async def test_a_report_is_read_by_whom_it_is_about(
    client: TestClient[Any, Any],
    sqlite_database: Database,
    clock: FixedClock,
    wang: int,
    wechat: WeChatSays,
) -> None:
    with sqlite_database.begin() as session:
        made = issue_report(
            session,
            session.get_one(Subject, wang),
            on=date(2026, 11, 23),
            now=clock.now(),
            purpose="本人查询",
        )
    status, page = await open_page(client, f"/h5/reports/{made.serial}")
    assert status == 200
    assert "无记录" in page
    assert WANG not in page
    client.session.cookie_jar.clear()
    wechat.visitor = Visitor("li")
    status, _page = await open_page(client, f"/h5/reports/{made.serial}", "c2")
    assert status == 404


async def test_odd_paths_are_kind(client: TestClient[Any, Any], wang: int) -> None:
    await open_page(client, "/h5/todo")
    for path in ("/h5/alerts/abc", "/h5/alerts/99", "/h5/cases/XX", "/h5/nothing"):
        async with client.get(path) as response:
            assert response.status == 404
            assert "没有找到" in await response.text()


async def test_a_notice_is_acknowledged_on_its_page(
    client: TestClient[Any, Any], sqlite_database: Database, clock: FixedClock, wang: int
) -> None:
    number = notice(sqlite_database, wang, clock)
    await open_page(client, f"/h5/alerts/{number}")
    async with client.post(f"/h5/alerts/{number}") as response:
        assert response.status == 200
    with sqlite_database.read() as session:
        assert session.get_one(Notice, number).follower_id is not None


def test_every_state_and_every_kind_of_day_has_words() -> None:
    words = topic("h5")
    assert {*ObjectionState, *RepairState} <= set(words["case_states"])
    assert set(DeadlineKind) <= set(words["deadlines"])

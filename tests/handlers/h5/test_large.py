"""The page in large print: score, reasons and next steps, for the visitor's own subjects only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from urllib.parse import parse_qs, urlsplit

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from credit_core.accounts.binding import bind_person
from credit_core.accounts.models import Follower
from credit_core.clock import FixedClock
from credit_core.database import Database
from credit_core.subjects.models import Subject
from handlers.h5.app import h5_app
from tests.bot import account
from tests.handlers.chat.people import WANG, record, resident


@dataclass
class _Visitor:
    openid: str
    snapshot: bool = False


class _Authority:
    async def exchange(self, code: str) -> _Visitor:
        return _Visitor(code)


async def _page(database: Database, clock: FixedClock, openid: str) -> str:
    app = web.Application()
    app.add_subapp("/h5", h5_app(database, clock, account.settings(), _Authority()))
    async with TestClient(TestServer(app)) as client:
        away = await client.get("/h5/large", allow_redirects=False)
        state = parse_qs(urlsplit(away.headers["Location"]).query)["state"][0]
        back = await client.get(f"/h5/oauth?code={openid}&state={state}")
        assert back.status == 200
        return await back.text()


async def test_the_page_shows_score_reasons_and_next_step(
    sqlite_database: Database, clock: FixedClock
) -> None:
    subject_id = resident(sqlite_database, "王秀英", WANG)
    record(sqlite_database, subject_id, "P-1", date(2026, 9, 1))
    with sqlite_database.begin() as session:
        follower = Follower(openid="reader", following=True)
        session.add(follower)
        session.flush()
        bind_person(session, follower, session.get_one(Subject, subject_id), clock.now())
    page = await _page(sqlite_database, clock, "reader")
    for shown in ("950", "扣50分", "2027年9月1日", "下一步", 'class="card large"'):
        assert shown in page
    assert "王秀英" not in page


async def test_somebody_who_is_not_bound_is_sent_back_to_bind(
    sqlite_database: Database, clock: FixedClock
) -> None:
    with sqlite_database.begin() as session:
        session.add(Follower(openid="stranger", following=True))
    assert "绑定" in await _page(sqlite_database, clock, "stranger")

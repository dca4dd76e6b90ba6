"""`/wechat` from outside: what is signed is answered, what is not is refused, nothing breaks."""

from __future__ import annotations

import asyncio
import json
import time
import xml.etree.ElementTree as ET
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import func, select

from bot.crypto import Envelope
from bot.gateway import BODY_LIMIT, Gateway
from bot.models import InboxRow
from bot.reply import Reply, Text
from bot.turn import Routes, Services, Turn
from bot.turns import Turns
from credit_core.accounts.models import Follower
from credit_core.clock import SystemClock
from credit_core.database import Database
from tests.bot import account
from tests.bot.account import AES_KEY, APPID, TOKEN, event_xml, query, sealed, text_xml

Open = Callable[..., Awaitable[TestClient[Any, Any]]]


class Bench:
    """A gateway with a counting handler; `late` collects what went the other way."""

    def __init__(
        self,
        database: Database,
        mode: str = "safe",
        delay: float = 0,
        answer_within: float = 4.3,
    ) -> None:
        self.database, self.delay, self.answer_within = database, delay, answer_within
        self.late: list[list[str]] = []
        routes = Routes()
        routes.intents["unknown"] = self.count
        routes.events["click"] = self.count
        services = account.services(routes, {}, wechat_mode=mode, wechat_allow_plain=True)
        self.turns = self.make_turns(services)
        self.app = web.Application()
        self.app.add_routes(Gateway(services.settings, self.turns, SystemClock()).routes())

    def make_turns(self, services: Services) -> Turns:
        async def no_photo(_media_id: str) -> bytes | None:
            return None

        def late(_session: object, *, texts: list[str], **_more: object) -> None:
            self.late.append(texts)

        return Turns(
            database=self.database,
            clock=SystemClock(),
            services=services,
            fetch_photo=no_photo,
            answer_late=late,
            answer_within=self.answer_within,
        )

    def count(self, turn: Turn) -> Reply:
        """One effect in the database for each message: `scene` counts them."""
        time.sleep(self.delay)
        done = int(turn.follower.scene or "0") + 1
        turn.follower.scene = str(done)
        return Text(f"第{done}次")

    def effects(self, openid: str = "openid_of_a_test") -> int:
        with self.database.read() as session:
            scene = session.scalar(select(Follower.scene).where(Follower.openid == openid))
            return int(scene or "0")


@pytest.fixture
async def open_client() -> AsyncIterator[Open]:
    clients: list[TestClient[Any, Any]] = []

    async def opened(app: web.Application) -> TestClient[Any, Any]:
        client = TestClient(TestServer(app))
        await client.start_server()
        clients.append(client)
        return client

    yield opened
    for client in clients:
        await client.close()


async def post(
    client: TestClient[Any, Any], params: dict[str, str], body: str | bytes
) -> tuple[int, str]:
    async with client.post("/wechat", params=params, data=body) as response:
        return response.status, await response.text()


def opened(body: str) -> str:
    """The text inside a sealed reply, checked as WeChat checks it."""
    root = ET.fromstring(body)
    plain = Envelope(TOKEN, AES_KEY, APPID).open(
        root.findtext("Encrypt") or "",
        signature=root.findtext("MsgSignature") or "",
        timestamp=root.findtext("TimeStamp") or "",
        nonce=root.findtext("Nonce") or "",
    )
    return ET.fromstring(plain).findtext("Content") or ""


async def test_the_url_check_echoes(sqlite_database: Database, open_client: Open) -> None:
    client = await open_client(Bench(sqlite_database).app)
    params = query(None) | {"echostr": "12345<>"}
    async with client.get("/wechat", params=params) as response:
        assert (response.status, await response.text()) == (200, "12345<>")
    params["signature"] = "0" * 40
    async with client.get("/wechat", params=params) as response:
        assert response.status == 403


async def test_safe_mode_believes_only_the_sealed_part(
    sqlite_database: Database, open_client: Open
) -> None:
    client = await open_client(Bench(sqlite_database).app)
    status, body = await post(client, query(None), text_xml("clear text"))
    assert status == 403
    status, body = await post(client, *sealed(text_xml("你好")))
    assert (status, opened(body)) == (200, "第1次")


async def test_compatible_mode_ignores_the_clear_fields(
    sqlite_database: Database, open_client: Open
) -> None:
    bench = Bench(sqlite_database, mode="compatible")
    client = await open_client(bench.app)
    clear = "<FromUserName><![CDATA[an_impostor]]></FromUserName><Content>x</Content>"
    status, _body = await post(client, *sealed(text_xml("你好"), clear))
    assert status == 200
    assert bench.effects() == 1
    assert bench.effects("an_impostor") == 0
    assert (await post(client, query(None), text_xml("clear only")))[0] == 403


async def test_plain_mode_answers_in_clear(sqlite_database: Database, open_client: Open) -> None:
    client = await open_client(Bench(sqlite_database, mode="plain").app)
    status, body = await post(client, query(None), text_xml("你好"))
    assert status == 200
    assert ET.fromstring(body).findtext("Content") == "第1次"


@pytest.mark.parametrize("age", [-100_000, -601, 601, 100_000])
async def test_a_stale_timestamp_is_refused(
    sqlite_database: Database, open_client: Open, age: int
) -> None:
    client = await open_client(Bench(sqlite_database, mode="plain").app)
    params = query(None, int(time.time()) + age)
    assert (await post(client, params, text_xml("你好")))[0] == 403


ODD = [
    b"",
    b"<xml></xml>",
    b"<xml><MsgType/></xml>",
    b"<xml><MsgType>text</MsgType><MsgType>text</MsgType></xml>",
    b"<notxml",
    b"\xff\xfe\x00",
    b'<!DOCTYPE x [<!ENTITY a "b">]><xml><MsgType>&a;</MsgType></xml>',
    b"<xml><MsgType>text</MsgType><FromUserName>u</FromUserName></xml>",
    b"<xml><MsgType>holo</MsgType><FromUserName>u</FromUserName><CreateTime>x</CreateTime></xml>",
    b"<xml><MsgType>event</MsgType><FromUserName>u</FromUserName><Event/></xml>",
    b"<xml><MsgType>event</MsgType><Event>guide_invite_result_event</Event></xml>",
    b"<xml><MsgType>text</MsgType><FromUserName>u</FromUserName><MsgId>abc</MsgId></xml>",
    b"[1, 2]",
    b'{"MsgType": "text", "FromUserName": "u", "Content": 5}',
    b"{",
]


@pytest.mark.parametrize("body", ODD)
async def test_signed_but_odd_input_is_answered_200(
    sqlite_database: Database,
    open_client: Open,
    body: bytes,
    capsys: pytest.CaptureFixture[str],
) -> None:
    client = await open_client(Bench(sqlite_database, mode="plain").app)
    status, answer = await post(client, query(None), body)
    assert status == 200
    assert answer == "success" or ET.fromstring(answer) is not None
    assert "turn_failed" not in capsys.readouterr().out


async def test_a_body_beyond_the_limit_is_refused(
    sqlite_database: Database, open_client: Open
) -> None:
    client = await open_client(Bench(sqlite_database, mode="plain").app)
    assert (await post(client, query(None), b"<xml>" + b"x" * BODY_LIMIT))[0] == 413


async def test_a_json_account_is_understood(sqlite_database: Database, open_client: Open) -> None:
    bench = Bench(sqlite_database)
    client = await open_client(bench.app)
    message = {
        "ToUserName": "gh_test",
        "FromUserName": "openid_of_a_test",
        "CreateTime": 1714112445,
        "MsgType": "text",
        "Content": "你好",
        "MsgId": 77,
    }
    params, body = sealed(json.dumps(message))
    encrypt = ET.fromstring(body).findtext("Encrypt")
    status, _answer = await post(client, params, json.dumps({"Encrypt": encrypt}))
    assert status == 200
    assert bench.effects() == 1


async def test_three_deliveries_at_once_have_one_effect_and_one_answer(
    database: Database, open_client: Open
) -> None:
    bench = Bench(database, delay=0.2)
    client = await open_client(bench.app)
    xml = text_xml("你好")
    answers = await asyncio.gather(*(post(client, *sealed(xml)) for _ in range(3)))
    assert {opened(body) for _status, body in answers} == {"第1次"}
    assert bench.effects() == 1
    _status, body = await post(client, *sealed(xml))
    assert opened(body) == "第1次"


async def test_two_processes_share_one_effect(database: Database, open_client: Open) -> None:
    """Two services on one database get the same message at the same time."""
    one, two = Bench(database, delay=0.2), Bench(database, delay=0.2)
    clients = [await open_client(one.app), await open_client(two.app)]
    xml = text_xml("你好")
    answers = await asyncio.gather(*(post(client, *sealed(xml)) for client in clients * 2))
    assert {opened(body) for _status, body in answers} == {"第1次"}
    assert one.effects() == 1
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(InboxRow)) == 1


async def test_two_events_in_one_second_both_count(database: Database, open_client: Open) -> None:
    bench = Bench(database)
    client = await open_client(bench.app)
    await asyncio.gather(
        post(client, *sealed(event_xml("CLICK", "a"))),
        post(client, *sealed(event_xml("CLICK", "b"))),
        post(client, *sealed(event_xml("CLICK", "b"))),
    )
    assert bench.effects() == 2


async def test_twenty_messages_of_one_person_at_once_lose_nothing(
    database: Database, open_client: Open
) -> None:
    bench = Bench(database)
    client = await open_client(bench.app)
    answers = await asyncio.gather(
        *(post(client, *sealed(text_xml(f"第{number}句"))) for number in range(20))
    )
    assert bench.effects() == 20
    assert len({opened(body) for _status, body in answers}) == 20


async def test_a_late_answer_goes_out_the_other_way(database: Database, open_client: Open) -> None:
    bench = Bench(database, delay=0.6, answer_within=0.2)
    client = await open_client(bench.app)
    xml = text_xml("你好")
    status, body = await post(client, *sealed(xml))
    assert (status, body) == (200, "success")
    await asyncio.sleep(0.8)
    assert bench.late == [["第1次"]]
    assert bench.effects() == 1
    # A repeat afterwards must not tell it a second time.
    assert (await post(client, *sealed(xml)))[1] == "success"


async def test_a_failing_handler_changes_nothing_and_asks_to_try_again(
    database: Database, open_client: Open
) -> None:
    bench = Bench(database)

    def failing(turn: Turn) -> Reply:
        turn.follower.scene = "9"
        raise RuntimeError("boom")

    bench.turns._services.routes.intents["unknown"] = failing
    client = await open_client(bench.app)
    status, body = await post(client, *sealed(text_xml("你好")))
    assert status == 200
    assert "再发一次" in opened(body)
    assert bench.effects() == 0

"""A tiny account of our own behind the callback, so that the sandbox is tested alone."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace

import aiohttp
import pytest
import xmltodict
from aiohttp import web
from aiohttp.test_utils import TestServer
from wechatpy.crypto import WeChatCrypto

from bot.sandbox import PersonSpec, Sandbox, SandboxConfig, TemplateSpec, make_sandbox

WANG, LI = "o_wang_0000000000000000000001", "o_li_000000000000000000000002"


class FakeClock:
    """Time that a test moves."""

    def __init__(self) -> None:
        self.now = time.time()

    def __call__(self) -> float:
        return self.now

    def forward(self, seconds: float) -> None:
        self.now += seconds


def make_config(state: Path, **changes: object) -> SandboxConfig:
    fields = {
        "state_dir": state,
        "persons": (
            PersonSpec(key="wang", name="王小明", openid=WANG, description="参保居民"),
            PersonSpec(key="li", name="李药师", openid=LI, description="药店经办人"),
        ),
        "templates": (
            TemplateSpec(
                template_id="T1",
                title="信用等级变动提醒",
                content="变动内容:{{thing1.DATA}}\n变动时间:{{time2.DATA}}\n",
            ),
            TemplateSpec(
                template_id="S1",
                title="修复期限提醒",
                content="事项:{{thing1.DATA}}\n截止:{{time2.DATA}}",
                kind="once",
            ),
            TemplateSpec(
                template_id="S2", title="办理进度", content="状态:{{phrase1.DATA}}", kind="long"
            ),
        ),
        "answer_seconds": 0.3,
        **changes,
    }
    return SandboxConfig.model_validate(fields)


class Account:
    """Answers callbacks with what `reply` makes of the message; wechatpy does the crypto."""

    def __init__(self, config: SandboxConfig) -> None:
        self.config = config
        self.seen: list[dict[str, object]] = []
        self.queries: list[dict[str, str]] = []
        self.bodies: list[str] = []
        self.reply: Callable[[dict[str, object]], Awaitable[str | web.Response]] = self.echo
        self.crypto = WeChatCrypto(config.token, config.aes_key, config.appid)

    async def echo(self, message: dict[str, object]) -> str:
        if message["MsgType"] == "text":
            content = str(message["Content"]).replace("]]>", "]]]]><![CDATA[>")
            return self.text(message, f"收到：{content}")
        return "success"

    def text(self, message: dict[str, object], content: str) -> str:
        return self.xml(message, "text", f"<Content><![CDATA[{content}]]></Content>")

    def xml(self, message: dict[str, object], kind: str, inside: str) -> str:
        return (
            f"<xml><ToUserName><![CDATA[{message['FromUserName']}]]></ToUserName>"
            f"<FromUserName><![CDATA[{message['ToUserName']}]]></FromUserName>"
            f"<CreateTime>{int(time.time())}</CreateTime>"
            f"<MsgType><![CDATA[{kind}]]></MsgType>{inside}</xml>"
        )

    async def check(self, request: web.Request) -> web.Response:
        return web.Response(text=request.query["echostr"])

    async def serve(self, request: web.Request) -> web.Response:
        query, body = dict(request.query), await request.text()
        self.queries.append(query)
        self.bodies.append(body)
        parts = sorted([self.config.token, query["timestamp"], query["nonce"]])
        assert hashlib.sha1("".join(parts).encode()).hexdigest() == query["signature"]
        if "msg_signature" in query:
            body = self.crypto.decrypt_message(
                body, query["msg_signature"], query["timestamp"], query["nonce"]
            )
        message = xmltodict.parse(body)["xml"]
        self.seen.append(message)
        answer = await self.reply(message)
        if isinstance(answer, web.Response):
            return answer
        if answer not in {"", "success"} and "msg_signature" in query:
            answer = self.crypto.encrypt_message(answer, query["nonce"], query["timestamp"])
        return web.Response(text=answer, content_type="application/xml")

    def events(self, name: str) -> list[dict[str, object]]:
        return [message for message in self.seen if message.get("Event") == name]


class Bench(SimpleNamespace):
    sandbox: Sandbox
    account: Account
    session: aiohttp.ClientSession
    url: str
    token: str
    clock: FakeClock

    async def get(self, path: str, **query: str) -> dict[str, object]:
        params = {"access_token": self.token, **query}
        async with self.session.get(self.url + "/platform" + path, params=params) as answer:
            assert answer.status == 200
            return await answer.json(content_type=None)

    async def post(self, path: str, body: object, token: str | None = None) -> dict[str, object]:
        params = {"access_token": self.token if token is None else token}
        data = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        async with self.session.post(
            self.url + "/platform" + path, params=params, data=data
        ) as answer:
            assert answer.status == 200
            return await answer.json(content_type=None)

    async def upload(self, path: str, data: bytes, name: str = "a.jpg", **form: str) -> dict:
        fields = aiohttp.FormData()
        for key, value in form.items():
            fields.add_field(key, value)
        fields.add_field("media", data, filename=name, content_type="image/jpeg")
        joint = "&" if "?" in path else "?"
        url = f"{self.url}/platform{path}{joint}access_token={self.token}"
        async with self.session.post(url, data=fields) as answer:
            return await answer.json()

    async def stable(self, **changes: object) -> dict[str, object]:
        config = self.sandbox.config
        body = {
            "grant_type": "client_credential",
            "appid": config.appid,
            "secret": config.secret,
            **changes,
        }
        return await self.post("/cgi-bin/stable_token", body, token="")

    async def control(self, path: str, body: object) -> object:
        async with self.session.post(f"{self.url}/control/{path}", json=body) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    def log(self, api: str) -> list[dict[str, object]]:
        return [line for line in self.sandbox.world.journal.lines() if line["api"] == api]

    async def idle(self) -> None:
        await self.sandbox.world.deliverer.idle()


@pytest.fixture
def config(tmp_path: Path) -> SandboxConfig:
    return make_config(tmp_path / "state")


@pytest.fixture
async def bench(config: SandboxConfig) -> AsyncIterator[Bench]:
    """A running sandbox with its account, an access token and persons who do not follow yet."""
    account, clock = Account(config), FakeClock()
    callback = web.Application()
    callback.router.add_post("/wechat", account.serve)
    callback.router.add_get("/wechat", account.check)
    sandbox = make_sandbox(config, clock)
    root = web.Application()
    root.add_subapp("/sandbox", sandbox.app)
    async with TestServer(callback) as back, TestServer(root) as front:
        sandbox.point_to(str(back.make_url("/wechat")))
        async with aiohttp.ClientSession() as session:
            bench = Bench(
                sandbox=sandbox,
                account=account,
                session=session,
                url=str(front.make_url("/sandbox")),
                token="",
                clock=clock,
            )
            bench.token = str((await bench.stable())["access_token"])
            yield bench

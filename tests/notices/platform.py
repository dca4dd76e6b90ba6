"""The sandbox as a server of the test's own event loop, with our templates and our client."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.sandbox import SandboxConfig, make_sandbox
from bot.sandbox.app import Sandbox
from bot.sandbox.config import TemplateSpec
from bot.sandbox.faults import FaultRule
from bot.wechat.client import WeChat
from credit_core.clock import Clock, SystemClock
from credit_core.database import Database
from handlers.delivery import WeChatPlatform
from notices import plans
from notices.clock import Job
from notices.engine import Engine

SECRET = "0123456789abcdef0123456789abcdef"


def template_specs() -> tuple[TemplateSpec, ...]:
    return tuple(
        TemplateSpec(template_id=one.id, title=one.title, content=one.content, kind=one.use)
        for one in plans.templates().values()
    )


@dataclass
class Stage:
    """A stand-in that serves, and the product's client and engine against it."""

    sandbox: Sandbox
    client: WeChat
    database: Database
    base: str
    clock: Clock

    def fault(self, **rule: Any) -> None:
        self.sandbox.world.faults.replace([FaultRule(**rule)])

    def faults(self, *rules: FaultRule, seed: int = 0) -> None:
        self.sandbox.world.faults.replace(list(rules), seed)

    def log(self, api: str | None = None) -> list[dict[str, Any]]:
        return [line for line in self.sandbox.world.journal.lines() if api in {None, line["api"]}]

    def calls(self, path: str) -> int:
        return sum(1 for one in self.sandbox.world.traffic.entries() if path in str(one))

    def engine(self, jobs: list[Job] | None = None) -> Engine:
        return Engine(
            self.database,
            WeChatPlatform(self.client),
            public_url="https://credit.example",
            jobs=jobs or [],
            clock=self.clock,
            wall=self.clock,
        )


@asynccontextmanager
async def stage(
    database: Database, folder: Path, clock: Clock | None = None, **config: Any
) -> AsyncIterator[Stage]:
    clock = clock or SystemClock()
    sandbox = make_sandbox(
        SandboxConfig(
            state_dir=folder,
            secret=SECRET,
            templates=template_specs(),
            crowd=("one_", "clerk_", "seed_openid_"),
            receipts=False,
            **config,
        )
    )
    root = web.Application()
    root.add_subapp("/sandbox", sandbox.app)
    server = TestServer(root)
    await server.start_server()
    base = str(server.make_url("/sandbox/platform"))
    client = WeChat(database, clock, base=base, appid=sandbox.config.appid, secret=SECRET)
    try:
        yield Stage(sandbox, client, database, base, clock)
    finally:
        await client.close()
        await server.close()

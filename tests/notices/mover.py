"""A process that moves notices until it is killed; started by the crash tests."""

from __future__ import annotations

import asyncio
import sys
from datetime import timedelta

import bot.schema  # noqa: F401
from bot.wechat.client import WeChat
from credit_core.clock import SystemClock
from credit_core.crypto import Keyring, install_keyring
from credit_core.database import Database
from handlers.delivery import WeChatPlatform
from notices.campaigns import filling
from notices.engine import Engine
from tests.conftest import KEY
from tests.notices.platform import SECRET


async def run(url: str, base: str, list_size: int) -> None:
    install_keyring(Keyring(KEY))
    filling.LIST = list_size
    database = Database(url)
    clock = SystemClock()
    client = WeChat(database, clock, base=base, appid="wx5afe5afe5afe5afe", secret=SECRET)
    engine = Engine(
        database,
        WeChatPlatform(client),
        public_url="https://credit.example",
        dead_after=timedelta(seconds=6),
        poll_seconds=0.2,
    )
    await engine.start()
    print("moving", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    size = int(sys.argv[3]) if len(sys.argv) > 3 else filling.LIST
    asyncio.run(run(sys.argv[1], sys.argv[2], size))

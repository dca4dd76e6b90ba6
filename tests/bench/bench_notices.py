"""Speed of the outbox: notices against the stand-in, and planning among a million deadlines.

The stand-in runs in a process of its own; the yardstick is a bare aiohttp loop with 256
connections, measured before and after the outbox in the same run. Memory is that of a process
of its own that sends 20,000 and then ten times as many.
"""

from __future__ import annotations

import asyncio
import json
import resource
import subprocess
import sys
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import aiohttp
from sqlalchemy import event, insert, select, text

import bot.schema  # noqa: F401
from bot.wechat.client import WeChat
from credit_core.accounts.models import Binding, Follower
from credit_core.clock import SystemClock
from credit_core.crypto import Keyring, install_keyring, keyring, place_of
from credit_core.database import Base, Database
from credit_core.deadlines.models import Deadline
from credit_core.ids import new_id
from credit_core.subjects.models import Subject
from handlers.delivery import WeChatPlatform
from notices import deadlines, outbox
from notices.engine import Engine
from notices.models import Notice
from notices.outbox import Draft
from tests.notices.conftest import GRADE
from tests.notices.platform import SECRET
from tests.notices.test_crash import platform

NOTICES = 20_000
CONNECTIONS = 256
KEY = "bench-only-0123456789-abcdefghijklmnopqrstuvwxyz"


def run() -> list[dict[str, Any]]:
    """Rows of name, value, unit, floor, ratio and goal."""
    install_keyring(Keyring(KEY))
    with TemporaryDirectory() as folder:
        found = asyncio.run(_sending(Path(folder)))
        found |= _memory_of_many()
        planning = _planning(Path(folder))
    return [
        _row("bare loop, 256 connections", found["bare_per_second"], "notices/s"),
        _row(
            "20,000 template notices at 0 ms",
            found["per_second_0_ms"],
            "notices/s",
            floor=found["bare_per_second"],
            ratio=found["share_of_bare"],
            goal="0.6 of the loop",
        ),
        _row(
            "20,000 template notices at 50 ms",
            found["per_second_50_ms"],
            "notices/s",
            floor=found["bare_per_second_50_ms"],
            ratio=round(found["per_second_50_ms"] / found["bare_per_second_50_ms"], 3),
            goal=2500,
        ),
        _row(
            "memory after 200,000, page cache of 4 MB",
            found["memory_mb_200000"],
            "MB",
            floor=found["memory_mb_20000"],
            ratio=round(found["memory_mb_200000"] / found["memory_mb_20000"], 3),
            goal="at most 1.1 of 20,000",
        ),
        _row(
            f"planning {planning['due']:,} due of {planning['open']:,} open",
            planning["seconds"],
            "s",
            goal=1,
        ),
    ]


def _row(name: str, value: float, unit: str, **more: object) -> dict[str, Any]:
    return {"name": name, "value": value, "unit": unit, **more}


async def _sending(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = {}
    with platform(folder) as wx:
        before = await _bare(folder, wx.url, "before")
        found["per_second_0_ms"] = await _outbox(folder, wx, "zero", NOTICES)
        # The better of two: the yardstick shall not be short because the machine was busy.
        found["bare_per_second"] = max(before, await _bare(folder, wx.url, "after"))
        found["share_of_bare"] = round(found["per_second_0_ms"] / found["bare_per_second"], 3)
        wx.faults({"kind": "delay", "path": "/cgi-bin/message/*", "ms": 50})
        found["per_second_50_ms"] = await _outbox(folder, wx, "fifty", NOTICES)
        found["bare_per_second_50_ms"] = await _bare(folder, wx.url, "late")
    return found


def _memory_of_many() -> dict[str, Any]:
    """In a process of its own, which has done nothing else before."""
    words = [sys.executable, "-m", "tests.bench.bench_notices"]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


async def _sending_many(folder: Path) -> dict[str, int]:
    install_keyring(Keyring(KEY))
    found = {}
    with platform(folder) as wx:
        for name, count in (("few", NOTICES), ("many", 10 * NOTICES)):
            await _outbox(folder, wx, name, count, small_cache=True)
            found[f"memory_mb_{count}"] = _memory()
    return found


async def _bare(folder: Path, url: str, name: str = "bare") -> int:
    """What a loop that does nothing else reaches."""
    client = _client(_database(folder, name), url)
    token = await client.transport.token.value()
    await client.close()
    target = f"{url}/platform/cgi-bin/message/template/send?access_token={token}"
    data = {key: {"value": "康宁大药房"} for key in ("thing1", "thing3", "thing4")}
    data |= {"const2": {"value": "B"}, "time5": {"value": "2026年11月23日"}}
    todo = iter(range(NOTICES))

    async def work(session: aiohttp.ClientSession) -> None:
        for place in todo:
            body = json.dumps(
                {
                    "touser": f"one_{name}{place}",
                    "template_id": "TPL_CREDIT_ALERT_0001",
                    "client_msg_id": f"{name}{place}",
                    "data": data,
                },
                ensure_ascii=False,
            ).encode()
            async with session.post(target, data=body) as answer:
                assert (await answer.json(content_type=None))["errcode"] == 0

    connector = aiohttp.TCPConnector(limit=CONNECTIONS)
    async with aiohttp.ClientSession(connector=connector) as session:
        started = time.perf_counter()
        await asyncio.gather(*(work(session) for _ in range(CONNECTIONS)))
        return round(NOTICES / (time.perf_counter() - started))


async def _outbox(
    folder: Path, wx: Any, name: str, count: int, *, small_cache: bool = False
) -> int:
    database = _database(folder, name)
    if small_cache:
        # SQLite's page cache grows with the file up to 64 MB; without it, what is ours shows.
        database.dispose()
        event.listen(database.engine, "connect", _keep_cache_small)
    _post(database, name, count)
    client = _client(database, wx.url)
    await client.transport.token.value()
    engine = Engine(database, WeChatPlatform(client), public_url="https://credit.example")
    started = time.perf_counter()
    await engine.run_once()
    seconds = time.perf_counter() - started
    await client.close()
    with database.read() as session:
        states = set(session.scalars(select(Notice.status).distinct()))
    database.dispose()
    assert states == {"sent"}, states
    return round(count / seconds)


def _post(database: Database, name: str, count: int) -> None:
    now = datetime.now(UTC)
    for start in range(0, count, 5000):
        with database.begin() as session:
            people = [
                {"id": new_id(), "openid": f"one_{name}_{place}", "followed_at": now}
                for place in range(start, min(start + 5000, count))
            ]
            session.execute(insert(Follower), people)
            outbox.post_all(
                session,
                [
                    Draft("grade_changed", f"g:{one['openid']}", GRADE, follower_id=one["id"])
                    for one in people
                ],
                now,
            )


def _planning(folder: Path, *, opened: int = 1_000_000, due: int = 1_000) -> dict[str, Any]:
    database = _database(folder, "planning")
    now = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
    today = date(2026, 11, 23)
    fill_deadlines(database, today, opened=opened, due=due)
    with database.begin() as session:
        session.execute(text("ANALYZE"))
    with database.begin() as session:
        started = time.perf_counter()
        posted = deadlines.plan_due(session, now)
    seconds = round(time.perf_counter() - started, 3)
    database.dispose()
    return {"open": opened, "due": due, "posted": posted, "seconds": seconds}


def fill_deadlines(database: Database, today: date, *, opened: int, due: int) -> None:
    """A hundred pharmacies with a clerk each; ``due`` of ``opened`` deadlines are for today."""
    now = datetime(2026, 1, 1, tzinfo=UTC)
    subjects = [new_id() for _ in range(100)]
    with database.begin() as session:
        for number in subjects:
            place = place_of(Subject, "name_sealed", number)
            session.execute(
                insert(Subject).values(
                    id=number,
                    kind="institution",
                    identifier_sealed=b"x",
                    identifier_index=number.to_bytes(16, "big"),
                    name_sealed=keyring().seal("康宁大药房".encode(), place),
                    name_index=number.to_bytes(16, "big"),
                    registered_on=today,
                )
            )
            clerk = Follower(openid=f"clerk_{number}", followed_at=now)
            session.add(clerk)
            session.flush()
            session.add(Binding(follower_id=clerk.id, subject_id=number, role="clerk", since=now))
    far = [today + timedelta(days=200 + day) for day in range(700)]
    for start in range(0, opened, 20_000):
        with database.begin() as session:
            session.execute(
                insert(Deadline),
                [
                    {
                        "id": new_id(),
                        "kind": "papers_due",
                        "ref": f"record:{place}",
                        "subject_id": subjects[place % 100],
                        "on": today if place < due else far[place % 700],
                        "provisional": False,
                        "done": False,
                    }
                    for place in range(start, min(start + 20_000, opened))
                ],
            )


def _database(folder: Path, name: str) -> Database:
    database = Database(f"sqlite:///{folder / name}.sqlite3")
    Base.metadata.create_all(database.engine)
    return database


def _client(database: Database, url: str) -> WeChat:
    return WeChat(
        database,
        SystemClock(),
        base=f"{url}/platform",
        appid="wx5afe5afe5afe5afe",
        secret=SECRET,
    )


def _keep_cache_small(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA cache_size=-4000")


def _memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    with TemporaryDirectory() as place:
        print(json.dumps(asyncio.run(_sending_many(Path(place)))))

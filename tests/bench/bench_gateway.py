"""Turns a second and their latency, from signed bytes to signed bytes, beside a floor.

The floor is a bare aiohttp handler that checks the signature, opens the envelope and seals an
answer: what any gateway must do. It has no inbox, no database and no conversation. Server and
client are processes of their own.

    python -m tests.bench.bench_gateway [--full]
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import statistics
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import aiohttp
import psycopg
from aiohttp import web
from psycopg import sql

from bot.crypto import Envelope, sign, signed
from tests.conftest import HAS_POSTGRES, POSTGRES
from tests.crash.installation import AES_KEY, APPID, TOKEN, Installation, Process, free_port
from tests.crash.sender import text

PEOPLE, IN_FLIGHT = 200, 16
ENVELOPE = Envelope(TOKEN, AES_KEY, APPID)


def run(*, full: bool = False) -> list[dict[str, Any]]:
    """Floor, a simple answer (帮助) and 我的信用分, on SQLite and PostgreSQL."""
    turns = 4000 if full else 1200
    with TemporaryDirectory() as folder:
        floor = _floor(Path(folder), turns)
        rows = [_row("bare handler, no inbox", floor, None)]
        for name, url in _databases(Path(folder)):
            for what, found in _service(Path(folder) / name, url, turns).items():
                rows.append(_row(f"{what}, {name}", found, floor))
    return rows


def _row(name: str, found: dict[str, float], floor: dict[str, float] | None) -> dict[str, Any]:
    latency = f"p50 {found['p50_ms']} ms, p99 {found['p99_ms']} ms, late {found['late']}"
    row = {"name": f"{name} ({latency})", "value": found["per_second"], "unit": "turns/s", **found}
    if floor is not None:
        row["floor"] = floor["per_second"]
        row["ratio"] = round(found["per_second"] / floor["per_second"], 3)
    return row


def _databases(folder: Path) -> Iterator[tuple[str, str]]:
    yield "sqlite", f"sqlite:///{folder / 'sqlite' / 'bench.sqlite3'}"
    if HAS_POSTGRES:
        with _postgres() as url:
            yield "postgresql", url


@contextmanager
def _postgres() -> Iterator[str]:
    name = f"medcredit_bench_{os.getpid()}_{secrets.token_hex(3)}"
    with psycopg.connect(POSTGRES, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield f"{POSTGRES.rsplit('/', 1)[0]}/{name}"
        finally:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _service(folder: Path, url: str, turns: int) -> dict[str, dict[str, float]]:
    folder.mkdir(exist_ok=True)
    made = Installation(folder, url)
    try:
        made.run("db", "upgrade")
        made.run("seed", "--residents", str(PEOPLE), "--records-per-subject", "3")
        service = made.service()
        service.environment["MEDCREDIT_LOG_LEVEL"] = "WARNING"
        service.start()
        service.wait_ready()
        port = int(service.ready_url.split(":")[2].split("/")[0])
        asyncio.run(_measure(port, "帮助", 100))
        return {word: asyncio.run(_measure(port, word, turns)) for word in ("帮助", "我的信用分")}
    finally:
        made.end()


def _floor(folder: Path, turns: int) -> dict[str, float]:
    port = free_port()
    process = Process(
        [sys.executable, "-m", "tests.bench.bench_gateway", "--floor", str(port)],
        dict(os.environ),
        folder / "floor.log",
        f"http://127.0.0.1:{port}/readyz",
    )
    process.start()
    try:
        process.wait_ready()
        asyncio.run(_measure(port, "帮助", 100))
        return asyncio.run(_measure(port, "帮助", turns))
    finally:
        process.end()


async def _measure(port: int, content: str, turns: int) -> dict[str, float]:
    """Requests are sealed before the clock starts; the client only sends and reads."""
    todo = iter([_packed(text(f"seed_openid_{n % PEOPLE:07d}", content).xml) for n in range(turns)])
    took: list[float] = []
    late: list[bool] = []

    async def work(http: aiohttp.ClientSession) -> None:
        for params, body in todo:
            began = time.perf_counter()
            async with http.post("/wechat", params=params, data=body) as answer:
                said = await answer.read()
            took.append(time.perf_counter() - began)
            assert answer.status == 200
            late.append(said == b"success")

    connector = aiohttp.TCPConnector(limit=IN_FLIGHT)
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}", connector=connector) as http:
        began = time.perf_counter()
        await asyncio.gather(*(work(http) for _ in range(IN_FLIGHT)))
        seconds = time.perf_counter() - began
    cuts = statistics.quantiles(took, n=100)
    return {
        "per_second": round(turns / seconds),
        "p50_ms": round(cuts[49] * 1000, 1),
        "p99_ms": round(cuts[98] * 1000, 1),
        "late": sum(late),
    }


def _packed(xml: str) -> tuple[dict[str, str], bytes]:
    stamp, nonce = str(int(time.time())), secrets.token_hex(5)
    encrypted, signature = ENVELOPE.seal(xml.encode(), nonce=nonce, timestamp=stamp)
    params = {
        "signature": sign(TOKEN, stamp, nonce),
        "timestamp": stamp,
        "nonce": nonce,
        "encrypt_type": "aes",
        "msg_signature": signature,
    }
    body = f"<xml><ToUserName>gh</ToUserName><Encrypt><![CDATA[{encrypted}]]></Encrypt></xml>"
    return params, body.encode()


def _serve_floor(port: int) -> None:
    async def answer(request: web.Request) -> web.Response:
        query, body = request.query, await request.read()
        assert signed(query["signature"], TOKEN, query["timestamp"], query["nonce"])
        clear = ENVELOPE.open(
            ET.fromstring(body).findtext("Encrypt") or "",
            signature=query["msg_signature"],
            timestamp=query["timestamp"],
            nonce=query["nonce"],
        )
        encrypted, signature = ENVELOPE.seal(
            clear, nonce=query["nonce"], timestamp=query["timestamp"]
        )
        return web.Response(
            text=f"<xml><Encrypt>{encrypted}</Encrypt><MsgSignature>{signature}</MsgSignature></xml>"
        )

    async def ready(_request: web.Request) -> web.Response:
        return web.Response()

    app = web.Application()
    app.add_routes([web.post("/wechat", answer), web.get("/readyz", ready)])
    web.run_app(app, host="127.0.0.1", port=port, print=None, access_log=None)


if __name__ == "__main__":
    if "--floor" in sys.argv:
        _serve_floor(int(sys.argv[-1]))
    else:
        print(json.dumps(run(full="--full" in sys.argv), indent=1))

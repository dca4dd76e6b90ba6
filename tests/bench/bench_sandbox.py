"""How many template notices the stand-in for WeChat takes a second on one core, log on.

A stand-in that is slower than the product would measure itself: the bar is 4,000 a second, and
its memory must not follow the number of notices once the window of idempotency keys is full.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import aiohttp

NOTICES = 40_000
CONNECTIONS = 64
BAR = 4_000
TEMPLATE = {"template_id": "T1", "title": "提醒", "content": "事项:{{thing1.DATA}}"}
KEYS = {
    "grant_type": "client_credential",
    "appid": "wx5afe5afe5afe5afe",
    "secret": "0123456789abcdef0123456789abcdef",
}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def _ready(port: int) -> None:
    for _ in range(200):
        try:
            _reader, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
            continue
        writer.close()
        return
    raise TimeoutError


async def _token(port: int) -> str:
    base = f"http://127.0.0.1:{port}/sandbox"
    async with aiohttp.ClientSession() as session:
        async with session.post(f"{base}/control/templates", json={"templates": [TEMPLATE]}):
            pass
        async with session.post(f"{base}/platform/cgi-bin/stable_token", json=KEYS) as answer:
            return str((await answer.json())["access_token"])


async def _sender(port: int, token: str, numbers: Iterator[int]) -> None:
    """A bare connection, so that the sender costs little."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = (
        f"POST /sandbox/platform/cgi-bin/message/template/send?access_token={token} HTTP/1.1\r\n"
        "Host: sandbox\r\nContent-Type: application/json\r\nContent-Length: "
    )
    for number in numbers:
        body = json.dumps(
            {
                "touser": f"seed_openid_{number:07d}",
                "template_id": "T1",
                "client_msg_id": f"row-{number}",
                "data": {"thing1": {"value": "信用修复期限"}},
            },
            ensure_ascii=False,
        ).encode()
        writer.write(f"{head}{len(body)}\r\n\r\n".encode() + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        length = int(answer.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        if b'"errcode":0' not in await reader.readexactly(length):
            raise RuntimeError("a notice was refused")
    writer.close()


def _memory_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


async def _measure(state: Path) -> dict[str, float]:
    port = _free_port()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot.sandbox", "--port", str(port), "--state", str(state)),
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        await _ready(port)
        token = await _token(port)
        numbers = iter(range(NOTICES))
        began = time.perf_counter()
        await asyncio.gather(*(_sender(port, token, numbers) for _ in range(CONNECTIONS)))
        seconds = time.perf_counter() - began
        memory = _memory_mb(process.pid)
    finally:
        process.terminate()
        await process.wait()
    lines = (state / "effects.jsonl").read_bytes().count(b"\n")
    return {"per_second": NOTICES / seconds, "memory_mb": memory, "lines": lines}


def run() -> list[dict[str, object]]:
    """Rows of name, value, unit and bar for ``make bench``."""
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(_measure(Path(folder)))
    if found["lines"] != NOTICES:
        raise RuntimeError("the log does not have every accepted notice")
    return [
        {
            "name": "sandbox: template notices, log on",
            "value": found["per_second"], "unit": "/s", "bar": BAR,
        },
        {
            "name": f"sandbox: memory after {NOTICES} notices",
            "value": found["memory_mb"], "unit": "MB",
        },
    ]  # fmt: skip


if __name__ == "__main__":
    for row in run():
        sys.stdout.write(f"{row}\n")

"""The sandbox in a process of its own, killed in the middle of its work."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
from pathlib import Path

import aiohttp
import pytest

ROOT = Path(__file__).parents[3]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def _start(port: int, state: Path) -> asyncio.subprocess.Process:
    settings = state.parent / "sandbox.json"
    settings.write_text(
        json.dumps(
            {"templates": [{"template_id": "T1", "title": "提醒", "content": "{{thing1.DATA}}"}]}
        )
    )
    command = (sys.executable, "-m", "bot.sandbox", "--port", str(port), "--state", str(state))
    process = await asyncio.create_subprocess_exec(
        *command, "--config", str(settings), cwd=ROOT, stderr=asyncio.subprocess.DEVNULL
    )
    for _ in range(200):
        try:
            _reader, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
            continue
        writer.close()
        return process
    raise TimeoutError


@pytest.mark.crash
async def test_whatever_was_answered_is_in_the_log_after_a_kill(tmp_path):
    """Every accepted notice is a line, and its key still holds in the next process."""
    port, state = _free_port(), tmp_path / "state"
    base = f"http://127.0.0.1:{port}/sandbox"
    accepted: dict[str, int] = {}

    async def send(session, token, number):
        body = {
            "touser": f"seed_openid_{number:07d}",
            "template_id": "T1",
            "client_msg_id": f"row-{number}",
            "data": {"thing1": {"value": "甲"}},
        }
        async with session.post(
            f"{base}/platform/cgi-bin/message/template/send?access_token={token}",
            data=json.dumps(body, ensure_ascii=False).encode(),
        ) as answer:
            told = await answer.json()
            assert told["errcode"] == 0
            accepted.setdefault(f"row-{number}", told["msgid"])
            return told["msgid"]

    async def token_of(session):
        async with session.post(
            f"{base}/platform/cgi-bin/stable_token",
            json={
                "grant_type": "client_credential",
                "appid": "wx5afe5afe5afe5afe",
                "secret": "0123456789abcdef0123456789abcdef",
            },
        ) as answer:
            return (await answer.json())["access_token"]

    process = await _start(port, state)
    async with aiohttp.ClientSession() as session:
        token = await token_of(session)
        work = [asyncio.create_task(send(session, token, n)) for n in range(600)]
        await asyncio.gather(*work[:150])
        os.kill(process.pid, signal.SIGKILL)
        await asyncio.gather(*work, return_exceptions=True)
    await process.wait()
    before = dict(accepted)
    process = await _start(port, state)
    async with aiohttp.ClientSession() as session:
        assert await token_of(session) == token, "tokens outlive the process"
        for number in range(600):
            assert await send(session, token, number) == accepted[f"row-{number}"]
        async with session.get(f"{base}/control/log") as answer:
            lines = [json.loads(line) for line in (await answer.text()).splitlines()]
    process.terminate()
    await process.wait()
    assert sorted(line["key"] for line in lines) == sorted(f"row-{n}" for n in range(600))
    assert 150 <= len(before) <= 600
    assert all(before[line["key"]] == line["msgid"] for line in lines if line["key"] in before)

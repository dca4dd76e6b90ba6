"""Killed at random moments, with a platform that drops, delays and errs: each notice once.

``MEDCREDIT_CRASH_ROUNDS`` sets how often it is killed (a few times by default).
"""

from __future__ import annotations

import json
import os
import random
import socket
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from credit_core.accounts.models import Follower
from credit_core.clock import SystemClock
from credit_core.database import Database
from notices import outbox, plans
from notices.models import Notice
from notices.outbox import Draft
from notices.status import NoticeStatus
from tests.notices.conftest import GRADE
from tests.notices.platform import SECRET, template_specs

pytestmark = [pytest.mark.crash, pytest.mark.timeout(3600)]
ROUNDS = int(os.environ.get("MEDCREDIT_CRASH_ROUNDS", "3"))
A_ROUND = 60
ROOT = Path(__file__).resolve().parents[2]
UNKNOWN_TIMES = 120


class Platform:
    """The stand-in in a process of its own."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        config = folder / "sandbox.json"
        templates = [one.model_dump() for one in template_specs()]
        config.write_text(json.dumps({"secret": SECRET, "templates": templates}))
        self.state = folder / "wx"
        options = ["--port", str(self.port), "--state", str(self.state), "--config", str(config)]
        silent = ["--crowd", "one_", "--no-receipts"]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bot.sandbox", *options, *silent], cwd=ROOT
        )
        self.url = f"http://127.0.0.1:{self.port}/sandbox"
        for _ in range(100):
            if self._answers():
                return
            time.sleep(0.1)
        raise RuntimeError("the stand-in does not answer")

    def _answers(self) -> bool:
        try:
            urllib.request.urlopen(f"{self.url}/control/faults", timeout=1)
        except OSError:
            return False
        return True

    def faults(self, *rules: dict[str, Any]) -> None:
        data = json.dumps({"rules": list(rules), "seed": 7}).encode()
        request = urllib.request.Request(f"{self.url}/control/faults", data=data, method="POST")
        urllib.request.urlopen(request, timeout=5)

    def log(self) -> list[dict[str, Any]]:
        with urllib.request.urlopen(f"{self.url}/control/log", timeout=10) as answer:
            return [json.loads(line) for line in answer if line.strip()]


@contextmanager
def platform(folder: Path) -> Iterator[Platform]:
    made = Platform(folder)
    try:
        yield made
    finally:
        made.process.terminate()
        made.process.wait(10)


def mover(url: str, base: str, *more: str) -> subprocess.Popen[str]:
    """``more``: how many openids one mass message may name."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.notices.mover", url, base, *more],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def post(database: Database, start: int, count: int) -> None:
    now = SystemClock().now()
    with database.begin() as session:
        drafts = []
        for place in range(start, start + count):
            follower = Follower(openid=f"one_{place}", followed_at=now)
            session.add(follower)
            session.flush()
            drafts.append(
                Draft(
                    kind="grade_changed",
                    key=f"grade:{place}",
                    fields=GRADE,
                    follower_id=follower.id,
                )
            )
        outbox.post_all(session, drafts, now)


def left(database: Database) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).where(Notice.next_at.is_not(None))) or 0


SPOILT = (
    {"kind": "delay", "path": "/cgi-bin/message/*", "ms": 30},
    {"kind": "reset", "path": "/cgi-bin/message/*", "share": 0.04, "after": True},
    {"kind": "reset", "path": "/cgi-bin/message/*", "share": 0.04},
    {"kind": "http", "path": "/cgi-bin/message/*", "share": 0.04, "after": True},
    {"kind": "errcode", "path": "/cgi-bin/message/*", "share": 0.04, "errcode": -1},
    {"kind": "errcode", "path": "/cgi-bin/message/*", "times": 1, "errcode": 40001},
)


def test_each_notice_is_delivered_once_whatever_is_killed(
    database: Database, tmp_path: Path
) -> None:
    assert plans.plan("grade_changed").messages
    dice = random.Random(3)
    with platform(tmp_path) as wx:
        wx.faults(*SPOILT)
        url = database.url.render_as_string(hide_password=False)
        base = f"{wx.url}/platform"
        for turn in range(ROUNDS):
            post(database, turn * A_ROUND, A_ROUND)
            running = mover(url, base)
            assert running.stdout is not None
            running.stdout.readline()
            time.sleep(dice.uniform(0.0, 1.2))
            running.kill()
            running.wait()
        quiet_since = time.monotonic()
        last = mover(url, base)
        try:
            # Everything that is not under a repeated unknown outcome is recovered in 35 s.
            while left(database) and time.monotonic() - quiet_since < 35 + UNKNOWN_TIMES:
                time.sleep(0.3)
        finally:
            last.kill()
            last.wait()
        sent = Counter(line["key"] for line in wx.log() if line["api"] == "template")
    total = ROUNDS * A_ROUND
    with database.read() as session:
        states = Counter(session.scalars(select(Notice.status)))
    assert states == {NoticeStatus.SENT: total}
    assert len(sent) == total
    assert set(sent.values()) == {1}


def test_a_kill_is_recovered_without_new_traffic(sqlite_database: Database, tmp_path: Path) -> None:
    with platform(tmp_path) as wx:
        wx.faults({"kind": "delay", "path": "/cgi-bin/message/*", "ms": 3000})
        url = sqlite_database.url.render_as_string(hide_password=False)
        post(sqlite_database, 0, 20)
        first = mover(url, f"{wx.url}/platform")
        assert first.stdout is not None
        first.stdout.readline()
        time.sleep(1.0)
        first.kill()
        first.wait()
        killed = time.monotonic()
        wx.faults()
        second = mover(url, f"{wx.url}/platform")
        try:
            while left(sqlite_database) and time.monotonic() - killed < 40:
                time.sleep(0.2)
        finally:
            second.kill()
            second.wait()
        assert time.monotonic() - killed < 35
        assert left(sqlite_database) == 0
        sent = Counter(line["key"] for line in wx.log() if line["api"] == "template")
    assert len(sent) == 20
    assert set(sent.values()) == {1}

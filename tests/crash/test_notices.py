"""A thousand notices through a platform full of faults while the mover is killed.

The stand-in's own log of what took effect is the witness: each notice once, none lost. Messages
to the customer-service window have no idempotency key at WeChat, so one whose answer was lost is
never sent again: it is *uncertain*, at most once in the log, and shown to staff.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import func, insert, select

import bot.schema  # noqa: F401  Registers every table.
from bot import demo
from credit_core.accounts.models import Follower
from credit_core.clock import SystemClock
from credit_core.database import Database
from credit_core.ids import new_id
from notices import outbox, queue
from notices.models import Notice
from notices.outbox import Draft
from notices.status import NoticeStatus
from tests.crash.installation import Installation, Process

pytestmark = [pytest.mark.crash, pytest.mark.timeout(900)]

NOTICES, REPLIES = 1000, 60
SEND = "/cgi-bin/message/*"
SPOILT: tuple[dict[str, Any], ...] = (
    {"kind": "errcode", "path": SEND, "times": 2, "errcode": 40001},
    {"kind": "errcode", "path": SEND, "times": 1, "errcode": 45009},
    {"kind": "errcode", "path": "/cgi-bin/stable_token", "times": 1, "errcode": -1},
    {"kind": "reset", "path": SEND, "share": 0.04, "after": True},
    {"kind": "reset", "path": SEND, "share": 0.04},
    {"kind": "http", "path": SEND, "share": 0.03, "after": True},
    {"kind": "http", "path": SEND, "share": 0.03},
    {"kind": "errcode", "path": SEND, "share": 0.05, "errcode": -1},
    {"kind": "delay", "path": SEND, "share": 0.3, "ms": 120},
)
GRADE = {
    "subject_name": "康宁大药房东山路店",
    "before": "A",
    "grade": "B",
    "score_before": 990,
    "score_after": 950,
    "reason": "新增扣分记录",
    "lines_text": "违规记录 -40 分",
    "since": date(2026, 11, 23),
}


@dataclass
class Poster:
    """Owes notices in lots, each in a transaction of its own, as a web process does."""

    database: Database
    noticed: int = 0
    replied: int = 0

    def lot(self, count: int, replies: int) -> None:
        """Owe ``count`` notices and ``replies`` answers, to new people each."""
        now = SystemClock().now()
        people = [_person(f"crash_n{self.noticed + place}") for place in range(count)]
        spoke = [_person(f"crash_r{self.replied + place}", now) for place in range(replies)]
        self.noticed, self.replied = self.noticed + count, self.replied + replies
        with self.database.begin() as session:
            session.execute(insert(Follower), people + spoke)
            for one in spoke:
                outbox.post_reply(
                    session, follower_id=one["id"], texts=["答复"], key=one["openid"], now=now
                )
            drafts = [
                Draft("grade_changed", f"g:{one['openid']}", GRADE, follower_id=one["id"])
                for one in people
            ]
            outbox.post_all(session, drafts, now)

    def open(self) -> int:
        with self.database.read() as session:
            query = select(func.count()).select_from(Notice).where(Notice.next_at.is_not(None))
            return session.scalar(query) or 0


def _person(openid: str, spoke_at: datetime | None = None) -> dict[str, Any]:
    return {
        "id": new_id(),
        "openid": openid,
        "following": True,
        "followed_at": spoke_at,
        "window_kind": "message" if spoke_at else None,
        "window_opened_at": spoke_at,
        "window_used": 0,
    }


@pytest.fixture
def poster(installation: Installation) -> Iterator[Poster]:
    installation.run("db", "upgrade")
    database = Database(installation.database_url)
    queue.attach(database)
    yield Poster(database)
    queue.detach()
    database.dispose()


def test_each_notice_is_delivered_once_and_none_is_lost(
    installation: Installation, poster: Poster, rounds: int
) -> None:
    templates = [one.model_dump() for one in demo.templates()]
    wx = installation.platform(templates, crowd="crash_")
    for place in range(REPLIES):
        wx.speaks(f"crash_r{place}")
    movers = the_movers(installation)
    wx.faults(*SPOILT)
    dice = random.Random(rounds)
    lots = rounds + 1
    for mover in movers:
        mover.start()
    for mover in movers:
        mover.wait_ready()
    began = time.monotonic()
    for turn in range(lots):
        poster.lot(NOTICES // lots + (NOTICES % lots if turn == 0 else 0), REPLIES // lots)
        time.sleep(dice.uniform(0.05, 1.0))
        if turn < rounds:
            mover = movers[turn % len(movers)]
            mover.kill()
            mover.start()
    until = time.monotonic() + 240
    while poster.open() and time.monotonic() < until:
        time.sleep(0.5)
    took = time.monotonic() - began
    for mover in movers:
        mover.end()
    assert sum(mover.kills for mover in movers) == rounds
    witness(poster, wx.log(), took)


def witness(poster: Poster, log: list[dict[str, Any]], took: float) -> None:
    """Compare the outbox with what the platform saw."""
    template = Counter(line["key"] for line in log if line["api"] == "template")
    window = Counter(line["openid"] for line in log if line["api"] == "custom")
    with poster.database.read() as session:
        rows = session.execute(
            select(Notice.id, Notice.kind, Notice.status, Notice.channel, Follower.openid).join(
                Follower, Follower.id == Notice.follower_id
            )
        ).all()
    graded = [row for row in rows if row.kind == "grade_changed"]
    replies = [row for row in rows if row.kind == outbox.REPLY_KIND]
    assert len(graded) == NOTICES
    assert Counter(row.status for row in graded) == {NoticeStatus.SENT: NOTICES}
    assert set(template) == {f"n{row.id}" for row in graded}
    assert set(template.values()) == {1}
    states = Counter(row.status for row in replies)
    assert set(states) <= {NoticeStatus.DELIVERED, NoticeStatus.UNCERTAIN}, states
    for row in replies:
        assert window[row.openid] <= 1
        if row.status == NoticeStatus.DELIVERED:
            assert window[row.openid] == 1
    unsure = [row for row in replies if row.status == NoticeStatus.UNCERTAIN]
    arrived = sum(window[row.openid] for row in unsure)
    print(
        f"\n{NOTICES} notices once each; {len(replies)} replies, {len(unsure)} of them uncertain "
        f"({arrived} had arrived); {took:.0f} s"
    )


def the_movers(installation: Installation) -> list[Process]:
    """On SQLite the service moves notices itself; on PostgreSQL two workers do."""
    if installation.database_url.startswith("sqlite"):
        return [installation.service()]
    return [installation.worker(1), installation.worker(2)]

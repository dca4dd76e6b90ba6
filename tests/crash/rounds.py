"""Kills round after round while notices leave through a platform full of faults.

    python -m tests.crash.rounds --rounds 200 [--database sqlite|postgresql] [--seed 1]

Each round owes some notices and answers, then one of the processes, drawn by lot, gets
``kill -9`` and is started again: on SQLite the service, which is web, worker and clock in one;
on PostgreSQL a web process and two workers, one of which leads. The stand-in's own log of what
took effect is the witness: each notice once, none lost. Messages to the customer-service window
have no idempotency key at WeChat, so one whose answer was lost is never sent again: it is
*uncertain*, at most once in the log, and shown to staff.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import func, insert, select

import bot.schema  # noqa: F401  Registers every table.
from bot import demo
from bot.understanding import Understander
from credit_core.accounts.models import Follower
from credit_core.clock import SystemClock
from credit_core.crypto import Keyring, install_keyring
from credit_core.database import Database
from credit_core.ids import new_id
from notices import outbox, queue
from notices.models import Notice
from notices.outbox import Draft
from notices.status import NoticeStatus
from tests.crash.installation import KEY, Installation, Process
from tests.databases import fresh_postgres

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
_STARTING = 0.15
"""Share of the kills that do not wait until the process has come up."""
_SETTLED_SECONDS = 300


@dataclass(frozen=True)
class Seen:
    """What became of everything that was owed.

    :ivar lost: notices that are neither in the platform's log nor shown as uncertain.
    :ivar uncertain: notices, which have an idempotency key; only ten minutes without an answer
        may make one.
    """

    kills: int
    notices: int
    once: int
    twice: int
    lost: int
    uncertain: int
    still_owed: int
    replies: int
    replies_once: int
    replies_twice: int
    replies_lost: int
    replies_uncertain: int
    seconds: int


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

    def owed(self) -> int:
        with self.database.read() as session:
            query = select(func.count()).select_from(Notice).where(Notice.next_at.is_not(None))
            return session.scalar(query) or 0


@contextmanager
def poster_of(installation: Installation) -> Iterator[Poster]:
    installation.run("db", "upgrade")
    database = Database(installation.database_url)
    queue.attach(database)
    try:
        yield Poster(database)
    finally:
        queue.detach(database)
        database.dispose()


def the_movers(installation: Installation) -> list[Process]:
    """On SQLite the service moves notices itself; on PostgreSQL two workers do."""
    if installation.database_url.startswith("sqlite"):
        return [installation.service()]
    return [installation.worker(1), installation.worker(2), installation.service()]


def play(
    installation: Installation,
    poster: Poster,
    *,
    rounds: int,
    notices: int,
    replies: int,
    seed: int = 1,
) -> Seen:
    """Kill ``rounds`` times while ``notices`` and ``replies`` are owed and sent."""
    templates = [one.model_dump() for one in demo.templates()]
    wx = installation.platform(templates, crowd="crash_")
    for place in range(replies):
        wx.speaks(f"crash_r{place}")
    movers = the_movers(installation)
    wx.faults(*SPOILT, seed=seed)
    dice = random.Random(seed)
    for mover in movers:
        mover.start()
    for mover in movers:
        mover.wait_ready()
    began = time.monotonic()
    for turn in range(rounds + 1):
        poster.lot(_part(notices, rounds + 1, turn), _part(replies, rounds + 1, turn))
        if turn == rounds:
            break
        mover = dice.choice(movers)
        if dice.random() > _STARTING:
            mover.wait_ready()
        time.sleep(dice.uniform(0.0, 1.0))
        mover.kill()
        mover.start()
    until = time.monotonic() + _SETTLED_SECONDS
    while poster.owed() and time.monotonic() < until:
        time.sleep(0.5)
    took = time.monotonic() - began
    kills = sum(mover.kills for mover in movers)
    for mover in movers:
        mover.end()
    return witness(poster, wx.log(), kills, took)


def witness(poster: Poster, log: list[dict[str, Any]], kills: int, took: float) -> Seen:
    """Compare the outbox with what the platform saw."""
    template = Counter(line["key"] for line in log if line["api"] == "template")
    window = Counter(line["openid"] for line in log if line["api"] == "custom")
    with poster.database.read() as session:
        rows = session.execute(
            select(Notice.id, Notice.kind, Notice.status, Follower.openid).join(
                Follower, Follower.id == Notice.follower_id
            )
        ).all()
    graded = [row for row in rows if row.kind == "grade_changed"]
    replies = [row for row in rows if row.kind == outbox.REPLY_KIND]
    unsure = {row.id for row in rows if row.status == NoticeStatus.UNCERTAIN}
    # Keys that nobody owed would show here as well as repetitions.
    times = Counter({f"n{row.id}": 0 for row in graded})
    times.update(template)
    seen = {row.id: template[f"n{row.id}"] for row in graded}
    told = {row.id: window[row.openid] for row in replies}
    return Seen(
        kills=kills,
        notices=len(graded),
        once=sum(1 for count in times.values() if count == 1),
        twice=sum(1 for count in times.values() if count > 1),
        lost=sum(1 for row, count in seen.items() if count == 0 and row not in unsure),
        uncertain=len(unsure & seen.keys()),
        still_owed=poster.owed(),
        replies=len(replies),
        replies_once=sum(1 for count in told.values() if count == 1),
        replies_twice=sum(1 for count in told.values() if count > 1),
        replies_lost=sum(1 for row, count in told.items() if count == 0 and row not in unsure),
        replies_uncertain=len(unsure & told.keys()),
        seconds=round(took),
    )


def _part(whole: int, parts: int, turn: int) -> int:
    return whole // parts + (1 if turn < whole % parts else 0)


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


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.crash.rounds", description=__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--a-round", type=int, default=50, help="notices owed in each round")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    install_keyring(Keyring(KEY))
    # Learnt once and kept: a service that is killed while it learns would never be ready.
    Understander.load()
    with TemporaryDirectory() as folder:
        place = Path(folder)
        if chosen.database == "sqlite":
            seen = _on(Installation(place, f"sqlite:///{place / 'crash.sqlite3'}"), chosen)
        else:
            with fresh_postgres() as url:
                seen = _on(Installation(place, url), chosen)
    print(" ".join(f"{name}={value}" for name, value in asdict(seen).items()), flush=True)
    bad = seen.twice + seen.lost + seen.still_owed + seen.replies_twice + seen.replies_lost
    return 1 if bad else 0


def _on(installation: Installation, chosen: argparse.Namespace) -> Seen:
    try:
        with poster_of(installation) as poster:
            return play(
                installation,
                poster,
                rounds=chosen.rounds,
                notices=chosen.rounds * chosen.a_round,
                replies=chosen.rounds * 2,
                seed=chosen.seed,
            )
    finally:
        installation.end()


if __name__ == "__main__":
    sys.exit(main())

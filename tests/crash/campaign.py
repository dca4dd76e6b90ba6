"""A campaign to many followers, paused, resumed, and killed in the middle.

    python -m tests.crash.campaign --followers 200000 --list 10000 [--database postgresql]

The stand-in's own log is the witness: the lists that took effect, put together, are exactly the
recipients, and nobody stands in two.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import func, insert, select

import bot.schema  # noqa: F401  Registers every table.
from credit_core.accounts.models import Follower, StaffMember
from credit_core.clock import SystemClock
from credit_core.crypto import Keyring, install_keyring
from credit_core.database import Base, Database
from credit_core.ids import new_id, new_ids
from notices.campaigns import running, service
from notices.campaigns.models import Campaign, CampaignBatch
from notices.campaigns.status import BatchStatus, CampaignStatus
from tests.conftest import KEY
from tests.databases import fresh_postgres
from tests.notices.test_crash import Platform, mover, platform

MASS = "/cgi-bin/message/mass/send"
SPOILT: tuple[dict[str, Any], ...] = (
    {"kind": "delay", "path": MASS, "ms": 150},
    {"kind": "reset", "path": MASS, "share": 0.15, "after": True},
    {"kind": "http", "path": MASS, "share": 0.1},
    {"kind": "errcode", "path": MASS, "share": 0.1, "errcode": -1},
)
_PATIENCE = 240


@dataclass(frozen=True)
class Union:
    """What the platform saw, against who was meant.

    :ivar left_while_paused: lists that took effect between the pause (what was under way had
        ended) and going on.
    """

    meant: int
    lists: int
    reached: int
    twice: int
    missing: int
    strangers: int
    left_while_paused: int
    seconds: int


class Story:
    """One campaign in one database."""

    def __init__(self, database: Database, wx: Platform, *, followers: int, list_size: int) -> None:
        self.database, self.wx, self.list_size = database, wx, list_size
        self.openids = {f"one_{place:07d}" for place in range(followers)}
        self.number = self._released()

    def play(self, seed: int = 1) -> Union:
        """Start, pause after some lists, go on, kill in the middle, start again, to the end."""
        dice = random.Random(seed)
        lists = -(-len(self.openids) // self.list_size)
        self.wx.faults(*SPOILT)
        began = time.monotonic()
        moving = self._mover()
        try:
            self._until(lambda: self.sent() >= lists // 5)
            self._step(running.pause)
            # A list that was under way comes to its end.
            self._until(lambda: self._batches(BatchStatus.SENDING) == 0)
            paused = len(self.log())
            time.sleep(2)
            left_while_paused = len(self.log()) - paused
            self._step(running.resume)
            for share in (2, 3):
                self._until(lambda share=share: self.sent() >= lists * share // 5)  # type: ignore[misc]  # A default argument, bound early.
                time.sleep(dice.uniform(0, 0.3))
                moving.kill()
                moving.wait()
                moving = self._mover()
            self._until(lambda: self._status() == CampaignStatus.DONE)
        finally:
            moving.kill()
            moving.wait()
        took = time.monotonic() - began
        reached = Counter(openid for line in self.log() for openid in line["body"]["touser"])
        return Union(
            meant=len(self.openids),
            lists=len(self.log()),
            reached=len(reached),
            twice=sum(1 for count in reached.values() if count > 1),
            missing=len(self.openids - reached.keys()),
            strangers=len(reached.keys() - self.openids),
            left_while_paused=left_while_paused,
            seconds=round(took),
        )

    def log(self) -> list[dict[str, Any]]:
        """The lists that took effect."""
        return [line for line in self.wx.log() if line["api"] == "mass"]

    def sent(self) -> int:
        return self._batches(BatchStatus.SENT, BatchStatus.FINISHED)

    def _batches(self, *states: BatchStatus) -> int:
        with self.database.read() as session:
            query = select(func.count()).select_from(CampaignBatch)
            return session.scalar(query.where(CampaignBatch.status.in_(states))) or 0

    def _status(self) -> str:
        with self.database.read() as session:
            return session.get_one(Campaign, self.number).status

    def _step(self, step: Any) -> None:
        with self.database.begin() as session:
            step(session, self.number, by=self.staff[1], now=SystemClock().now())

    def _mover(self) -> Any:
        url = self.database.url.render_as_string(hide_password=False)
        made = mover(url, f"{self.wx.url}/platform", str(self.list_size))
        assert made.stdout is not None
        made.stdout.readline()
        return made

    def _until(self, held: Any) -> None:
        until = time.monotonic() + _PATIENCE
        while not held():
            if time.monotonic() > until:
                raise AssertionError("the campaign does not move")
            time.sleep(0.05)

    def _released(self) -> int:
        now = SystemClock().now()
        ordered = sorted(self.openids)
        for start in range(0, len(ordered), 20_000):
            some = ordered[start : start + 20_000]
            rows = [
                {"id": number, "openid": openid, "followed_at": now}
                for number, openid in zip(new_ids(len(some)), some, strict=True)
            ]
            with self.database.begin() as session:
                session.execute(insert(Follower), rows)
        self.staff = [new_id(), new_id()]
        with self.database.begin() as session:
            for number in self.staff:
                session.add(
                    StaffMember(
                        id=number,
                        login=f"staff{number}",
                        name="经办",
                        password_hash="x",
                        roles="clerk,approver",
                        created_at=now,
                    )
                )
            session.flush()
            made = service.draft(
                session,
                title="信用宣传月",
                kind="text",
                content={"text": "知信用、守信用"},
                audience={},
                by=self.staff[0],
                now=now,
            )
            service.submit(session, made.id, by=self.staff[0], now=now)
            service.approve(session, made.id, by=self.staff[1], now=now)
            service.schedule(session, made.id, by=self.staff[1], now=now)
            return made.id


def played(url: str, folder: Path, *, followers: int, list_size: int) -> Union:
    """The whole story on an empty database."""
    install_keyring(Keyring(KEY))
    database = Database(url)
    Base.metadata.create_all(database.engine)
    try:
        with platform(folder) as wx:
            return Story(database, wx, followers=followers, list_size=list_size).play()
    finally:
        database.dispose()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.crash.campaign", description=__doc__)
    parser.add_argument("--followers", type=int, default=200_000)
    parser.add_argument("--list", type=int, default=10_000)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    chosen = parser.parse_args()
    size = {"followers": chosen.followers, "list_size": chosen.list}
    with TemporaryDirectory() as folder:
        place = Path(folder)
        if chosen.database == "sqlite":
            seen = played(f"sqlite:///{place / 'crowd.sqlite3'}", place, **size)
        else:
            with fresh_postgres() as url:
                seen = played(url, place, **size)
    print(seen)
    bad = seen.twice + seen.missing + seen.strangers + seen.left_while_paused
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())

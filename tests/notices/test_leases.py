"""Leases of a courier: back in their old place when it dies, held while a single run lasts."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from credit_core.clock import SystemClock
from notices import engine as engines
from notices import outbox, results
from notices.claims import Desk, claim
from notices.engine import Engine
from notices.memory import MemoryPlatform
from notices.models import Notice
from notices.verdicts import Parcel, Verdict
from tests.notices.conftest import GRADE, Bureau


def owe(bureau: Bureau, key: str, follower_id: int) -> int:
    with bureau.database.begin() as session:
        made = outbox.post(
            session,
            kind="grade_changed",
            key=key,
            now=bureau.clock.now(),
            follower_id=follower_id,
            fields=GRADE,
        )
        assert made is not None
        return made.id


def test_recovered_notices_go_before_newer_ones(bureau: Bureau) -> None:
    """Behind a queue that grows, the time in which WeChat knows their key might pass."""
    started = bureau.clock.now()
    first = owe(bureau, "a", bureau.follower("one_1"))
    with bureau.database.begin() as session:
        session.execute(
            update(Notice)
            .where(Notice.id == first)
            .values(status="sending", lease_by=1, lease_no=1, channel="template", handed_at=started)
        )
    bureau.clock.current += timedelta(seconds=30)
    second = owe(bureau, "b", bureau.follower("one_2"))
    now = bureau.clock.now()
    with bureau.database.begin() as session:
        assert results.recover(session, dead_after=timedelta(seconds=20), now=now, wall=now) == 1
    with bureau.database.read() as session:
        order = session.scalars(select(Notice.id).order_by(Notice.next_at, Notice.id)).all()
    assert order == [first, second]


def test_one_that_was_leased_and_never_left_used_nothing_up(bureau: Bureau) -> None:
    """Killed eight times before it left: the window of five messages is as open as before."""
    now = bureau.clock.now()
    person = bureau.follower("one_1", window_kind="message", window_opened_at=now)
    with bureau.database.begin() as session:
        (answer,) = outbox.post_reply(session, follower_id=person, texts=["答复"], key="r", now=now)
    for _ in range(8):
        with bureau.database.begin() as session:
            taken = claim(session, Desk(1, "https://x.example"), now=now, wall=now, limit=9)
            assert [job.notice_id for job in taken.jobs] == [answer.id]
        with bureau.database.begin() as session:
            assert results.recover(session, dead_after=timedelta(seconds=20), now=now, wall=now)
    bureau.tick()
    assert bureau.notice(answer.id).status == "delivered"


class Slow(MemoryPlatform):
    async def deliver(self, parcel: Parcel) -> Verdict:
        await asyncio.sleep(1.0)
        return await super().deliver(parcel)


def test_a_single_run_shows_life_while_it_sends(
    bureau: Bureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two notices of one person go one after the other, for longer than a lease holds."""
    monkeypatch.setattr(engines, "BEAT_SECONDS", 0.2)
    person = bureau.follower("one_1")
    owed = [owe(bureau, key, person) for key in ("a", "b")]
    engine = Engine(
        bureau.database,
        Slow(),
        public_url="https://credit.example",
        clock=bureau.clock,
        wall=SystemClock(),
        dead_after=timedelta(seconds=2),
    )
    asyncio.run(engine.run_once())
    assert [bureau.notice(one).status for one in owed] == ["sent", "sent"]

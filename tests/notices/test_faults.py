"""A thousand notices through resets, 5xx, -1, 40001 and 45009: each delivered once, none lost."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path

from sqlalchemy import insert, select

from bot.sandbox.faults import FaultRule
from credit_core.accounts.models import Follower
from credit_core.clock import FixedClock
from credit_core.database import Database
from credit_core.ids import new_id
from notices import outbox
from notices.models import ApiStop, Notice
from notices.outbox import Draft
from notices.status import NoticeStatus
from tests.notices.conftest import GRADE
from tests.notices.platform import stage

COUNT = 1000
SEND = "/cgi-bin/message/template/send"
SPOILT = (
    FaultRule(kind="errcode", path=SEND, errcode=40001, times=3),
    FaultRule(kind="errcode", path=SEND, errcode=45009, times=2),
    FaultRule(kind="reset", path=SEND, share=0.03),
    FaultRule(kind="reset", path=SEND, share=0.03, after=True),
    FaultRule(kind="http", path=SEND, share=0.03, after=True),
    FaultRule(kind="errcode", path=SEND, share=0.05, errcode=-1),
    FaultRule(kind="errcode", path="/cgi-bin/stable_token", errcode=-1, times=1),
)


def post(database: Database, clock: FixedClock) -> None:
    with database.begin() as session:
        people = [
            {"id": new_id(), "openid": f"one_{place}", "followed_at": clock.now()}
            for place in range(COUNT)
        ]
        session.execute(insert(Follower), people)
        outbox.post_all(
            session,
            [
                Draft("grade_changed", f"g:{one['openid']}", GRADE, follower_id=one["id"])
                for one in people
            ],
            clock.now(),
        )


async def test_a_thousand_notices_survive_everything(
    sqlite_database: Database, clock: FixedClock, tmp_path: Path
) -> None:
    async with stage(sqlite_database, tmp_path / "wx", clock) as on:
        post(sqlite_database, clock)
        on.faults(*SPOILT, seed=11)
        for _ in range(40):
            await on.engine().run_once()
            clock.current += timedelta(seconds=16)
            with sqlite_database.read() as session:
                states = Counter(session.scalars(select(Notice.status)))
            if states == {NoticeStatus.SENT: COUNT}:
                break
        keys = Counter(line["key"] for line in on.log("template"))
    assert states == {NoticeStatus.SENT: COUNT}
    assert len(keys) == COUNT
    assert set(keys.values()) == {1}


async def test_a_used_up_quota_stops_its_own_interface_only(
    sqlite_database: Database, clock: FixedClock, tmp_path: Path
) -> None:
    async with stage(sqlite_database, tmp_path / "wx", clock) as on:
        on.sandbox.world.quotas.limits[SEND] = 1
        with sqlite_database.begin() as session:
            people = []
            for openid in ("one_a", "one_b"):
                follower = Follower(
                    openid=openid,
                    followed_at=clock.now(),
                    window_kind="message",
                    window_opened_at=clock.now(),
                )
                session.add(follower)
                session.flush()
                people.append(follower.id)
                on.sandbox.world.contact(openid)
            for place, number in enumerate(people):
                outbox.post(
                    session,
                    kind="grade_changed",
                    key=f"g{place}",
                    now=clock.now(),
                    follower_id=number,
                    fields=GRADE,
                )
        await on.engine().run_once()
        with sqlite_database.read() as session:
            assert set(session.scalars(select(ApiStop.api))) == {"template"}
            channels = Counter(session.scalars(select(Notice.channel)))
        # One through the template; for the other the window was tried at once.
        assert channels == {"template": 1, "custom": 1}


async def test_a_silent_message_without_a_key_is_never_sent_again(
    sqlite_database: Database, clock: FixedClock, tmp_path: Path
) -> None:
    async with stage(sqlite_database, tmp_path / "wx", clock) as on:
        with sqlite_database.begin() as session:
            follower = Follower(
                openid="one_a",
                followed_at=clock.now(),
                window_kind="message",
                window_opened_at=clock.now(),
            )
            session.add(follower)
            session.flush()
            outbox.post_reply(
                session, follower_id=follower.id, texts=["答复"], key="r", now=clock.now()
            )
        on.fault(kind="http", path="/cgi-bin/message/custom/send", after=True)
        for _ in range(5):
            await on.engine().run_once()
            clock.current += timedelta(minutes=5)
        assert on.sandbox.world.faults.rules[0].hits == 1
        with sqlite_database.read() as session:
            assert session.scalars(select(Notice.status)).one() == NoticeStatus.UNCERTAIN


async def test_a_notice_is_repeated_as_long_as_wechat_knows_its_key(
    sqlite_database: Database, clock: FixedClock, tmp_path: Path
) -> None:
    """Silent for nine minutes, then well again: told once, not shown as of unknown outcome."""
    async with stage(sqlite_database, tmp_path / "wx", clock) as on:
        with sqlite_database.begin() as session:
            follower = Follower(openid="one_a", followed_at=clock.now())
            session.add(follower)
            session.flush()
            on.sandbox.world.contact("one_a")
            outbox.post(
                session,
                kind="grade_changed",
                key="g",
                now=clock.now(),
                follower_id=follower.id,
                fields=GRADE,
            )
        on.faults(FaultRule(kind="reset", path=SEND, share=1.0, after=True), seed=1)
        for _ in range(108):
            await on.engine().run_once()
            clock.current += timedelta(seconds=5)
        with sqlite_database.read() as session:
            assert session.scalars(select(Notice.status)).one() == NoticeStatus.WAITING
        on.faults(seed=1)
        for _ in range(6):
            await on.engine().run_once()
            clock.current += timedelta(seconds=5)
        with sqlite_database.read() as session:
            assert session.scalars(select(Notice.status)).one() == NoticeStatus.SENT
        assert len(on.log("template")) == 1

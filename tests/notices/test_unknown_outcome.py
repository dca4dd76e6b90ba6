"""What may have arrived is told again under WeChat's key or not at all; what has not, is told."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from credit_core.accounts.models import Follower
from credit_core.clock import FixedClock
from credit_core.database import Database
from notices import outbox
from notices.models import Notice, StaffTask
from notices.status import NoticeStatus
from notices.verdicts import Outcome, Verdict
from tests.notices.conftest import GRADE, Bureau
from tests.notices.platform import stage

SILENCE = Verdict(Outcome.UNKNOWN, "repeat", wait=2)
BUSY = Verdict(Outcome.RETRY, "repeat", code=-1, wait=2)
STRANGE = Verdict(Outcome.RETRY, "once", code=99999, wait=60)
NO_ROAD = Verdict(Outcome.NOT_SENT, "repeat", wait=2)


@pytest.fixture
def database(sqlite_database: Database) -> Database:
    return sqlite_database


def owe(bureau: Bureau) -> int:
    """A notice for which the window would be open too, if the template were refused."""
    now = bureau.clock.now()
    person = bureau.follower("one_1", window_kind="message", window_opened_at=now)
    with bureau.database.begin() as session:
        made = outbox.post(
            session, kind="grade_changed", key="g", now=now, follower_id=person, fields=GRADE
        )
        assert made is not None
        return made.id


def go_on(bureau: Bureau, notice: int, most: timedelta) -> timedelta:
    """Let the engine look whenever the notice is due; returns how long that took."""
    began = bureau.clock.now()
    while bureau.clock.now() < began + most:
        bureau.tick()
        due = bureau.notice(notice).next_at
        if due is None:
            break
        bureau.clock.current = max(due, bureau.clock.now())
    return bureau.clock.now() - began


@pytest.mark.parametrize("refusal", [BUSY, STRANGE], ids=["busy", "unknown number"])
def test_what_may_have_arrived_is_not_told_again_through_another_channel(
    bureau: Bureau, refusal: Verdict
) -> None:
    notice = owe(bureau)
    bureau.platform.effect_despite_silence = True
    bureau.platform.refuse("template", SILENCE, *[refusal] * 1000)
    took = go_on(bureau, notice, timedelta(hours=1))
    assert took < timedelta(minutes=10)
    assert bureau.notice(notice).status == NoticeStatus.UNCERTAIN
    assert [parcel.channel for parcel in bureau.platform.sent] == ["template"]


def test_a_busy_wechat_does_not_use_up_the_time_of_the_key(bureau: Bureau) -> None:
    """Silent once, then busy for nine minutes: repeated before the key is forgotten."""
    notice = owe(bureau)
    bureau.platform.effect_despite_silence = True
    bureau.platform.refuse("template", SILENCE, *[BUSY] * 1000)
    go_on(bureau, notice, timedelta(minutes=8, seconds=30))
    bureau.platform.script["template"].clear()
    go_on(bureau, notice, timedelta(minutes=1))
    assert bureau.notice(notice).status == NoticeStatus.SENT
    assert len(bureau.platform.sent) == 1


def test_a_notice_waits_for_a_wechat_that_is_not_reached_and_staff_are_told(
    bureau: Bureau,
) -> None:
    """Five hours without a line: it was certainly not sent, so nothing is given up."""
    notice = owe(bureau)
    bureau.platform.refuse("template", *[NO_ROAD] * 1000)
    go_on(bureau, notice, timedelta(hours=5))
    waiting = bureau.notice(notice)
    assert (waiting.status, waiting.why) == (NoticeStatus.WAITING, "not_connected")
    with bureau.database.read() as session:
        assert session.scalars(select(StaffTask.why)).all() == ["not_connected"]
    bureau.platform.script["template"].clear()
    go_on(bureau, notice, timedelta(hours=1))
    assert bureau.notice(notice).status == NoticeStatus.SENT
    assert [parcel.channel for parcel in bureau.platform.sent] == ["template"]


def test_what_is_called_off_in_doubt_is_not_repeated_and_not_called_taken_back(
    bureau: Bureau,
) -> None:
    notice = owe(bureau)
    bureau.platform.refuse("template", SILENCE)
    bureau.tick()
    with bureau.database.begin() as session:
        assert outbox.cancel(session, key="g", now=bureau.clock.now()) == []
    go_on(bureau, notice, timedelta(minutes=20))
    assert bureau.notice(notice).status == NoticeStatus.UNCERTAIN
    assert bureau.platform.sent == []


@pytest.mark.parametrize("fault", ["reset", "http"])
async def test_an_answer_is_not_in_doubt_because_no_token_could_be_fetched(
    fault: str, sqlite_database: Database, clock: FixedClock, tmp_path: Path
) -> None:
    async with stage(sqlite_database, tmp_path / "wx", clock) as on:
        talker = on.sandbox.world.contact("one_a")
        talker.wrote(on.sandbox.world.clock())
        on.sandbox.world.keep(talker)
        with sqlite_database.begin() as session:
            now = clock.now()
            person = Follower(
                openid="one_a", followed_at=now, window_kind="message", window_opened_at=now
            )
            session.add(person)
            session.flush()
            outbox.post_reply(session, follower_id=person.id, texts=["答复"], key="r", now=now)
        on.fault(kind=fault, path="/cgi-bin/stable_token", times=1)
        for _ in range(2):
            await on.engine().run_once()
            clock.current += timedelta(seconds=10)
        assert len(on.log("custom")) == 1
        with sqlite_database.read() as session:
            assert session.scalars(select(Notice.status)).one() == NoticeStatus.DELIVERED

"""Every number of the error table, one after another: its class's action and nothing else."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select

from bot.sandbox.faults import FaultRule
from bot.wechat.errors import table
from credit_core.accounts.models import Follower
from credit_core.clock import FixedClock
from credit_core.database import Database
from notices import outbox, stops
from notices.models import ApiStop, Notice, NoticeEvent, StaffTask, TemplateRefusal
from notices.status import NoticeStatus
from tests.notices.conftest import GRADE
from tests.notices.platform import Stage, stage

CLASSES = sorted({rule.kind for rule in table().values()})
SEND = "/cgi-bin/message/template/send"
FREEING = {"stop_api", "stop_all"}


def post_two(database: Database, clock: FixedClock) -> tuple[int, int]:
    """A notice to the person that the fault hits, and one to somebody else."""
    with database.begin() as session:
        ids = []
        for openid in ("one_hit", "one_other"):
            follower = Follower(openid=openid, followed_at=clock.now())
            session.add(follower)
            session.flush()
            posted = outbox.post(
                session,
                kind="grade_changed",
                key=f"grade:{openid}",
                now=clock.now(),
                follower_id=follower.id,
                fields=GRADE,
            )
            assert posted is not None
            ids.append(posted.id)
    return ids[0], ids[1]


async def turn(on: Stage) -> None:
    await on.engine().run_once()


@pytest.mark.parametrize("kind", CLASSES)
async def test_each_code_has_the_action_of_its_class_and_nothing_else(
    kind: str, sqlite_database: Database, clock: FixedClock, tmp_path: Path
) -> None:
    codes = [code for code, rule in table().items() if rule.kind == kind and code is not None]
    async with stage(sqlite_database, tmp_path / "wx", clock) as on:
        for code in codes:
            await one_code(on, code, sqlite_database, clock)
            clean(on, sqlite_database)
            clock.current += timedelta(minutes=11)


def clean(on: Stage, database: Database) -> None:
    """An empty desk for the next code."""
    with database.begin() as session:
        for table_ in (NoticeEvent, StaffTask, Notice, ApiStop, TemplateRefusal, Follower):
            session.execute(delete(table_))
    on.sandbox.world.journal.clear()


async def one_code(on: Stage, code: int, database: Database, clock: FixedClock) -> None:
    rule = table()[code]
    hit, _ = post_two(database, clock)
    on.fault(kind="errcode", path=SEND, errcode=code, times=1)
    await turn(on)
    with database.read() as session:
        notice = session.get_one(Notice, hit)
        follower = session.get_one(Follower, notice.follower_id)
        stopped = {one.api: one for one in session.scalars(select(ApiStop))}
        closed = session.scalars(select(TemplateRefusal.channel)).all()
        tasks = session.scalars(select(StaffTask.key)).all()
        status, next_at, why = notice.status, notice.next_at, notice.why
        session.expunge_all()

    # T: renewed and repeated at once; D and A: settled.
    if rule.kind in "TDA":
        assert status == NoticeStatus.SENT
        assert not stopped
        assert len(on.log("template")) == (1 if rule.kind in "DA" else 2)
        return
    assert status != NoticeStatus.SENT
    expected = {
        "stop_api": "template",
        "stop_all": stops.EVERYTHING,
        "stop_template": "template:TPL_CREDIT_ALERT_0001",
        "stop_day": "template",
        "stop_month": "template",
    }.get(rule.action)
    assert set(stopped) == ({expected} if expected else set())
    if rule.action in FREEING and rule.kind in "RC":
        until = stopped[expected].until - clock.now()
        assert until == timedelta(seconds=rule.wait)
    assert follower.unreachable == (rule.action == "unreachable")
    assert follower.following == (rule.action != "unfollowed")
    assert bool(closed) == (rule.action in {"blacklisted", "refuses", "limited"})
    if rule.kind == "R":
        assert status == NoticeStatus.WAITING
        assert next_at is not None
        assert next_at > clock.now()
    if rule.kind in "UMO" and rule.action != "stop_template":
        assert status == NoticeStatus.FAILED, why
    told_staff = [key for key in tasks if key.startswith("attend:code")]
    wants_staff = rule.staff or rule.kind == "C" or rule.action == "stop_template"
    assert bool(told_staff) == wants_staff
    if rule.kind in "UMO" and rule.action != "stop_template":
        assert [key for key in tasks if key.startswith("serve:")]


async def test_one_bad_recipient_never_stops_the_others(
    sqlite_database: Database, clock: FixedClock, tmp_path: Path
) -> None:
    async with stage(sqlite_database, tmp_path / "wx", clock) as on:
        _, other = post_two(sqlite_database, clock)
        on.fault(kind="errcode", path=SEND, errcode=40003, times=1)
        await turn(on)
        with sqlite_database.read() as session:
            assert session.get_one(Notice, other).status == NoticeStatus.SENT


async def test_40001_for_ever_costs_a_bounded_number_of_calls(
    sqlite_database: Database, clock: FixedClock, tmp_path: Path
) -> None:
    async with stage(sqlite_database, tmp_path / "wx", clock) as on:
        for place in range(15):
            with sqlite_database.begin() as session:
                follower = Follower(openid=f"one_{place}", followed_at=clock.now())
                session.add(follower)
                session.flush()
                outbox.post(
                    session,
                    kind="grade_changed",
                    key=f"grade:{place}",
                    now=clock.now(),
                    follower_id=follower.id,
                    fields=GRADE,
                )
        forced = FaultRule(kind="delay", path="/cgi-bin/stable_token", ms=0)
        refused = FaultRule(kind="errcode", path=SEND, errcode=40001)
        on.faults(forced, refused)
        for _ in range(12):
            await turn(on)
            clock.current += timedelta(seconds=31)
        rules = on.sandbox.world.faults.rules
        # The first fetch, three renewals half a minute apart, then one in ten minutes.
        assert rules[0].hits <= 1 + 3 + 1
        # Everything waits half a minute after a refusal: at most all of them a turn, twice each.
        assert rules[1].hits <= 2 * 12 * 15
        on.faults()
        clock.current += timedelta(minutes=11)
        await turn(on)
        with sqlite_database.read() as session:
            left = session.scalar(select(func.count()).where(Notice.status != NoticeStatus.SENT))
        assert left == 0
        assert len({line["openid"] for line in on.log("template")}) == 15


@pytest.mark.parametrize(("code", "minutes"), [(45009, 10), (45011, 1)])
async def test_a_used_up_token_call_is_not_taken_for_the_quota_of_the_template(
    sqlite_database: Database, clock: FixedClock, tmp_path: Path, code: int, minutes: int
) -> None:
    async with stage(sqlite_database, tmp_path / "wx", clock) as on:
        hit, other = post_two(sqlite_database, clock)
        on.fault(kind="errcode", path="/cgi-bin/stable_token", errcode=code, times=1)
        await turn(on)
        with sqlite_database.read() as session:
            (stop,) = session.scalars(select(ApiStop))
            assert stop.api == stops.EVERYTHING
            assert stop.until - clock.now() == timedelta(minutes=minutes)
        clock.current += timedelta(minutes=minutes, seconds=1)
        await turn(on)
        with sqlite_database.read() as session:
            for number in (hit, other):
                assert session.get_one(Notice, number).status == NoticeStatus.SENT


async def test_a_wrong_secret_is_a_matter_of_configuration(
    sqlite_database: Database, clock: FixedClock, tmp_path: Path
) -> None:
    async with stage(sqlite_database, tmp_path / "wx", clock) as on:
        hit, other = post_two(sqlite_database, clock)
        on.fault(kind="errcode", path="/cgi-bin/stable_token", errcode=40001)
        await turn(on)
        with sqlite_database.read() as session:
            assert session.get_one(ApiStop, stops.EVERYTHING).why == "stop_all"
            assert session.get_one(Notice, hit).status == NoticeStatus.WAITING
            assert session.get_one(Notice, other).status == NoticeStatus.WAITING

"""Numbers that concern one channel close that channel for this person, and nothing else."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from bot.wechat.errors import refusal
from credit_core.accounts.models import Follower
from credit_core.database import Database
from handlers.delivery import verdict_of
from notices import outbox, plans
from notices.models import ApiStop, Notice, SubscriptionCredit
from notices.status import NoticeStatus
from tests.notices.conftest import Bureau

PROGRESS = {
    "subject_name": "王**",
    "case_title": "信用修复申请",
    "state": "已提交",
    "since": "2026年11月23日",
    "next_step": "等待受理",
    "explanation": "最迟12月14日办结",
}
Post = Callable[[str], int]


@pytest.fixture
def database(sqlite_database: Database) -> Database:
    return sqlite_database


@pytest.fixture
def post(bureau: Bureau) -> Post:
    """A notice for somebody who accepted a subscription once, and spoke just now."""

    def posted(name: str) -> int:
        now = bureau.clock.now()
        person = bureau.follower(name, window_kind="message", window_opened_at=now)
        template = plans.templates()["progress_long"].id
        with bureau.database.begin() as session:
            session.add(
                SubscriptionCredit(
                    follower_id=person, template_id=template, credits=1, changed_at=now
                )
            )
            made = outbox.post(
                session,
                kind="case_opened",
                key=f"case:{name}",
                now=now,
                follower_id=person,
                case_no="XF1",
                fields=PROGRESS,
            )
            assert made is not None
            return made.id

    return posted


def say(bureau: Bureau, channel: str, code: int) -> None:
    bureau.platform.refuse(channel, verdict_of(refusal("/x", {"errcode": code, "errmsg": "x"})))


def person(bureau: Bureau, name: str) -> Follower:
    with bureau.database.read() as session:
        found = session.scalars(select(Follower).where(Follower.openid == name)).one()
        session.expunge(found)
        return found


def credits_of(bureau: Bureau, name: str) -> int:
    with bureau.database.read() as session:
        query = select(SubscriptionCredit.credits).join(
            Follower, Follower.id == SubscriptionCredit.follower_id
        )
        return session.scalars(query.where(Follower.openid == name)).one()


def test_a_used_up_subscription_falls_back_to_the_template(bureau: Bureau, post: Post) -> None:
    number = post("one")
    say(bureau, "subscription", 43101)
    bureau.tick()
    notice = bureau.notice(number)
    assert (notice.status, notice.channel) == (NoticeStatus.SENT, "template")
    assert credits_of(bureau, "one") == 0


def test_a_refusal_for_another_reason_gives_the_credit_back(bureau: Bureau, post: Post) -> None:
    post("one")
    say(bureau, "subscription", 47003)
    bureau.tick()
    assert credits_of(bureau, "one") == 1


def test_a_banned_subscription_stops_that_interface_only(bureau: Bureau, post: Post) -> None:
    number = post("one")
    say(bureau, "subscription", 43107)
    bureau.tick()
    notice = bureau.notice(number)
    assert (notice.status, notice.channel) == (NoticeStatus.SENT, "template")
    with bureau.database.read() as session:
        assert list(session.scalars(select(ApiStop.api))) == ["subscription"]


def test_two_at_once_to_one_person_are_spaced(bureau: Bureau, post: Post) -> None:
    number = post("one")
    say(bureau, "subscription", 43108)
    bureau.tick()
    waiting = bureau.notice(number)
    assert (waiting.why, waiting.status) == ("retry", NoticeStatus.WAITING)
    assert credits_of(bureau, "one") == 1
    assert waiting.next_at is not None
    bureau.clock.current = waiting.next_at
    bureau.tick()
    assert bureau.notice(number).channel == "subscription"


@pytest.mark.parametrize(("code", "kind", "used"), [(45015, None, False), (45047, "message", True)])
def test_a_closed_window_closes_for_this_person_alone(
    bureau: Bureau, post: Post, code: int, kind: str | None, used: bool
) -> None:
    numbers = [post("one"), post("two")]
    for channel in ("subscription", "template"):
        say(bureau, channel, 40008)
        say(bureau, channel, 40008)
    say(bureau, "custom", code)
    bureau.tick()
    first, second = (bureau.notice(number) for number in numbers)
    assert first.status == NoticeStatus.FAILED
    assert (second.status, second.channel) == (NoticeStatus.DELIVERED, "custom")
    hit = person(bureau, "one")
    assert hit.window_kind == kind
    assert (hit.window_used > 5) == used
    with bureau.database.read() as session:
        assert session.scalars(select(ApiStop.api)).all() == []
        assert session.scalars(select(Notice.id).where(Notice.lease_by.is_not(None))).all() == []

"""What WeChat tells afterwards, and what people allow."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from notices import channels, outbox, plans
from notices.models import Notice, SubscriptionCredit
from notices.receipts import normal, on_event
from notices.status import NoticeStatus
from notices.verdicts import Outcome, Verdict
from tests.notices.conftest import GRADE, Bureau

PROGRESS = plans.templates()["progress_long"].id


def owe(bureau: Bureau, follower: int, kind: str = "grade_changed") -> int:
    fields = GRADE if kind == "grade_changed" else dict(plans.plan(kind).example)
    with bureau.database.begin() as session:
        posted = outbox.post(
            session,
            kind=kind,
            key=f"{kind}:1",
            now=bureau.clock.now(),
            follower_id=follower,
            fields=fields,
        )
    assert posted is not None
    return posted.id


def happen(bureau: Bureau, name: str, **fields: object) -> None:
    with bureau.database.begin() as session:
        on_event(session, name, fields, bureau.clock.now())


@pytest.mark.parametrize("said", ["failed:user block", "failed: user block", "Failed-User-Block"])
def test_spellings_of_one_result(said: str) -> None:
    assert normal(said) == "failed user block"


def test_a_template_that_arrived_is_delivered(bureau: Bureau) -> None:
    number = owe(bureau, bureau.follower("one"))
    bureau.tick()
    happen(
        bureau, "TEMPLATESENDJOBFINISH", MsgID=bureau.notice(number).message_id, Status="success"
    )
    assert bureau.notice(number).status == NoticeStatus.DELIVERED


def test_a_receipt_before_the_answer_is_matched_later(bureau: Bureau) -> None:
    number = owe(bureau, bureau.follower("one"))
    happen(bureau, "TEMPLATESENDJOBFINISH", MsgID="1001", Status="success")
    bureau.tick()
    assert bureau.notice(number).message_id == "1001"
    assert bureau.notice(number).status == NoticeStatus.DELIVERED


def test_a_blocked_template_falls_to_the_next_channel(bureau: Bureau) -> None:
    follower = bureau.follower("one", window_kind="message", window_opened_at=bureau.clock.now())
    number = owe(bureau, follower)
    bureau.tick()
    told = bureau.notice(number).message_id
    happen(bureau, "TEMPLATESENDJOBFINISH", MsgID=told, Status="failed:user block")
    bureau.tick()
    assert [one.channel for one in bureau.platform.sent] == ["template", "custom"]
    assert bureau.notice(number).status == NoticeStatus.DELIVERED


def test_a_long_term_subscription_comes_first_and_a_refusal_ends_it(bureau: Bureau) -> None:
    follower = bureau.follower("one")
    item = {"TemplateId": PROGRESS, "SubscribeStatusString": "accept", "PopupScene": "1"}
    event = "subscribe_msg_popup_event"
    happen(bureau, event, FromUserName="one", SubscribeMsgPopupEvent={"List": [item]})
    number = owe(bureau, follower, "case_moved")
    bureau.platform.refuse("subscription", Verdict(Outcome.USER, "credit_gone", 43101))
    bureau.tick()
    assert bureau.platform.calls["subscription"] == 1
    assert [one.channel for one in bureau.platform.sent] == ["template"]
    with bureau.database.read() as session:
        assert session.scalars(select(SubscriptionCredit.credits)).one() == 0
    assert bureau.notice(number).channel == "template"


def test_switching_off_in_wechats_settings_takes_the_credit(bureau: Bureau) -> None:
    bureau.follower("one")
    accept = {"TemplateId": PROGRESS, "SubscribeStatusString": "accept"}
    reject = {"TemplateId": PROGRESS, "SubscribeStatusString": "reject"}
    for name, outer, item in (
        ("subscribe_msg_popup_event", "SubscribeMsgPopupEvent", accept),
        ("subscribe_msg_change_event", "SubscribeMsgChangeEvent", reject),
    ):
        happen(bureau, name, FromUserName="one", **{outer: {"List": item}})
    with bureau.database.read() as session:
        assert session.scalars(select(SubscriptionCredit.credits)).one() == 0


@pytest.mark.parametrize(
    "fields", [{}, {"MsgID": ""}, {"SubscribeMsgSentEvent": "x"}, {"SubscribeMsgSentEvent": None}]
)
def test_odd_events_are_passed_over(bureau: Bureau, fields: dict[str, object]) -> None:
    for name in ("TEMPLATESENDJOBFINISH", "subscribe_msg_sent_event", "MASSSENDJOBFINISH", "x"):
        happen(bureau, name, **fields)


@pytest.mark.parametrize(
    ("kind", "seconds", "used", "expected"),
    [
        ("message", 47 * 3600, 0, True),
        ("message", 48 * 3600, 0, False),
        ("message", 60, 5, False),
        ("tap", 30, 0, True),
        ("tap", 30, 3, False),
        ("tap", 61, 0, False),
        (None, 0, 0, False),
    ],
)
def test_the_customer_service_window(
    bureau: Bureau, kind: str | None, seconds: int, used: int, expected: bool
) -> None:
    from datetime import timedelta

    now = bureau.clock.now()
    person = channels.Person("o", True, False, kind, now - timedelta(seconds=seconds), used)
    assert channels.window_open(person, now) is expected


def test_what_uses_the_window_is_counted(bureau: Bureau) -> None:
    follower = bureau.follower("one", window_kind="tap", window_opened_at=bureau.clock.now())
    with bureau.database.begin() as session:
        outbox.post_reply(
            session, follower_id=follower, texts=list("一二三四"), key="r", now=bureau.clock.now()
        )
    bureau.tick()
    assert len(bureau.platform.sent) == 3
    with bureau.database.read() as session:
        last = session.scalars(select(Notice).order_by(Notice.id.desc())).first()
        assert last is not None
        assert (last.status, last.why) == (NoticeStatus.FAILED, "window_closed")

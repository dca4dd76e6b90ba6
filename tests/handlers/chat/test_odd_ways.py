"""Ways through the seven steps that nobody planned."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from credit_core.accounts.codes import issue_code
from credit_core.accounts.models import Binding
from credit_core.clock import FixedClock
from credit_core.database import Database
from credit_core.objections.models import Objection
from notices import outbox
from notices.models import Notice
from notices.status import NoticeStatus
from tests.bot.talk import Talk
from tests.handlers.chat.people import PHARMACY, WANG, pharmacy, record, resident
from tests.notices.conftest import GRADE

Meet = Callable[..., Talk]
BINDING = ("绑定", "同意", "本人", "王秀英")


@pytest.fixture
def wang(city: Database, meet: Meet) -> Talk:
    subject_id = resident(city, "王秀英", WANG)
    record(city, subject_id, "P-1", date(2026, 9, 1))
    talk = meet()
    for line in (*BINDING, WANG):
        said = talk.say(line)
    assert "绑定成功" in said
    return talk


def test_following_twice_welcomes_and_keeps_the_binding(city: Database, wang: Talk) -> None:
    assert "欢迎回来" in wang.event("subscribe")
    assert "欢迎回来" in wang.event("subscribe")
    assert "信用分" in wang.say("我的信用分")
    with city.read() as session:
        assert len(session.scalars(select(Binding).where(Binding.until.is_(None))).all()) == 1


def test_leaving_in_the_middle_of_an_objection_files_nothing(city: Database, wang: Talk) -> None:
    wang.say("我要申诉")
    wang.say("那天我在外地住院，卡不在身上")
    assert wang.event("unsubscribe") == ""
    assert "绑定身份" in wang.event("subscribe")
    assert re.search("没太听明白|没听懂", wang.say("没有"))
    assert "没有等着提交" in wang.say("提交")
    with city.read() as session:
        assert session.scalars(select(Objection)).all() == []


def test_unbound_means_unbound(wang: Talk) -> None:
    wang.say("解绑")
    assert "已解绑" in wang.say("确定")
    assert "先绑定" in wang.say("我的信用分")
    assert "还没有绑定" in wang.say("解绑")


def test_a_number_after_cancelling_is_neither_taken_nor_repeated(meet: Meet) -> None:
    talk = meet()
    for line in BINDING:
        talk.say(line)
    assert "已取消" in talk.say("取消")
    said = talk.say(WANG.replace("", " ").strip())
    assert "没有记下来" in said
    assert WANG not in said
    assert "没有正在填写" in talk.say("取消")
    assert "没有正在填写" in talk.say("上一步")


def test_a_photo_of_the_card_is_no_identity_number(meet: Meet) -> None:
    talk = meet()
    for line in BINDING:
        talk.say(line)
    said = talk.photo("card")
    assert "请用文字回答" in said
    assert "身份证号" in said


def test_a_restart_in_the_middle_of_binding(city: Database, meet: Meet, clock: FixedClock) -> None:
    resident(city, "王秀英", WANG)
    first = meet()
    for line in BINDING:
        first.say(line)
    clock.current += timedelta(hours=2)
    assert "绑定成功" in meet().say(WANG)


def test_the_first_step_has_nothing_before_it(meet: Meet) -> None:
    talk = meet()
    talk.say("绑定")
    said = talk.say("上一步")
    assert "已经是第一步" in said
    assert "同意" in said


@pytest.mark.parametrize("days", [8, 40])
def test_the_code_of_an_institution_is_late(
    city: Database, meet: Meet, clock: FixedClock, days: int
) -> None:
    subject_id = pharmacy(city)
    with city.begin() as session:
        code = issue_code(session, subject_id, "jingban", clock.now()).code
    clock.current += timedelta(days=days)
    clerk = meet("clerk")
    for line in ("绑定药店", "同意", PHARMACY):
        clerk.say(line)
    said = clerk.say(code)
    assert "过期" in said
    assert "重新领取" in said


def test_already_known_by_somebody_who_has_nothing_to_know(wang: Talk) -> None:
    assert "没有等待您确认" in wang.say("已知悉")
    assert "没有等待您确认" in wang.say("已知悉")


@pytest.mark.parametrize("said", ["收到，知道了", "好的，知道了", "收到 谢谢", "知道了！收到。"])
def test_an_alert_is_acknowledged_in_a_clerks_own_words(
    city: Database, wang: Talk, clock: FixedClock, said: str
) -> None:
    with city.begin() as session:
        follower = session.scalars(select(Binding.follower_id)).one()
        outbox.post(
            session, kind="grade_changed", key="g", now=clock.now(), follower_id=follower,
            fields=GRADE,
        )  # fmt: skip
        session.scalars(select(Notice)).one().status = NoticeStatus.SENT
    assert "已登记“已知悉”（1条）" in wang.say(said)
    assert "已登记" not in wang.say(said)


@pytest.mark.parametrize("said", ["我替单位绑定", "单位", "药店"])
def test_a_clerk_may_say_so_at_the_first_question(city: Database, meet: Meet, said: str) -> None:
    pharmacy(city)
    clerk = meet("clerk")
    clerk.say("绑定")
    assert "不用您的姓名和身份证号" in clerk.say(said)
    assert "统一社会信用代码" in clerk.say("好的")
    assert "康宁大药房" in clerk.say(PHARMACY)
    assert "统一社会信用代码" in clerk.say("上一步")


def test_refusing_as_a_clerk_keeps_nothing(city: Database, meet: Meet) -> None:
    pharmacy(city)
    clerk = meet("clerk")
    clerk.say("绑定药店")
    assert "没有收集任何信息" in clerk.say("2")


@pytest.mark.parametrize("number", [*range(38, 44), 95588])
def test_a_number_among_nonsense_is_no_question_about_that_article(meet: Meet, number: int) -> None:
    assert "没听懂" in meet().say(f"圪垯磗砉0-{number}")

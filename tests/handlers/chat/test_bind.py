"""Binding: consent first, every wrong input explained, five wrong tries lock, 解绑 undoes it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from credit_core.accounts.codes import issue_code
from credit_core.accounts.models import Binding, Consent
from credit_core.clock import FixedClock
from credit_core.database import Database
from tests.bot.talk import Talk
from tests.handlers.chat.people import (
    LI,
    MINOR,
    PHARMACY,
    STRANGER,
    WANG,
    pharmacy,
    resident,
)

Meet = Callable[..., Talk]


def start(talk: Talk, name: str = "王秀英") -> str:
    talk.say("绑定")
    talk.say("同意")
    talk.say("本人")
    return talk.say(name)


def current(database: Database) -> list[Binding]:
    with database.read() as session:
        return list(session.scalars(select(Binding).where(Binding.until.is_(None))))


def test_a_resident_follows_and_binds(city: Database, meet: Meet) -> None:
    resident(city, "王秀英", WANG)
    talk = meet()
    welcome = talk.event("subscribe")
    assert "示范市" in welcome
    consent = talk.tap(welcome, "绑定身份")
    assert "身份证号" in consent
    assert "为什么" in consent
    who = talk.tap(consent, "同意")
    assert "姓名" in talk.tap(who, "我本人")
    assert "18位身份证号" in talk.say("王秀英")
    done = talk.say(WANG)
    assert "绑定成功，王**您好" in done
    assert WANG not in done
    assert len(current(city)) == 1
    with city.read() as session:
        assert session.scalar(select(Consent.withdrawn_at)) is None


@pytest.mark.parametrize(
    "typed",
    [
        " ".join((WANG[:6], WANG[6:14], WANG[14:])),
        WANG.translate({ord(digit): ord(digit) + 0xFEE0 for digit in "0123456789X"}),
        WANG.lower(),
        f"　{WANG} ",
    ],
)
def test_spaces_full_width_and_lower_case_are_accepted(
    city: Database, meet: Meet, typed: str
) -> None:
    resident(city, "王秀英", WANG)
    talk = meet()
    start(talk)
    assert "绑定成功" in talk.say(typed)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (WANG[:-1], "17位"),
        (WANG[:-1] + ("1" if WANG[-1] != "1" else "2"), "对不上"),
        ("371099195602301023", "出生日期"),
        ("990199195603121022", "没有这个地区"),
        ("370102560312102", "15位"),
        ("37109919560312AB22", "数字"),
    ],
)
def test_every_other_input_says_what_is_wrong(
    city: Database, meet: Meet, typed: str, said: str
) -> None:
    resident(city, "王秀英", WANG)
    talk = meet()
    start(talk)
    answer = talk.say(typed)
    assert said in answer
    assert "还可以试4次" in answer
    assert current(city) == []


def test_five_wrong_tries_lock_for_a_while(city: Database, meet: Meet) -> None:
    resident(city, "王秀英", WANG)
    talk = meet()
    start(talk, "李四")
    for _ in range(4):
        assert "没有找到同名同号" in talk.say(WANG)
    assert "分钟后再试" in talk.say(WANG)
    assert "分钟后再试" in talk.say("绑定")
    talk.wait(minutes=30)
    start(talk)
    assert "绑定成功" in talk.say(WANG)


def test_somebody_who_is_not_on_the_register(city: Database, meet: Meet) -> None:
    talk = meet()
    start(talk, "赵敏")
    answer = talk.say(STRANGER)
    assert "暂不评价" in answer
    assert current(city) == []


def test_refusing_consent_keeps_nothing(city: Database, meet: Meet) -> None:
    talk = meet()
    talk.say("我要绑定")
    assert "没有收集任何信息" in talk.say("不同意")
    with city.read() as session:
        assert session.scalar(select(Consent.id)) is None


def test_a_minor_binds_and_has_no_score(city: Database, meet: Meet) -> None:
    resident(city, "张小雨", MINOR)
    talk = meet()
    start(talk, "张小雨")
    assert "未满18周岁" in talk.say(MINOR)
    answer = talk.say("我的信用分")
    assert "暂不评价" in answer
    assert "18" in answer


def test_what_was_asked_before_is_answered_after_binding(city: Database, meet: Meet) -> None:
    resident(city, "王秀英", WANG)
    talk = meet()
    assert "绑定" in talk.say("我的信用分")
    start(talk)
    done = talk.say(WANG)
    assert "绑定成功" in done
    assert "1000分" in done


def test_unbinding_is_confirmed_and_withdraws_the_consent(city: Database, meet: Meet) -> None:
    resident(city, "王秀英", WANG)
    talk = meet()
    start(talk)
    talk.say(WANG)
    assert "确定解绑吗" in talk.say("解绑")
    assert "没有变" in talk.say("不解绑")
    talk.say("解绑")
    assert "已解绑" in talk.say("确定")
    assert current(city) == []
    with city.read() as session:
        assert session.scalar(select(Consent.withdrawn_at)) is not None
    assert "绑定" in talk.say("我的信用分")


def test_a_person_moves_to_another_wechat(city: Database, meet: Meet) -> None:
    resident(city, "王秀英", WANG)
    old, new = meet("old_phone"), meet("new_phone")
    for talk in (old, new):
        start(talk)
        assert "绑定成功" in talk.say(WANG)
    assert len(current(city)) == 1
    assert "绑定" in old.say("我的信用分")


def test_a_clerk_binds_the_pharmacy_with_a_code_that_works_once(
    city: Database, meet: Meet, clock: FixedClock
) -> None:
    subject_id = pharmacy(city)
    with city.begin() as session:
        code = issue_code(session, subject_id, "jingban", clock.now()).code
    talk = meet("clerk")
    talk.say("我要绑定药店")
    assert "统一社会信用代码" in talk.say("同意")
    assert "康宁大药房" in talk.say(PHARMACY)
    assert "不对" in talk.say("00000000" if code != "00000000" else "11111111")
    assert "您现在代表：康宁大药房" in talk.say(code)
    other = meet("another_clerk")
    other.say("绑定机构")
    other.say("同意")
    other.say(PHARMACY)
    assert "已经用过" in other.say(code)


def test_the_number_is_kept_in_no_conversation(city: Database, meet: Meet) -> None:
    """The state between messages holds the name, sealed; the number is never kept."""
    resident(city, "王秀英", WANG)
    talk = meet()
    start(talk)
    talk.say(LI)
    from bot.models import Conversation

    with city.read() as session:
        conversation = session.scalar(select(Conversation))
        assert conversation is not None
        assert LI not in conversation.state_text
        assert "王秀英".encode() not in conversation.state_sealed


def test_a_clerk_is_not_asked_to_agree_to_what_a_clerk_does_not_give(
    city: Database, meet: Meet
) -> None:
    """The clerk of a pharmacy gives its code and the one-time code, no name, no identity number."""
    pharmacy(city)
    talk = meet("clerk")
    asked = talk.say("我要绑定药店")
    assert "统一社会信用代码" in asked
    assert "绑定码" in asked
    assert "不用您的姓名和身份证号" in asked
    assert "统一社会信用代码" in talk.say("同意")
    with city.read() as session:
        assert session.scalars(select(Consent.purpose)).all() == ["clerk"]


def test_a_clerk_turns_off_at_the_consent_of_a_person(city: Database, meet: Meet) -> None:
    pharmacy(city)
    talk = meet("clerk")
    consent = talk.say("绑定")
    assert "身份证号" in consent
    asked = talk.tap(consent, "我替单位绑定")
    assert "不用您的姓名和身份证号" in asked
    assert "身份证号" in talk.say("上一步")
    assert "要绑定的是" in talk.say("同意")
    with city.read() as session:
        assert session.scalars(select(Consent.purpose)).all() == ["binding"]


def test_unbinding_oneself_withdraws_the_own_consent_and_keeps_the_clerks(
    city: Database, meet: Meet, clock: FixedClock
) -> None:
    """The consent of a resident who is a clerk as well stayed until both bindings had ended."""
    resident(city, "王秀英", WANG)
    subject_id = pharmacy(city)
    with city.begin() as session:
        code = issue_code(session, subject_id, "jingban", clock.now()).code
    talk = meet()
    start(talk)
    talk.say(WANG)
    for line in ("绑定药店", "同意", PHARMACY, code):
        said = talk.say(line)
    assert "您现在代表" in said
    talk.tap(talk.say("解绑"), "王**")
    assert "已解绑" in talk.say("确定解绑")
    with city.read() as session:
        kept = session.scalars(select(Consent.purpose).where(Consent.withdrawn_at.is_(None))).all()
    assert kept == ["clerk"]

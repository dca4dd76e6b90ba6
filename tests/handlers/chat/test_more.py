"""Repairs, ways up, offers, reports, commitments, reminders, alerts: as people ask for them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy import select

from credit_core.database import Database
from credit_core.repair.models import RepairCase
from tests.bot.talk import Talk
from tests.handlers.chat.people import LI, WANG, picture, record, resident

Meet = Callable[..., Talk]

PHOTOS = {"receipt": picture("white")}


def bound(city: Database, meet: Meet, name: str = "王秀英", number: str = WANG) -> Talk:
    talk = meet(f"openid_{number[-6:]}", photos=PHOTOS)
    for line in ("绑定", "同意", "本人", name, number):
        talk.say(line)
    return talk


@pytest.fixture
def wang(city: Database, meet: Meet) -> Talk:
    """One general record of 1 September: repair is possible from 1 December."""
    subject_id = resident(city, "王秀英", WANG)
    record(city, subject_id, "P-1", date(2026, 9, 1))
    return bound(city, meet)


def test_a_repair_guide_tells_the_day(wang: Talk) -> None:
    answer = wang.say("失信记录能消掉吗")
    assert "2026年12月1日" in answer
    assert "2027年9月1日" in answer


def test_how_to_repair_the_second_line_after_the_reasons(city: Database, meet: Meet) -> None:
    subject_id = resident(city, "王秀英", WANG)
    record(city, subject_id, "P-1", date(2026, 9, 1), "示医保〔2026〕7号")
    record(city, subject_id, "P-2", date(2026, 3, 2), "示医保〔2026〕8号")
    talk = bound(city, meet)
    detail = talk.say("为什么扣分")
    second = re.search(r"^2\. .*?(示医保〔2026〕\d号)", detail, flags=re.MULTILINE | re.DOTALL)
    assert second
    assert second.group(1) in talk.say("怎么修复第二条")


def test_applying_too_early_is_refused_with_the_day(wang: Talk) -> None:
    answer = wang.say("帮我提交信用修复申请")
    assert "现在还不能申请" in answer
    assert "12月1日" in answer


def test_a_repair_is_applied_for_and_followed(city: Database, wang: Talk) -> None:
    wang.wait(days=30)
    answer = wang.say("帮我提交信用修复申请")
    assert "第2步" in answer
    assert "照片" in wang.say("钱已经全部退回，以后不再借卡")
    assert "至少发一张" in wang.say("没有")
    wang.photo("receipt")
    assert "承诺" in wang.say("好了")
    done = wang.say("承诺并提交")
    case_no = re.search(r"XF\d{8}-\d{4}", done)
    assert case_no
    with city.read() as session:
        assert session.scalar(select(RepairCase.case_no)) == case_no.group()
    assert case_no.group() in wang.say("我的修复审到哪一步了")


def test_ways_up_and_what_comes_by_itself(wang: Talk) -> None:
    answer = wang.say("怎么提高信用分")
    assert "还差10分" in answer
    assert "办法1" in answer
    assert "什么也不做" in answer


def test_the_trend_names_the_cause(wang: Talk) -> None:
    answer = wang.say("我去年的信用分走势")
    assert "950分" in answer
    assert "扣50分" in answer


def test_an_offer_is_claimed_once_and_found_again(city: Database, meet: Meet) -> None:
    subject_id = resident(city, "李建国", LI)
    record(city, subject_id, "P+1", date(2026, 8, 3), "荣誉〔2026〕1号", "国家级")
    record(city, subject_id, "P+4", date(2026, 8, 4), "举报〔2026〕1号")
    talk = bound(city, meet, "李建国", LI)
    offers = talk.say("我能享受什么优惠")
    assert "药店购药8折" in offers
    claimed = talk.tap(offers, "领取药店购药8折")
    code = re.search(r"优惠码：(\S+)", claimed)
    assert code
    assert "有效期到2026年12月23日" in claimed
    assert "已经领过" in talk.tap(offers, "领取药店购药8折")
    assert code.group(1) in talk.say("我领的药店折扣在哪看")


def test_a_closed_offer_says_why_and_cannot_be_claimed(wang: Talk) -> None:
    answer = wang.say("有什么优惠")
    assert "要达到AAA，现在是B" in answer
    assert "领取药店购药8折" not in answer
    number = re.search(r"(\d+)\. 药店购药8折", answer)
    assert number
    assert "还差" in wang.say(f"第{number.group(1)}个")


def test_a_report_is_issued_once_a_day(wang: Talk) -> None:
    wang.say("给我出一份信用报告")
    from credit_core.reports.models import CreditReport

    wang.say("给我出一份信用报告")
    with wang.database.read() as session:
        assert len(session.scalars(select(CreditReport)).all()) == 1


def test_a_commitment_is_read_and_signed(wang: Talk) -> None:
    answer = wang.say("承诺书在哪签")
    assert "代替哪一项证明" in answer
    text = wang.say("住院不再开第三方责任证明")
    assert "我承诺" in text
    assert "校验码" in wang.say("我承诺")


def test_reminders_on_and_off(wang: Talk) -> None:
    on = wang.say("到期前提醒我一下")
    assert "提醒已开启" in on
    assert "2026年12月1日" in on
    assert "已关闭提醒" in wang.say("退订")
    assert "没有开提醒" in wang.say("退订")


def test_nobody_has_looked_yet(wang: Talk) -> None:
    assert "还没有别人看过" in wang.say("谁查过我的信用")


def test_a_tip_off_gets_a_receipt(wang: Talk) -> None:
    assert "哪家" in wang.say("举报有诊所刷医保卡套现")
    assert "照片" in wang.say("幸福路诊所上个月用医保卡给人换米面油")
    assert "为您保密" in wang.say("没有")
    assert re.search(r"JB\d{8}-\d{4}", wang.say("提交"))


def test_an_agent_within_hours_and_a_call_back_outside(wang: Talk) -> None:
    assert wang.say("转人工") == ""  # Handed over: the answer is no text.
    wang.wait(hours=10)
    assert "手机号" in wang.say("转人工")
    assert "不像手机号" in wang.say("12345")
    answer = wang.say("13900001111")
    assert "139****1111" in answer


def test_data_are_deleted_only_after_a_yes(wang: Talk) -> None:
    assert "确定删除吗" in wang.say("把我的个人信息删了")
    assert "什么都没有删" in wang.say("不删")
    wang.say("把我的个人信息删了")
    assert "已经删除" in wang.say("确定删除")
    assert "绑定" in wang.say("我的信用分")


def test_two_near_intents_are_asked_back_or_answered(wang: Talk) -> None:
    assert wang.say("明天会下雨吗") != ""


def test_every_kind_of_message_gets_a_fitting_answer(wang: Talk) -> None:
    assert "没有在办需要照片" in wang.photo("receipt")
    assert wang.event("unsubscribe") == ""

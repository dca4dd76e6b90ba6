"""What an act costs, where documents were brought in: their words first, the rule below them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from credit_core.clock import FixedClock
from credit_core.database import Database
from credit_core.knowledge.library import Library
from tests.bot.talk import Talk
from tests.handlers.chat import people

NOTICE = """示范市医疗保障局文件

示医保〔2026〕9号

关于规范使用医疗保障凭证的通知

各区医疗保障局、各定点医药机构：

第一条 参保人员应当妥善保管本人医疗保障凭证，防止他人冒名使用。

第二条 参保人员将本人医疗保障凭证交由他人冒名使用的，责令改正，暂停其医疗费用联网结算三至十二个月。

第三条 定点零售药店发现冒名购药的，应当当场拒绝并报告。

示范市医疗保障局

2026年2月6日

公开方式：主动公开
"""


@pytest.fixture
def talk(city: Database, clock: FixedClock, meet: Callable[..., Talk]) -> Talk:
    with city.begin() as session:
        Library().import_bytes(session, NOTICE.encode(), "notice.txt", now=clock.now())
    people.resident(city, "李建国", people.LI)
    met = meet()
    for line in ("绑定", "同意", "本人", "李建国", people.LI):
        met.say(line)
    return met


@pytest.mark.parametrize(
    "said",
    [
        "把医保卡交给他人冒名使用会怎么处理",
        "医保凭证给别人冒名使用会怎样处理",
        "要是把医保凭证给他人冒名使用会怎样",
    ],
)
def test_the_document_comes_first_and_the_rule_below_it(talk: Talk, said: str) -> None:
    told = talk.say(said)
    assert "暂停其医疗费用联网结算" in told
    assert "示医保〔2026〕9号" in told
    assert "按现行评分规则" in told
    assert told.index("联网结算") < told.index("按现行评分规则")
    assert "扣50分" in told


def test_what_no_document_says_is_told_by_the_rule_alone(talk: Talk) -> None:
    told = talk.say("住院欠费不还会怎么处理")
    assert "信用就医欠费" in told
    assert "文件里没有写" not in told
    assert "只是问问，不会记到您名下" in told


def test_where_neither_says_anything_that_is_said(talk: Talk) -> None:
    assert "文件里没有写" in talk.say("定点药店卖过期面包怎么处罚")


def test_points_asked_for_are_the_rules_alone(talk: Talk) -> None:
    told = talk.say("医保凭证给他人冒名使用扣几分")
    assert "一般扣50分" in told
    assert "示医保〔2026〕9号" not in told


def test_asked_on_after_the_document(talk: Talk) -> None:
    talk.say("把医保卡交给他人冒名使用会怎么处理")
    told = talk.say("那扣几分")
    assert "50分" in told

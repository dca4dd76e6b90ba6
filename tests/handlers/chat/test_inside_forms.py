"""What is said at a step of a form besides its answer: each sentence at several steps.

A step is reached once; the talk is put back to it before every sentence.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from bot.models import Conversation
from bot.turn import Services
from credit_core.clock import FixedClock
from credit_core.database import Database
from tests.bot.talk import Talk
from tests.handlers.chat import people

STORY = "那天我在外地住院，卡一直在我身上"
STEPS = {
    "objection: statement": ["我要申诉"],
    "objection: photos": ["我要申诉", STORY],
    "objection: sure": ["我要申诉", STORY, "没有"],
    "repair: statement": ["我要申请修复"],
    "repair: photos": ["我要申请修复", STORY],
    "tip-off: statement": ["我要举报"],
    "tip-off: photos": ["我要举报", "东门康民大药房上周三刷医保卡换鸡蛋"],
}
STAYS = {
    "填错了能改不|写错了还能改吗|交了还能改不|写错咯咋个改哦|填岔了还可以改不|打错字了咋办|"
    "提交以后还能改么|还改得了不|您好我想打听一下我要是写错了后面还能不能改呢": "能改",
    "怎么退出去|咋个退出|能取消吗|取消了会怎样|不弄了会不会扣分|现在取消还来得及不|"
    "同志麻烦问一下我这个东西不想办了怎么退出来呀": "回复“取消”",
    "那接着来|中 那接着来|咱们继续昨天那个|早 我来接着办昨天那个|好 来 继续|"
    "好那继续|好嘞那接着|行，往下走吧|嗯那开始吧|行那就接着填|"
    "店里忙，接着填|昨天没弄完，接着整": "接着填",
    "我回来了 昨天弄到哪了": "正在填",
    "谢谢你啊小姑娘|辛苦你咯闺女|难为你了妹儿|麻烦你了|唔该晒|好人一生平安": "不客气",
    "对了我医保卡里还剩多少钱|那住院能报几成|我妈的养老金多少钱一个月|门诊看病能报不": "12393",
    "这个要钱不|是免费的不|修个这个要好多钱嘛": "不收钱|都不收钱",
    "娃儿帮我弄行不|不会打字咋弄|我说你写行不": "帮着打字",
    "我人在外地办得成不|手机上就能弄不": "在手机上就能办",
    "行不|能弄不|有得没得|中不|要得没": "",
}
LEAVES = (
    "算了今儿不弄了|先取消 等他写材料|等我儿子回来再弄吧先取消啊|取消吧 等我把票找到再说|"
    "跟我儿商量了再说 先不交了|我妈喊我莫弄了|老板说先不签|"
    "同志啊 我这眼睛不好 改天让我闺女帮我弄 今天先不办了哈"
)
TELLS = (
    "那天的预约我取消了，钱没退|我弟弟问我卡借不借我说不|回到家才知道卡丢了|"
    "窗口的人劝我说不申诉了，可是我没有做这件事|接着又去了一趟药店买药|老板说不要发票就便宜|"
    "谢谢医生给我看病可是我没拿药|我等了三天他们都没来|"
    "下一步他就把我的卡拿走了|好，接着医生又让我去拍片|我昨天忙，没去过那家店|"
    "那天店里忙，我把卡给她用了|他说行，接着刷了三次|开始我没发现，后来才知道卡丢了"
)


@pytest.fixture
def at_step(
    sqlite_database: Database, clock: FixedClock, services: Services
) -> Callable[[str], Talk]:
    def reached(step: str) -> Talk:
        subject = people.resident(sqlite_database, "王秀英", people.WANG)
        people.record(sqlite_database, subject, "P-1", date(2026, 2, 10))
        talk = Talk(sqlite_database, clock, services)
        for line in ("绑定", "同意", "本人", "王秀英", people.WANG, *STEPS[step]):
            talk.say(line)
        return talk

    return reached


def _state(talk: Talk) -> dict[str, Any]:
    with talk.database.read() as session:
        return copy.deepcopy(session.scalars(select(Conversation)).one().state)


def _back_to(talk: Talk, state: dict[str, Any]) -> None:
    with talk.database.begin() as session:
        session.scalars(select(Conversation)).one().state = copy.deepcopy(state)


def _open(state: dict[str, Any]) -> tuple[Any, ...]:
    form = state.get("form") or {}
    return form.get("name"), form.get("field"), form.get("answers"), form.get("draft")


@pytest.mark.parametrize("step", STEPS)
def test_what_is_asked_or_said_in_between_is_not_stored(
    step: str, at_step: Callable[[str], Talk]
) -> None:
    talk = at_step(step)
    before = _state(talk)
    for sentences, told in STAYS.items():
        for said in sentences.split("|"):
            _back_to(talk, before)
            answer = talk.say(said)
            assert any(part in answer for part in told.split("|")), (said, answer)
            assert _open(_state(talk)) == _open(before), (said, answer)


@pytest.mark.parametrize("step", STEPS)
def test_a_plain_word_leaves_whatever_stands_beside_it(
    step: str, at_step: Callable[[str], Talk]
) -> None:
    talk = at_step(step)
    before = _state(talk)
    for said in LEAVES.split("|"):
        _back_to(talk, before)
        answer = talk.say(said)
        assert "什么都没有提交" in answer, (said, answer)
        assert _state(talk).get("form") is None, said


@pytest.mark.parametrize("step", [step for step in STEPS if "sure" not in step])
def test_a_story_stays_a_story(step: str, at_step: Callable[[str], Talk]) -> None:
    talk = at_step(step)
    before = _state(talk)
    for said in TELLS.split("|"):
        _back_to(talk, before)
        answer = talk.say(said)
        kept = _state(talk)["form"]["answers"].get("statement", "")
        assert said in kept, (said, answer)

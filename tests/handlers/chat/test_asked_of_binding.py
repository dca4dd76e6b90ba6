"""What people ask before they bind and in the middle of it has one answer, and is not stored."""

from __future__ import annotations

import pytest

from bot.turn import Services
from credit_core.clock import FixedClock
from credit_core.database import Database
from tests.bot.talk import Talk

ASKED = {
    "我的身份证号你们会不会拿去给别人看|会泄露不|安全不安全|我的信息会不会卖给别人|"
    "身份证号发给你们保险不|你们不会把我资料给别人吧|谁能看到我的身份证号|我的信息药店看得到不|"
    "等一下，我的身份证号会不会被人拿去贷款": "不会给别人看",
    "我今年十五岁没成年能绑吗|我70岁了能绑不|我还没满十八能不能绑|"
    "初中生可以绑吗|多大才能绑": "满14周岁",
    "我孙子八岁怎么绑|给我家娃儿绑一下要得不": "监护人",
    "绑了有啥用|绑这个干啥用|为什么要绑定|绑了能干啥|绑定有什么好处": "看自己的信用分",
    "不绑行不行|不绑会怎么样|非绑不可吗|不绑能看分不": "不绑也行",
}
STEPS = {"before": [], "consent": ["绑定"], "name": ["绑定", "同意", "本人"]}


@pytest.mark.parametrize("step", STEPS)
def test_asked_of_binding(
    sqlite_database: Database, clock: FixedClock, services: Services, step: str
) -> None:
    for number, (sentences, answer) in enumerate(ASKED.items()):
        for at, said in enumerate(sentences.split("|")):
            talk = Talk(sqlite_database, clock, services, f"asks_{number}_{at}")
            waits = ""
            for line in STEPS[step]:
                waits = talk.say(line)
            told = talk.say(said)
            assert answer in told, said
            assert waits.partition("\n")[0] in told, said


@pytest.mark.parametrize(
    "said", ["我女儿叫我来绑定医保信用", "儿子让我绑一下", "孙女喊俺绑定，咋弄"]
)
def test_who_was_sent_binds_oneself(
    sqlite_database: Database, clock: FixedClock, services: Services, said: str
) -> None:
    assert "您同意吗" in Talk(sqlite_database, clock, services).say(said)


@pytest.mark.parametrize("said", ["不绑了行不行", "算了不绑了"])
def test_who_leaves_leaves(
    sqlite_database: Database, clock: FixedClock, services: Services, said: str
) -> None:
    talk = Talk(sqlite_database, clock, services)
    talk.say("绑定")
    assert "已取消" in talk.say(said)

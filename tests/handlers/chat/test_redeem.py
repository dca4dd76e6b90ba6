"""A customer's code at the till of a pharmacy: shown, used once, counted."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

import pytest

from credit_core.accounts.codes import issue_code
from credit_core.clock import FixedClock
from credit_core.database import Database
from tests.bot.talk import Talk
from tests.handlers.chat.people import LI, PHARMACY, pharmacy, record, resident

Meet = Callable[..., Talk]


@pytest.fixture
def code(city: Database, meet: Meet) -> str:
    """李建国, AAA, has claimed the pharmacies' 8折."""
    subject_id = resident(city, "李建国", LI)
    record(city, subject_id, "P+1", date(2026, 8, 3), "示医保〔2026〕21号", "国家级荣誉")
    record(city, subject_id, "P+4", date(2026, 8, 4), "示医保〔2026〕22号")
    talk = meet("openid_of_li")
    for line in ("绑定", "同意", "本人", "李建国", LI, "有什么优惠"):
        talk.say(line)
    claimed = re.search(r"优惠码：([0-9A-Z]+)", talk.say("领取药店购药8折"))
    assert claimed
    return claimed.group(1)


@pytest.fixture
def clerk(city: Database, meet: Meet, clock: FixedClock) -> Talk:
    subject_id = pharmacy(city)
    with city.begin() as session:
        one_time = issue_code(session, subject_id, "jingban", clock.now()).code
    talk = meet("openid_of_clerk")
    for line in ("绑定药店", "同意", PHARMACY, one_time):
        talk.say(line)
    return talk


def test_a_code_is_used_once_and_the_saving_counted(clerk: Talk, code: str) -> None:
    assert "药店购药8折" in clerk.say(f"核销 {code[:5].lower()} {code[5:]}")
    assert "金额不对" in clerk.say("一百多")
    asked = clerk.say("128.5元")
    assert "128.5" in asked
    done = clerk.say("确认核销")
    assert "省25.70元" in done
    assert "顾客付102.80元" in done
    assert "核销1次" in done
    assert "李建国" not in done
    assert "已经用过" in clerk.say(f"核销{code}")


def test_the_clerk_may_turn_back_and_the_code_stays_good(clerk: Talk, code: str) -> None:
    assert "请输入顾客的优惠码" in clerk.say("我要核销")
    assert "不对" in clerk.say(code[:9] + ("3" if code[9] != "3" else "4"))
    assert "药店购药8折" in clerk.say(code)
    clerk.say("30")
    assert "还可以用" in clerk.say("不核销")
    assert "药店购药8折" in clerk.say(code)


def test_only_a_partners_clerk_uses_codes(meet: Meet, code: str) -> None:
    """Whoever shows the code of somebody else gets nothing from it."""
    stranger = meet("openid_of_nobody")
    assert "合作单位" in stranger.say(f"核销 {code}")
    assert "药店购药8折" not in stranger.say(code)

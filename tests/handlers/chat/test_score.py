"""我的信用分, 为什么扣分: figures, reasons, and what they say about each other."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

from credit_core.clock import FixedClock
from credit_core.database import Database
from tests.bot.talk import Talk
from tests.handlers.chat.people import WANG, record, resident

Meet = Callable[..., Talk]


def bound(city: Database, meet: Meet, *records: tuple[str, date, str]) -> Talk:
    subject_id = resident(city, "王秀英", WANG)
    for number, (item, decided_on, detail) in enumerate(records, 1):
        record(city, subject_id, item, decided_on, f"示医保〔2026〕{number}号", detail)
    talk = meet()
    for line in ("绑定", "同意", "本人", "王秀英", WANG):
        answer = talk.say(line)
    assert "绑定成功" in answer
    return talk


def test_a_lent_card_costs_fifty_points_and_says_why(city: Database, meet: Meet) -> None:
    talk = bound(city, meet, ("P-1", date(2026, 9, 1), ""))
    answer = talk.say("我的信用分")
    assert "950分，B级" in answer
    assert "2026年11月23日" in answer
    detail = talk.say("为什么扣分")
    for said in (
        "起点1000分，扣50分",
        "第四十一条",
        "示医保〔2026〕1号",
        "示范市医疗保障局",
        "2026年9月1日起",
    ):
        assert said in detail
    assert "我要申诉" in detail


def test_the_lines_that_are_told_sum_to_the_score(city: Database, meet: Meet) -> None:
    talk = bound(
        city,
        meet,
        ("P-1", date(2026, 9, 1), ""),
        ("P+4", date(2026, 8, 3), ""),
        ("P+5", date(2026, 7, 1), ""),
    )
    score = int(re.search(r"(\d+)分，", talk.say("查我的信用分")).group(1))  # type: ignore[union-attr]
    detail = talk.say("为什么扣分")
    points = re.findall(r"^\d+\. .*?：([加扣])(\d+)分", detail, flags=re.MULTILINE)
    assert 1000 + sum(int(count) * (1 if way == "加" else -1) for way, count in points) == score


def test_without_records_it_is_the_base(city: Database, meet: Meet) -> None:
    talk = bound(city, meet)
    assert "1000分" in talk.say("我的信用分")
    assert "没有加分，也没有扣分" in talk.say("为什么扣分")


def test_an_unbound_follower_is_told_how_to_bind(city: Database, meet: Meet) -> None:
    answer = meet().say("我的信用分")
    assert "绑定身份" in answer


def test_a_month_later_the_points_are_of_that_day(
    city: Database, meet: Meet, clock: FixedClock
) -> None:
    talk = bound(city, meet, ("P-1", date(2026, 9, 1), ""))
    talk.wait(days=365)
    assert "1000分" in talk.say("我的信用分")

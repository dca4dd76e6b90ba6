"""Words put right: the slip and what is meant; a denial is none."""

from __future__ import annotations

import pytest

from bot.slips import corrected, unslipped


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("不是修富是修复打错字了", "修复"),
        ("不是修富是修复", "修复"),
        ("打错了 是申诉", "申诉"),
        ("说错了，是提醒", "提醒"),
        ("我打错字了 要问优惠", "优惠"),
        ("是修复 不是修富", "修复"),
        ("哎呀输错了 我说的是报告", "报告"),
        ("不是提性是提醒", "提醒"),
    ],
)
def test_what_is_meant(said: str, meant: str) -> None:
    assert corrected(said) == meant


@pytest.mark.parametrize(
    "said",
    [
        "不是我借的 是别人盗刷",
        "不是借卡 是盗刷",
        "打错了吧",
        "你们打错了",
        "不是说可以修复吗",
        "是不是修复好了",
        "记录写错了",
    ],
)
def test_no_word_is_put_right(said: str) -> None:
    assert corrected(said) is None


def test_the_usual_slips() -> None:
    assert unslipped("能补能修富") == "能不能修复"

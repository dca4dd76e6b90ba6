"""One of several records, told by its points, month, weight or words."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bot.turn import Turn
from credit_core.scoring import Line
from handlers.chat import which


def _line(record_id: int, item: str, title: str, points: int, on: date) -> Line:
    return Line(
        record_id=record_id,
        item=item,
        title=title,
        points=points,
        state="active",
        document_no=f"示医保〔2026〕{record_id}号",
        basis="",
        effective_from=on,
        effective_to=None,
        ends_by=(),
        decided_on=on,
        occurred_on=on,
        negative=points < 0,
    )


LINES = [
    _line(1, "P-1", "将本人医保凭证交他人冒名使用（一般）", -50, date(2026, 9, 1)),
    _line(2, "P-3", "转卖药品、套取现金或其他非法利益", -100, date(2026, 7, 15)),
    _line(3, "P-7", "信用就医欠费经催告仍逾期", -30, date(2026, 3, 2)),
    _line(4, "P+1", "获得荣誉表彰（市级）", 10, date(2026, 8, 3)),
]
DETAILS = {3: "在市二院骨科"}


def _turn(said: str, **context: Any) -> Turn:
    def get(_model: object, record_id: int) -> object:
        return SimpleNamespace(detail=DETAILS.get(record_id, ""))

    made = SimpleNamespace(
        text=said, context=context, slots={}, session=SimpleNamespace(get=get), understood=None
    )
    return cast(Turn, made)


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("借卡那条", 1),
        ("住院那条", 3),
        ("骨科那次", 3),
        ("倒卖药的那个", 2),
        ("扣一百分的那个", 2),
        ("扣30分的那条", 3),
        ("七月那条", 2),
        ("9月1号那条", 1),
        ("扣得最多的那个", 2),
        ("最早那条", 3),
        ("加分那条", 4),
        ("示医保〔2026〕2号那条", 2),
    ],
)
def test_a_record_is_told_by_its_words(said: str, wanted: int) -> None:
    found = which.pointed(_turn(said), LINES)
    assert found is not None
    assert found.line.record_id == wanted
    assert found.rest == ""


@pytest.mark.parametrize(
    ("said", "wanted", "rest"),
    [
        ("借卡那条什么时候到期", 1, "什么时候到期"),
        ("扣五十分的那个是怎么回事", 1, "是怎么回事"),
        ("这条能修复吗", 2, "能修复吗"),
        ("它什么时候到期呢", 2, "什么时候到期"),
        ("这个加分什么时候到期", 4, "什么时候到期"),
    ],
)
def test_what_is_asked_of_it_is_left(said: str, wanted: int, rest: str) -> None:
    found = which.pointed(_turn(said, record=2), LINES)
    assert found is not None
    assert (found.line.record_id, found.rest) == (wanted, rest)


@pytest.mark.parametrize("said", ["扣五分的那个", "那条", "医保那条", "扣分那条", "我那天不在家"])
def test_nothing_is_guessed(said: str) -> None:
    assert which.pointed(_turn(said), LINES) is None


def test_the_other_one_of_two() -> None:
    found = which.pointed(_turn("那另一条呢", record=1), LINES[:2])
    assert found is not None
    assert found.line.record_id == 2
    assert which.pointed(_turn("那另一条呢", record=1), LINES) is None


def test_a_whole_sentence_needs_more_than_two_letters() -> None:
    said = _turn("我没有把药品弄丢，我要申诉")
    assert which.meant(said, LINES) is None
    assert which.meant(_turn("卡没有借给别人用过，我要申诉"), LINES) is LINES[0]

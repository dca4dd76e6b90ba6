"""Whose score is asked for: somebody else's and an unbound institution's are told apart."""

from __future__ import annotations

import re
import time

import pytest

from handlers.chat import others

OF_ANOTHER = (
    "帮我查一下李建国的信用分|查一下我老伴的分|他的信用等级|欧阳明的信用分|我女儿有没有被扣分|"
    "替我奶奶查一下分|麻烦帮忙查一下我同事刘强的分|查一下我邻居多少分|查李建国信用分|"
    "我爸的分我能帮他查吗，他现在多少分"
)
OWN_OR_A_RULE = (
    "我的信用分|参保人的信用分怎么算|我妈用我的卡会扣分吗|高等级的记录|他们说我分低|去年的分|"
    "邻居举报我扣了分|老人的信用分怎么算|我老公的卡我用了会扣多少分|医生的信用等级怎么评"
)


@pytest.mark.parametrize("said", OF_ANOTHER.split("|"))
def test_somebody_else(said: str) -> None:
    assert others.fitting("of_another", said) is not None


@pytest.mark.parametrize("said", OWN_OR_A_RULE.split("|"))
def test_oneself_or_a_rule(said: str) -> None:
    assert others.fitting("of_another", said) is None


@pytest.mark.parametrize(
    ("said", "own"),
    [
        ("我们药店的分", True),
        ("咱们医院的扣分记录", True),
        ("我单位为什么被扣分", True),
        ("我们单位的人说我失信", False),
        ("我在我们医院住院的扣分", False),
    ],
)
def test_the_institution_that_one_works_for(said: str, own: bool) -> None:
    assert (others.fitting("of_own_organisation", said) is not None) is own


@pytest.mark.parametrize("said", ["查一下" * 10, "帮我看看" * 7, "我妈的分" * 7, "多少分吗" * 7])
def test_no_message_is_read_for_long(said: str) -> None:
    begin = time.perf_counter()
    for key in ("of_another", "of_own_organisation"):
        others.fitting(key, re.sub(r"\s", "", said))
    assert time.perf_counter() - begin < 0.2

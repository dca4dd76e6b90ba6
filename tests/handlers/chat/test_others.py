"""Whose score is asked for: somebody else's and an unbound institution's are told apart."""

from __future__ import annotations

import re
import time

import pytest

from handlers.chat import others

OF_ANOTHER = (
    "帮我查一下李建国的信用分|查一下我老伴的分|他的信用等级|欧阳明的信用分|我女儿有没有被扣分|"
    "替我奶奶查一下分|麻烦帮忙查一下我同事刘强的分|查一下我邻居多少分|查李建国信用分|"
    "我爸的分我能帮他查吗，他现在多少分|"
    "我能查我妈的吗|能帮我老头子看看分不|查别人的行不|可不可以帮我老伴查一下|我想看看我儿子的|"
    "替我老娘查查行不行|我屋里头的那口子能查不|我娘的分俺能看不|我爸不会用手机 我帮他查行不|"
    "怎么查我老伴的分|我老汉的信用分我查得到不"
)
OWN_OR_A_RULE = (
    "我的信用分|参保人的信用分怎么算|我妈用我的卡会扣分吗|高等级的记录|他们说我分低|去年的分|"
    "邻居举报我扣了分|老人的信用分怎么算|我老公的卡我用了会扣多少分|医生的信用等级怎么评|"
    "我妈能查我的吗|我能看看我的吗|我查我的分|能查我的吗|能查到我去年的分吗|看看我家有什么优惠"
)


@pytest.mark.parametrize("said", OF_ANOTHER.split("|"))
def test_somebody_else(said: str) -> None:
    assert others.fitting("of_another", said) is not None


@pytest.mark.parametrize("said", OWN_OR_A_RULE.split("|"))
def test_oneself_or_a_rule(said: str) -> None:
    assert others.fitting("of_another", said) is None


@pytest.mark.parametrize(
    "said", ["我妈能查我的吗", "别人能看到我的分不", "谁能看我的", "我的分会不会被邻居看见"]
)
def test_who_sees_mine(said: str) -> None:
    assert others.fitting("sees_mine", said) is not None


@pytest.mark.parametrize(
    ("said", "own"),
    [
        ("我们药店的分", True),
        ("咱们医院的扣分记录", True),
        ("我单位为什么被扣分", True),
        ("能看我们药店的不", True),
        ("我们单位的人说我失信", False),
        ("我在我们医院住院的扣分", False),
    ],
)
def test_the_institution_that_one_works_for(said: str, own: bool) -> None:
    assert (others.fitting("of_own_organisation", said) is not None) is own


@pytest.mark.parametrize("said", ["查一下" * 10, "帮我看看" * 7, "我妈的分" * 7, "多少分吗" * 7])
def test_no_message_is_read_for_long(said: str) -> None:
    begin = time.perf_counter()
    for key in ("of_another", "sees_mine", "of_own_organisation"):
        others.fitting(key, re.sub(r"\s", "", said))
    assert time.perf_counter() - begin < 0.2

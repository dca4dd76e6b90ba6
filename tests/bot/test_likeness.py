"""Which known sentence a message is most like."""

from __future__ import annotations

import pytest

from bot.likeness import Likeness


def by_sign(text: str) -> set[str]:
    return set(text)


@pytest.fixture
def known() -> Likeness[str]:
    return Likeness(
        [("rain", "会下雨吗"), ("rain", "要不要带伞"), ("wind", "会刮风吗"), ("sun", "太阳大吗")],
        by_sign,
    )


def test_the_same_sentence_is_wholly_alike(known: Likeness[str]) -> None:
    key, _alike, nearest = known.ranked("要不要带伞")[0]
    assert (key, nearest) == ("rain", pytest.approx(1.0))


def test_a_rare_sign_tells_more_than_one_that_many_have(known: Likeness[str]) -> None:
    assert known.ranked("伞吗")[0][0] == "rain"
    nearest = {key: one for key, _alike, one in known.ranked("会刮吗")}
    assert nearest["wind"] > nearest["rain"] > nearest["sun"]


def test_one_chance_likeness_is_less_than_three() -> None:
    known = Likeness(
        [("once", "甲乙"), ("thrice", "甲乙丙"), ("thrice", "甲乙丁"), ("thrice", "甲乙戊")],
        by_sign,
    )
    ranked = known.ranked("甲乙")
    assert [key for key, _alike, _nearest in ranked] == ["thrice", "once"]
    assert ranked[1][2] == pytest.approx(1.0)


def test_what_shares_nothing_is_not_told(known: Likeness[str]) -> None:
    assert [key for key, *_ in known.ranked("下雨带伞")] == ["rain"]
    assert known.ranked("你好") == []


def test_what_nobody_wrote_makes_a_message_less_alike(known: Likeness[str]) -> None:
    alone = known.ranked("太阳大吗")[0][2]
    longer = known.ranked("太阳大吗我想问的其实是别的")[0][2]
    assert longer < 0.6 < alone


def test_nothing_known_is_like_nothing() -> None:
    assert Likeness([], by_sign).ranked("会下雨吗") == []

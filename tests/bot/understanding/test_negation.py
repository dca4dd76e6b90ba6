"""Contrast: what is refused does not count as wanted."""

from __future__ import annotations

import time

import pytest

from bot.understanding.negation import asserted


@pytest.mark.parametrize(
    ("text", "wanted", "refused"),
    [
        ("不是要申诉，就想看看扣分原因", "，就想看看扣分原因", "不是要申诉"),
        ("我不是要申诉我就是想看看为啥扣分", "我就是想看看为啥扣分", "不是要申诉"),
        ("申诉就不用了，我想看扣分原因", "，我想看扣分原因", "申诉就不用了"),
    ],
)
def test_the_refused_part_is_set_apart(text: str, wanted: str, refused: str) -> None:
    found = asserted(text)
    assert found.wanted.strip() == wanted
    assert found.refused == (refused,)


@pytest.mark.parametrize("text", ["别提醒我了", "这条记录不是我干的，我要申诉", "要不要申诉"])
def test_a_wish_with_a_negation_stays_whole(text: str) -> None:
    assert asserted(text).wanted == text


def test_a_mere_refusal_leaves_nothing_to_do() -> None:
    assert asserted("不用解绑，我就问问").nothing_left


def test_a_repeated_word_after_a_refusal_is_read_once() -> None:
    """不要申诉，问问问…x took 2^n steps."""
    began = time.monotonic()
    for word in ("问", "问问", "看看", "想要", "谢谢", "麻烦", "一下", "先"):
        asserted("不要申诉，" + word * 400 + "x")
    assert time.monotonic() - began < 2

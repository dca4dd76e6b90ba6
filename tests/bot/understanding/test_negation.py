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
        ("看信用分啊不是，看一下谁查过我", "，看一下谁查过我", "看信用分"),
        ("不是问我的分，是问A级一般要多少分", "，是问A级一般要多少分", "不是问我的分"),
        ("别跟我讲怎么提升，先报我的分数", "，先报我的分数", "别跟我讲怎么提升"),
        ("先别管怎么提升，把眼下的分告诉我就行", "，把眼下的分告诉我就行", "先别管怎么提升"),
        ("先不说申诉的事，帮我看分", "，帮我看分", "先不说申诉的事"),
        ("先甭提优惠，我现在多少分", "，我现在多少分", "先甭提优惠"),
        ("谁说我要取消绑定了，我要看分", "，我要看分", "谁说我要取消绑定了"),
        ("信用报告先不要了嗯你就帮我找人工吧", "嗯你就帮我找人工吧", "信用报告先不要了"),
        ("我想解绑说错了我想绑定身份", "我想绑定身份", "我想解绑"),
    ],
)
def test_the_refused_part_is_set_apart(text: str, wanted: str, refused: str) -> None:
    found = asserted(text)
    assert found.wanted.strip() == wanted
    assert found.refused == (refused,)


@pytest.mark.parametrize(
    "text",
    [
        "别提醒我了",
        "这条记录不是我干的，我要申诉",
        "要不要申诉",
        "手机给别人用了把我的身份绑定解除一下",
        "我的级别怎么掉了想修复",
        "别忘了给我申请修复",
        "先别管我，我要申诉",
        "分一直提升不上去怎么办",
        "我非要申诉不可",
        "这个信用分不对，我要申诉",
        "我要申诉啊不是我干的",
    ],
)
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

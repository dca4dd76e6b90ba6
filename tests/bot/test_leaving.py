"""Leaving a form, or putting it off, beside other words; and stories that only sound like it."""

from __future__ import annotations

import pytest

from bot import leaving

STOPS = (
    "先取消 等他写材料|取消吧 等我把票找到再说|跟我儿商量了再说 先不交了|都是一家人，取消吧|"
    "先不申请了 等我退了钱再来|我不想弄了 你给我取消掉吧|取消算了 太麻烦|我不交了 等过完年|"
    "今天就先这样吧 不办了|我取消了 等我找到票再来|"
    "不好意思啊同志我孙子放学了我要去接他 先取消吧 改天我再来|"
    "同志啊 我这眼睛不好 改天让我闺女帮我弄 今天先不办了哈"
)
GOES_ON = (
    "先不交，等我问问医院|算了嘛 等我屋里头人回来再说|等我找到票再说|取消|"
    "那天的预约，我取消了|我取消了 医院没退费|他们把我的住院取消了 钱还是扣了|"
    "我不做手术了 他们还收钱|他说回头再说 就没下文了|不申诉了，我要申请修复|"
    "那天医生让我做手术，后来家里人都不同意，钱也不够，后来不做了|"
    "窗口的人劝我说不申诉了，可是我没有做这件事"
)


@pytest.mark.parametrize("said", STOPS.split("|"))
def test_a_plain_word_stops_whatever_is_waited_for(said: str) -> None:
    assert leaving.stops(said, "repair")


@pytest.mark.parametrize("said", GOES_ON.split("|"))
def test_what_waits_or_tells_does_not_stop(said: str) -> None:
    assert not leaving.stops(said, "repair")


@pytest.mark.parametrize(
    ("said", "leaves"),
    [
        ("算了确实是我们错了，不申诉了，我要申请信用修复", True),
        ("我不申诉了，你们说什么就是什么吧，我一个老人家也搞不懂这些", True),
        ("算了，他后来也没赔我钱，药费单子还在我这里", False),
        ("窗口的人劝我说不申诉了，可是我没有做这件事", False),
    ],
)
def test_a_clause_with_the_own_verb_leaves_at_any_length(said: str, leaves: bool) -> None:
    assert leaving.leaves(said, "objection") is leaves


def test_what_is_said_besides_leaving_is_kept() -> None:
    said = "不申诉了，帮我看看多少分"
    assert leaving.without_leaving(said, "objection") == "帮我看看多少分"


def test_who_only_waits_tells_nothing() -> None:
    assert leaving.pause("稍等，来顾客了", "objection", free=True) == "hold"
    assert leaving.pause("先不交，等我问问医院", "objection", free=True) == "later"
    assert leaving.pause("等一下，那天我在外地出差没回来", "objection", free=True) is None

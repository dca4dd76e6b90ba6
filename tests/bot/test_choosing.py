"""Typed choices: label, part, place and other names; nothing when it is not plain."""

from __future__ import annotations

import pytest

from bot import choosing
from bot.reply import Choice

RECORDS = (
    Choice("record:7", "1. 重复享受医疗保障待遇", also=("示医保〔2026〕1号",)),
    Choice("record:8", "2. 将本人医保凭证交他人冒名使用（一般）", also=("示医保〔2026〕2号",)),
    Choice("record:9", "3. 信用就医欠费经催告仍逾期", also=("示医保〔2026〕3号",)),
)


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("第二个", "record:8"),
        ("选2", "record:8"),
        ("二", "record:8"),
        ("2号", "record:8"),
        ("②", "record:8"),
        ("第 2 条！", "record:8"),
        ("就第二个吧", "record:8"),
        ("最后一个", "record:9"),
        ("倒数第二个", "record:8"),
        ("头一个", "record:7"),
    ],
)
def test_the_place_in_the_list(said: str, wanted: str) -> None:
    found = choosing.by_number(RECORDS, said)
    assert found is not None
    assert found.id == wanted


@pytest.mark.parametrize("said", ["都不是", "两个都要", "第九个", "一百块钱", "我要申诉", ""])
def test_no_place(said: str) -> None:
    assert choosing.by_number(RECORDS, said) is None


def test_a_bare_number_may_mean_something_else() -> None:
    assert choosing.by_number(RECORDS, "3", digits=False) is None
    assert choosing.by_number(RECORDS, "第3个", digits=False) == RECORDS[2]


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("2. 将本人医保凭证交他人冒名使用（一般）", "record:8"),
        ("将本人医保凭证交他人冒名使用", "record:8"),
        ("示医保〔2026〕3号", "record:9"),
    ],
)
def test_the_label_itself(said: str, wanted: str) -> None:
    found = choosing.exact(RECORDS, said)
    assert found is not None
    assert found.id == wanted


@pytest.mark.parametrize(
    ("said", "wanted"), [("欠费那条", "record:9"), ("重复享受的那一条", "record:7")]
)
def test_a_part_that_only_one_has(said: str, wanted: str) -> None:
    found = choosing.by_part(RECORDS, said)
    assert found is not None
    assert found.id == wanted


@pytest.mark.parametrize("said", ["医", "那条", "的那个", "别人的卡"])
def test_a_part_that_does_not_tell(said: str) -> None:
    assert choosing.by_part(RECORDS, said) is None

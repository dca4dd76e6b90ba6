"""Objection or repair: by what is told; and where one asks for justice."""

from __future__ import annotations

import pytest

from handlers.chat.ways import asks_redress, asks_which, case_of


@pytest.mark.parametrize(
    ("said", "case"),
    [
        ("我是冤枉的 该走哪个", "wronged"),
        ("不是我干的 走哪个", "wronged"),
        ("我从来没借过卡", "wronged"),
        ("卡被人盗刷的 该走哪条", "wronged"),
        ("钱我退了 走哪个", "mended"),
        ("罚款都交了 我认了", "mended"),
        ("确实是我糊涂", "mended"),
        ("该走哪个", "both"),
        ("钱退了 可我是冤枉的", "both"),
    ],
)
def test_which_case(said: str, case: str) -> None:
    assert case_of(said) == case


@pytest.mark.parametrize("said", ["我是冤枉的 该走哪个", "修复跟申诉有啥不一样", "该申诉还是修复"])
def test_which_way_is_asked(said: str) -> None:
    assert asks_which(said)


@pytest.mark.parametrize(
    ("said", "so"),
    [
        ("不服 上哪说理去", True),
        ("我找谁说理", True),
        ("到哪里讨个说法", True),
        ("有没有说理的地方", True),
        ("找谁评评理", True),
        ("去哪里告你们", True),
        ("不服找哪个", True),
        ("护士态度差找谁说", False),
        ("医生让我多开检查 往哪投诉", False),
        ("我找谁问", False),
        ("去哪说一声", False),
    ],
)
def test_where_one_asks_for_justice(said: str, so: bool) -> None:
    assert asks_redress(said) is so

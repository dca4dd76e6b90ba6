from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.understanding.numbers import whole


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("二", 2),
        ("两", 2),
        ("十", 10),
        ("十二", 12),
        ("二十三", 23),
        ("一百零五", 105),
        ("二零二五", 2025),
    ],
)
def test_chinese_numbers(text: str, value: int) -> None:
    assert whole(text) == value


@given(st.integers(0, 999_999))
def test_digits_say_themselves(value: int) -> None:
    assert whole(str(value)) == value


@given(st.text(max_size=12))
def test_any_text_is_a_number_or_none(text: str) -> None:
    assert whole(text) is None or isinstance(whole(text), int)

"""What may be kept of a message that was not understood."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.understanding import mask_message


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("身份证11010119900307771X查分", "身份证1101************1X查分"),
        ("电话139 1234 5678", "电话139****5678"),
        ("+86-13912345678打给我", "139****5678打给我"),
        ("卡号6222021234567890123", "卡号*****************23"),
        ("信用代码91370800MA3C0000X1", "信用代码9137************X1"),
        ("手机一三九一二三四五六七八", "手机**********八"),
        ("邮箱zhang.san@example.com收", "邮箱***收"),
        ("单号XF20261011-0021到哪了", "单号XF20261011-0021到哪了"),
        ("扣了20分，2026年3月5号", "扣了20分，2026年3月5号"),
    ],
)
def test_numbers_of_persons_are_hidden_and_the_rest_stays(text: str, kept: str) -> None:
    assert mask_message(text) == kept


@given(st.text(max_size=30), st.from_regex(r"1[3-9]\d{9}", fullmatch=True), st.text(max_size=30))
def test_no_mobile_number_survives(before: str, number: str, after: str) -> None:
    if before[-1:].isdigit() or after[:1].isdigit():
        return
    assert number not in mask_message(f"{before} {number} {after}")


@given(st.text(max_size=60))
def test_masking_twice_changes_nothing_more(text: str) -> None:
    once = mask_message(text)
    assert mask_message(once) == once

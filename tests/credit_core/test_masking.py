"""What may be shown, kept and logged of a text that people wrote."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credit_core.masking import holds_person_number, mask_free_text


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("身份证11010119900307771X查分", "身份证110***********771X查分"),
        ("sfz11010119900307771x", "sfz110***********771x"),
        ("身份证110101 19900307 771X查分", "身份证110***********771X查分"),
        ("１１０１０１１９９００３０７７７１Ｘ", "１１０***********７７１Ｘ"),
        ("老证110101900307771", "老证110********7771"),
        ("电话139 1234 5678", "电话139****5678"),
        ("电话１３９１２３４５６７８", "电话１３９****５６７８"),
        ("+86-13912345678打给我", "139****5678打给我"),
        ("座机0537-2345678", "座机*********78"),
        ("卡号6222021234567890123", "卡号***************0123"),
        ("护照E12345678", "护照*******78"),
        ("医师D370802000123", "医师***********23"),
        ("个体户92370802MA3C0000X1", "个体户923***********00X1"),
        ("P13912345678", "P139****5678"),
        ("手机一三九一二三四五六七八", "手机**********八"),
        ("手机139一二三四5678", "手机**********8"),
        ("邮箱zhang.san@example.com收", "邮箱***收"),
    ],
)
def test_numbers_of_persons_are_hidden(text: str, kept: str) -> None:
    assert mask_free_text(text) == kept
    assert holds_person_number(text)


@pytest.mark.parametrize(
    "text",
    [
        "单号XF20261011-0021到哪了",
        "回电HD20261011-0021",
        "扣了20分，2026年3月5号",
        "2026-03-05扣的",
        "从2026-01-01到2026-11-25",
        "2026-01-01—2026-11-25",
        "20261125扣的分",
        "2026-11-25 16:13",
        "罚款1234567元",
        "参保2000000人",
        "信用代码91370800MA3C0000X1",
        "定点机构H37080200123",
        "鲁医保罚〔2026〕12号",
        "你好",
        "",
    ],
)
def test_days_amounts_cases_and_organisations_stay_readable(text: str) -> None:
    assert mask_free_text(text) == text
    assert not holds_person_number(text)


@given(st.text(max_size=30), st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True), st.text(max_size=30))
def test_no_mobile_number_survives(before: str, number: str, after: str) -> None:
    if before[-1:].isdigit() or after[:1].isdigit():
        return
    assert number not in mask_free_text(f"{before} {number} {after}")


@given(st.text(alphabet="0123456789Xx*- 一三九年元A@.", max_size=60))
def test_masking_twice_changes_nothing_more(text: str) -> None:
    once = mask_free_text(text)
    assert mask_free_text(once) == once

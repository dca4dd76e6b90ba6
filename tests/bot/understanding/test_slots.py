"""Values in messages come out normalised, and numbers of persons do not come out."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.understanding import Understander

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("帮我修复第二条", "record_numbers", [2]),
        ("2", "record_numbers", [2]),
        ("二", "record_numbers", [2]),
        ("第1、3条我要申诉", "record_numbers", [1, 3]),
        ("前两条都不是我", "record_numbers", [1, 2]),
        ("最后一条是啥", "record_numbers", [-1]),
        ("信易阅怎么用", "offers", ["信易阅"]),
        ("想办先看病后付费", "offers", ["医后付"]),
        ("单号yy20261011-0021到哪了", "case_numbers", ["YY20261011-0021"]),
        ("对威医保罚〔2026〕12号有异议", "document_numbers", ["威医保罚〔2026〕12号"]),
        ("威医保罚（2026）第12号决定书", "document_numbers", ["威医保罚〔2026〕12号"]),
        ("怎么升到AA", "grades", ["AA"]),
        ("从B掉到C了", "grades", ["B", "C"]),
        ("三A有啥好处", "grades", ["AAA"]),
        ("我在文登区人民医院住院", "institution_names", ["文登区人民医院"]),
        ("上个月扣的分", "dates", [{"from": "2026-10-01", "to": "2026-10-31"}]),
        ("2026-03-05扣的分", "dates", [{"from": "2026-03-05", "to": "2026-03-05"}]),
    ],
)
def test_a_value_is_read(understander: Understander, text: str, name: str, value: object) -> None:
    assert understander.understand(text, today=TODAY).slots[name] == value


@pytest.mark.parametrize("text", ["我们药店等级多少", "某私立医院骗保", "附近哪家医院好"])
def test_a_kind_of_institution_is_no_name(understander: Understander, text: str) -> None:
    assert "institution_names" not in understander.understand(text).slots


def test_a_refused_wish_is_marked(understander: Understander) -> None:
    slots = understander.understand("不是要申诉，就想看看扣分原因").slots
    assert slots["polarity"] == "negated"
    assert understander.understand("我要申诉").slots["polarity"] == "affirmed"


@given(
    st.from_regex(r"[1-9]\d{16}[\dX]", fullmatch=True),
    st.from_regex(r"1[3-9]\d{9}", fullmatch=True),
)
def test_no_slot_holds_a_number_of_a_person(
    understander: Understander, identity: str, phone: str
) -> None:
    slots = str(understander.understand(f"我身份证{identity}，电话{phone}，查第二条").slots)
    assert identity not in slots
    assert phone not in slots

"""Plans are data: what WeChat would refuse is refused when the file is read, with its line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credit_core.datafile import DataFileError
from notices import fitting, plans, reminders, words, yearly


def test_all_data_files_are_sound() -> None:
    assert plans.plans()
    assert plans.templates()
    assert reminders.rules()
    assert {(one.month, one.day) for one in yearly.year().days} == {
        (3, 15),
        (4, 26),
        (6, 14),
        (12, 4),
    }
    for plan in plans.plans().values():
        assert plan.reminder is None or plan.reminder in reminders.rules().kinds
        for kind in plan.when.deadline if plan.when else ():
            assert words.find(f"deadlines.{kind}.matter"), kind


def test_a_value_that_is_too_long_is_refused_with_its_line(tmp_path: Path) -> None:
    source = (plans.FOLDER / "plans.yaml").read_text(encoding="utf-8")
    broken = tmp_path / "plans.yaml"
    broken.write_text(source.replace('phrase3: "{state}"', "phrase3: 正在审核办理之中"), "utf-8")
    with pytest.raises(DataFileError, match="phrase3：最多5个汉字") as fault:
        plans.load_plans(broken)
    line = broken.read_text(encoding="utf-8").splitlines()[fault.value.line - 1]
    assert "subscription" in line


def test_a_const_must_be_approved(tmp_path: Path) -> None:
    source = (plans.FOLDER / "templates.yaml").read_text(encoding="utf-8")
    broken = tmp_path / "templates.yaml"
    broken.write_text(source.replace("    allowed: {const2: [AAA", "    x: {const2: [AAA"), "utf-8")
    with pytest.raises(DataFileError):
        plans.load_templates(broken)


@pytest.mark.parametrize(
    ("key", "value", "fits"),
    [
        ("thing1", "康" * 20, True),
        ("thing1", "康" * 21, False),
        ("thing1", "", False),
        ("phrase2", "已受理", True),
        ("phrase2", "AB", False),
        ("character_string3", "XF20261123000001", True),
        ("character_string3", "编号1", False),
        ("character_string3", "x" * 33, False),
        ("time4", "2026年11月23日", True),
        ("time4", "2026年11月23日 09:30", True),
        ("time4", "09:30~10:30", True),
        ("time4", "明天", False),
        ("amount5", "¥12.50", True),
        ("amount5", "12元", True),
        ("amount5", "12345678901元", False),
        ("phone_number6", "0631-12345", True),
        ("car_number7", "鲁K12345", True),
        ("name8", "欧阳锋", True),
        ("number9", "12.5", True),
        ("letter1", "abc", True),
        ("letter1", "a1", False),
    ],
)
def test_limits_of_typed_keywords(key: str, value: str, fits: bool) -> None:
    if fits:
        fitting.check(key, value)
    else:
        with pytest.raises(fitting.FieldRefused):
            fitting.check(key, value)


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("康宁大药房", "康宁大药房"),
        (
            "威海市环翠区康宁大药房连锁有限责任公司东山路第十二分店",
            "环翠区康宁大药房连锁东山路第十二分店",
        ),
        (
            "山东省威海市经济技术开发区第一人民医院附属中医门诊部",
            "经济技术开发区第一人民医院附属中医门诊部",
        ),
    ],
)
def test_names_are_shortened_sensibly(name: str, short: str) -> None:
    assert fitting.fit("thing1", name) == short


@given(st.text(max_size=80))
def test_whatever_is_fitted_into_a_thing_fits(text: str) -> None:
    fitting.check("thing1", fitting.fit("thing1", text))

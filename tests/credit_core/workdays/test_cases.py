"""The table of periods in ``cases.yaml``, which a lawyer can read and extend."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from credit_core.workdays import (
    Due,
    Period,
    Unit,
    add_months,
    add_working_days,
    display_end,
    file_calendar,
    is_working_day,
    local_text_period,
    roll_forward,
    working_days_between,
)

CASES = yaml.safe_load(Path(__file__).with_name("cases.yaml").read_text(encoding="utf-8"))


def told(case: dict[str, Any]) -> Due:
    return Due(case["due"], case.get("provisional", False))


@pytest.mark.parametrize("case", CASES["working_days"], ids=lambda c: f"{c['start']}+{c['n']}")
def test_working_days(case):
    assert add_working_days(case["start"], case["n"]) == told(case), case["why"]
    assert working_days_between(case["start"], case["due"]) == case["n"]
    assert is_working_day(case["due"])


@pytest.mark.parametrize("case", CASES["roll_forward"], ids=lambda c: str(c["day"]))
def test_a_rest_day_rolls_forward(case):
    assert roll_forward(case["day"]) == told(case), case["why"]


@pytest.mark.parametrize("case", CASES["months"], ids=lambda c: f"{c['start']}+{c['months']}")
def test_months_end_on_the_same_day_or_the_end_of_the_month(case):
    assert add_months(case["start"], case["months"]) == case["end"], case["why"]


@pytest.mark.parametrize("case", CASES["periods"], ids=lambda c: f"{c['start']}+{c['length']}")
def test_periods_of_every_unit(case):
    period = Period(case["length"], Unit(case["unit"]))
    assert period.due(case["start"], file_calendar()) == told(case), case["why"]


def test_a_display_period_is_not_lengthened_by_a_holiday():
    assert display_end(date(2026, 7, 1), 3) == date(2026, 10, 1)


def test_which_days_are_working_days_depends_on_the_text():
    assert local_text_period("行政处罚法", 7).unit is Unit.WORKING_DAYS
    assert local_text_period("行政处罚法", 10).unit is Unit.DAYS
    assert local_text_period("行政许可法", 20).unit is Unit.WORKING_DAYS
    assert local_text_period("双公示（七日）", 7).unit is Unit.DAYS
    assert local_text_period("没有见过的文件", 7).unit is Unit.DAYS

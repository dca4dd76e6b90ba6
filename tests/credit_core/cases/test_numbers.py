"""Case numbers stay unique when many file at the same time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date

import pytest

from credit_core.cases.models import CaseKind
from credit_core.cases.numbers import next_case_no
from credit_core.cases.places import place_of_city, reviewer_of

DAY = date(2026, 11, 23)


def test_numbers_run_per_kind_and_day(database):
    with database.begin() as session:
        assert next_case_no(session, CaseKind.OBJECTION, DAY) == "YY20261123-0001"
        assert next_case_no(session, CaseKind.OBJECTION, DAY) == "YY20261123-0002"
        assert next_case_no(session, CaseKind.REPAIR, DAY) == "XF20261123-0001"
        assert next_case_no(session, CaseKind.TIP_OFF, date(2026, 11, 24)) == "JB20261124-0001"


def test_a_rolled_back_case_gives_its_number_back(database):
    with suppress(RuntimeError), database.begin() as session:
        next_case_no(session, CaseKind.OBJECTION, DAY)
        raise RuntimeError
    with database.begin() as session:
        assert next_case_no(session, CaseKind.OBJECTION, DAY) == "YY20261123-0001"


def test_numbers_are_unique_over_threads(database):
    def take(_: int) -> str:
        with database.begin() as session:
            return next_case_no(session, CaseKind.OBJECTION, DAY)

    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(take, range(64)))
    assert sorted(taken) == [f"YY20261123-{number:04d}" for number in range(1, 65)]


@pytest.mark.parametrize(
    ("city", "place"),
    [
        ("demo", "全国"),
        ("somewhere", "全国"),
        ("浙江", "浙江"),
        ("杭州市", "浙江"),
        ("Weihai", "山东"),
        ("zhongmu", "河南"),
        (" maoming ", "茂名"),
    ],
)
def test_a_city_follows_the_rules_of_its_place(city, place):
    assert place_of_city(city) == place
    assert reviewer_of(place)

"""The calendar as a whole: counts of years, limits, and the law that adding and counting agree."""

from __future__ import annotations

from datetime import date, timedelta

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from credit_core.workdays import CalendarError, file_calendar
from credit_core.workdays.notices import Notice, build_calendar, computed

CALENDAR = file_calendar()
DAYS = st.dates(date(2004, 1, 1), date(2040, 12, 31))


@given(DAYS, st.integers(1, 1200))
def test_adding_n_then_counting_gives_n(start, n):
    due, provisional = CALENDAR.add_working_days(start, n)
    assert CALENDAR.working_days_between(start, due) == n
    assert CALENDAR.working_days_between(due, start) == -n
    assert CALENDAR.is_working_day(due)
    passed = [start + timedelta(days=shift) for shift in range(1, (due - start).days + 1)]
    assert provisional == any(CALENDAR.is_provisional(day) for day in passed)
    assert sum(CALENDAR.is_working_day(day) for day in passed) == n


@given(DAYS)
def test_rolling_forward_stops_at_the_first_working_day(day):
    due, _ = CALENDAR.roll_forward(day)
    walked = day
    while not CALENDAR.is_working_day(walked):
        walked += timedelta(days=1)
    assert due == walked


@given(st.dates(date(2004, 1, 1), date(2026, 12, 31)))
def test_published_years_agree_with_the_library(day):
    assert CALENDAR.is_working_day(day) == chinese_calendar.is_workday(day)
    assert not CALENDAR.is_provisional(day)


@pytest.mark.parametrize(("year", "days"), [(2024, 251), (2025, 248), (2026, 248)])
def test_working_days_of_a_year(year, days):
    assert CALENDAR.working_days_between(date(year - 1, 12, 31), date(year, 12, 31)) == days


@pytest.mark.parametrize("n", [0, -1, -365])
def test_a_count_below_one_is_refused(n):
    with pytest.raises(CalendarError, match="1 or more"):
        CALENDAR.add_working_days(date(2026, 1, 1), n)


@pytest.mark.parametrize("day", [date(2003, 12, 31), date(2046, 1, 1), date.max, date.min])
def test_days_outside_the_calendar_are_refused_by_name(day):
    with pytest.raises(CalendarError, match="outside the working-day calendar"):
        CALENDAR.add_working_days(day, 1)


def test_a_count_past_the_end_is_refused():
    with pytest.raises(CalendarError, match="past 2045-12-31"):
        CALENDAR.add_working_days(date(2026, 1, 1), 100_000)


@pytest.mark.parametrize("year", sorted(computed().festivals))
def test_computed_years_have_thirteen_statutory_days_unless_two_festivals_meet(year):
    days = computed().statutory(year)
    met = {date(year, 10, 1), date(year, 10, 2), date(year, 10, 3)} & {
        date.fromisoformat(f"{year}-{computed().festivals[year][3]}")
    }
    assert len(days) == 13 - len(met)


def test_a_new_year_on_a_tuesday_leaves_the_last_days_of_december_open():
    """As 2018-12-29..31 were settled by the notice of 2019; 2030-01-01 is such a Tuesday."""
    calendar = build_calendar([_notice(year) for year in (2027, 2028, 2029)])
    assert not calendar.is_provisional(date(2029, 12, 28))
    assert calendar.is_provisional(date(2029, 12, 31))
    assert not calendar.is_provisional(date(2028, 12, 29))


def _notice(year: int) -> Notice:
    days = computed().statutory(year)
    return Notice.model_validate(
        {"year": year, "basis": "test", "holidays": [day.isoformat() for day in days]}
    )

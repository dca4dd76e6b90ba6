"""Periods of law: working days, calendar days, months and years, and when each of them ends.

T1 the first day is not counted; T2 months and years end on the same day number, or at the end
of a shorter month; T3 an act that falls due on a rest day is due on the next working day;
T4 and T5 say when a «day» of a text is a working day; T6 a display period is a calendar period
that T3 does not lengthen; T7 make-up days are working days.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from config.settings import DATA
from credit_core.clock import start_of_day
from credit_core.datafile import Truth, Whole, Words, load
from credit_core.workdays.calendar import Calendar, CalendarError, Due


class Unit(StrEnum):
    WORKING_DAYS = "working_days"
    DAYS = "days"
    MONTHS = "months"
    YEARS = "years"


@dataclass(frozen=True, slots=True)
class Period:
    """A length of time as a text of law gives it."""

    length: int
    unit: Unit

    def due(self, start: date, calendar: Calendar) -> Due:
        """Last day of a period for an act, counted from ``start`` (T1–T3).

        :raises CalendarError: the length is below one or the end is outside the calendar.
        """
        if self.length < 1:
            raise CalendarError(f"a period must be 1 or longer, not {self.length}.")
        match self.unit:
            case Unit.WORKING_DAYS:
                return calendar.add_working_days(start, self.length)
            case Unit.DAYS:
                return calendar.roll_forward(start + timedelta(days=self.length))
            case Unit.MONTHS:
                return calendar.roll_forward(add_months(start, self.length))
            case Unit.YEARS:
                return calendar.roll_forward(add_years(start, self.length))


def add_months(start: date, months: int) -> date:
    """T2.

    >>> add_months(date(2025, 11, 30), 3)
    datetime.date(2026, 2, 28)
    """
    total = start.year * 12 + start.month - 1 + months
    year, month = divmod(total, 12)
    return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))


def add_years(start: date, years: int) -> date:
    """T2: 29 February plus one year is 28 February."""
    return add_months(start, 12 * years)


def display_end(start: date, months: int) -> date:
    """T6: last day on which something is shown; the job that ends it runs the day after."""
    return add_months(start, months)


def closes_at(due: date) -> datetime:
    """The instant at which a period that is due on ``due`` is over: 24:00 in Shanghai, in UTC."""
    return start_of_day(due + timedelta(days=1))


class _Reading(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    text: Words
    days: tuple[Annotated[Whole, Field(ge=1)], ...] = ()
    """Only these lengths; empty: every length."""
    read_as: Literal["working_days", "days"]
    basis: Words
    confirmed: Truth


class Readings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    default: Literal["working_days", "days"]
    readings: tuple[_Reading, ...]


@cache
def _readings() -> Readings:
    return load(DATA / "calendar" / "day_readings.yaml", Readings)


def local_text_period(text_id: str, length: int) -> Period:
    """«N 日» as the text ``text_id`` means it (T4, T5); a bureau switches it in
    ``config/calendar/day_readings.yaml``."""
    table = _readings()
    for reading in table.readings:
        if reading.text == text_id and (not reading.days or length in reading.days):
            return Period(length, Unit(reading.read_as))
    return Period(length, Unit(table.default))

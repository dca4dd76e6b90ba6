"""Working days of the State Council's calendar, and the arithmetic of statutory periods.

>>> from datetime import date
>>> from credit_core.workdays import add_working_days
>>> add_working_days(date(2026, 9, 29), 5)
Due(due=datetime.date(2026, 10, 12), provisional=False)
"""

from __future__ import annotations

from datetime import date

from credit_core.workdays.calendar import Calendar, CalendarError, Due
from credit_core.workdays.notices import calendar_for, file_calendar
from credit_core.workdays.periods import (
    Period,
    Unit,
    add_months,
    add_years,
    closes_at,
    display_end,
    local_text_period,
)

__all__ = [
    "Calendar",
    "CalendarError",
    "Due",
    "Period",
    "Unit",
    "add_months",
    "add_working_days",
    "add_years",
    "calendar_for",
    "closes_at",
    "display_end",
    "file_calendar",
    "is_working_day",
    "local_text_period",
    "roll_forward",
    "working_days_between",
]


def add_working_days(start: date, n: int) -> Due:
    """The ``n``-th working day after ``start`` (T1, T7) by the calendar files.

    Code with a session asks :func:`calendar_for` instead, which also knows the notices that
    staff have entered.
    """
    return file_calendar().add_working_days(start, n)


def working_days_between(start: date, end: date) -> int:
    """How many working days lie after ``start`` up to and with ``end``."""
    return file_calendar().working_days_between(start, end)


def is_working_day(day: date) -> bool:
    return file_calendar().is_working_day(day)


def roll_forward(day: date) -> Due:
    """``day`` itself when it is a working day, else the next one (T3)."""
    return file_calendar().roll_forward(day)

"""Calendar periods of law: months and years by the Civil Code, 201 to 203."""

from __future__ import annotations

import calendar
from datetime import date, timedelta


def add_months(start: date, months: int) -> date:
    """The last day of a period of months that began after ``start`` (the day itself is not
    counted); where the month has no such day, its last one.

    >>> add_months(date(2025, 11, 30), 3)
    datetime.date(2026, 2, 28)
    >>> add_months(date(2024, 2, 29), 12)
    datetime.date(2025, 2, 28)
    """
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    return date(year, month + 1, min(start.day, calendar.monthrange(year, month + 1)[1]))


def first_day_after(start: date, months: int) -> date:
    """First day that is no longer inside the period.

    >>> first_day_after(date(2026, 3, 1), 12)
    datetime.date(2027, 3, 2)
    """
    return add_months(start, months) + timedelta(days=1)


def next_new_year(day: date) -> date:
    """1 January after ``day``: where yearly counters start again."""
    return date(day.year + 1, 1, 1)

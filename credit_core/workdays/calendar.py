"""One immutable calendar: which days are worked, and which of them are not published yet.

All questions are answered from running counts, so each costs about a microsecond whatever the
distance.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date
from itertools import accumulate
from typing import NamedTuple

from credit_core.errors import CreditError


class CalendarError(CreditError):
    """A day outside the calendar, or a count that is not a positive number."""


class Due(NamedTuple):
    """A statutory day. ``provisional``: it depends on a notice that is not published yet."""

    due: date
    provisional: bool


@dataclass(frozen=True, slots=True)
class Days:
    """What a calendar is made of: exceptions to «Monday to Friday», and unpublished days."""

    first: date
    last: date
    off: AbstractSet[date]
    work: AbstractSet[date]
    unpublished: AbstractSet[int]
    """Years without a notice."""


class Calendar:
    """Working days from ``days.first`` to ``days.last``."""

    def __init__(self, days: Days) -> None:
        self.first, self.last = days.first, days.last
        self._base = days.first.toordinal()
        span = range(self._base, days.last.toordinal() + 1)
        worked = [_is_worked(date.fromordinal(number), days) for number in span]
        self._worked = bytes(worked)
        self._count = list(accumulate(worked, initial=0))
        self._ordinals = [number for number, working in zip(span, worked, strict=True) if working]
        self._open = list(
            accumulate((_is_open(date.fromordinal(number), days) for number in span), initial=0)
        )

    def is_working_day(self, day: date) -> bool:
        """T7: a Saturday that is worked as a make-up day is a working day."""
        return bool(self._worked[self._at(day)])

    def is_provisional(self, day: date) -> bool:
        """The notice that settles this day is not published yet."""
        at = self._at(day)
        return self._open[at + 1] > self._open[at]

    def add_working_days(self, start: date, n: int) -> Due:
        """The ``n``-th working day after ``start``, which is not counted (T1).

        :raises CalendarError: ``n`` is below one, or the days are outside the calendar.
        """
        if n < 1:
            raise CalendarError(f"the number of working days must be 1 or more, not {n}.")
        at = self._at(start)
        found = self._count[at + 1] + n - 1
        if found >= len(self._ordinals):
            raise CalendarError(f"{n} working days after {start} is past {self.last}.")
        due = self._ordinals[found]
        unsure = self._open[due - self._base + 1] > self._open[at + 1]
        return Due(date.fromordinal(due), unsure)

    def working_days_between(self, start: date, end: date) -> int:
        """Working days after ``start`` up to and with ``end``; negative when ``end`` is earlier.

        So ``working_days_between(start, add_working_days(start, n).due) == n``.
        """
        return self._count[self._at(end) + 1] - self._count[self._at(start) + 1]

    def roll_forward(self, day: date) -> Due:
        """T3: a period that ends on a rest day ends on the next working day instead."""
        at = self._at(day)
        found = bisect_left(self._ordinals, day.toordinal())
        if found >= len(self._ordinals):
            raise CalendarError(f"the next working day after {day} is past {self.last}.")
        due = self._ordinals[found]
        unsure = self._open[due - self._base + 1] > self._open[at]
        return Due(date.fromordinal(due), unsure)

    def _at(self, day: date) -> int:
        if not self.first <= day <= self.last:
            raise CalendarError(
                f"{day} is outside the working-day calendar ({self.first} to {self.last})."
            )
        return day.toordinal() - self._base


def _is_worked(day: date, days: Days) -> bool:
    if day in days.work:
        return True
    return day.weekday() < 5 and day not in days.off


def _is_open(day: date, days: Days) -> bool:
    """No notice settles ``day`` yet.

    A New Year's Day on a Tuesday is joined with the weekend before it (as on 2019-01-01), so
    the notice of that year also settles the last three days of the year before.
    """
    if day.year in days.unpublished:
        return True
    if day.month == 12 and day.day >= 29 and day.year + 1 in days.unpublished:
        return date(day.year + 1, 1, 1).weekday() == 1
    return False

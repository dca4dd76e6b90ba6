"""The working-day calendar: which years are published, and what was entered.

A year's notice is entered as a version (:mod:`handlers.staff.versions`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select

from credit_core.versions.calendar import YEARS_AHEAD
from credit_core.workdays import Calendar, calendar_for
from credit_core.workdays.models import CalendarNotice
from handlers.staff.page import CASES, Answer, Page, Shown, Visit, get


@dataclass(frozen=True, slots=True)
class Year:
    """:ivar off: days off on weekdays; :ivar make_up: working days on weekends."""

    year: int
    published: bool
    working_days: int
    off: tuple[date, ...]
    make_up: tuple[date, ...]


def pages() -> list[Page]:
    return [get("/calendar", show, CASES)]


def show(visit: Visit) -> Answer:
    calendar = calendar_for(visit.session)
    this = visit.today.year
    newest = (CalendarNotice.entered_at.desc(), CalendarNotice.id.desc())
    return Shown(
        "calendar.html",
        {
            "years": [_year(calendar, year) for year in range(this, this + YEARS_AHEAD + 1)],
            "entered": visit.session.scalars(select(CalendarNotice).order_by(*newest)).all(),
        },
    )


def _year(calendar: Calendar, year: int) -> Year:
    first = date(year, 1, 1)
    days = [first + timedelta(days=n) for n in range((date(year, 12, 31) - first).days + 1)]
    work = {day: calendar.is_working_day(day) for day in days}
    return Year(
        year,
        not calendar.is_provisional(date(year, 6, 30)),
        sum(work.values()),
        tuple(day for day in days if day.weekday() < 5 and not work[day]),
        tuple(day for day in days if day.weekday() > 4 and work[day]),
    )

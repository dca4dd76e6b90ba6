"""The working-day calendar: which years are published, and entering a year's holiday notice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select

from credit_core.cases.settling import settle_calendar
from credit_core.datafile import DataFileError
from credit_core.workdays import Calendar, calendar_for
from credit_core.workdays.models import CalendarNotice
from credit_core.workdays.notices import computed, enter_notice
from handlers.staff.audit import record
from handlers.staff.faults import fault_of, typed
from handlers.staff.page import (
    APPROVER,
    CASES,
    Answer,
    Flash,
    Page,
    Redirect,
    Shown,
    Visit,
    get,
    post,
)

YEARS_AHEAD = 2


@dataclass(frozen=True, slots=True)
class Year:
    """:ivar off: days off on weekdays; :ivar make_up: working days on weekends."""

    year: int
    published: bool
    working_days: int
    off: tuple[date, ...]
    make_up: tuple[date, ...]


def pages() -> list[Page]:
    return [
        get("/calendar", show, CASES),
        post("/calendar", enter, APPROVER),
    ]


def show(visit: Visit) -> Answer:
    return _page(visit)


def enter(visit: Visit) -> Answer:
    """The notice holds at once, and provisional days of open cases are counted again."""
    content = typed(visit.require("content"))
    try:
        notice = enter_notice(visit.session, content, by=visit.member.actor, at=visit.now)
    except DataFileError as error:
        return _page(visit, content, {"fault": fault_of(content, error)}, status=422)
    changed = settle_calendar(visit.session)
    record(visit, "calendar.enter", f"calendar:{notice.year}", notice.basis)
    return Redirect(
        "/calendar", Flash("calendar_entered", {"year": str(notice.year), "days": str(changed)})
    )


def _page(
    visit: Visit, content: str = "", more: dict[str, object] | None = None, status: int = 200
) -> Shown:
    calendar = calendar_for(visit.session)
    this = visit.today.year
    years = [_year(calendar, year) for year in range(this, this + YEARS_AHEAD + 1)]
    newest = (CalendarNotice.entered_at.desc(), CalendarNotice.id.desc())
    context = {
        "years": years,
        "entered": visit.session.scalars(select(CalendarNotice).order_by(*newest)).all(),
        "content": content or _begun(years),
        "fault": None,
    }
    return Shown("calendar.html", context | (more or {}), status)


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


def _begun(years: list[Year]) -> str:
    """A text to begin with: the statutory days of the first year that is not published."""
    open_years = [one.year for one in years if not one.published]
    if not open_years or open_years[0] not in computed().festivals:
        return ""
    days = sorted(computed().statutory(open_years[0]))
    rows = "".join(f"  - {day}\n" for day in days)
    return f"year: {open_years[0]}\nbasis: \nholidays:\n{rows}make_up: []\n"

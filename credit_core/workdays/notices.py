"""Where the calendar comes from: chinesecalendar, files of notices, notices entered by staff.

For a year, a notice entered by staff wins over a file, and a file over the library. A year that
none of them knows is computed from weekends and the 13 statutory days and is unpublished.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache, lru_cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from sqlalchemy import select
from sqlalchemy.orm import Session

from config.settings import DATA
from config.texts import text
from credit_core.datafile import load, load_text
from credit_core.workdays.calendar import Calendar, Days
from credit_core.workdays.models import CalendarNotice

FOLDER = DATA / "calendar"
_FOLDER_OF_NOTICES = FOLDER / "notices"
_MONTH_DAY = re.compile(r"^\d{2}-\d{2}$")
_EVE_AND_AFTER = (-1, 0, 1, 2)
"""Spring Festival since 2025: the eve and the first three days of the first month."""


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Computed(_Shape):
    """``computed.yaml``: the statutory days of years whose notice is not published yet."""

    basis: str
    fixed: tuple[str, ...]
    festivals: dict[int, tuple[str, str, str, str]]
    """Per year: first day of the first month, Qingming, Dragon Boat, Mid-Autumn."""

    @field_validator("fixed")
    @classmethod
    def _fixed_days(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for day in value:
            _month_day(2028, day)
        return value

    @field_validator("festivals")
    @classmethod
    def _festival_days(
        cls, value: dict[int, tuple[str, str, str, str]]
    ) -> dict[int, tuple[str, str, str, str]]:
        for year, days in value.items():
            for day in days:
                _month_day(year, day)
        return value

    def statutory(self, year: int) -> frozenset[date]:
        """The 13 days off of ``year`` (fewer where two festivals meet)."""
        spring, *others = (_month_day(year, day) for day in self.festivals[year])
        fixed = [_month_day(year, day) for day in self.fixed]
        return frozenset(
            [*fixed, *others, *(spring + timedelta(days=shift) for shift in _EVE_AND_AFTER)]
        )


class Notice(_Shape):
    """One year's notice; days stand singly or as spans ``2027-02-05..2027-02-11``."""

    year: int = Field(ge=2004, le=2100)
    basis: str = Field(min_length=1)
    holidays: tuple[date, ...] = Field(min_length=1)
    make_up: tuple[date, ...] = ()

    @field_validator("holidays", "make_up", mode="before")
    @classmethod
    def _spans(cls, value: object) -> list[date]:
        if not isinstance(value, list | tuple):
            raise ValueError(text("workdays", "faults.list"))  # noqa: TRY004
        return [day for entry in value for day in _span(entry)]

    @model_validator(mode="after")
    def _sound(self) -> Notice:
        known = max(computed().festivals)
        if self.year > known:
            raise ValueError(text("workdays", "faults.too_far", year=known))
        for day in (*self.holidays, *self.make_up):
            if day.year != self.year and (day.year, day.month) != (self.year - 1, 12):
                raise ValueError(text("workdays", "faults.other_year", day=day, year=self.year))
        twice = _first_twice((*self.holidays, *self.make_up))
        if twice:
            raise ValueError(text("workdays", "faults.twice", day=twice))
        weekdays = [day for day in self.make_up if day.weekday() < 5]
        if weekdays:
            raise ValueError(text("workdays", "faults.not_weekend", day=weekdays[0]))
        self._has_statutory_days()
        return self

    def _has_statutory_days(self) -> None:
        table = computed()
        if self.year not in table.festivals:
            return
        missing = sorted(table.statutory(self.year) - set(self.holidays))
        if missing:
            raise ValueError(text("workdays", "faults.statutory", day=missing[0]))


def _month_day(year: int, value: str) -> date:
    try:
        if _MONTH_DAY.match(value):
            return date.fromisoformat(f"{year}-{value}")
    except ValueError:
        pass
    raise ValueError(text("workdays", "faults.month_day", value=value))


def _span(entry: object) -> list[date]:
    first, _, last = str(entry).strip().partition("..")
    try:
        start = date.fromisoformat(first)
        end = date.fromisoformat(last or first)
    except ValueError:
        raise ValueError(text("workdays", "faults.day", value=entry)) from None
    length = (end - start).days
    if not 0 <= length <= 31:
        raise ValueError(text("workdays", "faults.span", value=entry))
    return [start + timedelta(days=shift) for shift in range(length + 1)]


def _first_twice(days: Iterable[date]) -> date | None:
    seen: set[date] = set()
    for day in days:
        if day in seen:
            return day
        seen.add(day)
    return None


@cache
def computed() -> Computed:
    return load(FOLDER / "computed.yaml", Computed)


def notices_in(folder: Path) -> tuple[Notice, ...]:
    """Every notice file of a folder.

    :raises DataFileError: a file cannot be used.
    """
    return tuple(load(path, Notice) for path in sorted(folder.glob("*.yaml")))


@dataclass(frozen=True, slots=True)
class _Known:
    off: frozenset[date]
    work: frozenset[date]
    years: frozenset[int]


@cache
def _library() -> _Known:
    from chinese_calendar.constants import holidays, workdays

    years = frozenset(range(min(holidays).year, max(holidays).year + 1))
    return _Known(frozenset(holidays), frozenset(workdays), years)


def build_calendar(notices: Iterable[Notice]) -> Calendar:
    """A calendar of the library and ``notices``; a later notice of a year replaces an earlier."""
    by_year = {notice.year: notice for notice in notices}
    library = _library()
    off = {day for day in library.off if day.year not in by_year}
    work = {day for day in library.work if day.year not in by_year}
    for year in sorted(by_year):
        off = (off | set(by_year[year].holidays)) - set(by_year[year].make_up)
        work = (work | set(by_year[year].make_up)) - set(by_year[year].holidays)
    published = library.years | set(by_year)
    table = computed()
    first = min(library.years)
    last = max(*published, *table.festivals)
    unpublished = frozenset(range(first, last + 1)) - published
    for year in unpublished:
        off |= table.statutory(year)
    return Calendar(Days(date(first, 1, 1), date(last, 12, 31), off, work, unpublished))


@cache
def _file_notices() -> tuple[Notice, ...]:
    return notices_in(_FOLDER_OF_NOTICES)


@cache
def file_calendar() -> Calendar:
    """The calendar without a database: the library and the files in ``config/calendar``."""
    return build_calendar(_file_notices())


@lru_cache(maxsize=8)
def _with_entered(entered: tuple[tuple[int, str, str, str], ...]) -> Calendar:
    made = [
        Notice.model_validate(
            {"year": year, "basis": basis, "holidays": off.split(), "make_up": work.split()}
        )
        for year, basis, off, work in entered
    ]
    return build_calendar((*_file_notices(), *made))


def calendar_for(session: Session) -> Calendar:
    """The calendar with the notices that staff have entered; one small read, then cached."""
    rows = session.execute(
        select(
            CalendarNotice.year,
            CalendarNotice.basis,
            CalendarNotice.holidays,
            CalendarNotice.make_up,
        ).order_by(CalendarNotice.entered_at, CalendarNotice.id)
    ).all()
    if not rows:
        return file_calendar()
    return _with_entered(
        tuple((year, basis, " ".join(off), " ".join(work)) for year, basis, off, work in rows)
    )


def enter_notice(session: Session, source: str, *, by: str, at: datetime) -> CalendarNotice:
    """Keep a notice that staff typed or uploaded as YAML; it holds from this transaction on.

    :raises DataFileError: the text is not a sound notice; the message names the line.
    """
    notice = load_text(source, Notice, name=text("workdays", "entered"))
    row = CalendarNotice(
        year=notice.year,
        basis=notice.basis,
        holidays=[day.isoformat() for day in notice.holidays],
        make_up=[day.isoformat() for day in notice.make_up],
        source=source,
        entered_by=by,
        entered_at=at,
    )
    session.add(row)
    session.flush()
    return row

"""The bureau's calendar: campaign days and monthly duties, told to staff in time."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime, timedelta
from functools import cache
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy.orm import Session

from config.settings import DATA
from config.texts import text
from credit_core import workdays
from credit_core.clock import local_day
from credit_core.datafile import PartError, Whole, Words, first_twice, load
from notices import outbox, words
from notices.deadlines import notice_day
from notices.outbox import Draft
from notices.plans import When
from notices.recipients import Bureau

_MAKE_UP_DAYS = 7
_NO_LEAP_YEAR = 2027
IN_TIME = When(deadline=["duty"], before=[0], days="working", roll="earlier")
"""A duty is met in office hours: whoever is told of it on a Saturday has lost the day before."""


class CampaignDay(BaseModel):
    """A day on which a campaign is due every year."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Words
    month: Whole = Field(ge=1, le=12)
    day: Whole = Field(ge=1, le=31)
    title: Words = Field(max_length=20)
    theme: str = ""
    ahead: Whole = Field(default=14, ge=0, le=90)

    @model_validator(mode="after")
    def _every_year(self) -> CampaignDay:
        if self.day > monthrange(_NO_LEAP_YEAR, self.month)[1]:
            said = text("datafile", "value.no_such_day", month=self.month, day=self.day)
            raise PartError(("day",), said)
        return self


class MonthlyDuty(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Words
    day: Whole = Field(ge=1, le=28)
    title: Words = Field(max_length=20)
    hint: Words = Field(max_length=20)
    ahead: list[Annotated[Whole, Field(ge=0, le=28)]] = Field(min_length=1)
    """Working days before the day."""


class Publicity(BaseModel):
    """双公示: penalty decisions are shown within so many days."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: Words
    """The text whose reading of «days» holds, in config/calendar/day_readings.yaml."""
    days: Whole = Field(ge=1, le=60)
    ahead: list[Annotated[Whole, Field(ge=0, le=28)]] = Field(min_length=1)
    """Working days before the last day."""


class Year(BaseModel):
    """``config/notices/calendar.yaml``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    days: list[CampaignDay]
    monthly: list[MonthlyDuty]
    publicity: Publicity

    @model_validator(mode="after")
    def _one_name_each(self) -> Year:
        for part, rows in (("days", self.days), ("monthly", self.monthly)):
            number = first_twice([one.id for one in rows])
            if number is not None:
                said = text("datafile", "value.twice", value=rows[number].id)
                raise PartError((part, number, "id"), said)
        return self


@cache
def year() -> Year:
    return load(DATA / "notices" / "calendar.yaml", Year)


def occasions(first: date, last: date) -> list[tuple[date, CampaignDay]]:
    """Campaign days from ``first`` up to and with ``last``, for the console's calendar."""
    found = [
        (date(number, one.month, one.day), one)
        for number in range(first.year, last.year + 1)
        for one in year().days
    ]
    return sorted(
        ((day, one) for day, one in found if first <= day <= last), key=lambda pair: pair[0]
    )


def plan_due(session: Session, now: datetime) -> int:
    """Tell staff of what comes near; returns how many notices are new."""
    today = local_day(now)
    staff, working = Bureau(session).officers(), workdays.calendar_for(session)
    drafts: list[Draft] = []
    for day, one in occasions(today, today + timedelta(days=120)):
        if today - timedelta(days=_MAKE_UP_DAYS) < day - timedelta(days=one.ahead) <= today:
            fields = {
                "matter": words.words("campaign_day.matter", title=one.title),
                "hint": words.words("campaign_day.hint"),
                "day": day,
            }
            drafts += _to(staff, "campaign_day", f"{one.id}:{day}", fields)
    for duty in year().monthly:
        for day in _months(today, duty.day):
            come = [
                one for one in duty.ahead if notice_day(working, day, one, IN_TIME) <= today <= day
            ]
            if come:
                fields = {"matter": duty.title, "hint": duty.hint, "day": day}
                drafts += _to(staff, "monthly_duty", f"{duty.id}:{day}:{min(come)}", fields)
    return len(outbox.post_all(session, drafts, now))


def _to(staff: list[int], kind: str, key: str, fields: dict[str, object]) -> list[Draft]:
    whole = {"case_label": "-", "provisional_note": "", **fields}
    return [
        Draft(kind=kind, key=f"{kind}:{key}:{staff_id}", fields=whole, staff_id=staff_id)
        for staff_id in staff
    ]


def _months(today: date, day: int) -> list[date]:
    this = today.replace(day=day)
    following = (this.replace(day=1) + timedelta(days=32)).replace(day=day)
    return [this, following]

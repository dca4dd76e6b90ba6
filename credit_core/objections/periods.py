"""Which days hold for an objection: ``config/objections/periods.yaml`` read and asked."""

from __future__ import annotations

from datetime import date
from functools import cache

from pydantic import BaseModel, ConfigDict, Field, model_validator

from config.settings import DATA
from config.texts import text
from credit_core.datafile import Date, PartError, Truth, Whole, Words, load
from credit_core.subjects.models import SubjectKind
from credit_core.workdays import Calendar, Due


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ReviewPeriod(_Shape):
    """Calendar days."""

    within: Whole = Field(ge=1)
    decide: Whole = Field(ge=1)
    basis: Words


class PlaceRule(_Shape):
    """One place's periods in working days, counted from the day of filing."""

    place: Words
    effective_from: Date
    effective_to: Date | None = None
    basis: Words
    confirmed: Truth
    same_as: str | None = None
    mark: Whole = Field(default=0, ge=0)
    accept: Whole = Field(default=3, ge=1)
    decide: Whole | None = Field(default=None, ge=1)
    decide_complex: Whole | None = Field(default=None, ge=1)
    review: ReviewPeriod | None = None

    @model_validator(mode="after")
    def _whole(self) -> PlaceRule:
        own = (self.decide, self.decide_complex, self.review)
        if self.same_as is None and None in own:
            raise ValueError(text("objections", "faults.incomplete"))
        if self.same_as is not None and any(part is not None for part in own):
            raise ValueError(text("objections", "faults.same_as_alone"))
        if self.effective_to is not None and self.effective_to < self.effective_from:
            raise PartError(("effective_to",), text("datafile", "value.ends_first"))
        if (self.decide or 0) > (self.decide_complex or self.decide or 0):
            raise PartError(("decide_complex",), text("objections", "faults.complex_shorter"))
        return self


class FilingLimit(_Shape):
    """Records of these kinds and items can be objected to only within working days."""

    kinds: tuple[SubjectKind, ...] = Field(min_length=1)
    items: tuple[Words, ...] = Field(min_length=1)
    within: Whole = Field(ge=1)
    basis: Words
    confirmed: Truth


class Periods(_Shape):
    statement_most: Whole = Field(ge=1)
    evidence_most: Whole = Field(ge=1)
    rules: tuple[PlaceRule, ...] = Field(min_length=1)
    filing: tuple[FilingLimit, ...] = ()

    @model_validator(mode="after")
    def _same_as_leads_to_days(self) -> Periods:
        whole = {rule.place for rule in self.rules if rule.same_as is None}
        for number, rule in enumerate(self.rules):
            if rule.same_as is not None and rule.same_as not in whole:
                said = text("objections", "faults.same_as_unknown", place=rule.same_as)
                raise PartError(("rules", number, "same_as"), said)
        return self


class Answer(_Shape):
    """The periods that hold for one case."""

    place: str
    basis: str
    confirmed: bool
    accept: int
    decide: int
    decide_complex: int
    review: ReviewPeriod


@cache
def periods() -> Periods:
    return load(DATA / "objections" / "periods.yaml", Periods)


def answer_periods(place: str, on: date) -> Answer:
    """The periods of ``place`` for a case filed ``on`` that day; the national ones where a
    place has none (yet)."""
    rule = _in_force(place, on) or _in_force(periods().rules[0].place, on) or periods().rules[0]
    days = rule
    if rule.same_as is not None:
        days = _in_force(rule.same_as, on) or periods().rules[0]
    if days.decide is None or days.decide_complex is None or days.review is None:
        raise LookupError(f"no objection periods for {place} on {on}")
    return Answer(
        place=rule.place,
        basis=rule.basis,
        confirmed=rule.confirmed,
        accept=days.accept,
        decide=days.decide,
        decide_complex=days.decide_complex,
        review=days.review,
    )


def _in_force(place: str, on: date) -> PlaceRule | None:
    found = [
        rule
        for rule in periods().rules
        if rule.place == place
        and rule.effective_from <= on
        and (rule.effective_to is None or on <= rule.effective_to)
    ]
    return max(found, key=lambda rule: rule.effective_from, default=None)


def last_filing_day(kind: str, item: str, told_on: date, calendar: Calendar) -> Due | None:
    """Last day to object to a record of which the subject was told on ``told_on``; ``None``
    where there is no limit."""
    for limit in periods().filing:
        if kind in limit.kinds and item in limit.items:
            return calendar.add_working_days(told_on, limit.within)
    return None

"""Which law holds for a repair: ``config/repair/rule_sets.yaml`` read, and the choice for one
decision and one application."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from config.settings import DATA
from config.texts import text
from credit_core.cases.places import place_of_city
from credit_core.datafile import Date, PartError, Truth, Whole, Words, first_twice, load
from credit_core.errors import Refusal
from credit_core.records.models import Severity
from credit_core.rules.periods import add_months

NATIONAL = "全国"
ConditionCode = Literal[
    "in_file",
    "minimum_period",
    "duties_done",
    "corrected",
    "no_new_same_kind",
    "no_new_breach",
    "public_commitment",
    "not_on_severe_list",
    "not_barred",
]


def _fault(code: str, /, **fields: object) -> str:
    return text("repairs", f"faults.{code}", **fields)


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ClassPeriod(_Shape):
    minimum_months: Whole = Field(ge=0, le=120)
    maximum_months: Whole = Field(ge=1, le=120)

    @model_validator(mode="after")
    def _in_order(self) -> ClassPeriod:
        if self.minimum_months > self.maximum_months:
            raise PartError(("minimum_months",), _fault("minimum_longer"))
        return self


class Procedure(_Shape):
    """Working days of each step; ``None``: the step has no day of its own."""

    confirmed: Truth
    papers: Whole = Field(ge=1)
    """For the applicant, to complete the papers after being told once what is missing."""
    accept: Whole | None = Field(default=None, ge=1)
    verify: Whole = Field(ge=1)
    verify_from: Literal["papers", "acceptance"]
    verify_extension: Whole | None = Field(default=None, ge=1)
    show: Whole | None = Field(default=None, ge=1)
    """Length of the public notice; ``None``: there is none."""
    label: Whole = Field(ge=1)
    refusal_objection: Whole = Field(ge=1)
    objection_decide: Whole = Field(ge=1)


class FilePeriod(_Shape):
    """自然修复: the item leaves the file by itself, whether its effect ended long before or not."""

    months: Whole = Field(ge=1, le=240)
    counts_from: Literal["decision", "act"]


class RepairRules(_Shape):
    """One rule set. A local one may leave periods or procedure to the national one."""

    id: str = Field(pattern=r"^R-[A-Z0-9]+$")
    title: Words
    place: Words
    basis: Words
    effective_from: Date
    effective_to: Date | None = None
    confirmed: Truth
    note: str = ""
    classes: dict[Severity, ClassPeriod] | None = None
    fields: dict[str, Annotated[Whole, Field(ge=0, le=120)]] = Field(default_factory=dict)
    """Minimum months of special fields, whatever the class."""
    file: FilePeriod | None = None
    conditions: tuple[ConditionCode, ...] = ()
    clean_months: Whole | None = Field(default=None, ge=1)
    """For ``no_new_breach``: months without any new record before the application."""
    procedure: Procedure | None = None
    forgery_bar_months: Whole | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _whole(self) -> RepairRules:
        if self.classes is not None and set(self.classes) != set(Severity):
            raise PartError(("classes",), _fault("classes"))
        if self.classes is not None and not self.conditions:
            raise PartError(("conditions",), _fault("conditions"))
        if "no_new_breach" in self.conditions and self.clean_months is None:
            raise PartError(("clean_months",), _fault("clean_months"))
        if self.effective_to is not None and self.effective_to < self.effective_from:
            raise PartError(("effective_to",), _fault("ends_first"))
        return self

    def holds_on(self, day: date) -> bool:
        return self.effective_from <= day and (
            self.effective_to is None or day <= self.effective_to
        )

    def minimum_months(self, severity: Severity, field: str | None) -> int:
        """Months that have to pass; several reasons: the longest."""
        if self.classes is None:
            raise LookupError(f"{self.id} has no periods of its own")
        return max(self.classes[severity].minimum_months, self.fields.get(field or "", 0))


class _Choice(_Shape):
    period: Literal["decision", "application"]
    procedure: Literal["decision", "application"]
    shorter_from: tuple[str, ...] = ()


class RepairBook(_Shape):
    choice: _Choice
    rule_sets: tuple[RepairRules, ...] = Field(min_length=1)
    fields_of_items: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _sound(self) -> RepairBook:
        names = [rules.id for rules in self.rule_sets]
        number = first_twice(names)
        if number is not None:
            raise PartError(("rule_sets", number, "id"), _fault("twice", id=names[number]))
        for number, name in enumerate(self.choice.shorter_from):
            if name not in names:
                place = ("choice", "shorter_from", number)
                raise PartError(place, _fault("shorter_unknown", id=name))
        fields = {field for rules in self.rule_sets for field in rules.fields}
        for item, field in self.fields_of_items.items():
            if field not in fields:
                raise PartError(("fields_of_items", item), _fault("no_field", field=field))
        return self

    def by_id(self, rules_id: str) -> RepairRules:
        return next(rules for rules in self.rule_sets if rules.id == rules_id)


@cache
def repair_book() -> RepairBook:
    return load(DATA / "repair" / "rule_sets.yaml", RepairBook)


@dataclass(frozen=True, slots=True)
class Law:
    """What holds for one repair: periods and conditions from one rule set, days from another."""

    period: RepairRules
    procedure_rules: RepairRules
    procedure: Procedure
    minimum_months: int
    shorter: bool
    """The period comes from a later rule that is milder than the one of the decision's day."""
    own: RepairRules
    """The rule set of the decision's day. Only the period goes by the milder one, which itself
    leaves other legal conditions in force."""
    present: tuple[RepairRules, ...] = ()
    """Rule sets of ``shorter_from`` in force on the day of application: whoever applies under
    them meets their conditions, also where their period is no shorter."""

    @property
    def conditions(self) -> tuple[ConditionCode, ...]:
        asking = (self.own, self.period, *self.present)
        return tuple(dict.fromkeys(code for rules in asking for code in rules.conditions))

    def basis_of(self, code: str) -> str:
        """The basis of a condition: the rule set that asks for it."""
        asking = (self.period, self.own, *self.present)
        return next((rules for rules in asking if code in rules.conditions), self.period).basis


def law_for(
    severity: Severity,
    field: str | None,
    *,
    decided_on: date,
    applied_on: date,
    city: str,
    book: RepairBook | None = None,
) -> Law:
    """The rule sets for a decision of ``decided_on`` and an application of ``applied_on``.

    :raises Refusal: ``repairs.no_rule``: there is no rule yet on the day of application.
    """
    book = book or repair_book()
    place = place_of_city(city)
    day = decided_on if book.choice.period == "decision" else applied_on
    own = _latest(book, place, day, "classes") or _latest(book, place, applied_on, "classes")
    if own is None:
        raise Refusal("repairs.no_rule", on=applied_on)
    chosen, months = own, own.minimum_months(severity, field)
    for rules_id in book.choice.shorter_from:
        milder = book.by_id(rules_id)
        if not milder.holds_on(applied_on) or milder.classes is None:
            continue
        if milder.minimum_months(severity, field) < months:
            chosen, months = milder, milder.minimum_months(severity, field)
    procedure_day = decided_on if book.choice.procedure == "decision" else applied_on
    days = _latest(book, place, procedure_day, "procedure") or _first_with_procedure(book)
    if days.procedure is None:
        raise LookupError(f"{days.id} has no procedure")
    named = (book.by_id(rules_id) for rules_id in book.choice.shorter_from)
    present = tuple(rules for rules in named if rules.holds_on(applied_on))
    return Law(chosen, days, days.procedure, months, chosen is not own, own, present)


@dataclass(frozen=True, slots=True)
class Stay:
    """How long an item is shown.

    :ivar last_day: last day on which it stands in the file.
    :ivar natural: it is then removed by the law of the place (自然修复), not only out of effect.
    """

    last_day: date
    rules: RepairRules
    natural: bool


def stay_in_file(
    severity: Severity,
    *,
    decided_on: date,
    occurred_on: date,
    last_day: date | None,
    on: date,
    city: str,
    book: RepairBook | None = None,
) -> Stay | None:
    """How long an item is shown, as the law stands on a day; None: as long as it counts.

    Where the place keeps a file for some years, so long. Elsewhere the longest display of the
    rule set of the decision's day, or a shorter one from the day on which that came into force.
    Nothing leaves the file while it still counts.

    :param last_day: last day with effect on the score; None: no end in sight.
    """
    book = book or repair_book()
    place = place_of_city(city)
    local = _latest(book, place, decided_on, "file") or _latest(book, place, on, "file")
    if local is not None and local.file is not None and local.place == place:
        start = decided_on if local.file.counts_from == "decision" else occurred_on
        return Stay(_later(add_months(start, local.file.months), last_day), local, natural=True)
    own = _latest(book, place, decided_on, "classes") or _latest(book, place, on, "classes")
    if own is None or own.classes is None:
        return None
    chosen, ends = own, add_months(decided_on, own.classes[severity].maximum_months)
    for rules_id in book.choice.shorter_from:
        milder = book.by_id(rules_id)
        if milder.classes is None or not milder.holds_on(on):
            continue
        sooner = add_months(decided_on, milder.classes[severity].maximum_months)
        sooner = max(sooner, milder.effective_from)
        if sooner < ends:
            chosen, ends = milder, sooner
    return Stay(_later(ends, last_day), chosen, natural=False)


def _later(day: date, other: date | None) -> date:
    return day if other is None else max(day, other)


def file_rules(city: str, on: date) -> FilePeriod | None:
    """For how long the place of a city keeps an item in the file; None: no such rule."""
    found = _latest(repair_book(), place_of_city(city), on, "file")
    return None if found is None else found.file


def _latest(
    book: RepairBook, place: str, day: date, part: Literal["classes", "procedure", "file"]
) -> RepairRules | None:
    """The newest rule set in force on a day that says something about ``part``; a local one
    goes before a national one."""
    for where in dict.fromkeys((place, NATIONAL)):
        found = [
            rules
            for rules in book.rule_sets
            if rules.place == where and rules.holds_on(day) and getattr(rules, part) is not None
        ]
        if found:
            return max(found, key=lambda rules: rules.effective_from)
    return None


def _first_with_procedure(book: RepairBook) -> RepairRules:
    """Before any rule named days, the earliest national days serve as a measure."""
    known = [r for r in book.rule_sets if r.place == NATIONAL and r.procedure is not None]
    return min(known, key=lambda rules: rules.effective_from)

"""The shape of a rule set: one file for one kind of subject and one period of time.

Every number stands in ``config/rules``; this file only says what may stand there. Days are
inclusive on both ends, as in laws: ``effective_to`` is the last day.
"""

from __future__ import annotations

import hashlib
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from credit_core.datafile import Date, Truth, Whole, Words

SourceMark = Literal["confirmed", "default", "unconfirmed"]
"""``confirmed``: a law or official text says so. ``default``: proposed by the system, the bureau
decides. ``unconfirmed``: reported somewhere, not verified; staff are told."""

Class = Literal["轻微", "一般", "严重"]
Condition = Literal["no_negative", "identity_verified", "commitment"]
Flag = Literal["benefits_paused", "focus_list"]
"""Consequences of a record that are no points; offers and alerts know these."""
Text = Words
Code = Annotated[str, Field(pattern=r"^[A-Z]{1,3}[-+][0-9]{1,3}$")]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=False)


class Grade(Strict):
    """A grade is reached by points *and* all its conditions."""

    grade: Annotated[str, Field(pattern=r"^[A-Z]{1,4}$")]
    at_least: Whole
    title: Text
    letter: Annotated[str, Field(pattern=r"^[A-E]$")]
    """What other cities are told."""
    conditions: tuple[Condition, ...] = ()
    source_mark: SourceMark


class Period(Strict):
    """How long a class of record counts, and from when it may be repaired."""

    months: Annotated[Whole, Field(gt=0, le=120)]
    repair_after_months: Annotated[Whole, Field(ge=0, le=120)]


class Group(Strict):
    """A limit over the sum of all lines that belong to the group."""

    title: Text
    at_most: Annotated[Whole, Field(gt=0)] | None = None
    at_least: Annotated[Whole, Field(lt=0)] | None = None
    not_above_loss_of: Text | None = None
    """The plus of this group only makes good the minus of that one."""


class Open(Strict):
    """The record states the amount: ``points = per_point × amount``."""

    least: Whole
    most: Whole
    step: Annotated[Whole, Field(gt=0)] = 1
    per_point: Whole = 1
    default: Whole | None = None
    """Where the record states none; None: it must."""


class Variant(Strict):
    """One level of an item, with its own points and class."""

    level: Annotated[str, Field(max_length=24)] = ""
    points: Annotated[Whole, Field(ge=-10_000, le=10_000)]
    class_: Class | None = Field(default=None, alias="class")
    """None: a positive item, which counts for ``positive_months``."""
    severity: Class | None = None
    """The severity in the decision that chooses this variant, where it is not the class."""
    words: tuple[Text, ...] = ()
    """Words in the detail that choose this variant when neither points nor severity do; ``…``
    stands for anything in between. A word that is denied (未获利) does not count."""
    percent: Annotated[Whole, Field(ge=0, le=100)] | None = None
    """The percentage in the detail from which on this variant is chosen."""
    group: Text | None = None
    at_most: Text | None = None
    """The best grade while a record of this variant is in effect."""
    months: Annotated[Whole, Field(gt=0, le=120)] | None = None
    """Counts for so long, whatever the class says."""


class Item(Strict):
    code: Code
    title: Text
    basis: Text
    source_mark: SourceMark
    variants: Annotated[tuple[Variant, ...], Field(min_length=1)]
    default_levels: tuple[str, ...] = ()
    """Variants of a record that tells too little, the first possible one; none: refused."""
    open: Open | None = None
    group: Text | None = None
    lasts: Literal["class", "new_year", "always"] = "class"
    monthly_limit: Annotated[Whole, Field(gt=0)] | None = None
    """So many records of one calendar month (by the day of the act) count."""
    sequence: Annotated[tuple[Whole, ...], Field(min_length=1)] | None = None
    """Points of the first, second … record in effect; the last number goes on."""
    sequence_flag: Flag | None = None
    """Consequence once the sequence has reached its last number."""
    self_help: Truth = False
    """A plus that a subject can bring about itself; advice names these first."""
    closes: tuple[Code, ...] = ()
    """Earlier records of these items end when this one takes effect."""
    flag: Flag | None = None


class CounterStep(Strict):
    at_least: Annotated[Whole, Field(gt=0)]
    at_most: Text
    title: Text


class Counter(Strict):
    """A statutory counter beside the score: points of a calendar year."""

    group: Text
    reduced_by: Text | None = None
    points_each: Annotated[Whole, Field(lt=0)]
    steps: Annotated[tuple[CounterStep, ...], Field(min_length=1)]
    governed_by: tuple[Code, ...] = ()
    """Once such a decision was taken in the year, it alone says what follows."""
    basis: Text
    source_mark: SourceMark


class SevereList(Strict):
    at_most: Text
    title: Text
    basis: Text


class NotEvaluated(Strict):
    """Reasons of ``config/texts/scoring.yaml`` under ``not_evaluated``."""

    before_start: Literal["under_18", "contract_short"] | None = None
    after_end: Literal["ended"]


class RuleSet(Strict):
    """Everything that decides a score of one kind of subject during one period."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{2,39}$")]
    kind: Literal["resident", "institution", "practitioner", "employer", "supplier"]
    title: Text
    effective_from: Date
    effective_to: Date | None = None
    last_checked: Date
    basis: Text
    note: str = ""
    base: Whole
    floor: Whole
    cap: Whole
    grades: Annotated[tuple[Grade, ...], Field(min_length=2)]
    classes: dict[Class, Period]
    positive_months: Annotated[Whole, Field(gt=0, le=120)]
    archive_years: Annotated[Whole, Field(gt=0, le=50)]
    """Ended records are told with a score for so many years after their decision."""
    not_evaluated: NotEvaluated
    severe_list: SevereList
    counter: Counter | None = None
    groups: dict[str, Group] = {}
    items: Annotated[tuple[Item, ...], Field(min_length=1)]

    @property
    def digest(self) -> str:
        """Twelve hex signs over the content: two sets with the same digest decide alike."""
        return hashlib.sha256(self.model_dump_json(by_alias=True).encode()).hexdigest()[:12]

    @property
    def version(self) -> str:
        return f"{self.id}@{self.digest}"

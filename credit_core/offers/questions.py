"""What an offer asks about somebody: the shape of a condition in ``config/offers``.

A condition is one question about one fact of the catalogue, or several joined by all_of or any_of.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationInfo,
    model_validator,
)

from config.texts import text
from credit_core.datafile import PartError, Truth, Whole, Words
from credit_core.offers.catalogue import (
    NUMERIC,
    Fact,
    FactCatalogue,
    FactError,
    FactType,
    FactValue,
    fact_catalogue,
)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Period(_Strict):
    """A span of the calendar: 2 years after 2020-02-10 ends with 2022-02-10."""

    years: Whole = Field(default=0, ge=0)
    months: Whole = Field(default=0, ge=0)
    days: Whole = Field(default=0, ge=0)

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        if not (self.years or self.months or self.days):
            raise ValueError(says("period"))
        return self


class FactRef(_Strict):
    """Another fact as the bound, such as the points of the last place in a ranking."""

    fact: str


Bound = FactRef | Decimal | str
OPERATORS = ("at_least", "above", "at_most", "below", "is", "one_of", "within", "not_over", "known")


class Test(_Strict):
    """One question about one fact, with exactly one operator."""

    __test__ = False  # Not a test case for pytest.

    fact: str
    at_least: Bound | None = None
    above: Bound | None = None
    at_most: Bound | None = None
    below: Bound | None = None
    is_: Truth | str | None = Field(default=None, alias="is")
    one_of: Annotated[tuple[str, ...], Field(min_length=1)] | None = None
    within: Period | None = None
    """The fact is a day; the period that starts with it has not ended."""
    not_over: Literal[True] | None = None
    """The fact is a last day of validity that has not passed."""
    known: Literal[True] | None = None
    say: Words | None = None
    """Chinese sentence instead of the general one when the test fails."""
    ask: Truth = True
    """False for another way to prove the same: it counts when known and is never asked for."""

    @property
    def operator(self) -> str:
        given = [name for name in OPERATORS if self.operand(name) is not None]
        return given[0] if len(given) == 1 else ""

    def operand(self, operator: str) -> object:
        return getattr(self, "is_" if operator == "is" else operator)

    @model_validator(mode="after")
    def _fits_its_fact(self, info: ValidationInfo) -> Self:
        facts = facts_known(info)
        if self.fact not in facts:
            raise PartError(("fact",), says("unknown", name=self.fact))
        if not self.operator:
            raise ValueError(says("operator", operators="、".join(OPERATORS)))
        _check_operator(self, facts)
        return self


def _check_operator(test: Test, facts: FactCatalogue) -> None:
    fact, operator, operand = facts[test.fact], test.operator, test.operand(test.operator)
    if operator in {"at_least", "above", "at_most", "below"}:
        if fact.type not in NUMERIC and fact.type is not FactType.LEVEL:
            raise PartError((operator,), says("no_number", fact=test.fact))
        if isinstance(operand, FactRef):
            if operand.fact not in facts:
                raise PartError((operator, "fact"), says("unknown", name=operand.fact))
        else:
            checked(fact, operand, operator)
    elif operator in {"within", "not_over"}:
        if fact.type is not FactType.DATE:
            raise PartError((operator,), says("no_day", fact=test.fact))
    elif operator == "is":
        checked(fact, operand, "is")
    elif test.one_of is not None:
        for number, option in enumerate(test.one_of):
            checked(fact, option, "one_of", number)


def checked(fact: Fact, written: object, *place: int | str) -> FactValue:
    """:raises PartError: the fact cannot have such a value."""
    said = {True: "yes", False: "no"}[written] if isinstance(written, bool) else str(written)
    try:
        return fact.parse(said)
    except FactError as error:
        raise PartError(place, says("of_fact", fact=fact.title, why=error)) from None


def says(fault: str, /, **fields: object) -> str:
    """What is wrong with a file of offers, in Chinese."""
    return text("offers", f"faults.{fault}", **fields)


class AllOf(_Strict):
    all_of: tuple[Condition, ...] = Field(min_length=1)


class AnyOf(_Strict):
    any_of: tuple[Condition, ...] = Field(min_length=2)
    say: Words | None = None


def _which(value: object) -> str:
    if isinstance(value, dict):
        return next((key for key in ("any_of", "all_of") if key in value), "test")
    if isinstance(value, AnyOf):
        return "any_of"
    return "all_of" if isinstance(value, AllOf) else "test"


Condition = Annotated[
    Annotated[Test, Tag("test")]
    | Annotated[AllOf, Tag("all_of")]
    | Annotated[AnyOf, Tag("any_of")],
    Discriminator(_which),
]


def facts_of(condition: Condition) -> Iterator[str]:
    """The facts that a condition looks at, in its order."""
    match condition:
        case Test():
            yield condition.fact
            bound = condition.operand(condition.operator)
            if isinstance(bound, FactRef):
                yield bound.fact
        case AllOf():
            for one in condition.all_of:
                yield from facts_of(one)
        case AnyOf():
            for one in condition.any_of:
                yield from facts_of(one)


def facts_known(info: ValidationInfo) -> FactCatalogue:
    """The catalogue that a file is read with."""
    return info.context if isinstance(info.context, FactCatalogue) else fact_catalogue()

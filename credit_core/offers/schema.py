"""The shape of an offer in ``config/offers/*.yaml``, and what the schema refuses.

A row says who may use the offer (conditions over the catalogue of facts), what it gives (terms),
how it is claimed, where it comes from (``source`` is an id of the inventory of programmes), from
when until when it holds, and whether its figures are confirmed or a default of ours.

A statutory entitlement never depends on a score: a row that would gate reimbursement or
settlement is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from enum import StrEnum
from string import Formatter
from typing import Annotated, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationInfo,
    field_validator,
    model_validator,
)

from credit_core.offers.catalogue import (
    NUMERIC,
    Fact,
    FactCatalogue,
    FactError,
    FactType,
    FactValue,
    fact_catalogue,
)
from credit_core.subjects.models import SubjectKind

STATUTORY = ("报销", "医保结算", "统筹支付", "基金支付", "医保待遇", "异地结算", "参保登记")
"""Words of statutory entitlements; what an offer gives may not speak of them."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Gives(StrEnum):
    """What kind of thing an offer gives."""

    DISCOUNT = "discount"
    DEPOSIT_WAIVER = "deposit_waiver"
    SERVICE = "service"
    LENIENT_PAPERS = "lenient_papers"
    FAST_TRACK = "fast_track"
    PAY_LATER = "pay_later"
    LOAN = "loan"
    INSURANCE = "insurance"
    GOODS = "goods"
    PLACE = "place"
    HONOUR = "honour"
    FEWER_CHECKS = "fewer_checks"
    FUNDING = "funding"
    REWARD = "reward"
    HELP = "help"


class Confirmed(StrEnum):
    """How sure the figures of a row are."""

    SOURCE = "source"
    """As the source document says."""
    PARTLY = "partly"
    """Some figures are our default; ``note`` says which."""
    DEFAULT = "default"
    """System default; the bureau confirms or edits it before it holds."""


class Period(_Strict):
    """A span of the calendar: 2 years after 2020-02-10 ends with 2022-02-10."""

    years: int = Field(default=0, ge=0)
    months: int = Field(default=0, ge=0)
    days: int = Field(default=0, ge=0)

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        if not (self.years or self.months or self.days):
            raise ValueError("a period needs years, months or days")
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
    is_: bool | str | None = Field(default=None, alias="is")
    one_of: tuple[str, ...] | None = None
    within: Period | None = None
    """The fact is a day; the period that starts with it has not ended."""
    not_over: Literal[True] | None = None
    """The fact is a last day of validity that has not passed."""
    known: Literal[True] | None = None
    say: str | None = None
    """Chinese sentence instead of the general one when the test fails."""
    ask: bool = True
    """False for another way to prove the same: it counts when known and is never asked for."""

    @property
    def operator(self) -> str:
        given = [name for name in OPERATORS if self.operand(name) is not None]
        return given[0] if len(given) == 1 else ""

    def operand(self, operator: str) -> object:
        return getattr(self, "is_" if operator == "is" else operator)

    @model_validator(mode="after")
    def _fits_its_fact(self, info: ValidationInfo) -> Self:
        facts = _catalogue(info)
        if self.fact not in facts:
            raise ValueError(f"there is no fact {self.fact!r} in facts.yaml")
        if not self.operator:
            raise ValueError(f"write exactly one of {', '.join(OPERATORS)}")
        _check_operator(self, facts)
        return self


def _check_operator(test: Test, facts: FactCatalogue) -> None:
    fact, operator, operand = facts[test.fact], test.operator, test.operand(test.operator)
    if operator in {"at_least", "above", "at_most", "below"}:
        if fact.type not in NUMERIC and fact.type is not FactType.LEVEL:
            raise ValueError(f"{operator} needs a number or a level, {test.fact} is {fact.type}")
        if isinstance(operand, FactRef):
            if operand.fact not in facts:
                raise ValueError(f"there is no fact {operand.fact!r} in facts.yaml")
        else:
            _checked(fact, operand)
    elif operator in {"within", "not_over"}:
        if fact.type is not FactType.DATE:
            raise ValueError(f"{operator} needs a day, {test.fact} is {fact.type}")
    elif operator == "is":
        _checked(fact, operand)
    elif test.one_of is not None:
        for option in test.one_of:
            _checked(fact, option)


def _checked(fact: Fact, written: object) -> FactValue:
    text = {True: "yes", False: "no"}[written] if isinstance(written, bool) else str(written)
    try:
        return fact.parse(text)
    except FactError as error:
        raise ValueError(f"{fact.title}: {error}") from None


class AllOf(_Strict):
    all_of: tuple[Condition, ...] = Field(min_length=1)


class AnyOf(_Strict):
    any_of: tuple[Condition, ...] = Field(min_length=2)
    say: str | None = None


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


class Step(_Strict):
    """From this value of the fact on (inclusive), this is what is given."""

    from_: Decimal = Field(alias="from")
    value: Decimal


class Loan(_Strict):
    """Figures of a credit product, in yuan; the rate is in ‰ a month."""

    least: Decimal | None = None
    most: Decimal | None = None
    monthly_permille: Decimal | None = Field(default=None, ge=0)
    months: int | None = Field(default=None, ge=1)


class Terms(_Strict):
    """How much an offer gives: one value, or one that depends on a fact."""

    text: str
    """Chinese with ``{value}``, ``{wan}`` (the value in 万) and, for loans, ``{interest}``."""
    value: Decimal | None = None
    by: str | None = None
    table: dict[str, Decimal] | None = None
    steps: tuple[Step, ...] | None = None
    within: tuple[Decimal, Decimal] | None = None
    limits: str | None = None
    """Fact that closes the offer when it is known and above the value, or below ``within``."""
    loan: Loan | None = None

    @field_validator("table", mode="before")
    @classmethod
    def _text_keys(cls, value: object) -> object:
        return {str(key): one for key, one in value.items()} if isinstance(value, dict) else value

    @model_validator(mode="after")
    def _consistent(self, info: ValidationInfo) -> Self:
        given = [one for one in (self.table, self.steps) if one is not None]
        if (self.by is None) != (not given) or len(given) > 1:
            raise ValueError("write by together with either table or steps")
        if self.by is not None:
            facts = _catalogue(info)
            if self.by not in facts:
                raise ValueError(f"there is no fact {self.by!r} in facts.yaml")
            for key in self.table or {}:
                _checked(facts[self.by], key)
        strange = {field for _, field, _, _ in Formatter().parse(self.text) if field is not None}
        if stranger := sorted(strange - {"value", "wan", "interest"}):
            raise ValueError(f"text knows {{value}}, {{wan}} and {{interest}}, not {stranger[0]!r}")
        if self.limits is not None and self.limits not in _catalogue(info):
            raise ValueError(f"there is no fact {self.limits!r} in facts.yaml")
        starts = [step.from_ for step in self.steps or ()]
        if starts != sorted(set(starts)):
            raise ValueError("steps must stand from low to high, each start once")
        self._within_bounds()
        return self

    def _within_bounds(self) -> None:
        if self.within is None:
            return
        least, most = self.within
        values = [*(self.table or {}).values(), *(step.value for step in self.steps or ())]
        for value in values if self.value is None else [*values, self.value]:
            if not least <= value <= most:
                raise ValueError(f"{value} is outside {least} to {most}")


class Saves(_Strict):
    """What a redemption saves, in yuan of the amount paid; exactly one way."""

    percent: Decimal | Literal["term"] | None = None
    """Share of the amount; ``term`` takes the value of the terms at the claim."""
    yuan: Decimal | None = None
    whole: Literal[True] | None = None
    """All of the amount, such as a deposit that is not asked for."""
    most: Decimal | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if sum(one is not None for one in (self.percent, self.yuan, self.whole)) != 1:
            raise ValueError("write exactly one of percent, yuan, whole")
        if isinstance(self.percent, Decimal) and not 0 < self.percent <= 100:
            raise ValueError("percent is above 0 and at most 100")
        return self


class Price(_Strict):
    """Points of a wallet that a claim takes."""

    wallet: str
    points: int = Field(ge=1)


class Claim(_Strict):
    """How an offer is claimed: a one-time code with an end."""

    period: Literal["day", "month", "quarter", "year", "once"]
    per_person: int = Field(default=1, ge=1)
    days: int = Field(ge=1)
    """The code is good from the day of the claim through this many days after it."""
    quota: int | None = Field(default=None, ge=1)
    """Codes for everybody together in one period."""
    price: Price | None = None
    saves: Saves | None = None


class Offer(_Strict):
    """One row: a benefit that somebody may use under conditions."""

    id: str = Field(pattern=r"^[a-z0-9-]{3,40}$")
    source: str = Field(pattern=r"^([WZXMQ]\d{2,3}|L6\.3)$")
    code: str = ""
    """The 信易+ code, such as 信易医."""
    title: str = Field(max_length=24)
    gives: Gives
    kinds: tuple[SubjectKind, ...] = Field(min_length=1)
    says: str
    """What one gets, in one plain sentence."""
    next_step: str
    """How to use it, in one plain sentence."""
    otherwise: str = ""
    """What remains open to people who do not qualify."""
    effective_from: date
    effective_to: date | None = None
    """Last day with effect; None: no end in sight."""
    confirmed: Confirmed
    note: str = ""
    conditions: tuple[Condition, ...] = ()
    terms: Terms | None = None
    claim: Claim | None = None
    partners: tuple[str, ...] = ()
    place: str | None = None
    """Where this is (or was) practised; None: in the city of this installation."""
    year: int | None = None
    adopted: bool = False
    """A practice of elsewhere that this city has taken over."""

    @field_validator("gives", mode="before")
    @classmethod
    def _nothing_statutory(cls, value: object) -> object:
        if str(value) in {"reimbursement", "settlement", "enrolment", "entitlement"}:
            raise ValueError(
                "reimbursement, settlement and enrolment are statutory: no offer may make them "
                "depend on credit"
            )
        return value

    @model_validator(mode="after")
    def _sound(self) -> Self:
        spoken = f"{self.title}{self.says}{self.terms.text if self.terms else ''}"
        word = next((word for word in STATUTORY if word in spoken), None)
        if word is not None:
            raise ValueError(
                f"«{word}» is a statutory entitlement: no offer may make it depend on credit"
            )
        if self.effective_to is not None and self.effective_to < self.effective_from:
            raise ValueError("effective_to lies before effective_from")
        if self.confirmed is not Confirmed.SOURCE and not self.note:
            raise ValueError("say in note what is our default here")
        return self

    @property
    def local(self) -> bool:
        return self.place is None or self.adopted

    def asks(self) -> list[str]:
        """The facts that conditions and terms look at, in the order of the row."""
        found = [name for condition in self.conditions for name in _facts_of(condition)]
        if self.terms is not None:
            found += [name for name in (self.terms.by, self.terms.limits) if name is not None]
        return list(dict.fromkeys(found))

    def in_force(self, on: date) -> bool:
        return self.effective_from <= on and (self.effective_to is None or on <= self.effective_to)


def _facts_of(condition: Condition) -> Iterator[str]:
    match condition:
        case Test():
            yield condition.fact
            bound = condition.operand(condition.operator)
            if isinstance(bound, FactRef):
                yield bound.fact
        case AllOf():
            for one in condition.all_of:
                yield from _facts_of(one)
        case AnyOf():
            for one in condition.any_of:
                yield from _facts_of(one)


class OfferFile(_Strict):
    """One file of offers; ``place``, ``year`` and ``conditions`` hold for every row of it."""

    place: str | None = None
    year: int | None = None
    conditions: tuple[Condition, ...] = ()
    offers: tuple[Offer, ...] = Field(min_length=1)

    @model_validator(mode="before")
    @classmethod
    def _hand_down(cls, value: object) -> object:
        if not isinstance(value, dict) or not isinstance(value.get("offers"), list):
            return value
        inherited = {key: value[key] for key in ("place", "year") if value.get(key) is not None}
        rows = [{**inherited, **row} if isinstance(row, dict) else row for row in value["offers"]]
        return {**value, "offers": rows}

    @property
    def rows(self) -> tuple[Offer, ...]:
        """The offers, each with the conditions of the file."""
        if not self.conditions:
            return self.offers
        return tuple(
            offer.model_copy(update={"conditions": (*offer.conditions, *self.conditions)})
            for offer in self.offers
        )


def _catalogue(info: ValidationInfo) -> FactCatalogue:
    return info.context if isinstance(info.context, FactCatalogue) else fact_catalogue()

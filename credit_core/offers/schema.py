"""The shape of an offer in ``config/offers/*.yaml``, and what the schema refuses.

A row says who may use the offer (conditions over the catalogue of facts), what it gives (terms),
how it is claimed, where it comes from (``source`` is an id of the inventory of programmes), from
when until when it holds, and whether its figures are confirmed or a default of ours.

A statutory entitlement never depends on a score: a row that would gate reimbursement or
settlement is refused.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from string import Formatter
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from config.texts import text
from credit_core.datafile import Date, PartError, Place, Truth, Whole, Words
from credit_core.offers.questions import Condition, checked, facts_known, facts_of, says
from credit_core.subjects.models import SubjectKind

STATUTORY = ("报销", "医保结算", "统筹支付", "基金支付", "医保待遇", "异地结算", "参保登记")
"""Words of statutory entitlements; what an offer gives may not speak of them."""


Year = Annotated[Whole, Field(ge=2000, le=2100)]
Code = Annotated[str, Field(pattern=r"^(信易\S{1,8})?$")]
"""A name of the 信易+ family."""


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


class Step(_Strict):
    """From this value of the fact on (inclusive), this is what is given."""

    from_: Decimal = Field(alias="from")
    value: Decimal


class Loan(_Strict):
    """Figures of a credit product, in yuan; the rate is in ‰ a month."""

    least: Decimal | None = Field(default=None, ge=0)
    most: Decimal | None = Field(default=None, ge=0)
    monthly_permille: Decimal | None = Field(default=None, ge=0)
    months: Whole | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.least is not None and self.most is not None and self.least > self.most:
            raise PartError(("most",), says("loan", least=self.least))
        return self


class Terms(_Strict):
    """How much an offer gives: one value, or one that depends on a fact."""

    text: Words
    """Chinese with ``{value}``, ``{wan}`` (the value in 万) and, for loans, ``{interest}``."""
    value: Decimal | None = None
    by: str | None = None
    table: Annotated[dict[str, Decimal], Field(min_length=1)] | None = None
    steps: Annotated[tuple[Step, ...], Field(min_length=1)] | None = None
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
            raise ValueError(says("by"))
        if self.by is not None:
            facts = facts_known(info)
            if self.by not in facts:
                raise PartError(("by",), says("unknown", name=self.by))
            for key in self.table or {}:
                checked(facts[self.by], key, "table", key)
        strange = {field for _, field, _, _ in Formatter().parse(self.text) if field is not None}
        if stranger := sorted(strange - {"value", "wan", "interest"}):
            raise PartError(("text",), says("placeholder", name=stranger[0]))
        if self.limits is not None and self.limits not in facts_known(info):
            raise PartError(("limits",), says("unknown", name=self.limits))
        for number, (before, step) in enumerate(pairwise(self.steps or ()), start=1):
            if before.from_ >= step.from_:
                raise PartError(("steps", number, "from"), says("steps", above=before.from_))
        self._within_bounds()
        return self

    def _within_bounds(self) -> None:
        if self.within is None:
            return
        least, most = self.within
        if least > most:
            raise PartError(("within",), says("within"))
        values: list[tuple[Place, Decimal | None]] = [(("value",), self.value)]
        values += [(("table", key), one) for key, one in (self.table or {}).items()]
        values += [(("steps", n, "value"), one.value) for n, one in enumerate(self.steps or ())]
        for place, value in values:
            if value is not None and not least <= value <= most:
                raise PartError(place, says("outside", least=least, most=most))


class Saves(_Strict):
    """What a redemption saves, in yuan of the amount paid; exactly one way."""

    percent: Decimal | Literal["term"] | None = None
    """Share of the amount; ``term`` takes the value of the terms at the claim."""
    yuan: Decimal | None = Field(default=None, gt=0)
    whole: Literal[True] | None = None
    """All of the amount, such as a deposit that is not asked for."""
    most: Decimal | None = Field(default=None, gt=0)

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if sum(one is not None for one in (self.percent, self.yuan, self.whole)) != 1:
            raise ValueError(says("saves"))
        if isinstance(self.percent, Decimal) and not 0 < self.percent <= 100:
            raise PartError(("percent",), says("percent"))
        return self


class Price(_Strict):
    """Points of a wallet that a claim takes."""

    wallet: str
    points: Whole = Field(ge=1)


class Claim(_Strict):
    """How an offer is claimed: a one-time code with an end."""

    period: Literal["day", "month", "quarter", "year", "once"]
    per_person: Whole = Field(default=1, ge=1)
    days: Whole = Field(ge=1)
    """The code is good from the day of the claim through this many days after it."""
    quota: Whole | None = Field(default=None, ge=1)
    """Codes for everybody together in one period."""
    price: Price | None = None
    saves: Saves | None = None


class Offer(_Strict):
    """One row: a benefit that somebody may use under conditions."""

    id: str = Field(pattern=r"^[a-z0-9-]{3,40}$")
    source: str = Field(pattern=r"^([WZXMQ]\d{2,3}|L6\.3)$")
    code: Code = ""
    """The 信易+ code, such as 信易医."""
    title: Words = Field(max_length=24)
    gives: Gives
    kinds: tuple[SubjectKind, ...] = Field(min_length=1)
    says: Words
    """What one gets, in one plain sentence."""
    next_step: Words
    """How to use it, in one plain sentence."""
    otherwise: str = ""
    """What remains open to people who do not qualify."""
    effective_from: Date
    effective_to: Date | None = None
    """Last day with effect; None: no end in sight."""
    confirmed: Confirmed
    note: str = ""
    conditions: tuple[Condition, ...] = ()
    terms: Terms | None = None
    claim: Claim | None = None
    partners: tuple[str, ...] = ()
    place: Words | None = None
    """Where this is (or was) practised; None: in the city of this installation."""
    year: Year | None = None
    adopted: Truth = False
    """A practice of elsewhere that this city has taken over."""

    @field_validator("gives", mode="before")
    @classmethod
    def _nothing_statutory(cls, value: object) -> object:
        if str(value) in {"reimbursement", "settlement", "enrolment", "entitlement"}:
            raise ValueError(says("statutory", word=value))
        return value

    @model_validator(mode="after")
    def _sound(self) -> Self:
        spoken = f"{self.title}{self.says}{self.terms.text if self.terms else ''}"
        word = next((word for word in STATUTORY if word in spoken), None)
        if word is not None:
            raise ValueError(says("statutory", word=word))
        if self.effective_to is not None and self.effective_to < self.effective_from:
            raise PartError(("effective_to",), text("datafile", "value.ends_first"))
        if self.confirmed is not Confirmed.SOURCE and not self.note:
            raise PartError(("note",), says("note"))
        return self

    @property
    def local(self) -> bool:
        return self.place is None or self.adopted

    def asks(self) -> list[str]:
        """The facts that conditions and terms look at, in the order of the row."""
        found = [name for condition in self.conditions for name in facts_of(condition)]
        if self.terms is not None:
            found += [name for name in (self.terms.by, self.terms.limits) if name is not None]
        return list(dict.fromkeys(found))

    def in_force(self, on: date) -> bool:
        return self.effective_from <= on and (self.effective_to is None or on <= self.effective_to)


class OfferFile(_Strict):
    """One file of offers; ``place``, ``year`` and ``conditions`` hold for every row of it."""

    place: Words | None = None
    year: Year | None = None
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

"""What is open to a subject on a day, what is not and why, and what is still lacking."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from config.texts import text
from credit_core.offers.book import OfferBook
from credit_core.offers.catalogue import Facts
from credit_core.offers.conditions import (
    Missing,
    Result,
    Situation,
    Verdict,
    every,
    plain_number,
)
from credit_core.offers.schema import Offer, Terms
from credit_core.subjects.models import SubjectKind

CENT = Decimal("0.01")
WAN = Decimal(10_000)


@dataclass(frozen=True, slots=True)
class OfferState:
    """One offer as one subject meets it.

    :ivar open: every condition passes and every fact that is asked for is known.
    :ivar why: Chinese; why it is open, or each condition that failed or cannot be told.
    :ivar missing: distances (还差几分) and unknown facts; empty when nothing helps.
    :ivar value: what the terms give, such as a percentage or an amount in yuan.
    :ivar terms: the same as a Chinese phrase; empty when the offer has no figure.
    """

    offer: Offer
    open: bool
    why: str
    missing: tuple[Missing, ...]
    value: Decimal | None
    terms: str

    @property
    def missing_text(self) -> str:
        return text("offers", "missing.join").join(lack.text for lack in self.missing)

    @property
    def local(self) -> bool:
        return self.offer.local


def evaluate_book(
    book: OfferBook,
    kind: SubjectKind | str,
    on: date,
    facts: Facts,
    *,
    floors: Mapping[str, int] | None = None,
    every_kind: bool = False,
) -> list[OfferState]:
    """Every offer in force, in the order of the files; a pure function of its arguments.

    :param floors: grade → least score, to tell a distance to a grade in points.
    :param every_kind: also offers that are for other kinds of subject (shown closed).
    """
    situation = Situation(on, facts, book.catalogue, dict(floors or {}))
    return [
        evaluate_offer(offer, kind, situation)
        for offer in book.in_force(on)
        if every_kind or kind in offer.kinds
    ]


def evaluate_offer(offer: Offer, kind: SubjectKind | str, situation: Situation) -> OfferState:
    if kind not in offer.kinds:
        names = text("offers", "or").join(text("offers", f"kinds.{one}") for one in offer.kinds)
        why = text("offers", "why.kind", kinds=names)
        return OfferState(offer, False, why, (), None, "")
    verdict = every(offer.conditions, situation)
    value, phrase = None, ""
    if offer.terms is not None and verdict.result is Result.PASS:
        value = term_value(offer.terms, situation)
        if value is None and offer.terms.by is not None:
            return _closed(offer, Verdict(Result.FAIL, (text("offers", "why.no_value"),)))
        if outside := _outside(offer.terms, value, situation):
            return _closed(offer, Verdict(Result.FAIL, (outside,)))
        phrase = _phrase(offer.terms, value, situation)
    if verdict.result is not Result.PASS:
        return _closed(offer, verdict)
    why = text("offers", "why.open", terms=phrase) if phrase else text("offers", "why.open_plain")
    return OfferState(offer, True, why, (), value, phrase)


def _closed(offer: Offer, verdict: Verdict) -> OfferState:
    why = text("offers", "why.join").join(dict.fromkeys(verdict.reasons))
    if offer.otherwise:
        why = f"{why}{text('offers', 'why.stop')}{offer.otherwise}"
    distinct = {(lack.fact, lack.text): lack for lack in verdict.missing}
    return OfferState(offer, False, why, tuple(distinct.values()), None, "")


def term_value(terms: Terms, situation: Situation) -> Decimal | None:
    """What the terms give: a constant, or by table or steps; never outside ``within``."""
    if terms.by is None:
        return terms.value
    have = situation.value(terms.by)
    value: Decimal | None = None
    if terms.table is not None and have is not None:
        key = plain_number(have) if isinstance(have, Decimal) else str(have)
        value = terms.table.get(key)
    elif terms.steps is not None and isinstance(have, Decimal):
        reached = [step.value for step in terms.steps if step.from_ <= have]
        value = reached[-1] if reached else None
    if value is not None and terms.within is not None:
        value = min(max(value, terms.within[0]), terms.within[1])
    return value


def _outside(terms: Terms, value: Decimal | None, situation: Situation) -> str:
    """Why the amount that is asked for does not fit what the terms give; empty: it fits."""
    asked = situation.value(terms.limits) if terms.limits is not None else None
    if not isinstance(asked, Decimal) or value is None:
        return ""
    least = terms.within[0] if terms.within is not None else Decimal(0)
    if least <= asked <= value:
        return ""
    shown = {"least": plain_number(least), "most": plain_number(value), "have": plain_number(asked)}
    return text("offers", "why.outside_loan", **shown)


def _phrase(terms: Terms, value: Decimal | None, situation: Situation) -> str:
    interest = ""
    if terms.loan is not None:
        amount = situation.value("loan_amount")
        if isinstance(amount, Decimal):
            months = terms.loan.months or 1
            permille = terms.loan.monthly_permille or Decimal(0)
            interest = f"{loan_interest(amount, permille, months)}"
    shown = "" if value is None else plain_number(value)
    wan = "" if value is None else plain_number(value / WAN)
    return terms.text.format(value=shown, wan=wan, interest=interest)


def loan_interest(amount: Decimal, monthly_permille: Decimal, months: int) -> Decimal:
    """Simple interest in yuan: 100 000 yuan at 3.65 ‰ a month for 12 months is 4380.00."""
    return (amount * monthly_permille / 1000 * months).quantize(CENT, ROUND_HALF_UP)

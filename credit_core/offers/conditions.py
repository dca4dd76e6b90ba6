"""Three-valued evaluation: a condition passes, fails, or cannot be told yet.

A fact that nobody knows never opens anything and never counts as a failure: the person is told
which fact is missing and how to prove it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from operator import ge, gt, le, lt
from typing import assert_never

from config.texts import text
from credit_core.offers.catalogue import NUMERIC, Fact, FactCatalogue, Facts, FactType, FactValue
from credit_core.offers.questions import AllOf, AnyOf, Condition, FactRef, Period, Test
from credit_core.workdays.periods import add_months

_COMPARE: dict[str, Callable[[Decimal, Decimal], bool]] = {
    "at_least": ge,
    "above": gt,
    "at_most": le,
    "below": lt,
}


class Result(StrEnum):
    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Missing:
    """What a person lacks: an unknown fact, or a distance to a number.

    :ivar gap: how much is lacking, in the fact's unit; None when the fact itself is unknown or
        the condition is no number.
    """

    fact: str
    title: str
    gap: Decimal | None
    text: str


@dataclass(frozen=True, slots=True)
class Verdict:
    result: Result
    reasons: tuple[str, ...] = ()
    missing: tuple[Missing, ...] = ()


PASSED = Verdict(Result.PASS)


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known about a subject on a day.

    :ivar floors: grade → least score, so that a distance to a grade can be told in points.
    """

    on: date
    facts: Facts
    catalogue: FactCatalogue
    floors: dict[str, int]

    def value(self, name: str) -> FactValue | None:
        return self.catalogue.value(self.facts, name)


def evaluate(condition: Condition, situation: Situation) -> Verdict:
    match condition:
        case Test():
            return _test(condition, situation)
        case AllOf():
            return every(condition.all_of, situation)
        case AnyOf():
            return _any(condition, situation)
        case _:
            assert_never(condition)


def every(conditions: Sequence[Condition], situation: Situation) -> Verdict:
    """All must pass; every failed one is named, and every unknown fact asked for."""
    verdicts = [evaluate(condition, situation) for condition in conditions]
    results = {verdict.result for verdict in verdicts}
    if results <= {Result.PASS}:
        return PASSED
    result = Result.FAIL if Result.FAIL in results else Result.MISSING
    return Verdict(
        result,
        tuple(reason for verdict in verdicts for reason in verdict.reasons),
        tuple(lack for verdict in verdicts for lack in verdict.missing),
    )


def _any(condition: AnyOf, situation: Situation) -> Verdict:
    verdicts = [evaluate(one, situation) for one in condition.any_of]
    results = {verdict.result for verdict in verdicts}
    if Result.PASS in results:
        return PASSED
    result = Result.MISSING if Result.MISSING in results else Result.FAIL
    each = [reason for verdict in verdicts for reason in verdict.reasons]
    several = text("offers", "why.any_of", reasons=text("offers", "or").join(each))
    reason = condition.say or (each[0] if len(each) == 1 else several)
    return Verdict(result, (reason,), tuple(one for verdict in verdicts for one in verdict.missing))


def _test(test: Test, situation: Situation) -> Verdict:
    fact = situation.catalogue[test.fact]
    value = situation.value(test.fact)
    bound = _bound(test, situation)
    if (value is None or bound is None) and not test.ask:
        return Verdict(Result.FAIL)
    if value is None or bound is None:
        unknown = test.fact if value is None or not isinstance(_raw(test), FactRef) else _ref(test)
        return _unknown(unknown, situation)
    if _passes(test, fact, value, bound, situation.on):
        return PASSED
    reason = test.say or _reason(test, fact, value, bound)
    return Verdict(Result.FAIL, (reason,), _gap(test, fact, value, bound, situation))


def _raw(test: Test) -> object:
    return test.operand(test.operator)


def _ref(test: Test) -> str:
    raw = _raw(test)
    return raw.fact if isinstance(raw, FactRef) else test.fact


def _bound(test: Test, situation: Situation) -> object:
    """The operand, with a reference to another fact followed; None when that is unknown."""
    raw = _raw(test)
    return situation.value(raw.fact) if isinstance(raw, FactRef) else raw


def _passes(test: Test, fact: Fact, value: FactValue, bound: object, on: date) -> bool:
    operator = test.operator
    if operator in _COMPARE:
        return _COMPARE[operator](_measure(fact, value), _measure(fact, bound))
    if operator == "is":
        return value == bound
    if operator == "one_of":
        return value in (test.one_of or ())
    if isinstance(value, date) and isinstance(bound, Period):
        return value <= on <= period_end(value, bound)
    if operator == "not_over":
        return isinstance(value, date) and on <= value
    return True


def _measure(fact: Fact, value: object) -> Decimal:
    """A number, or the position of a level."""
    if fact.type is FactType.LEVEL:
        return Decimal(fact.rank(str(value)))
    return value if isinstance(value, Decimal) else Decimal(str(value))


def period_end(start: date, period: Period) -> date:
    """The last day of a period that starts with ``start`` (which is not counted).

    Months and years end on the day of the same number, or on the last of the month
    (civil code art. 201, 202).
    """
    end = add_months(start, period.years * 12 + period.months)
    return end + timedelta(days=period.days)


def _unknown(name: str, situation: Situation) -> Verdict:
    fact = situation.catalogue[name]
    how = fact.how or text("offers", "missing.how")
    lack = text("offers", "missing.fact", title=fact.title, how=how)
    return Verdict(
        Result.MISSING,
        (fact.unknown or text("offers", "why.unknown", title=fact.title),),
        (Missing(name, fact.title, None, lack),),
    )


def _reason(test: Test, fact: Fact, value: FactValue, bound: object) -> str:
    operator = test.operator
    if operator == "is":
        key = {True: "is_yes", False: "is_no"}.get(bound, "is") if isinstance(bound, bool) else "is"
    else:
        key = operator
    if isinstance(value, date) and isinstance(bound, Period):
        bound = period_end(value, bound)
    if test.one_of is not None:
        bound = text("offers", "or").join(test.one_of)
    return text(
        "offers",
        f"why.{key}",
        title=fact.title,
        need=shown(bound, fact),
        have=shown(value, fact),
    )


def shown(value: object, fact: Fact) -> str:
    """A value for people's eyes, with its unit."""
    if isinstance(value, bool):
        return text("offers", "said_yes" if value else "said_no")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        cents = fact.type is FactType.YUAN and value != value.to_integral_value()
        plain = f"{value:.2f}" if cents else plain_number(value)
        return f"{plain}{fact.unit}"
    return str(value)


def written(value: FactValue) -> str:
    """A value as somebody would write it after ``--fact NAME=``."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return plain_number(value) if isinstance(value, Decimal) else str(value)


def plain_number(value: Decimal) -> str:
    """Without trailing zeros or an exponent: ``1E+1`` is ``10``."""
    return f"{value.normalize():f}"


def _gap(
    test: Test, fact: Fact, value: FactValue, bound: object, situation: Situation
) -> tuple[Missing, ...]:
    """The distance to a lower bound: 还差几分. None for upper bounds, which nobody can fill."""
    if bound is True and fact.how:
        lack = text("offers", "missing.step", title=fact.title, how=fact.how)
        return (Missing(test.fact, fact.title, None, lack),)
    if test.operator not in {"at_least", "above"}:
        return ()
    if fact.type in NUMERIC:
        gap = _measure(fact, bound) - _measure(fact, value)
        if test.operator == "above" and fact.smallest is not None:
            gap += fact.smallest
        return (_lack(test.fact, fact.title, gap, shown(gap, fact)),)
    floor = situation.floors.get(str(bound)) if test.fact == "grade" else None
    have = situation.value("score")
    if floor is None or not isinstance(have, Decimal) or have >= floor:
        return ()
    gap = Decimal(floor) - have
    score = situation.catalogue["score"]
    return (_lack("score", score.title, gap, shown(gap, score)),)


def _lack(name: str, title: str, gap: Decimal, written: str) -> Missing:
    return Missing(name, title, gap, text("offers", "missing.gap", title=title, gap=written))

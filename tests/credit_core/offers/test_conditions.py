"""Three-valued logic, and the ends of periods."""

from __future__ import annotations

import itertools
from datetime import date
from decimal import Decimal

import pytest

from credit_core.offers.catalogue import fact_catalogue
from credit_core.offers.conditions import Result, Situation, evaluate, period_end
from credit_core.offers.engine import loan_interest
from credit_core.offers.questions import AllOf, AnyOf, Period, Test

FACTS = ("stars", "age", "zhima_score")
P, F, M = Result.PASS, Result.FAIL, Result.MISSING
ORDER = [F, M, P]


def situation(results):
    given = {
        name: "1" if one is P else "0"
        for name, one in zip(FACTS, results, strict=True)
        if one is not M
    }
    catalogue = fact_catalogue()
    return Situation(date(2026, 11, 23), catalogue.parse(given), catalogue, {})


def asked(number):
    catalogue = fact_catalogue()
    return tuple(Test(fact=catalogue.canonical(name), at_least=1) for name in FACTS[:number])


@pytest.mark.parametrize("results", list(itertools.product(ORDER, repeat=3)))
def test_all_is_as_weak_as_its_weakest_and_any_as_strong_as_its_strongest(results):
    known = situation(results)
    every = evaluate(AllOf(all_of=asked(3)), known)
    some = evaluate(AnyOf(any_of=asked(3)), known)
    assert every.result is min(results, key=ORDER.index)
    assert some.result is max(results, key=ORDER.index)


@pytest.mark.parametrize("results", list(itertools.product(ORDER, repeat=3)))
def test_every_failure_is_named_and_every_unknown_fact_asked_for(results):
    verdict = evaluate(AllOf(all_of=asked(3)), situation(results))
    assert len(verdict.reasons) == sum(one is not P for one in results)
    assert len(verdict.missing) == sum(one is not P for one in results)
    assert sum(lack.gap is None for lack in verdict.missing) == results.count(M)
    assert sum(lack.gap == 1 for lack in verdict.missing) == results.count(F)


@pytest.mark.parametrize(
    ("start", "period", "last"),
    [
        (date(2024, 2, 29), {"years": 2}, date(2026, 2, 28)),
        (date(2024, 2, 29), {"years": 4}, date(2028, 2, 29)),
        (date(2025, 11, 30), {"months": 3}, date(2026, 2, 28)),
        (date(2026, 12, 31), {"days": 1}, date(2027, 1, 1)),
        (date(2026, 1, 31), {"months": 1, "days": 1}, date(2026, 3, 1)),
    ],
)
def test_the_last_day_of_a_period(start, period, last):
    assert period_end(start, Period(**period)) == last


@pytest.mark.parametrize(
    ("amount", "interest"), [("100000", "4380.00"), ("300000", "13140.00"), ("100001", "4380.04")]
)
def test_interest_of_a_year_at_3_65_per_mille_a_month(amount, interest):
    assert loan_interest(Decimal(amount), Decimal("3.65"), 12) == Decimal(interest)

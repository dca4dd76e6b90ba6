"""People and yuan, by offer and by merchant."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from credit_core.offers import claims
from credit_core.offers.redeeming import redeem
from credit_core.offers.totals import totals_by_merchant, totals_by_offer

from .conftest import MONDAY, MORNING, graded


def test_totals_count_people_codes_and_yuan(database, person):
    with database.begin() as session:
        people = [person(session) for _ in range(3)]
        for one in people:
            take = claims.claim(
                session,
                one,
                "no-deposit",
                follower_id=None,
                on=MONDAY,
                now=MORNING,
                rated=graded("AAA"),
            )
            if one is not people[2]:
                redeem(session, take.code, merchant="一院", now=MORNING, amount=Decimal("1500.50"))
        again = claims.claim(
            session,
            people[0],
            "no-deposit",
            follower_id=None,
            on=MONDAY,
            now=MORNING,
            rated=graded("AAA"),
        )
        redeem(session, again.code, merchant="二院", now=MORNING, amount=Decimal(1000))
        (total,) = totals_by_offer(session, MONDAY, MONDAY)
        assert (total.key, total.claimed, total.people, total.redeemed, total.saved) == (
            "no-deposit",
            4,
            2,
            3,
            Decimal("4001.00"),
        )
        by_merchant = totals_by_merchant(session, MONDAY, MONDAY)
        assert [(one.key, one.saved) for one in by_merchant] == [
            ("一院", Decimal("3001.00")),
            ("二院", Decimal("1000.00")),
        ]
        assert totals_by_offer(session, date(2026, 12, 1), date(2026, 12, 31)) == []

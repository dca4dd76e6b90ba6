"""Joining two files loses no coupon, no point and no fact."""

from __future__ import annotations

from decimal import Decimal

from credit_core.offers import claims, wallet
from credit_core.offers.facts import store_fact, stored_facts
from credit_core.offers.merging import move_offers
from credit_core.offers.redeeming import redeem

from .conftest import MONDAY, MORNING, graded


def test_both_files_go_on_as_one(database, person):
    with database.begin() as session:
        double, kept = person(session), person(session)
        codes = []
        for number, one in enumerate((double, kept)):
            coupon = claims.claim(
                session,
                one,
                "drug-discount",
                follower_id=None,
                on=MONDAY,
                now=MORNING,
                rated=graded("AAA"),
            )
            codes.append(coupon.code)
            wallet.earn(
                session,
                one.id,
                "yibi",
                "volunteer",
                Decimal(number + 3),
                source_id=str(number),
                on=MONDAY,
                now=MORNING,
            )
        store_fact(
            session,
            double,
            "芝麻信用",
            "600",
            source="合作方",
            valid_from=MONDAY,
            by="t",
            at=MORNING,
        )
        move_offers(session, double.id, kept.id)
        assert {one.code for one in claims.coupons_of(session, kept.id, MONDAY)} == set(codes)
        assert claims.coupons_of(session, double.id, MONDAY) == []
        assert wallet.balance(session, kept.id, "yibi") == 7
        assert wallet.balance(session, double.id, "yibi") == 0
        assert stored_facts(session, kept.id, MONDAY)["zhima_score"] == 600
        for code in codes:
            redeem(session, code, merchant="店", now=MORNING, amount=Decimal(10))

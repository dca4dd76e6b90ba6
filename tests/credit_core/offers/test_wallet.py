"""Points are earned by deeds, spent on codes, and never negative."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from credit_core.errors import Refusal
from credit_core.offers import claims, wallet
from credit_core.offers.catalogue import fact_catalogue
from credit_core.offers.facts import typed
from credit_core.offers.models import WalletEntry
from credit_core.offers.redeeming import redeem
from credit_core.subjects.models import Subject

from .conftest import MONDAY, MORNING, graded


def earn(session, subject, activity="volunteer", quantity="1", source="r1", **more):
    return wallet.earn(
        session,
        subject.id,
        more.get("purse", "yibi"),
        activity,
        Decimal(quantity),
        source_id=source,
        on=more.get("on", MONDAY),
        now=MORNING,
        facts=more.get("facts"),
    )


def refused(code):
    return pytest.raises(Refusal, match=f"^{code}$")


def test_hours_of_service_become_points_and_parts_of_hours_do_not(database, person):
    with database.begin() as session:
        subject = person(session)
        assert earn(session, subject, quantity="2.9").points == 2
        assert wallet.balance(session, subject.id, "yibi") == 2


def test_the_same_report_counts_once(database, person):
    with database.begin() as session:
        one, other = person(session), person(session)
        earn(session, one, quantity="2", source="same")
        assert earn(session, one, quantity="2", source="same") is None
        assert earn(session, other, quantity="2", source="same") is None
        assert wallet.balance(session, one.id, "yibi") == 2
        assert wallet.balance(session, other.id, "yibi") == 0


GREEN = [("walking", 10), ("cycling", 6), ("sorting", 4), ("recycling", 15), ("green_tour", 10)]


@pytest.mark.parametrize(("activity", "cap"), GREEN)
def test_each_of_the_five_green_deeds_has_its_own_daily_cap(database, person, activity, cap):
    with database.begin() as session:
        subject = person(session)

        def walk(source, on=MONDAY):
            return earn(session, subject, activity, "7", source, purse="green_points", on=on).points

        first, second = walk("a"), walk("b")
        assert first + second <= cap
        walk("c")
        walk("d")
        assert wallet.balance(session, subject.id, "green_points") == cap
        assert walk("e") == 0
        walk("f", on=MONDAY - timedelta(days=1))
        assert wallet.balance(session, subject.id, "green_points") > cap


def test_there_are_five_green_deeds():
    assert set(wallet.wallets()["green_points"].activities) == {name for name, _ in GREEN}


@pytest.mark.parametrize(
    ("patrol", "water", "points"), [("是", "是", 10), ("是", "否", 0), ("否", "是", 0)]
)
def test_a_green_coin_needs_patrol_and_better_water(database, person, patrol, water, points):
    facts = typed({"巡河": patrol, "水质改善": water})
    with database.begin() as session:
        subject = person(session)
        if points:
            entry = earn(session, subject, "patrol", purse="green_coin", facts=facts)
            assert entry.points == points
        else:
            with refused("offers.activity_closed"):
                earn(session, subject, "patrol", purse="green_coin", facts=facts)
        assert wallet.balance(session, subject.id, "green_coin") == points


def test_a_patrol_of_which_the_water_is_unknown_earns_nothing_yet(database, person):
    with database.begin() as session, refused("offers.activity_closed"):
        earn(session, person(session), "patrol", purse="green_coin", facts=typed({"巡河": "是"}))


@pytest.mark.parametrize("quantity", ["0", "-1", "NaN"])
def test_nothing_is_earned_by_nothing(database, person, quantity):
    with database.begin() as session, refused("offers.bad_quantity"):
        earn(session, person(session), quantity=quantity)


def test_tomorrow_has_not_happened(database, person):
    with database.begin() as session, refused("offers.future_day"):
        earn(session, person(session), on=date(2026, 11, 24))


def test_an_unknown_activity_is_refused(database, person):
    with database.begin() as session, refused("offers.no_activity"):
        earn(session, person(session), "sleeping")


@pytest.mark.parametrize(
    ("balance", "title"),
    [(0, "新志愿者"), (49, "新志愿者"), (50, "热心志愿者"), (200, "金牌志愿者")],
)
def test_tiers_begin_at_their_points(balance, title):
    assert wallet.wallets()["yibi"].tier(balance).title == title


def rich(session, person, days=2):
    subject = person(session)
    for back in range(days):
        earn(
            session,
            subject,
            quantity="8",
            source=f"{subject.id}-{back}",
            on=MONDAY - timedelta(days=back),
        )
    return subject


def goods(session, subject, on=MONDAY, now=MORNING):
    return claims.claim(
        session, subject, "jiande-yibi", follower_id=None, on=on, now=now, rated=graded("B")
    )


def test_points_buy_a_one_time_code_and_come_back_when_it_is_given_back(database, person):
    with database.begin() as session:
        subject = rich(session, person)
        coupon = goods(session, subject)
        assert wallet.balance(session, subject.id, "yibi") == 6
        with refused("offers.closed") as caught:
            goods(session, subject)
        assert "还差4枚" in caught.value.fields["missing"]
        claims.cancel(session, coupon.id, subject_id=subject.id, now=MORNING)
        assert wallet.balance(session, subject.id, "yibi") == 16


def test_points_of_a_code_that_ran_out_return_once(database, person):
    later = MORNING + timedelta(days=60)
    with database.begin() as session:
        subject = rich(session, person)
        goods(session, subject)
        for _ in range(2):
            claims.expire_coupons(session, MONDAY + timedelta(days=60), now=later)
        assert wallet.balance(session, subject.id, "yibi") == 16


def test_a_used_code_costs_its_points_and_saves_its_yuan(database, person):
    with database.begin() as session:
        subject = rich(session, person)
        coupon = goods(session, subject)
        redemption = redeem(
            session, coupon.code, merchant="志愿超市", now=MORNING, amount=Decimal("7.5")
        )
        assert redemption.saved_fen == 750
        with refused("offers.not_held"):
            claims.cancel(session, coupon.id, subject_id=subject.id, now=MORNING)
        assert wallet.balance(session, subject.id, "yibi") == 6


def test_eight_phones_cannot_spend_the_same_points(database, person):
    with database.begin() as session:
        subject_id = rich(session, person, days=4).id

    def one(_):
        try:
            with database.begin() as session:
                goods(session, session.get_one(Subject, subject_id))
        except Refusal as refusal:
            return refusal.code
        return "ok"

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(one, range(8)))
    with database.read() as session:
        left = wallet.balance(session, subject_id, "yibi")
        summed = session.scalar(select(func.sum(WalletEntry.points)))
    assert left == 32 - 10 * results.count("ok")
    assert left >= 0
    assert summed == left
    assert 1 <= results.count("ok") <= 3
    with database.begin() as session:
        subject = session.get_one(Subject, subject_id)
        while wallet.balance(session, subject_id, "yibi") >= 10:
            goods(session, subject)
        assert wallet.balance(session, subject_id, "yibi") == 2


def test_eight_reports_at_once_stay_under_the_cap(database, person):
    with database.begin() as session:
        subject_id = person(session).id

    def one(number):
        with database.begin() as session:
            wallet.earn(
                session,
                subject_id,
                "yibi",
                "volunteer",
                Decimal(3),
                source_id=str(number),
                on=MONDAY,
                now=MORNING,
            )

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, range(8)))
    with database.read() as session:
        assert wallet.balance(session, subject_id, "yibi") == 8


def test_every_wallet_is_a_fact_that_offers_can_ask_for():
    assert set(wallet.wallets()) <= set(fact_catalogue().facts)

"""A code is claimed once per person and period, redeemed once, and expires on its day."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import func, select

from credit_core.cases.wording import explain
from credit_core.database import Database
from credit_core.errors import Refusal
from credit_core.events import EventKind
from credit_core.offers import claims
from credit_core.offers.book import OfferBook, read_book
from credit_core.offers.catalogue import fact_catalogue
from credit_core.offers.codes import ALPHABET, check_character, compact
from credit_core.offers.models import Coupon, CouponStatus, OfferQuota, Redemption
from credit_core.offers.redeeming import redeem, usable_coupon

from .conftest import MONDAY, MORNING, graded

OFFERS = """
offers:
  - id: ten-places
    source: X33
    title: 十个名额
    gives: discount
    kinds: [resident]
    says: 打九折
    next_step: 出示优惠码
    effective_from: 2020-01-01
    confirmed: source
    conditions: [{fact: grade, at_least: A}]
    terms: {text: "优惠{value}%", by: grade, table: {AAA: 20, AA: 15, A: 10}}
    claim: {period: month, days: 7, quota: 10, saves: {percent: term, most: 50}}
  - id: partners-only
    source: W11
    title: 只在两家
    gives: discount
    kinds: [resident]
    says: 打八折
    next_step: 出示优惠码
    effective_from: 2020-01-01
    effective_to: 2026-11-25
    confirmed: source
    claim: {period: once, per_person: 2, days: 30, saves: {percent: 20}}
    partners: [康平, 燕喜堂]
"""


@pytest.fixture
def book(tmp_path: Path) -> OfferBook:
    (tmp_path / "local.yaml").write_text(OFFERS, encoding="utf-8")
    return read_book(tmp_path, fact_catalogue())


def take(session, subject, book, offer="ten-places", on=MONDAY, now=MORNING, grade="AAA", **more):
    return claims.claim(
        session,
        subject,
        offer,
        follower_id=more.get("follower_id"),
        on=on,
        now=now,
        rated=graded(grade),
        book=book,
    )


def refused(code: str):
    return pytest.raises(Refusal, match=f"^{code}$")


def test_a_claim_is_a_code_with_a_last_day_and_an_event(database, person, follower, book):
    heard = []
    told = Database(
        str(database.url.render_as_string(hide_password=False)),
        subscribers=[lambda _session, event: heard.append(event)],
    )
    with told.begin() as session:
        subject = person(session)
        coupon = take(session, subject, book, follower_id=follower(session, subject).id)
        assert coupon.expires_on == MONDAY + timedelta(days=7)
        assert coupon.terms == {"title": "十个名额", "text": "优惠20%", "value": "20"}
        assert compact(coupon.code) == coupon.code
    told.dispose()
    assert [event.kind for event in heard] == [EventKind.COUPON_CLAIMED]
    assert coupon.code not in str(heard[0].data)


def test_the_code_is_not_readable_in_the_database(database, person, book):
    with database.begin() as session:
        coupon = take(session, person(session), book)
        assert coupon.code.encode() not in coupon.code_sealed


def test_a_closed_offer_is_refused_with_the_reason_and_the_gap(database, person, book):
    with database.begin() as session, refused("offers.closed") as caught:
        take(session, person(session), book, grade="B")
    assert caught.value.fields["why"] == "信用等级要达到A，现在是B"


def test_a_stranger_cannot_claim_for_somebody(database, person, follower, book):
    with database.begin() as session:
        one, other = person(session), person(session)
        stranger = follower(session, other)
        with refused("offers.not_yours"):
            take(session, one, book, follower_id=stranger.id)


def test_once_per_person_and_period(database, person, book):
    with database.begin() as session:
        subject = person(session)
        take(session, subject, book)
        with refused("offers.already_claimed"):
            take(session, subject, book, on=date(2026, 11, 30))
        take(session, subject, book, on=date(2026, 12, 1))


def test_a_cancelled_code_returns_the_place_and_frees_the_person(database, person, book):
    with database.begin() as session:
        subject = person(session)
        coupon = take(session, subject, book)
        assert claims.places_left(session, book.on("ten-places", MONDAY), MONDAY) == 9
        claims.cancel(session, coupon.id, subject_id=subject.id, now=MORNING)
        assert claims.places_left(session, book.on("ten-places", MONDAY), MONDAY) == 10
        with refused("offers.not_held"):
            claims.cancel(session, coupon.id, subject_id=subject.id, now=MORNING)
        assert claims.places_left(session, book.on("ten-places", MONDAY), MONDAY) == 10
        with refused("offers.code_cancelled"):
            use(session, book, coupon.code)
        take(session, subject, book)


def use(session, book, code, *, amount="100", merchant="康平", now=MORNING):
    return redeem(session, code, merchant=merchant, now=now, amount=Decimal(amount), book=book)


@pytest.mark.parametrize(
    ("grade", "amount", "saved_fen"),
    [
        ("AAA", "100", 2000),
        ("A", "100", 1000),
        ("AAA", "250", 5000),
        ("AAA", "250.05", 5000),
        ("AA", "0.01", 0),
        ("AA", "33.33", 500),
    ],
)
def test_what_a_redemption_saves(database, person, book, grade, amount, saved_fen):
    with database.begin() as session:
        coupon = take(session, person(session), book, grade=grade)
        redemption = use(session, book, coupon.code, amount=amount)
        assert redemption.saved_fen == saved_fen
        assert redemption.amount_fen == Decimal(amount) * 100


def test_a_code_is_used_once_and_tells_when(database, person, book):
    with database.begin() as session:
        coupon = take(session, person(session), book)
        use(session, book, f" {coupon.code[:5].lower()}-{coupon.code[5:]} ")
        with refused("offers.code_used") as caught:
            use(session, book, coupon.code)
    assert caught.value.fields["on"] == MONDAY


def test_the_last_day_is_good_and_the_day_after_is_not(database, person, book):
    last, after = MORNING + timedelta(days=7), MORNING + timedelta(days=8)
    with database.begin() as session:
        one, other = person(session), person(session)
        good, late = take(session, one, book), take(session, other, book)
        use(session, book, good.code, now=last)
        with refused("offers.code_expired"):
            use(session, book, late.code, now=after)
        assert claims.expire_coupons(session, MONDAY + timedelta(days=7), now=last) == 0
        assert claims.expire_coupons(session, MONDAY + timedelta(days=8), now=after) == 1
        assert claims.expire_coupons(session, MONDAY + timedelta(days=8), now=after) == 0
        assert late.status == CouponStatus.EXPIRED


def test_a_code_never_outlives_its_offer(database, person, book):
    with database.begin() as session:
        coupon = take(session, person(session), book, "partners-only")
        assert coupon.expires_on == date(2026, 11, 25)


def test_only_the_named_partners_redeem(database, person, book):
    with database.begin() as session:
        coupon = take(session, person(session), book, "partners-only")
        with refused("offers.wrong_merchant"):
            use(session, book, coupon.code, merchant="别家药店")
        seen = usable_coupon(session, coupon.code, merchant="燕喜堂", on=MONDAY, book=book)
        assert seen.status == CouponStatus.HELD
        use(session, book, coupon.code, merchant="燕喜堂")


def test_two_per_person_where_the_row_says_two(database, person, book):
    with database.begin() as session:
        subject = person(session)
        take(session, subject, book, "partners-only")
        take(session, subject, book, "partners-only")
        with refused("offers.already_claimed"):
            take(session, subject, book, "partners-only")


@pytest.mark.parametrize("amount", ["0", "-1", "1.001", "NaN", "Infinity", "1E+40", "10000000.01"])
def test_a_malformed_amount_is_refused_and_the_code_stays_good(database, person, book, amount):
    with database.begin() as session:
        coupon = take(session, person(session), book)
        with refused("offers.bad_amount"):
            use(session, book, coupon.code, amount=amount)
        use(session, book, coupon.code)


@pytest.mark.parametrize("typed", ["", "12345", "AAAAAAAAA0", "码码码码码码码码码码"])
def test_what_is_no_code_is_told_at_once(database, book, typed):
    with database.begin() as session, refused("offers.code_unreadable"):
        use(session, book, typed)


def test_a_well_formed_code_of_nobody_is_unknown(database, book):
    body = "A" * 9
    with database.begin() as session, refused("offers.code_unknown"):
        use(session, book, body + check_character(body))


def test_every_single_slip_and_every_swap_of_a_code_is_noticed():
    code = "A3K9" + "WXYCD"
    code += check_character(code)
    for place in range(len(code)):
        for wrong in ALPHABET:
            slipped = code[:place] + wrong + code[place + 1 :]
            assert (compact(slipped) is not None) == (wrong == code[place])
    for first in range(len(code)):
        for second in range(first):
            letters = list(code)
            letters[first], letters[second] = letters[second], letters[first]
            swapped = "".join(letters)
            assert swapped == code or compact(swapped) is None


def in_threads(work, arguments):
    def quiet(argument):
        try:
            return work(argument)
        except Refusal as refusal:
            return refusal.code

    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(quiet, arguments))


def test_a_quota_of_ten_gives_ten_codes_to_thirty_people_at_once(database, person, book):
    with database.begin() as session:
        people = [person(session).id for _ in range(30)]

    def one(subject_id):
        with database.begin() as session:
            from credit_core.subjects.models import Subject

            take(session, session.get_one(Subject, subject_id), book)
        return "ok"

    results = in_threads(one, people)
    assert results.count("ok") == 10
    assert results.count("offers.sold_out") == 20
    with database.read() as session:
        assert session.scalar(select(func.count(Coupon.id))) == 10
        assert session.scalar(select(OfferQuota.taken)) == 10


def test_one_person_at_eight_phones_gets_one_code(database, person, book):
    with database.begin() as session:
        subject_id = person(session).id

    def one(_):
        with database.begin() as session:
            from credit_core.subjects.models import Subject

            take(session, session.get_one(Subject, subject_id), book)
        return "ok"

    results = in_threads(one, range(8))
    assert results.count("ok") == 1
    assert results.count("offers.already_claimed") == 7
    with database.read() as session:
        assert session.scalar(select(OfferQuota.taken)) == 1


def test_one_code_at_eight_tills_is_redeemed_once(database, person, book):
    with database.begin() as session:
        code = take(session, person(session), book).code

    def one(till):
        with database.begin() as session:
            use(session, book, code, merchant=f"店{till}")
        return "ok"

    results = in_threads(one, range(8))
    assert results.count("ok") == 1
    assert results.count("offers.code_used") == 7
    with database.read() as session:
        assert session.scalar(select(func.count(Redemption.id))) == 1


def test_every_refusal_has_a_text():
    source = Path(claims.__file__).parent
    import re

    codes = set()
    for path in source.glob("*.py"):
        codes |= set(re.findall(r'Refusal\(\s*"(offers\.[a-z_]+)"', path.read_text("utf-8")))
    assert len(codes) > 15
    names = (
        "why next_step place expires_on wallet gap on partners activity missing round "
        "indicator title options"
    )
    fields = dict.fromkeys(names.split(), "x")
    for code in codes:
        assert explain(Refusal(code, **fields))

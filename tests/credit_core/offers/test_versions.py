"""Staff edit an offer: checked, previewed, approved by another hand, and taken back."""

from __future__ import annotations

import pytest

from credit_core.datafile import DataFileError
from credit_core.errors import Refusal
from credit_core.offers import claims
from credit_core.offers.book import offer_book
from credit_core.offers.service import evaluate_offers
from credit_core.offers.versions import (
    approve_version,
    draft_version,
    preview,
    withdraw_version,
)

from .conftest import MONDAY, MORNING, graded

EASIER = """\
offers:
  - id: drug-discount
    source: W11
    title: 药店购药8折
    gives: discount
    kinds: [resident]
    says: 在合作药店买药打8折
    next_step: 向药店出示优惠码
    effective_from: 2020-01-01
    confirmed: source
    conditions: [{fact: grade, at_least: A}]
    claim: {period: month, days: 30, saves: {percent: 20}}
"""


def open_to(session, subject, grade):
    states = evaluate_offers(session, subject, MONDAY, rated=graded(grade))
    return next(one.open for one in states if one.offer.id == "drug-discount")


def test_an_approved_version_holds_until_it_is_taken_back(database, person):
    with database.begin() as session:
        subject = person(session)
        version = draft_version(session, EASIER, by="甲", at=MORNING)
        assert open_to(session, subject, "A") is False
        approve_version(session, version, by="乙", at=MORNING)
        assert open_to(session, subject, "A") is True
        coupon = claims.claim(
            session,
            subject,
            "drug-discount",
            follower_id=None,
            on=MONDAY,
            now=MORNING,
            rated=graded("A"),
        )
        withdraw_version(session, version)
        assert open_to(session, subject, "A") is False
        assert coupon in claims.coupons_of(session, subject.id, MONDAY)
        assert len(offer_book(session).all()) == len(offer_book().all())


def test_nobody_approves_an_own_draft_or_one_twice(database):
    with database.begin() as session:
        version = draft_version(session, EASIER, by="甲", at=MORNING)
        with pytest.raises(Refusal, match="own_draft"):
            approve_version(session, version, by="甲", at=MORNING)
        approve_version(session, version, by="乙", at=MORNING)
        with pytest.raises(Refusal, match="not_draft"):
            approve_version(session, version, by="乙", at=MORNING)


def test_a_faulty_draft_is_refused_with_its_line(database):
    with database.begin() as session, pytest.raises(DataFileError) as caught:
        draft_version(session, EASIER.replace("grade, at", "grad, at"), by="甲", at=MORNING)
    assert caught.value.line == 11


def test_one_row_at_a_time(database):
    two = EASIER + EASIER.removeprefix("offers:\n").replace("drug-discount", "another")
    with database.begin() as session, pytest.raises(Refusal, match="one_row"):
        draft_version(session, two, by="甲", at=MORNING)


def test_a_preview_tells_who_would_gain_and_who_would_lose(database, person):
    with database.begin() as session:
        for grade in ("AAA", "AA", "AA", "A", "B", None):
            person(session).grade = grade
        session.flush()
        gained = preview(session, EASIER, MONDAY)
        assert [(one.grade, one.subjects, one.before, one.after) for one in gained] == [
            ("A", 1, False, True),
            ("AA", 2, False, True),
        ]
        lost = preview(session, EASIER.replace("[resident]", "[institution]"), MONDAY)
        assert [(one.grade, one.before, one.after) for one in lost] == [("AAA", True, False)]
        assert preview(session, EASIER.replace("at_least: A", "at_least: AAA"), MONDAY) == []

"""Staff edit an offer: checked, previewed, approved by another hand, in force from its day on."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from credit_core.crypto import blind_index
from credit_core.datafile import DataFileError
from credit_core.errors import NotFoundError, Refusal
from credit_core.ids import new_id
from credit_core.offers.book import offer_book
from credit_core.subjects.models import Subject, SubjectKind
from credit_core.versions.models import TopicKey
from credit_core.versions.offers import OfferTopic
from credit_core.versions.store import (
    approve_version,
    draft_version,
    find_version,
    withdraw_version,
)

MONDAY = date(2026, 11, 23)
MORNING = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
TOPIC = OfferTopic()
EASIER = """\
offers:
  - id: drug-discount
    source: W11
    title: 药店购药8折
    gives: discount
    kinds: [resident]
    says: 在合作药店买药打8折
    next_step: 向药店出示优惠码
    effective_from: 2026-12-01
    confirmed: source
    conditions: [{fact: grade, at_least: A}]
    claim: {period: month, days: 30, saves: {percent: 20}}
"""


def needs(session, day, offer_id="drug-discount"):
    """The grade that the offer asks for on a day; None when it does not hold."""
    offer = offer_book(session).on(offer_id, day)
    return None if offer is None else offer.conditions[0].at_least


def approve(session, content, by="甲", at=MORNING):
    version = draft_version(session, TOPIC, content, by=by, at=at)
    approve_version(session, TOPIC, version, by="乙", at=at)
    return version


def test_an_approved_version_holds_from_its_own_day_and_changes_no_day_before(database):
    with database.begin() as session:
        version = draft_version(session, TOPIC, EASIER, by="甲", at=MORNING)
        assert needs(session, date(2026, 12, 1)) == "AAA"
        approve_version(session, TOPIC, version, by="乙", at=MORNING)
        assert needs(session, date(2026, 11, 30)) == "AAA"
        assert needs(session, date(2026, 12, 1)) == "A"
        assert needs(session, date(2020, 1, 1)) == "AAA"
        assert needs(session, date(2019, 12, 31)) is None


def test_an_offer_is_ended_by_a_version_with_an_end(database):
    ending = EASIER.replace(
        "effective_from: 2026-12-01", "effective_from: 2026-12-01\n    effective_to: 2026-12-31"
    )
    with database.begin() as session:
        approve(session, ending)
        assert needs(session, date(2026, 12, 31)) == "A"
        assert needs(session, date(2027, 1, 1)) is None
        approve(session, EASIER.replace("2026-12-01", "2027-02-01"))
        assert needs(session, date(2027, 1, 31)) is None
        assert needs(session, date(2027, 2, 1)) == "A"


def test_of_two_versions_of_one_day_the_later_approved_holds(database):
    with database.begin() as session:
        approve(session, EASIER)
        approve(session, EASIER.replace("at_least: A", "at_least: AA"))
        assert needs(session, date(2026, 12, 1)) == "AA"


def test_a_new_id_is_a_new_offer(database):
    with database.begin() as session:
        approve(session, EASIER.replace("drug-discount", "winter-discount"))
        assert needs(session, date(2026, 12, 1), "winter-discount") == "A"
        assert needs(session, date(2026, 12, 1)) == "AAA"


def test_nobody_approves_an_own_draft_or_one_twice(database):
    with database.begin() as session:
        version = draft_version(session, TOPIC, EASIER, by="甲", at=MORNING)
        with pytest.raises(Refusal, match="own_draft"):
            approve_version(session, TOPIC, version, by="甲", at=MORNING)
        approve_version(session, TOPIC, version, by="乙", at=MORNING)
        with pytest.raises(Refusal, match="not_draft"):
            approve_version(session, TOPIC, version, by="丙", at=MORNING)


def test_what_has_begun_is_not_taken_back_and_no_past_day_is_changed(database):
    later = datetime(2026, 12, 1, 2, 0, tzinfo=UTC)
    with database.begin() as session:
        version = approve(session, EASIER)
        with pytest.raises(Refusal, match="in_force"):
            withdraw_version(session, version, at=later)
        withdraw_version(session, version, at=MORNING)
        assert needs(session, date(2026, 12, 1)) == "AAA"
        with pytest.raises(Refusal, match="past"):
            draft_version(session, TOPIC, EASIER, by="甲", at=datetime(2026, 12, 2, tzinfo=UTC))
        waiting = draft_version(session, TOPIC, EASIER, by="甲", at=MORNING)
        with pytest.raises(Refusal, match="past"):
            approve_version(session, TOPIC, waiting, by="乙", at=datetime(2026, 12, 2, tzinfo=UTC))


@pytest.mark.parametrize(
    ("before", "after", "line", "says"),
    [
        ("grade, at", "grad, at", 11, "没有“grad”"),
        ("2026-12-01", "2026-02-30", 9, "不是真实存在的日期"),
        ("gives: discount", "gives: settlement", 5, "依法应得"),
        ("says: 在合作药店买药打8折", "says: 提高报销比例", 2, "依法应得"),
        ("percent: 20", "percent: 120", 12, "不超过100"),
        (
            "confirmed: source",
            "confirmed: source\n    terms: {text: '{percent}%', value: 1}",
            11,
            "只能用{value}",
        ),
    ],
)
def test_a_faulty_draft_is_refused_with_its_line(database, before, after, line, says):
    with database.begin() as session, pytest.raises(DataFileError) as caught:
        draft_version(session, TOPIC, EASIER.replace(before, after), by="甲", at=MORNING)
    assert caught.value.line == line
    assert says in caught.value.message


def test_one_row_at_a_time(database):
    two = EASIER + EASIER.removeprefix("offers:\n").replace("drug-discount", "another")
    with database.begin() as session, pytest.raises(Refusal, match="one_row"):
        draft_version(session, TOPIC, two, by="甲", at=MORNING)


def test_a_preview_tells_who_would_gain_and_who_would_lose(database):
    with database.begin() as session:
        for number, grade in enumerate(("AAA", "AA", "AA", "A", "B", None)):
            session.add(resident(number, grade))
        session.flush()
        day = date(2026, 12, 1)
        gained = TOPIC.effects(session, EASIER, day)
        assert [(one.text, one.count) for one in gained] == [
            ("参保人A：会开放", 1),
            ("参保人AA：会开放", 2),
        ]
        lost = TOPIC.effects(session, EASIER.replace("[resident]", "[institution]"), day)
        assert [(one.text, one.count) for one in lost] == [("参保人AAA：会关闭", 1)]
        assert TOPIC.effects(session, EASIER.replace("at_least: A", "at_least: AAA"), day) == []


def test_the_text_to_begin_with_is_sound_and_changes_nothing_but_its_day(database):
    with database.begin() as session:
        for row in TOPIC.rows(session, MONDAY):
            content = TOPIC.begun(session, row.name, MONDAY)
            assert TOPIC.heading(session, content).effective_from == date(2026, 12, 1)
            places = {one.place for one in TOPIC.differences(session, content, MONDAY)}
            assert places <= {"effective_from"}
        assert TOPIC.begun(session, "no-such", MONDAY) is None


def test_a_version_of_another_topic_is_not_found(database):
    with database.begin() as session:
        version = draft_version(session, TOPIC, EASIER, by="甲", at=MORNING)
        assert find_version(session, version.id, TopicKey.OFFERS) is version
        with pytest.raises(NotFoundError):
            find_version(session, version.id, TopicKey.LISTS)


def resident(number, grade):
    subject = Subject(
        id=new_id(),
        kind=SubjectKind.RESIDENT,
        identifier_index=blind_index("subject.identifier", f"resident:{number}"),
        name_index=blind_index("subject.name", str(number)),
        registered_on=date(2020, 1, 1),
        identity_verified=True,
        grade=grade,
    )
    subject.identifier = f"37100219800101{number:03d}X"
    subject.name = "测试"
    return subject

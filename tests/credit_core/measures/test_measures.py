"""Measures: six fields, a decision, not heavier than the record; the ban follows the person."""

from __future__ import annotations

from datetime import date

import pytest
import yaml

from config.settings import DATA
from credit_core.cases.wording import explain
from credit_core.datafile import DataFileError, load_text
from credit_core.errors import Refusal
from credit_core.events import EventKind
from credit_core.lists.service import enter_list
from credit_core.measures.catalogue import Catalogue
from credit_core.measures.ending import end_due, end_measure
from credit_core.measures.models import MeasureState
from credit_core.measures.service import (
    activate_measure,
    check_contract,
    draft_measure,
    measures_of,
)
from credit_core.records.models import RecordState
from credit_core.records.service import change_state
from credit_core.subjects.models import Relation
from credit_core.subjects.service import register_subject
from tests.credit_core.repair.bureau import APPROVER, CLERK, Bureau, at, staff

DAY = date(2026, 5, 11)
SOURCE = (DATA / "measures" / "catalogue.yaml").read_text(encoding="utf-8")


@pytest.fixture
def bureau(database):
    with database.begin() as session:
        yield Bureau(session)


@pytest.fixture
def person(bureau):
    return register_subject(
        bureau.session, "practitioner", "D371002000001", "王测试", on=date(2015, 1, 1)
    )


def draft(bureau, entry, record, *, subject=None, months=6, **more):
    return draft_measure(
        bureau.session,
        subject or bureau.subject,
        entry,
        record=record,
        starts_on=DAY,
        months=months,
        staff=more.pop("staff", CLERK),
        at=at(DAY),
        **more,
    )


def refused(act):
    with pytest.raises(Refusal) as error:
        act()
    assert explain(error.value)
    return error.value.code


def test_a_measure_begins_with_approval_and_ends_with_its_period(bureau):
    record = bureau.record("I-1", DAY)
    measure = draft(bureau, "stop-departments", record)
    assert measure.state == MeasureState.DRAFT
    activate_measure(bureau.session, measure, staff=APPROVER, now=at(DAY))
    assert bureau.told[-1].kind == EventKind.MEASURE_STARTED
    # Six months from 11 May: the day itself is not counted, 11 November is the last one.
    assert measure.last_day == date(2026, 11, 11)
    assert end_due(bureau.session, date(2026, 11, 11), at(DAY)) == 0
    assert end_due(bureau.session, date(2026, 11, 12), at(DAY)) == 1
    assert measure.ended_on == date(2026, 11, 12)
    assert bureau.told[-1].kind == EventKind.MEASURE_ENDED
    assert measures_of(bureau.session, bureau.subject.id) == [measure]


@pytest.mark.parametrize("field", ["matter", "body", "means", "basis"])
def test_no_field_may_be_empty(bureau, field):
    record = bureau.record("I-1", DAY)
    assert refused(lambda: draft(bureau, "interview", record, months=1, **{field: " "})) == (
        "measures.field_missing"
    )


def test_a_measure_that_lost_its_basis_is_not_activated(bureau):
    measure = draft(bureau, "interview", bureau.record("I-1", DAY), months=1)
    measure.basis = ""
    act = lambda: activate_measure(bureau.session, measure, staff=APPROVER, now=at(DAY))  # noqa: E731
    assert refused(act) == "measures.field_missing"


@pytest.mark.parametrize(
    ("entry", "months", "item", "allowed"),
    [
        ("interview", 1, "I-7", True),
        ("stop-departments", 6, "I-7", False),
        ("stop-departments", 6, "I-1", True),
        ("end-agreement", 12, "I-1", False),
        ("end-agreement", 12, "I-3", True),
        ("more-checks", 12, "I-3", True),
    ],
)
def test_not_heavier_than_the_record(bureau, entry, months, item, allowed):
    measure = draft(bureau, entry, bureau.record(item, DAY), months=months)
    act = lambda: activate_measure(bureau.session, measure, staff=APPROVER, now=at(DAY))  # noqa: E731
    if allowed:
        act()
        assert measure.state == MeasureState.ACTIVE
    else:
        assert refused(act) == "measures.too_heavy"
        assert measure.state == MeasureState.DRAFT


def test_no_constraint_without_a_decision(bureau):
    assert refused(lambda: draft(bureau, "interview", None, months=1)) == (
        "measures.decision_missing"
    )
    measure = draft(bureau, "interview", None, months=1, document_no="测〔2026〕1号")
    act = lambda: activate_measure(bureau.session, measure, staff=APPROVER, now=at(DAY))  # noqa: E731
    assert refused(act) == "measures.decision_missing"


def test_a_reward_needs_no_decision(bureau):
    measure = draft(bureau, "fewer-checks", None, months=12)
    activate_measure(bureau.session, measure, staff=APPROVER, now=at(DAY))
    assert measure.state == MeasureState.ACTIVE


@pytest.mark.parametrize(
    ("entry", "months", "code"),
    [
        ("stop-departments", 5, "measures.period_range"),
        ("stop-departments", 13, "measures.period_range"),
        ("stop-network-settlement", 6, "measures.wrong_object"),
        ("no-such", 6, "measures.unknown"),
    ],
)
def test_what_cannot_be_drafted(bureau, entry, months, code):
    record = bureau.record("I-1", DAY)
    assert refused(lambda: draft(bureau, entry, record, months=months)) == code


def test_hands_and_roles(bureau):
    record = bureau.record("I-1", DAY)
    both = staff("clerk", "approver")
    assert refused(lambda: draft(bureau, "interview", record, months=1, staff=APPROVER)) == (
        "cases.role"
    )
    measure = draft(bureau, "interview", record, months=1, staff=both)
    for member, code in ((both, "measures.own_draft"), (CLERK, "cases.role")):
        act = lambda member=member: activate_measure(  # noqa: E731
            bureau.session, measure, staff=member, now=at(DAY)
        )
        assert refused(act) == code
    activate_measure(bureau.session, measure, staff=APPROVER, now=at(DAY))
    act = lambda: activate_measure(bureau.session, measure, staff=APPROVER, now=at(DAY))  # noqa: E731
    assert refused(act) == "measures.not_draft"


@pytest.mark.parametrize(
    ("state", "entry", "ended"),
    [
        (RecordState.REVOKED, "interview", True),
        (RecordState.REVOKED, "stop-departments", True),
        (RecordState.REPAIRED, "more-checks", True),
        (RecordState.REPAIRED, "stop-departments", False),
        (RecordState.EXPIRED, "more-checks", False),
    ],
)
def test_measures_end_with_their_record(bureau, state, entry, ended):
    record = bureau.record("I-1", DAY)
    measure = draft(bureau, entry, record, months=1 if entry == "interview" else 6)
    activate_measure(bureau.session, measure, staff=APPROVER, now=at(DAY))
    day = date(2026, 6, 1)
    change_state(bureau.session, record, state, on=day, at=at(day), by="x", reason="x")
    assert (measure.state == MeasureState.ENDED) is ended
    if ended:
        assert measure.ended_on == day


def ban(bureau, person):
    record = bureau.record("I-3", DAY)
    measure = draft(bureau, "ban-5y", record, subject=person, months=60)
    activate_measure(bureau.session, measure, staff=APPROVER, now=at(DAY))
    return measure


def test_the_ban_of_five_years_follows_the_person(bureau, person):
    elsewhere = register_subject(
        bureau.session, "institution", "11371000004359985C", "别的药店", on=date(2015, 1, 1)
    )
    assert check_contract(bureau.session, elsewhere, person, DAY).allowed
    ban(bureau, person)
    for day, allowed in (
        (date(2026, 5, 10), True),
        (DAY, False),
        (date(2031, 5, 11), False),
        (date(2031, 5, 12), True),
    ):
        assert check_contract(bureau.session, elsewhere, person, day).allowed is allowed, day
    block = check_contract(bureau.session, elsewhere, person, DAY).blocks[0]
    assert "四十三条" in block.basis
    assert block.until == date(2031, 5, 12)
    assert "王测试" not in block.why


def test_the_ban_blocks_an_institution_whose_head_is_banned(bureau, person):
    ban(bureau, person)
    bureau.session.add(
        Relation(
            kind="legal_representative",
            from_id=person.id,
            to_id=bureau.subject.id,
            since=date(2020, 1, 1),
            recorded_at=at(DAY),
        )
    )
    bureau.session.flush()
    assert not check_contract(bureau.session, bureau.subject, None, DAY).allowed


def test_a_repair_does_not_lift_the_ban_but_an_appeal_does(bureau, person):
    measure = ban(bureau, person)
    end_measure(bureau.session, measure, on=date(2027, 1, 4), by="x", reason="复议撤销", at=at(DAY))
    assert not check_contract(bureau.session, bureau.subject, person, date(2027, 1, 3)).allowed
    assert check_contract(bureau.session, bureau.subject, person, date(2027, 1, 4)).allowed


def test_an_entry_on_the_list_of_the_banned_blocks_too(bureau, person):
    enter_list(
        bureau.session, person, "severe-ban", document_no="测〔2026〕9号", decided_on=DAY,
        entered_on=DAY, basis="735-43", source_unit="测试市医疗保障局", by="x", at=at(DAY),
    )  # fmt: skip
    blocks = check_contract(bureau.session, bureau.subject, person, DAY).blocks
    assert [block.until for block in blocks] == [date(2031, 5, 12)]


@pytest.mark.parametrize("field", ["matter", "body", "objects", "means", "basis", "months"])
def test_a_catalogue_entry_without_one_of_six_fields_is_not_loaded(field):
    loaded = yaml.safe_load(SOURCE)
    del loaded["measures"][0][field]
    with pytest.raises(DataFileError, match=field):
        load_text(yaml.safe_dump(loaded, allow_unicode=True), Catalogue, name="catalogue.yaml")


def test_a_constraint_without_a_class_is_not_loaded():
    with pytest.raises(DataFileError, match="least_class"):
        load_text(SOURCE.replace("    least_class: 轻微\n", "", 1), Catalogue, name="c.yaml")


def test_no_measure_begins_before_its_decision(bureau):
    record = bureau.record("I-1", date(2026, 5, 12))
    assert refused(lambda: draft(bureau, "more-checks", record)) == "measures.before_decision"


def test_the_ban_begins_with_the_decision_not_with_the_paperwork(bureau, person):
    record = bureau.record("I-3", date(2026, 4, 7))
    code = refused(lambda: draft(bureau, "ban-5y", record, subject=person, months=60))
    assert code == "measures.from_decision"
    own = draft(bureau, "ban-5y", record, subject=person, months=60, document_no="禁〔2026〕1号")
    assert own.last_day == date(2031, 5, 11), "a decision of its own has a day of its own"


@pytest.mark.parametrize(
    ("entry", "code"),
    [("more-checks", "measures.record_not_in_effect"), ("stop-departments", None)],
)
def test_a_record_that_is_over_carries_only_what_its_decision_fixed(bureau, entry, code):
    record = bureau.record("I-1", DAY)
    measure = draft(bureau, entry, record)
    late = at(date(2027, 5, 12))

    def activate() -> None:
        activate_measure(bureau.session, measure, staff=APPROVER, now=late)

    if code is None:
        activate()
        assert measure.state == MeasureState.ACTIVE
    else:
        assert refused(activate) == code

"""Promises: four kinds, signed with a digest; refusing and breaking them has consequences."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from stdnum.cn import ric

from credit_core.cases.wording import explain
from credit_core.commitments.consequences import break_commitment, keep, refuse, run_due
from credit_core.commitments.models import CommitmentKind, CommitmentState
from credit_core.commitments.service import (
    ask,
    commitments_of,
    is_genuine,
    public_commitments,
    show,
    sign,
)
from credit_core.commitments.texts import commitment_book, text_in_force
from credit_core.deadlines.service import deadlines_of
from credit_core.errors import Refusal
from credit_core.events import EventKind
from credit_core.lists.models import ListKind
from credit_core.lists.service import on_list
from credit_core.records.models import Record, RecordState
from credit_core.repair.check import check
from credit_core.subjects.service import register_subject
from tests.credit_core.repair.bureau import CLERK, REVIEWER, Bureau, at

DAY = date(2026, 5, 11)
K = CommitmentKind


@pytest.fixture
def bureau(database):
    with database.begin() as session:
        yield Bureau(session)


@pytest.fixture
def resident(bureau):
    return register_subject(
        bureau.session,
        "resident",
        "37100219900307451" + ric.calc_check_digit("37100219900307451X"),
        "李测试",
        on=date(2015, 1, 1),
    )


def refused(act) -> str:
    with pytest.raises(Refusal) as error:
        act()
    assert explain(error.value)
    return error.value.code


def signed(bureau, kind=K.PUBLIC, subject=None, **more):
    return sign(
        bureau.session, subject or bureau.subject, kind, follower_id=None, now=at(DAY), **more
    )


def test_a_signature_binds_text_subject_and_instant(bureau):
    commitment = signed(bureau)
    assert is_genuine(commitment)
    assert commitment.text_sha256 == text_in_force(K.PUBLIC, DAY).sha256
    assert commitment.valid_until == date(2027, 5, 11)
    assert bureau.told[-1].kind == EventKind.COMMITMENT_SIGNED
    for name, value in (
        ("subject_id", 1), ("signed_at", at(DAY) + timedelta(seconds=1)), ("matter", "别的"),
        ("text_version", "2020-01"), ("fulfil_by", DAY),
    ):  # fmt: skip
        kept = getattr(commitment, name)
        setattr(commitment, name, value)
        assert not is_genuine(commitment), name
        setattr(commitment, name, kept)
    assert is_genuine(commitment)


def test_the_four_kinds_can_be_shown():
    for kind in K:
        shown = show(kind, DAY, matter="测试事项", fulfil_by=date(2026, 6, 1))
        assert shown.text
        assert "{" not in shown.text
    assert "2026年6月1日" in show(K.INSTEAD_OF_APPROVAL, DAY, fulfil_by=date(2026, 6, 1)).text
    assert {rule.type for rule in commitment_book().kinds.values()} == {
        "审批替代型", "主动公示型", "行业自律型", "信用修复型",
    }  # fmt: skip


def test_a_public_commitment_opens_the_high_grades(bureau):
    signed(bureau)
    assert bureau.subject.committed_from == DAY
    assert bureau.subject.committed_until == date(2027, 5, 11)


def test_signing_again_replaces_the_earlier_one(bureau):
    first, second = signed(bureau), signed(bureau)
    assert (first.state, second.state) == (CommitmentState.REPLACED, CommitmentState.SIGNED)
    assert len(deadlines_of(bureau.session, bureau.subject.id)) == 1


def test_refusing_leads_to_the_focus_list_and_signing_leads_back(bureau):
    session = bureau.session
    ask(session, bureau.subject, K.PUBLIC, due_on=date(2026, 6, 1), now=at(DAY))
    before = bureau.score(DAY)
    asked = refuse(session, bureau.subject, K.PUBLIC, now=at(DAY))
    assert asked.state == CommitmentState.REFUSED
    assert bureau.score(DAY) == before - 10
    record = session.get_one(Record, asked.result_record_id)
    assert (record.item, record.state) == ("I-7", RecordState.ACTIVE)
    assert on_list(session, bureau.subject.id, ListKind.FOCUS, DAY) is not None
    later = date(2026, 6, 8)
    sign(session, bureau.subject, K.PUBLIC, follower_id=None, now=at(later))
    assert on_list(session, bureau.subject.id, ListKind.FOCUS, later) is None


def test_silence_puts_on_the_focus_list_but_does_not_count_before_a_person_looks(bureau):
    session = bureau.session
    asked = ask(session, bureau.subject, K.PUBLIC, due_on=date(2026, 6, 1), now=at(DAY))
    assert [row.on for row in deadlines_of(session, bureau.subject.id)] == [date(2026, 6, 1)]
    assert run_due(session, date(2026, 6, 1), at(date(2026, 6, 1)))["unsigned"] == 0
    before = bureau.score(DAY)
    day = date(2026, 6, 2)
    assert run_due(session, day, at(day))["unsigned"] == 1
    assert run_due(session, day, at(day))["unsigned"] == 0
    assert bureau.score(day) == before
    assert session.get_one(Record, asked.result_record_id).state == RecordState.SUSPECTED
    assert on_list(session, bureau.subject.id, ListKind.FOCUS, day) is not None


def test_a_broken_promise_counts_after_its_day_and_a_persons_look(bureau, resident):
    session = bureau.session
    promise = signed(
        bureau, K.INSTEAD_OF_APPROVAL, resident, matter="异地就医备案", fulfil_by=date(2026, 6, 1)
    )
    act = lambda: break_commitment(  # noqa: E731
        session, promise, staff=REVIEWER, now=at(date(2026, 6, 1)), reason="没有补"
    )
    assert refused(act) == "commitments.not_due"
    day = date(2026, 6, 2)
    assert run_due(session, day, at(day))["unkept"] == 1
    assert run_due(session, day, at(day))["unkept"] == 0
    hit = session.get_one(Record, promise.result_record_id)
    assert (hit.item, hit.state) == ("P-5", RecordState.SUSPECTED)
    record = break_commitment(session, promise, staff=REVIEWER, now=at(day), reason="没有补")
    assert record is hit
    assert hit.state == RecordState.ACTIVE
    assert promise.state == CommitmentState.BROKEN


def test_a_promise_that_was_kept_withdraws_the_suspicion(bureau, resident):
    session = bureau.session
    promise = signed(
        bureau, K.INSTEAD_OF_APPROVAL, resident, matter="异地就医备案", fulfil_by=date(2026, 6, 1)
    )
    day = date(2026, 6, 2)
    run_due(session, day, at(day))
    act = lambda: keep(session, promise, staff=CLERK, now=at(day), reason="已补")  # noqa: E731
    assert refused(act) == "cases.role"
    keep(session, promise, staff=REVIEWER, now=at(day), reason="6月1日已补")
    assert promise.state == CommitmentState.KEPT
    assert session.get_one(Record, promise.result_record_id).state == RecordState.REVOKED
    assert deadlines_of(session, resident.id) == []


def test_the_commitment_of_a_repair_is_one_of_its_conditions(bureau):
    record = bureau.record("I-1", DAY)
    assert refused(lambda: signed(bureau, K.REPAIR)) == "commitments.record_missing"
    signed(bureau, K.REPAIR, record=record)
    found = check(bureau.session, record, DAY).condition("public_commitment")
    assert found is not None
    assert (found.passed, found.passes_from) == (True, DAY)


@pytest.mark.parametrize(
    ("kind", "code"),
    [(K.PUBLIC, "commitments.wrong_signer"), (K.INSTEAD_OF_APPROVAL, "commitments.matter_missing")],
)
def test_what_is_refused(bureau, resident, kind, code):
    assert refused(lambda: signed(bureau, kind, resident)) == code


def test_nothing_to_refuse(bureau):
    act = lambda: refuse(bureau.session, bureau.subject, K.PUBLIC, now=at(DAY))  # noqa: E731
    assert refused(act) == "commitments.not_asked"


def test_the_public_list_names_organisations_only(bureau, resident):
    signed(bureau)
    signed(bureau, K.INSTEAD_OF_APPROVAL, resident, matter="异地就医备案")
    assert [one.id for _, one in public_commitments(bureau.session)] == [bureau.subject.id]
    assert len(commitments_of(bureau.session, resident.id)) == 1


def test_signing_ends_every_entry_that_refusals_had_made(bureau):
    for day in (DAY, DAY + timedelta(days=3)):
        ask(bureau.session, bureau.subject, K.PUBLIC, due_on=day + timedelta(30), now=at(day))
        refuse(bureau.session, bureau.subject, K.PUBLIC, now=at(day))
    last = DAY + timedelta(days=4)
    assert on_list(bureau.session, bureau.subject.id, ListKind.FOCUS, last)
    sign(bureau.session, bureau.subject, K.PUBLIC, follower_id=None, now=at(last))
    assert on_list(bureau.session, bureau.subject.id, ListKind.FOCUS, last) is None

"""Revoked, repaired and expired are told apart everywhere."""

from __future__ import annotations

from datetime import date

import pytest

from credit_core.objections import handling as objections
from credit_core.objections.models import Outcome
from credit_core.objections.service import file_objection
from credit_core.records.models import RecordState
from credit_core.records.service import change_state, correct
from credit_core.repair import handling
from credit_core.repair.ends import end_of, label_of
from credit_core.scoring.service import score
from tests.credit_core.repair.bureau import APPROVER, CLERK, REVIEWER, Bureau, at

DECIDED, DAY = date(2026, 5, 11), date(2026, 9, 28)


@pytest.fixture
def bureau(database):
    with database.begin() as session:
        yield Bureau(session)


@pytest.mark.parametrize(
    ("state", "word", "past", "today"),
    [
        (RecordState.REVOKED, "撤销", 1000, 1000),
        (RecordState.REPAIRED, "修复", 960, 1000),
        (RecordState.ACTIVE, None, 960, 960),
    ],
)
def test_the_three_ends_differ_in_the_past_too(bureau, state, word, past, today):
    record = bureau.record("I-1", DECIDED)
    if state != RecordState.ACTIVE:
        change_state(bureau.session, record, state, on=DAY, at=at(DAY), by="x", reason="x")
    said = end_of(record, DAY)
    assert (said is None) if word is None else said.startswith(word)
    assert bureau.score(date(2026, 7, 1)) == past
    assert bureau.score(DAY) == today


def test_an_expired_record_says_so_by_the_day_even_before_the_nightly_job(bureau):
    record = bureau.record("I-1", DECIDED)
    assert end_of(record, date(2027, 5, 11)) is None
    said = end_of(record, date(2027, 5, 12))
    assert said is not None
    assert said.startswith("失效")
    assert [
        line.state for line in score(bureau.session, bureau.subject, date(2027, 5, 12)).ended
    ] == ["expired"]


def test_a_repaired_record_carries_its_label(bureau):
    session = bureau.session
    record = bureau.record("I-1", DECIDED)
    bureau.promise(record, DAY)
    case = bureau.submitted(record, DAY)
    assert label_of(session, record) is None
    handling.papers_complete(session, case, staff=CLERK, now=at(DAY))
    handling.accept(session, case, staff=CLERK, now=at(DAY))
    handling.verify(session, case, staff=REVIEWER, now=at(DAY), duties_done=True, corrected=True)
    handling.confirm(session, case, staff=APPROVER, now=at(DAY))
    handling.label(session, case, staff=CLERK, now=at(DAY))
    label = label_of(session, record)
    assert label is not None
    assert "测试市医疗保障局" in label
    assert "2026年9月28日" in label


@pytest.mark.parametrize(
    ("state", "word"),
    [(RecordState.SUSPECTED, None), (RecordState.CORRECTED, "更正")],
)
def test_a_suspicion_has_not_ended_and_a_correction_is_no_revocation(bureau, state, word):
    record = bureau.record("I-7", DECIDED, suspected=state == RecordState.SUSPECTED)
    if state == RecordState.CORRECTED:
        other = bureau.record("I-1", DECIDED)
        correct(bureau.session, record, other, on=DAY, at=at(DAY), by="x", reason="x")
    said = end_of(record, date(2026, 12, 1))
    assert (said is None) if word is None else said.startswith(word)


def test_stopping_the_display_of_a_repaired_record_does_not_bring_its_points_back(bureau):
    session = bureau.session
    record = bureau.record("I-1", DECIDED)
    change_state(session, record, RecordState.REPAIRED, on=DAY, at=at(DAY), by="x", reason="x")
    case = file_objection(
        session, bureau.subject, record,
        statement="已经修复，不该再展示", follower_id=None, city="demo", now=at(DAY),
    )  # fmt: skip
    objections.accept(session, case, staff=CLERK, now=at(DAY))
    objections.start_check(session, case, staff=CLERK, now=at(DAY))
    objections.decide(
        session, case, staff=APPROVER, outcome=Outcome.STOPPED, reason="停止展示", now=at(DAY)
    )
    assert record.state == RecordState.REPAIRED
    assert not record.in_file(DAY)
    assert bureau.score(DAY) == 1000
    assert bureau.score(date(2026, 7, 1)) == 960, "until the repair it counted"

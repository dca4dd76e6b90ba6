"""The authority above looks again: in time, once, and its decision is carried out."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from credit_core.objections import handling
from credit_core.objections.models import ObjectionState, Outcome
from credit_core.objections.service import ask_review, status
from credit_core.records.models import RecordState
from tests.credit_core.objections.test_story import APPROVER, CLERK, NOW, Bureau, refused


@pytest.fixture
def bureau(database):
    with database.begin() as session:
        yield Bureau(session)


def test_told_reviewed_archived(bureau):
    case = bureau.decided(Outcome.REJECTED)
    handling.tell(bureau.session, case, staff=CLERK, now=NOW)
    assert status(bureau.session, case.case_no).review_until == date(2027, 1, 22)
    due = ask_review(bureau.session, case, statement="仍然不服", now=NOW)
    assert due.due == date(2027, 1, 22)
    handling.decide_review(
        bureau.session, case, staff=APPROVER, outcome=Outcome.REVOKED,
        reason="上一级撤销", now=NOW,
    )  # fmt: skip
    assert case.state == ObjectionState.ARCHIVED
    assert bureau.record.state == RecordState.REVOKED
    steps = [step.after for step in status(bureau.session, case.case_no).steps]
    assert steps == [
        "filed", "accepted", "checking", "decided", "told", "under_review", "archived",
    ]  # fmt: skip


def test_a_review_after_its_last_day_is_refused_with_the_day(bureau):
    case = bureau.decided(Outcome.REJECTED)
    handling.tell(bureau.session, case, staff=CLERK, now=NOW)
    late = datetime(2027, 1, 23, 2, tzinfo=UTC)
    refusal = refused(
        "objections.review_late",
        lambda: ask_review(bureau.session, case, statement="不服", now=late),
    )
    assert refusal.fields["last_day"] == date(2027, 1, 22)


def test_while_the_authority_above_decides_there_is_no_second_objection(bureau):
    case = bureau.decided(Outcome.REJECTED)
    handling.tell(bureau.session, case, staff=CLERK, now=NOW)
    ask_review(bureau.session, case, statement="仍然不服", now=NOW)
    assert refused("objections.duplicate", bureau.file).fields["case_no"] == case.case_no

"""A wrong record needs no repair: its running case is closed and the applicant told why."""

from __future__ import annotations

from datetime import date

import pytest

from credit_core.deadlines.service import deadlines_of
from credit_core.records.models import RecordState
from credit_core.records.service import change_state, correct
from credit_core.repair import handling
from credit_core.repair.models import RepairState
from credit_core.repair.service import status
from tests.credit_core.repair.bureau import CLERK, Bureau, at

DECIDED, DAY = date(2026, 5, 11), date(2026, 9, 28)


@pytest.fixture
def bureau(database):
    with database.begin() as session:
        yield Bureau(session)


@pytest.mark.parametrize("wrong", [RecordState.REVOKED, RecordState.CORRECTED])
def test_the_case_of_a_wrong_record_is_closed(bureau, wrong):
    session = bureau.session
    record = bureau.record("I-1", DECIDED)
    case = bureau.submitted(record, DAY)
    handling.papers_complete(session, case, staff=CLERK, now=at(DAY))
    if wrong == RecordState.REVOKED:
        change_state(session, record, wrong, on=DAY, at=at(DAY), by="a", reason="误")
    else:
        other = bureau.record("I-2", DECIDED)
        correct(session, record, other, on=DAY, at=at(DAY), by="a", reason="误")
    assert (case.state, case.running) == (RepairState.CLOSED, False)
    told = status(session, case.case_no)
    assert "不用修复" in told.state_text
    assert told.reason
    assert told.due is None
    assert [row for row in deadlines_of(session, bureau.subject.id) if row.case_no] == []


def test_other_cases_go_on(bureau):
    case = bureau.submitted(bureau.record("I-1", DECIDED), DAY)
    other = bureau.record("I-2", DECIDED)
    change_state(
        bureau.session, other, RecordState.REVOKED, on=DAY, at=at(DAY), by="a", reason="误"
    )
    assert case.state == RepairState.SUBMITTED

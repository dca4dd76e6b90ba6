"""An entry falls with the record that it rests on; honour does not outlast a breach."""

from __future__ import annotations

from datetime import date

import pytest

from credit_core.cases.wording import explain
from credit_core.errors import Refusal
from credit_core.lists.models import ListKind
from credit_core.lists.service import end_honours, enter_list, leave_list, on_list, standing
from credit_core.objections import handling
from credit_core.objections.models import Outcome
from credit_core.objections.service import file_objection
from credit_core.records.models import RecordState
from credit_core.records.service import change_state
from credit_core.reports.service import ReportState, issue_report, verify
from credit_core.scoring.service import score
from tests.credit_core.repair.bureau import APPROVER, CLERK, Bureau, at

DECIDED, LATER, REVOKED = date(2026, 5, 11), date(2026, 6, 1), date(2026, 9, 1)


@pytest.fixture
def bureau(database):
    with database.begin() as session:
        yield Bureau(session)


def entered(bureau, rule="severe-fraud", **changed):
    wanted = {
        "document_no": "测认〔2026〕1号",
        "decided_on": DECIDED,
        "entered_on": DECIDED,
        "basis": "735-40",
        "source_unit": "测试市医疗保障局",
        "by": "clerk",
        "at": at(DECIDED),
        "responsible_name": "测试负责人",
    }
    return enter_list(bureau.session, bureau.subject, rule, **(wanted | changed))


def revoke_by_hand(bureau, record):
    change_state(
        bureau.session, record, RecordState.REVOKED, on=REVOKED, at=at(REVOKED), by="a", reason="误"
    )


def revoke_by_objection(bureau, record):
    case = file_objection(
        bureau.session, bureau.subject, record,
        statement="不是我们", follower_id=None, city="demo", now=at(REVOKED),
    )  # fmt: skip
    handling.accept(bureau.session, case, staff=CLERK, now=at(REVOKED))
    handling.start_check(bureau.session, case, staff=CLERK, now=at(REVOKED))
    handling.decide(
        bureau.session, case, staff=APPROVER, outcome=Outcome.REVOKED, reason="误", now=at(REVOKED)
    )


@pytest.mark.parametrize("revoke", [revoke_by_hand, revoke_by_objection])
@pytest.mark.parametrize("left_before", [False, True])
def test_with_a_revoked_record_the_entry_was_never_made(bureau, revoke, left_before):
    session, subject = bureau.session, bureau.subject
    day = date(2026, 5, 1)
    report = issue_report(session, subject, on=day, now=at(day), purpose="投标")
    record = bureau.record("I-3", DECIDED)
    entry = entered(bureau, document_no=record.document_no, record_id=record.id)
    if left_before:
        leave_list(session, entry, on=date(2026, 8, 1), reason="提前移出", by="a", at=at(REVOKED))
    assert score(session, subject, LATER).grade == "D"
    assert verify(session, report.serial, LATER).state is ReportState.RERATING
    revoke(bureau, record)
    assert entry.void
    assert standing(session, subject.id, REVOKED) == []
    assert score(session, subject, LATER).grade == "A", "on past days too"
    assert subject.grade == "A"
    assert verify(session, report.serial, REVOKED).state is ReportState.VALID


def test_an_entry_stands_on_while_another_record_of_its_decision_stands(bureau):
    first = bureau.record("I-3", DECIDED, document_no="测罚〔2026〕9号")
    second = bureau.record("I-1", DECIDED, document_no="测罚［2026］9 号")
    entry = entered(bureau, document_no="测罚〔2026〕9号")
    revoke_by_hand(bureau, first)
    assert not entry.void
    revoke_by_hand(bureau, second)
    assert entry.void


def test_a_repair_ends_the_effect_and_leaves_the_list_to_its_own_exit(bureau):
    record = bureau.record("I-3", DECIDED)
    entered(bureau, record_id=record.id)
    change_state(
        bureau.session, record, RecordState.REPAIRED, on=REVOKED, at=at(REVOKED), by="a", reason="x"
    )
    assert on_list(bureau.session, bureau.subject.id, ListKind.SEVERE, REVOKED)


def test_no_honour_while_a_breach_is_in_effect(bureau):
    honour = {"rule": "honour", "basis": "本级规定"}
    record = bureau.record("I-7", DECIDED)
    with pytest.raises(Refusal, match="honour_negative") as refused:
        entered(bureau, **honour, entered_on=LATER)
    assert record.document_no in explain(refused.value)
    over = date(2026, 8, 12)
    assert entered(bureau, **honour, entered_on=over)
    assert end_honours(bureau.session, over, at(over)) == 0
    bureau.record("I-1", REVOKED)
    assert end_honours(bureau.session, REVOKED, at(REVOKED)) == 1
    assert on_list(bureau.session, bureau.subject.id, ListKind.HONOUR, REVOKED) is None


@pytest.mark.parametrize(
    ("decided", "entered_on", "last"),
    [
        (date(2024, 2, 29), date(2024, 3, 15), date(2027, 2, 28)),
        (date(2026, 5, 11), date(2026, 5, 11), date(2029, 5, 11)),
    ],
)
def test_a_severe_entry_runs_from_its_decision(bureau, decided, entered_on, last):
    entry = entered(bureau, decided_on=decided, entered_on=entered_on)
    assert (entry.over_on - last).days == 1


def test_what_has_run_out_since_its_decision_is_not_entered(bureau):
    with pytest.raises(Refusal, match="period_over") as refused:
        entered(bureau, decided_on=date(2022, 5, 11))
    assert "2025年5月11日" in explain(refused.value)

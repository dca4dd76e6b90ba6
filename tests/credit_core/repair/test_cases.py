"""The life of a repair, from the draft to the label, with every statutory day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from credit_core.cases.wording import explain
from credit_core.deadlines.service import deadlines_of, open_deadlines
from credit_core.errors import Refusal
from credit_core.events import EventKind
from credit_core.measures.models import MeasureState
from credit_core.measures.service import activate_measure, draft_measure
from credit_core.records.models import RecordState
from credit_core.repair import handling
from credit_core.repair.expiry import expire_due
from credit_core.repair.forms import form_names, print_form
from credit_core.repair.models import RepairState
from credit_core.repair.service import (
    cases_of,
    object_to_refusal,
    open_application,
    resubmit,
    status,
    submit,
    withdraw,
)
from credit_core.scoring.service import score
from credit_core.subjects.service import register_subject
from credit_core.workdays import Due
from tests.credit_core.repair.bureau import (
    APPROVER,
    CLERK,
    REVIEWER,
    Bureau,
    at,
    paper,
    staff,
)

DECIDED = date(2026, 5, 11)
DAY = date(2026, 9, 28)


@pytest.fixture
def bureau(database):
    with database.begin() as session:
        yield Bureau(session)


def refused(act) -> Refusal:
    with pytest.raises(Refusal) as error:
        act()
    assert explain(error.value)
    return error.value


def accepted(bureau, on=DAY):
    record = bureau.record("I-1", DECIDED)
    bureau.promise(record, on)
    case = bureau.submitted(record, on)
    handling.papers_complete(bureau.session, case, staff=CLERK, now=at(on))
    handling.accept(bureau.session, case, staff=CLERK, now=at(on))
    return record, case


def verified(bureau, on=DAY):
    record, case = accepted(bureau, on)
    handling.verify(
        bureau.session, case, staff=REVIEWER, now=at(on), duties_done=True, corrected=True
    )
    return record, case


def days(bureau):
    return {row.kind: row.on for row in deadlines_of(bureau.session, bureau.subject.id)}


def test_from_the_draft_to_the_label(bureau):
    session = bureau.session
    record, case = accepted(bureau)
    assert case.case_no == "XF20260928-0001"
    assert (case.period_rules, case.procedure_rules) == ("R-36", "R-36")
    assert case.due == Due(date(2026, 10, 13), False), "seven working days over the holidays"
    handling.verify(session, case, staff=REVIEWER, now=at(DAY), duties_done=True, corrected=True)
    due = handling.confirm(session, case, staff=APPROVER, now=at(DAY))
    assert due == Due(date(2026, 10, 8), False)
    before = bureau.score(date(2026, 10, 7))
    labelled = date(2026, 10, 8)
    handling.label(session, case, staff=CLERK, now=at(labelled))
    assert case.state == RepairState.LABELLED
    assert record.state == RecordState.REPAIRED
    assert record.ended_on == labelled
    assert bureau.score(date(2026, 10, 7)) == before, "until then it counted"
    assert bureau.score(labelled) == before + 40, "the effect ends that day"
    assert days(bureau) == {}
    kinds = [event.kind for event in bureau.told if event.kind.startswith("case")]
    assert kinds == [EventKind.CASE_OPENED] + [EventKind.CASE_MOVED] * 5
    shown = status(session, case.case_no)
    assert [step.after for step in shown.steps] == [
        "submitted", "papers_complete", "accepted", "verified", "confirmed", "labelled",
    ]  # fmt: skip
    assert "经测试市医疗保障局同意修复，不再作为负面信息使用" in print_form(
        session, case, "label", now=at(labelled)
    )
    ended = score(session, bureau.subject, labelled).ended
    assert [line.state for line in ended] == ["repaired"]


def test_zhejiang_fifteen_five_two(database):
    with database.begin() as session:
        bureau = Bureau(session, "浙江")
        record = bureau.record("I-3", date(2020, 3, 2))
        on = date(2021, 4, 1)
        bureau.promise(record, on)
        case = bureau.submitted(record, on)
        assert (case.period_rules, case.procedure_rules) == ("R-ZJ2019", "R-ZJ2019")
        assert handling.papers_complete(session, case, staff=CLERK, now=at(on)).due == date(
            2021, 4, 23
        )
        later = date(2021, 4, 8)
        due = handling.accept(session, case, staff=CLERK, now=at(later))
        assert due.due == date(2021, 4, 23), "fifteen days from complete papers, not acceptance"
        checked = date(2021, 4, 20)
        handling.verify(
            session, case, staff=REVIEWER, now=at(checked), duties_done=True, corrected=True
        )
        assert (
            refused(lambda: handling.confirm(session, case, staff=APPROVER, now=at(checked))).code
            == "repairs.notice_needed"
        )
        until = handling.start_notice(session, case, staff=REVIEWER, now=at(checked)).due
        assert until == date(2021, 4, 26), "five working days; Sunday 25 April is worked"
        refusal = refused(lambda: handling.confirm(session, case, staff=APPROVER, now=at(until)))
        assert (refusal.code, refusal.fields["until"]) == ("repairs.notice_running", until)
        after = until + timedelta(days=1)
        due = handling.confirm(session, case, staff=APPROVER, now=at(after))
        assert due.due == date(2021, 4, 29)
        handling.label(session, case, staff=CLERK, now=at(due.due))
        assert record.state == RecordState.REPAIRED


def test_what_is_missing_is_told_once_and_the_clock_waits(bureau):
    session = bureau.session
    record = bureau.record("I-1", DECIDED)
    case = bureau.submitted(record, DAY)
    refused(lambda: handling.ask_papers(session, case, staff=CLERK, missing=[" "], now=at(DAY)))
    due = handling.ask_papers(
        session, case, staff=CLERK, missing=["缴款凭证", "整改照片"], now=at(DAY)
    )
    assert due.due == date(2026, 10, 10)
    assert days(bureau)["papers_due"] == due.due
    assert status(session, case.case_no).missing == ("缴款凭证", "整改照片")
    notice = print_form(session, case, "papers_notice", now=at(DAY))
    assert "1. 缴款凭证" in notice
    assert "2. 整改照片" in notice
    late = refused(lambda: resubmit(session, case, evidence=[paper(2)], now=at(date(2026, 10, 11))))
    assert (late.code, late.fields["last_day"]) == ("repairs.papers_late", due.due)
    resubmit(session, case, evidence=[paper(2)], now=at(due.due))
    assert case.state == RepairState.SUBMITTED
    assert status(session, case.case_no).missing == ()
    again = refused(
        lambda: handling.ask_papers(session, case, staff=CLERK, missing=["公章"], now=at(due.due))
    )
    assert (again.code, again.fields["told"]) == ("repairs.told_once", "缴款凭证；整改照片")
    handling.ask_papers(session, case, staff=CLERK, missing=["整改照片"], now=at(due.due))
    resubmit(session, case, evidence=[paper(3)], now=at(date(2026, 10, 12)))
    complete = handling.papers_complete(session, case, staff=CLERK, now=at(date(2026, 10, 12)))
    assert complete.due == date(2026, 10, 15)
    assert "papers_due" not in days(bureau)


def test_refused_in_writing_with_the_way_to_object(bureau):
    session = bureau.session
    record, case = accepted(bureau)
    refused(lambda: handling.refuse(session, case, staff=APPROVER, reason=" ", now=at(DAY)))
    due = handling.refuse(session, case, staff=APPROVER, reason="罚款没有缴清", now=at(DAY))
    assert due.due == date(2026, 10, 10), "five working days; Saturday 10 October is worked"
    letter = print_form(session, case, "refusal", now=at(DAY))
    assert "罚款没有缴清" in letter
    assert "2026年10月10日" in letter
    assert days(bureau)["refusal_objection"] == due.due
    late = refused(
        lambda: object_to_refusal(session, case, statement="已缴清", now=at(date(2026, 10, 11)))
    )
    assert (late.code, late.fields["last_day"]) == ("repairs.objection_late", due.due)
    answer = object_to_refusal(session, case, statement="已缴清", now=at(due.due))
    assert answer.due == date(2026, 10, 16)
    handling.decide_objection(
        session, case, staff=APPROVER, upheld=True, reason="凭证属实", now=at(answer.due)
    )
    assert case.state == RepairState.ACCEPTED
    assert record.state == RecordState.ACTIVE


def test_a_refusal_that_stands_can_be_followed_by_a_new_application(bureau):
    session = bureau.session
    record, case = accepted(bureau)
    handling.refuse(session, case, staff=APPROVER, reason="没有整改", now=at(DAY))
    object_to_refusal(session, case, statement="不服", now=at(DAY))
    handling.decide_objection(
        session, case, staff=APPROVER, upheld=False, reason="维持", now=at(DAY)
    )
    assert case.state == RepairState.REFUSED_FINALLY
    again = bureau.submitted(record, DAY)
    assert again.case_no == "XF20260928-0002"
    assert len(cases_of(session, bureau.subject.id)) == 2


def test_what_papers_cannot_mend_is_refused_at_the_door(bureau):
    record = bureau.record("I-1", DECIDED)
    early = refused(lambda: bureau.opened(record, date(2026, 8, 10)))
    assert (early.code, early.fields["day"]) == ("repairs.too_early", date(2026, 8, 11))
    assert "2026年8月11日" in explain(early)
    assert bureau.opened(record, date(2026, 8, 11))
    double = refused(lambda: bureau.opened(record, date(2026, 8, 12)))
    assert double.code == "repairs.duplicate"
    other = register_subject(
        bureau.session, "institution", "11371000004359985C", "别的药店", on=date(2015, 1, 1)
    )
    act = lambda: open_application(  # noqa: E731
        bureau.session, other, record, follower_id=None, city="demo", now=at(DAY)
    )
    assert refused(act).code == "repairs.not_own"


def test_an_application_needs_papers(bureau):
    case = bureau.opened(bureau.record("I-1", DECIDED), DAY)
    act = lambda: submit(bureau.session, case, statement="", now=at(DAY))  # noqa: E731
    assert refused(act).code == "repairs.papers_none"
    assert case.state == RepairState.DRAFT


def test_verification_needs_all_conditions(bureau):
    _, case = accepted(bureau)
    refusal = refused(
        lambda: handling.verify(
            bureau.session, case, staff=REVIEWER, now=at(DAY), duties_done=True, corrected=False
        )
    )
    assert refusal.code == "repairs.conditions_open"
    assert "整改材料" in explain(refusal)


def test_a_complex_case_is_extended_once(bureau):
    session = bureau.session
    _, case = accepted(bureau)
    due = handling.extend(session, case, staff=REVIEWER, reason="外地核实", now=at(DAY))
    assert due.due == date(2026, 10, 27)
    act = lambda: handling.extend(session, case, staff=REVIEWER, reason="再延", now=at(DAY))  # noqa: E731
    assert refused(act).code == "repairs.no_extension"


def test_who_may_do_what(bureau):
    session = bureau.session
    record = bureau.record("I-1", DECIDED)
    bureau.promise(record, DAY)
    case = bureau.submitted(record, DAY)
    all_hands = staff("clerk", "reviewer", "approver")
    act = lambda: handling.papers_complete(session, case, staff=APPROVER, now=at(DAY))  # noqa: E731
    assert refused(act).code == "cases.role"
    handling.papers_complete(session, case, staff=all_hands, now=at(DAY))
    handling.accept(session, case, staff=all_hands, now=at(DAY))
    handling.verify(session, case, staff=all_hands, now=at(DAY), duties_done=True, corrected=True)
    act = lambda: handling.confirm(session, case, staff=all_hands, now=at(DAY))  # noqa: E731
    assert refused(act).code == "cases.own_work"
    act = lambda: handling.refuse(session, case, staff=all_hands, reason="x", now=at(DAY))  # noqa: E731
    assert refused(act).code == "cases.own_work"
    act = lambda: handling.start_notice(session, case, staff=REVIEWER, now=at(DAY))  # noqa: E731
    assert refused(act).code == "repairs.no_notice"


def test_withdrawn_leaves_the_record_as_it_was(bureau):
    record, case = accepted(bureau)
    withdraw(bureau.session, case, now=at(DAY))
    assert record.state == RecordState.ACTIVE
    assert set(days(bureau)) == {"repair_possible", "display_end"}
    assert refused(lambda: withdraw(bureau.session, case, now=at(DAY))).code == (
        "repairs.wrong_state"
    )


def test_a_repair_ends_the_measures_of_the_record(bureau):
    session = bureau.session
    record, case = verified(bureau)
    measure = draft_measure(
        session, bureau.subject, "more-checks", record=record, starts_on=DECIDED, months=12,
        staff=CLERK, at=at(DECIDED),
    )  # fmt: skip
    activate_measure(session, measure, staff=APPROVER, now=at(DECIDED))
    handling.confirm(session, case, staff=APPROVER, now=at(DAY))
    handling.label(session, case, staff=CLERK, now=at(DAY))
    assert measure.state == MeasureState.ENDED
    assert measure.ended_on == DAY


def test_a_repair_got_with_false_papers_is_undone_and_barred(bureau):
    session = bureau.session
    record, case = verified(bureau)
    handling.confirm(session, case, staff=APPROVER, now=at(DAY))
    handling.label(session, case, staff=CLERK, now=at(DAY))
    later = date(2026, 11, 2)
    handling.undo(session, case, staff=APPROVER, reason="凭证系伪造", now=at(later))
    assert record.state == RecordState.ACTIVE
    barred = refused(lambda: bureau.opened(record, later))
    assert (barred.code, barred.fields["day"]) == ("repairs.barred", date(2029, 11, 2))


def test_a_repair_undone_after_its_record_ran_out_leaves_no_label(bureau):
    """The record stayed repaired, labelled, though the repair had been taken back."""
    session = bureau.session
    record, case = verified(bureau)
    handling.confirm(session, case, staff=APPROVER, now=at(DAY))
    handling.label(session, case, staff=CLERK, now=at(DAY))
    later = date(2027, 6, 1)
    handling.undo(session, case, staff=APPROVER, reason="凭证系伪造", now=at(later))
    assert record.state == RecordState.EXPIRED
    assert record.ended_on == record.effective_to
    assert [line.state for line in score(session, bureau.subject, later).ended] == ["expired"]


@pytest.mark.parametrize("form", form_names())
def test_every_form_prints(bureau, form):
    _, case = accepted(bureau)
    case.reason = "测试理由"
    printed = print_form(bureau.session, case, form, now=at(DAY))
    assert printed.strip()
    assert "{{" not in printed


def test_a_day_in_an_unpublished_year_is_marked(bureau):
    _, case = accepted(bureau, date(2026, 12, 28))
    assert case.due == Due(date(2027, 1, 7), True)
    assert "暂定" in print_form(bureau.session, case, "acceptance", now=at(date(2026, 12, 28)))


def test_natural_expiry_is_neither_repair_nor_revocation(bureau):
    session = bureau.session
    record = bureau.record("I-1", DECIDED)
    last = date(2027, 5, 11)
    before = bureau.score(last)
    assert expire_due(session, last, at(last)) == 0
    day = last + timedelta(days=1)
    assert expire_due(session, day, at(day)) == 1
    assert record.state == RecordState.EXPIRED
    assert record.ended_on == day
    assert bureau.score(last) == before
    assert bureau.score(day) == before + 40
    assert expire_due(session, day, at(day)) == 0
    assert days(bureau) == {}
    assert [line.state for line in score(session, bureau.subject, day).ended] == ["expired"]


def test_expiry_goes_on_where_it_stopped(bureau):
    for number in range(5):
        bureau.record("I-2", DECIDED, document_no=f"批量〔2026〕{number}号")
    day = date(2027, 5, 12)
    assert expire_due(bureau.session, day, at(day), most=3) == 3
    assert expire_due(bureau.session, day, at(day), most=3) == 2


def test_days_follow_the_records(bureau):
    record = bureau.record("I-1", DECIDED)
    found = open_deadlines(bureau.session, date(2026, 8, 1), date(2026, 8, 31))
    assert [(row.kind, row.on, row.record_id) for row in found] == [
        ("repair_possible", date(2026, 8, 11), record.id)
    ]
    assert days(bureau) == {
        "repair_possible": date(2026, 8, 11),
        "display_end": date(2027, 5, 11),
    }
    bureau.record("I+1", DECIDED)
    assert len(days(bureau)) == 2, "a good record has no such days"

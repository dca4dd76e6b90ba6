"""The life of an objection, from the person who files it to the authority above."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from credit_core.accounts.models import StaffMember, StaffRole
from credit_core.cases.wording import explain
from credit_core.deadlines.service import deadlines_of
from credit_core.errors import NotFoundError, Refusal
from credit_core.events import SUBSCRIBERS, Event
from credit_core.lists.models import ListKind
from credit_core.lists.service import enter_list, on_list
from credit_core.objections import handling
from credit_core.objections.models import Objection, Outcome
from credit_core.objections.service import (
    cases_of,
    file_objection,
    status,
    withdraw,
)
from credit_core.records.models import Record, RecordState
from credit_core.records.service import add_record, events_of, is_resting
from credit_core.scoring.bulk import Bulk
from credit_core.scoring.history import delta
from credit_core.scoring.service import score
from credit_core.subjects.models import Subject
from credit_core.subjects.service import register_subject
from credit_core.workdays import Due

TODAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)


def staff(role: StaffRole, login: str) -> StaffMember:
    return StaffMember(login=login, roles=str(role), active=True)


CLERK = staff(StaffRole.CLERK, "clerk")
REVIEWER = staff(StaffRole.REVIEWER, "reviewer")
APPROVER = staff(StaffRole.APPROVER, "approver")


class Bureau:
    """A session with one pharmacy, one record against it, and what was told to listeners."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.told: list[Event] = []
        session.info[SUBSCRIBERS] = (lambda _session, event: self.told.append(event),)
        self.subject = register_subject(
            session,
            "institution",
            "91110000600037341L",
            "测试药店",
            on=date(2020, 1, 1),
        )
        self.record = self.add("I-1", date(2026, 9, 1), "测医保罚〔2026〕1号")

    def add(self, item: str, decided: date, document_no: str) -> Record:
        return add_record(
            self.session,
            self.subject,
            item,
            occurred_on=decided - timedelta(days=30),
            decided_on=decided,
            document_no=document_no,
            source_unit="测试市医疗保障局",
            at=NOW,
            by="test",
        )

    def file(self, **changed: Any) -> Objection:
        wanted: dict[str, Any] = {
            "statement": "这笔费用当天已经冲销",
            "follower_id": None,
            "city": "demo",
            "now": NOW,
        }
        record = changed.pop("record", self.record)
        subject = changed.pop("subject", self.subject)
        return file_objection(self.session, subject, record, **(wanted | changed))

    def checked(self) -> Objection:
        case = self.file()
        handling.accept(self.session, case, staff=CLERK, now=NOW)
        handling.start_check(self.session, case, staff=CLERK, now=NOW)
        return case

    def decided(self, outcome: Outcome, **more: Any) -> Objection:
        case = self.checked()
        handling.decide(
            self.session,
            case,
            staff=APPROVER,
            outcome=outcome,
            reason="核对原始单据",
            now=NOW,
            **more,
        )
        return case

    def score(self) -> int:
        made = score(self.session, self.subject, TODAY).score
        assert made is not None
        return made


@pytest.fixture
def bureau(database) -> Iterator[Bureau]:
    with database.begin() as session:
        yield Bureau(session)


def refused(code: str, act: Callable[[], object]) -> Refusal:
    with pytest.raises(Refusal) as error:
        act()
    assert error.value.code == code
    assert explain(error.value)
    return error.value


def test_filing_marks_the_record_on_the_same_day_and_tells_the_statutory_day(bureau):
    before = bureau.score()
    case = bureau.file()
    assert case.case_no == "YY20261123-0001"
    assert case.answer_due == Due(date(2026, 11, 30), False)
    assert case.statement == "这笔费用当天已经冲销"
    assert "冲销" not in str(case.statement_sealed)
    assert bureau.record.state == RecordState.UNDER_OBJECTION
    assert bureau.score() == before
    opened = bureau.told[-1]
    assert (opened.kind, opened.data["case_no"]) == ("case_opened", case.case_no)
    assert opened.data["due_on"] == "2026-11-30"
    days = {row.kind: row.on for row in deadlines_of(bureau.session, bureau.subject.id)}
    assert days["objection_accept"] == date(2026, 11, 26)
    assert days["objection_decide"] == date(2026, 11, 30)
    assert [one.case_no for one in cases_of(bureau.session, bureau.subject.id)] == [case.case_no]


@pytest.mark.parametrize(
    ("city", "answer", "complex_answer"),
    [
        ("浙江", date(2026, 11, 30), date(2026, 12, 21)),
        ("山东", date(2026, 11, 26), date(2026, 12, 2)),
        ("河南", date(2026, 11, 26), date(2026, 12, 2)),
        ("深圳", date(2026, 11, 26), date(2026, 12, 1)),
        ("茂名", date(2026, 11, 30), date(2026, 12, 21)),
        ("weihai", date(2026, 11, 26), date(2026, 12, 2)),
    ],
)
def test_periods_follow_the_city(bureau, city, answer, complex_answer):
    case = bureau.file(city=city)
    assert case.answer_due.due == answer
    handling.accept(bureau.session, case, staff=CLERK, now=NOW)
    reviewer = staff(StaffRole.REVIEWER, "reviewer")
    handling.extend(bureau.session, case, staff=reviewer, reason="需要外地核实", now=NOW)
    assert case.answer_due.due == complex_answer


def test_a_day_in_an_unpublished_year_is_provisional(bureau):
    case = bureau.file(now=datetime(2026, 12, 25, 2, tzinfo=UTC))
    assert case.answer_due == Due(date(2027, 1, 4), True)


def test_a_second_objection_to_the_same_record_is_refused_kindly(bureau):
    case = bureau.file()
    refusal = refused("objections.duplicate", bureau.file)
    assert refusal.fields["case_no"] == case.case_no


def test_only_records_of_ones_own(bureau):
    other = register_subject(
        bureau.session, "institution", "11371000004359985C", "别的药店",
        on=date(2020, 1, 1),
    )  # fmt: skip
    refused("objections.not_own", lambda: bureau.file(subject=other))


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("  ", "objections.statement_empty"),
        ("长" * 2001, "objections.statement_long"),
    ],
)
def test_the_statement_is_checked(bureau, statement, code):
    refused(code, lambda: bureau.file(statement=statement))


def test_a_practitioner_has_ten_working_days(bureau):
    doctor = register_subject(
        bureau.session, "practitioner", "D371002000001", "测试医师",
        on=date(2020, 1, 1),
    )  # fmt: skip

    def points(decided: date, document_no: str) -> Record:
        return add_record(
            bureau.session, doctor, "S-0", occurred_on=decided, decided_on=decided,
            document_no=document_no, source_unit="测试市医疗保障局", points=3, at=NOW, by="test",
        )  # fmt: skip

    in_time, late = points(date(2026, 11, 9), "记分1"), points(date(2026, 11, 6), "记分2")
    assert bureau.file(subject=doctor, record=in_time).case_no
    refusal = refused("objections.late", lambda: bureau.file(subject=doctor, record=late))
    assert refusal.fields["last_day"] == date(2026, 11, 20)
    assert "2026年11月20日" in explain(refusal)
    # Told later than the day of decision: the ten days run from then.
    assert bureau.file(subject=doctor, record=late, told_on=date(2026, 11, 9))


def test_revoked_is_as_if_it_had_never_counted(bureau):
    before = bureau.score()
    case = bureau.decided(Outcome.REVOKED)
    assert bureau.record.state == RecordState.REVOKED
    assert bureau.score() == before + 40
    made = score(bureau.session, bureau.subject, date(2026, 10, 1))
    assert made.score == 1000, "on past days too"
    assert status(bureau.session, case.case_no).outcome_text
    assert deadlines_of(bureau.session, bureau.subject.id) == []
    refused("objections.void", bureau.file)


def test_corrected_puts_another_record_in_its_place(bureau):
    right = bureau.add("I-2", date(2026, 9, 1), "测医保罚〔2026〕1号更正")
    case = bureau.decided(Outcome.CORRECTED, replacement=right)
    assert bureau.record.state == RecordState.CORRECTED
    assert bureau.record.replaced_by_id == right.id == case.replacement_id


def test_corrected_needs_the_other_record(bureau):
    refused("objections.replacement_missing", lambda: bureau.decided(Outcome.CORRECTED))


@pytest.mark.parametrize("outcome", [Outcome.REJECTED, Outcome.COMPLETED])
def test_a_right_record_goes_back_to_what_it_was(bureau, outcome):
    before = bureau.score()
    bureau.decided(outcome)
    assert bureau.record.state == RecordState.ACTIVE
    assert bureau.score() == before


def test_rejected_after_its_end_has_expired(bureau):
    old = bureau.add("I-1", date(2025, 11, 24), "测医保罚〔2025〕9号")
    case = bureau.file(record=old)
    later = NOW + timedelta(days=3)
    withdraw(bureau.session, case, now=later)
    assert old.state == RecordState.EXPIRED
    assert old.ended_on == date(2025, 11, 24).replace(year=2026, day=25)


def test_off_the_list_ends_the_entry_and_keeps_the_record(bureau):
    enter_list(
        bureau.session, bureau.subject, "severe-fraud", document_no=bureau.record.document_no,
        decided_on=date(2026, 9, 1), entered_on=date(2026, 9, 1), basis="735-40",
        source_unit="测试市医疗保障局", by="clerk", at=NOW, responsible_name="测试负责人",
    )  # fmt: skip
    assert bureau.subject.grade == "D"
    bureau.decided(Outcome.OFF_LIST)
    assert on_list(bureau.session, bureau.subject.id, ListKind.SEVERE, TODAY) is None
    assert bureau.record.state == RecordState.ACTIVE
    assert bureau.subject.grade != "D"


def test_off_the_list_without_an_entry_is_refused(bureau):
    refused("objections.not_on_list", lambda: bureau.decided(Outcome.OFF_LIST))


def test_not_accepted_and_withdrawn_take_the_mark_away(bureau):
    case = bureau.file()
    handling.refuse_acceptance(
        bureau.session, case, staff=CLERK, reason="没有写明哪里不对", now=NOW
    )
    assert bureau.record.state == RecordState.ACTIVE
    second = bureau.file()
    assert second.case_no == "YY20261123-0002"
    withdraw(bureau.session, second, now=NOW)
    assert bureau.record.state == RecordState.ACTIVE
    refused(
        "objections.wrong_state",
        lambda: handling.accept(bureau.session, second, staff=CLERK, now=NOW),
    )
    states = [event.state for event in events_of(bureau.session, bureau.record)]
    assert states[-4:] == ["under_objection", "active"] * 2


def test_who_may_do_what(bureau):
    case = bureau.file()
    refused("cases.role", lambda: handling.accept(bureau.session, case, staff=APPROVER, now=NOW))
    both = StaffMember(login="both", roles="clerk,approver", active=True)
    handling.accept(bureau.session, case, staff=both, now=NOW)
    handling.start_check(bureau.session, case, staff=both, now=NOW)

    def decide(member: StaffMember, reason: str = "理由") -> None:
        handling.decide(
            bureau.session, case, staff=member, outcome=Outcome.REJECTED, reason=reason, now=NOW
        )

    refused("cases.role", lambda: decide(CLERK))
    refused("cases.own_work", lambda: decide(both))
    refused("objections.reason_missing", lambda: decide(APPROVER, " "))
    decide(APPROVER)


def test_an_unknown_case(bureau):
    with pytest.raises(NotFoundError):
        status(bureau.session, "YY20261123-9999")


def test_a_repaired_record_can_be_objected_to_without_counting_again(bureau):
    from credit_core.records.service import change_state

    change_state(
        bureau.session, bureau.record, RecordState.REPAIRED, on=TODAY, at=NOW, by="x", reason="x"
    )
    before = bureau.score()
    bureau.file()
    assert bureau.record.state == RecordState.REPAIRED
    assert bureau.score() == before
    assert isinstance(bureau.subject, Subject)


def lines(bureau: Bureau, on: date) -> list[tuple[str, int, str, str]]:
    made = score(bureau.session, bureau.subject, on)
    assert made.base + sum(line.points for line in made.lines) == made.score
    return [(line.item, line.points, line.state, line.note) for line in made.lines]


def all_at_once(bureau: Bureau, on: date) -> int:
    """The same score by the way that scores everybody."""
    bureau.session.flush()
    bulk = Bulk(bureau.session, on)
    chunk = next(bulk.reader.chosen([bureau.subject.id]))
    return int(bulk.rate(chunk, bulk.reader.records(chunk, chosen=True)).score[0])


def test_the_effect_stays_under_objection_unless_a_reviewer_suspends_it(bureau):
    case = bureau.checked()
    assert lines(bureau, TODAY) == [("I-1", -40, "under_objection", "")]
    handling.suspend(bureau.session, case, staff=REVIEWER, reason="单据存疑", now=NOW)
    assert lines(bureau, TODAY) == [("I-1", 0, "under_objection", "resting")]
    assert bureau.subject.score == 1000
    assert lines(bureau, TODAY - timedelta(days=1)) == [("I-1", -40, "under_objection", "")]
    later = NOW + timedelta(days=2)
    handling.decide(
        bureau.session, case, staff=APPROVER, outcome=Outcome.REJECTED, reason="属实", now=later
    )
    assert lines(bureau, TODAY + timedelta(days=1)) == [("I-1", 0, "active", "resting")]
    assert lines(bureau, TODAY + timedelta(days=2)) == [("I-1", -40, "active", "")]
    assert bureau.subject.score == 960
    assert all_at_once(bureau, TODAY + timedelta(days=1)) == 1000
    assert all_at_once(bureau, TODAY + timedelta(days=2)) == 960


def test_a_suspended_ban_holds_the_grade_no_longer(bureau):
    fraud = bureau.add("I-3", date(2026, 10, 8), "测医保罚〔2026〕3号")
    case = bureau.file(record=fraud)
    handling.accept(bureau.session, case, staff=CLERK, now=NOW)
    assert score(bureau.session, bureau.subject, TODAY).grade == "C"
    handling.suspend(bureau.session, case, staff=REVIEWER, reason="主体有误", now=NOW)
    made = score(bureau.session, bureau.subject, TODAY)
    assert (made.score, made.grade, made.overrides) == (960, "A", ())
    assert all_at_once(bureau, TODAY) == 960


@pytest.mark.parametrize("outcome", [Outcome.REVOKED, Outcome.STOPPED])
def test_a_suspension_ends_with_the_objection_whatever_comes_of_it(bureau, outcome):
    case = bureau.checked()
    handling.suspend(bureau.session, case, staff=REVIEWER, reason="存疑", now=NOW)
    handling.decide(bureau.session, case, staff=APPROVER, outcome=outcome, reason="查实", now=NOW)
    assert not is_resting(bureau.session, bureau.record)
    assert bureau.score() == 1000


def test_a_suspension_ends_when_the_objection_is_taken_back(bureau):
    case = bureau.checked()
    handling.suspend(bureau.session, case, staff=REVIEWER, reason="存疑", now=NOW)
    withdraw(bureau.session, case, now=NOW)
    assert bureau.score() == 960


def test_what_cannot_be_suspended(bureau):
    case = bureau.file()

    def suspend(by: StaffMember = REVIEWER, reason: str = "存疑") -> None:
        handling.suspend(bureau.session, case, staff=by, reason=reason, now=NOW)

    refused("objections.wrong_state", suspend)
    handling.accept(bureau.session, case, staff=CLERK, now=NOW)
    refused("cases.role", lambda: suspend(CLERK))
    refused("objections.reason_missing", lambda: suspend(reason=" "))
    suspend()
    refused("objections.suspended_already", suspend)


def test_a_record_that_is_over_has_no_effect_to_suspend(bureau):
    old = bureau.add("I-1", date(2025, 3, 3), "测医保罚〔2025〕3号")
    case = bureau.file(record=old)
    handling.accept(bureau.session, case, staff=CLERK, now=NOW)
    refused(
        "objections.not_counting",
        lambda: handling.suspend(bureau.session, case, staff=REVIEWER, reason="x", now=NOW),
    )


def test_the_trend_names_a_suspension_as_the_cause(bureau):
    case = bureau.checked()
    handling.suspend(bureau.session, case, staff=REVIEWER, reason="存疑", now=NOW)
    made = delta(bureau.session, bureau.subject, TODAY - timedelta(days=1), TODAY)
    assert [(cause.why, cause.points) for cause in made.causes] == [("resting", 40)]

"""allow, review or block: by decisions of law, never by points."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from credit_core.datafile import DataFileError, load
from credit_core.errors import Refusal
from credit_core.ids import new_id
from credit_core.lists.service import enter_list, leave_list
from credit_core.measures.models import Measure, MeasureState
from credit_core.records.service import add_record
from credit_core.reports.check import Constraint, Verdict, check
from credit_core.reports.schema import MatterFile, TriggerKind, matters
from credit_core.scoring import score
from credit_core.subjects.service import end_subject, merge, register_subject, relate

TODAY = date(2026, 11, 23)


def clinic(session):
    return register_subject(
        session, "institution", "91110000600037341L", "测试诊所", on=date(2020, 1, 1)
    )


def listed(session, subject, now, rule="severe-fraud", on=TODAY):
    return enter_list(
        session,
        subject,
        rule,
        document_no="认〔2026〕1号",
        decided_on=on,
        entered_on=on,
        basis="735-40",
        source_unit="市医保局",
        by="测试",
        at=now,
        responsible_name="某某",
    )


def test_a_clean_file_is_allowed_everything(database):
    with database.begin() as session:
        subject = clinic(session)
        for matter in matters():
            assert check(session, subject, matter, TODAY).verdict is Verdict.ALLOW


def test_points_alone_never_stop_anything(database, clock):
    with database.begin() as session:
        subject = clinic(session)
        for number in range(12):
            add_record(
                session,
                subject,
                "I-1",
                occurred_on=date(2026, 9, 1),
                decided_on=date(2026, 11, 2),
                document_no=f"罚{number}号",
                source_unit="市医保局",
                at=clock.now(),
                by="测试",
            )
        assert score(session, subject, TODAY).grade == "D"
        for matter in matters():
            assert check(session, subject, matter, TODAY).verdict is Verdict.ALLOW


def test_a_right_of_law_is_allowed_even_on_the_severe_list(database, clock):
    with database.begin() as session:
        subject = clinic(session)
        listed(session, subject, clock.now())
        for matter in ("reimbursement", "settlement", "enrolment"):
            decision = check(session, subject, matter, TODAY)
            assert decision.verdict is Verdict.ALLOW
            assert "法定权利" in decision.basis[0]


@pytest.mark.parametrize(
    ("matter", "verdict"),
    [
        ("new_contract", Verdict.BLOCK),
        ("renew_contract", Verdict.REVIEW),
        ("lenient_papers", Verdict.BLOCK),
        ("inspection", Verdict.REVIEW),
        ("practitioner_settlement", Verdict.REVIEW),
    ],
)
def test_the_severe_list_names_its_document(database, clock, matter, verdict):
    with database.begin() as session:
        subject = clinic(session)
        entry = listed(session, subject, clock.now())
        assert check(session, subject, matter, date(2026, 11, 22)).verdict is Verdict.ALLOW
        decision = check(session, subject, matter, TODAY)
        assert decision.verdict is verdict
        assert "认〔2026〕1号" in decision.basis[0]
        assert "第四十条" in decision.basis[0]
        leave_list(session, entry, on=date(2026, 12, 1), reason="移出", by="测试", at=clock.now())
        assert check(session, subject, matter, date(2026, 11, 30)).verdict is verdict
        assert check(session, subject, matter, date(2026, 12, 1)).verdict is Verdict.ALLOW


def test_an_ended_agreement_blocks_a_new_one(database, clock):
    with database.begin() as session:
        subject = clinic(session)
        add_record(
            session,
            subject,
            "I-5",
            occurred_on=date(2026, 9, 1),
            decided_on=date(2026, 11, 2),
            document_no="解〔2026〕3号",
            source_unit="市医保局",
            at=clock.now(),
            by="测试",
        )
        decision = check(session, subject, "new_contract", TODAY)
        assert decision.verdict is Verdict.BLOCK
        assert "解〔2026〕3号" in decision.basis[0]
        assert check(session, subject, "public_trading", TODAY).verdict is Verdict.ALLOW


def test_the_heaviest_answer_wins_and_says_only_its_own_basis(database):
    ban = Constraint(TriggerKind.BAN, "任职禁止", "禁〔2026〕1号", "第四十三条", date(2031, 1, 1))
    focus = Constraint(TriggerKind.FOCUS_LIST, "重点", "重〔2026〕1号", "第三十三条")
    with database.begin() as session:
        decision = check(session, clinic(session), "new_contract", TODAY, further=[focus, ban])
    assert decision.verdict is Verdict.BLOCK
    assert decision.constraints == (ban,)
    assert "2031-01-01" in decision.basis[0]


def measured(session, subject, catalogue_id, *, ends_on=date(2027, 3, 1)):
    session.add(
        Measure(
            id=new_id(),
            catalogue_id=catalogue_id,
            state=MeasureState.ACTIVE,
            subject_id=subject.id,
            document_no="措〔2026〕1号",
            matter="某措施",
            body="市医保局",
            means="某手段",
            basis="某法第一条",
            starts_on=TODAY,
            ends_on=ends_on,
            drafted_by="测试",
            drafted_at=datetime(2026, 11, 20, tzinfo=UTC),
        )
    )
    session.flush()


@pytest.mark.parametrize(
    ("measure", "matter"),
    [
        ("stop-departments", "settlement"),
        ("no-promise", "lenient_papers"),
        ("no-promise", "promise"),
        ("end-agreement", "new_contract"),
    ],
)
def test_a_measure_of_law_works_on_its_own_matter_and_in_its_own_days(database, measure, matter):
    with database.begin() as session:
        subject = clinic(session)
        measured(session, subject, measure)
        decision = check(session, subject, matter, TODAY)
        assert decision.verdict is Verdict.BLOCK
        assert "某法第一条" in decision.basis[0]
        assert check(session, subject, "reimbursement", TODAY).verdict is Verdict.ALLOW
        assert check(session, subject, "licensing", TODAY).verdict is Verdict.ALLOW
        for day in (date(2026, 11, 22), date(2027, 3, 1)):
            assert check(session, subject, matter, day).verdict is Verdict.ALLOW


def test_a_ban_follows_the_person_into_every_institution(database, clock):
    with database.begin() as session:
        subject = clinic(session)
        doctor = register_subject(session, "practitioner", "D371002000001", "测试", on=TODAY)
        measured(session, doctor, "ban-5y", ends_on=date(2031, 11, 24))
        assert check(session, doctor, "appoint_manager", TODAY).verdict is Verdict.BLOCK
        assert check(session, subject, "new_contract", TODAY).verdict is Verdict.ALLOW
        relate(session, "legal_representative", doctor, subject, since=TODAY, at=clock.now())
        decision = check(session, subject, "new_contract", TODAY)
        assert decision.verdict is Verdict.BLOCK
        assert "2031-11-23" in decision.basis[0]
        assert check(session, subject, "new_contract", date(2031, 11, 23)).verdict is Verdict.BLOCK
        assert check(session, subject, "new_contract", date(2031, 11, 24)).verdict is Verdict.ALLOW


def test_an_unknown_matter_is_refused(database):
    with database.begin() as session, pytest.raises(Refusal, match="matter"):
        check(session, clinic(session), "anything", TODAY)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (
            "matters:\n  x: {title: 事, statutory: true, triggers: [{when: ban, then: block}]}\n",
            "法定待遇",
        ),
        ("matters:\n  x: {title: 某事, triggers: [{when: low_score, then: block}]}\n", "low_score"),
        ("matters:\n  x: {title: 某事, triggers: [{when: override, then: block}]}\n", "items"),
    ],
)
def test_a_matter_that_points_or_nothing_could_stop_is_refused(tmp_path, content, says):
    path = tmp_path / "matters.yaml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DataFileError) as caught:
        load(path, MatterFile)
    assert caught.value.line == 2
    assert says in str(caught.value) or "severe_list" in str(caught.value)


def test_an_old_number_answers_like_the_file_that_carries_on(database, clock):
    with database.begin() as session:
        kept = clinic(session)
        twin = register_subject(
            session, "institution", "11371000004359985C", "测试诊所", on=date(2020, 1, 1)
        )
        listed(session, kept, clock.now())
        merge(session, twin, kept, at=clock.now(), by="测试", reason="一家两码")
        for one in (kept, twin):
            assert check(session, one, "new_contract", TODAY).verdict is Verdict.BLOCK


def test_what_ended_an_agreement_stops_the_next_one_too(database, clock):
    """After its agreement ended a pharmacy is not evaluated; its decisions are as good as ever."""
    with database.begin() as session:
        subject = clinic(session)
        record = add_record(
            session, subject, "I-5", occurred_on=TODAY, decided_on=TODAY,
            document_no="解〔2026〕1号", source_unit="市医保中心", at=clock.now(), by="测试",
        )  # fmt: skip
        end_subject(session, subject, on=TODAY)
        assert not score(session, subject, TODAY).evaluated
        answer = check(session, subject, "new_contract", TODAY)
        assert answer.verdict is Verdict.BLOCK
        assert record.document_no in answer.basis[0]


@pytest.mark.parametrize("matter", ["new_contract", "renew_contract"])
def test_a_fraud_penalty_in_effect_is_looked_at_before_a_contract(database, clock, matter):
    with database.begin() as session:
        subject = clinic(session)
        add_record(
            session, subject, "I-3", occurred_on=TODAY, decided_on=TODAY,
            document_no="罚〔2026〕40号", source_unit="市医保局", at=clock.now(), by="测试",
        )  # fmt: skip
        answer = check(session, subject, matter, TODAY)
        assert answer.verdict is Verdict.REVIEW
        assert "罚〔2026〕40号" in answer.basis[0]

"""A report: nine sections, one year, 需重新评级 after a severe event; natural persons masked."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

import credit_core.reports.models  # noqa: F401  Registers its table before it is created.
from credit_core.cases.wording import explain
from credit_core.clock import local_day
from credit_core.database import Database
from credit_core.errors import Refusal
from credit_core.events import EventKind
from credit_core.lists.service import enter_list, leave_list
from credit_core.records.models import RecordState
from credit_core.records.service import add_record, change_state
from credit_core.reports.schema import SECTIONS, section_file
from credit_core.reports.service import (
    ReportState,
    accept_report,
    issue_report,
    reports_of,
    verify,
)
from credit_core.subjects.service import register_subject, rename

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


@pytest.fixture
def now(clock):
    return clock.now()


@pytest.fixture
def today(now):
    return local_day(now)


def resident(session):
    body = "37100219800101001"
    total = sum(w * int(d) for w, d in zip(WEIGHTS, body, strict=True))
    return register_subject(
        session, "resident", body + "10X98765432"[total % 11], "欧阳测试", on=date(2020, 1, 1)
    )


def clinic(session):
    return register_subject(
        session,
        "institution",
        "91110000600037341L",
        "测试诊所",
        on=date(2020, 1, 1),
        district="环翠区",
    )


def fined(session, subject, now, item="I-1", **more):
    return add_record(
        session,
        subject,
        item,
        occurred_on=date(2026, 9, 1),
        decided_on=date(2026, 11, 2),
        document_no=more.pop("document_no", "鲁医保罚〔2026〕1号"),
        source_unit=more.pop("source_unit", "市医保局"),
        at=now,
        by="测试",
        **more,
    )


def issue(session, subject, today, now):
    return issue_report(session, subject, on=today, now=now, purpose="投标")


def section(report, name):
    return next(one for one in report.content.sections if one.id == name)


def test_nine_sections_and_a_conclusion_and_nothing_blank(database, today, now):
    with database.begin() as session:
        report = issue(session, clinic(session), today, now)
    assert tuple(one.id for one in report.content.sections) == SECTIONS
    assert len(SECTIONS) == 9
    for one in report.content.sections:
        assert one.lines
        assert one.id == "basic" or one.lines == ("无记录",)
    assert any("综合等级：A" in line for line in report.content.conclusion)
    assert any("征信" in line for line in report.content.conclusion)


def test_a_record_stands_in_its_section_with_document_and_period(database, today, now):
    with database.begin() as session:
        subject = clinic(session)
        fined(session, subject, now)
        fined(session, subject, now, item="I-4", document_no="约谈1号", severity="轻微", points=-5)
        report = issue(session, subject, today, now)
    (line,) = section(report, "supervision").lines
    assert "鲁医保罚〔2026〕1号" in line
    assert "2026-11-02决定" in line
    assert "到2027-11-02为止" in line
    assert "约谈1号" in section(report, "contract").lines[0]


def test_a_court_speaks_in_the_judicial_section(database, today, now):
    with database.begin() as session:
        subject = clinic(session)
        fined(session, subject, now, source_unit="市中级人民法院")
        report = issue(session, subject, today, now)
    assert "法院" in section(report, "judicial").lines[0]
    assert section(report, "supervision").lines == ("无记录",)


@pytest.mark.parametrize("state", [RecordState.REVOKED, RecordState.REPAIRED])
def test_what_was_revoked_or_repaired_is_not_shown(database, today, now, state):
    with database.begin() as session:
        subject = clinic(session)
        record = fined(session, subject, now)
        change_state(session, record, state, on=today, at=now, by="测试", reason="测试")
        report = issue(session, subject, today, now)
    assert section(report, "supervision").lines == ("无记录",)


def test_a_natural_person_is_masked_and_an_organisation_is_not(database, today, now):
    with database.begin() as session:
        person, firm = resident(session), clinic(session)
        number = person.identifier
        private = issue(session, person, today, now)
        public = issue(session, firm, today, now)
    assert private.name == "欧阳**"
    assert number not in private.content.as_json()
    assert "测试" not in private.content.as_json()
    assert f"371***********{number[-4:]}" in private.content.as_json()
    assert public.name == "测试诊所"
    assert "91110000600037341L" in public.content.as_json()


def test_earlier_names_stay_in_the_file(database, today, now):
    with database.begin() as session:
        subject = clinic(session)
        rename(session, subject, "新名诊所", on=date(2026, 3, 1))
        report = issue(session, subject, today, now)
    assert any("测试诊所" in line for line in section(report, "basic").lines)


def test_the_content_is_sealed_in_the_database(database, today, now):
    from sqlalchemy import select

    from credit_core.reports.models import CreditReport

    with database.begin() as session:
        issue(session, clinic(session), today, now)
        row = session.scalars(select(CreditReport)).one()
        assert "测试诊所".encode() not in row.content_sealed
        assert "测试诊所" in row.content


def test_valid_for_one_year_and_no_day_longer(database, now):
    with database.begin() as session:
        report = issue(session, clinic(session), date(2024, 2, 29), now)
        assert report.valid_to == date(2025, 2, 28)
        assert accept_report(session, report.serial, date(2025, 2, 28)).serial == report.serial
        with pytest.raises(Refusal) as caught:
            accept_report(session, report.serial, date(2025, 3, 1))
        assert caught.value.code == "reports.expired"
        assert "2025年2月28日" in explain(caught.value)
        assert verify(session, report.serial, date(2025, 3, 1)).state is ReportState.EXPIRED


def test_a_serial_is_unguessable_and_read_in_small_letters_too(database, today, now):
    with database.begin() as session:
        subject = clinic(session)
        serials = {issue(session, subject, today, now).serial for _ in range(20)}
        assert len(serials) == 20
        serial = serials.pop()
        assert verify(session, f" {serial.lower()} ", today).state is ReportState.VALID
        with pytest.raises(Refusal, match="unknown"):
            verify(session, "YB20261123-AAAAAAAAAA", today)
        assert len(reports_of(session, subject, today)) == 20


def test_a_severe_record_calls_for_a_new_rating_at_once(database, today, now):
    later = now + timedelta(minutes=1)
    with database.begin() as session:
        subject = clinic(session)
        report = issue(session, subject, today, now)
        fined(session, subject, later)
        assert verify(session, report.serial, today).state is ReportState.VALID
        record = fined(session, subject, later, item="I-3", document_no="鲁医保罚〔2026〕9号")
        marked = verify(session, report.serial, today)
        assert marked.state is ReportState.RERATING
        assert marked.state_text == "需重新评级"
        with pytest.raises(Refusal, match="rerating"):
            accept_report(session, report.serial, today)
        newer = issue(session, subject, today, later + timedelta(minutes=1))
        assert newer.state is ReportState.VALID
        change_state(session, record, RecordState.REVOKED, on=today, at=later, by="t", reason="t")
        assert verify(session, report.serial, today).state is ReportState.VALID


def test_a_hit_of_the_monitor_counts_from_its_confirmation(database, today, now):
    from credit_core.records.service import confirm_hit

    with database.begin() as session:
        subject = clinic(session)
        record = fined(session, subject, now, item="I-3", suspected=True)
        report = issue(session, subject, today, now + timedelta(minutes=1))
        assert report.state is ReportState.VALID
        confirm_hit(
            session, record, on=today, at=now + timedelta(minutes=2), by="测试", reason="属实"
        )
        assert verify(session, report.serial, today).state is ReportState.RERATING


def test_an_entry_on_the_severe_list_calls_for_a_new_rating(database, today, now):
    later = now + timedelta(minutes=1)
    with database.begin() as session:
        subject = clinic(session)
        report = issue(session, subject, today, now)
        entry = enter_list(
            session,
            subject,
            "severe-fraud",
            document_no="认〔2026〕1号",
            decided_on=today,
            entered_on=today,
            basis="735-40",
            source_unit="市医保局",
            by="测试",
            at=later,
            responsible_name="某某",
        )
        assert verify(session, report.serial, today).state is ReportState.RERATING
        leave_list(session, entry, on=today, reason="决定被撤销", by="测试", at=later)
        assert verify(session, report.serial, today).state is ReportState.VALID


def test_a_purpose_is_asked_for(database, today, now):
    with database.begin() as session, pytest.raises(Refusal, match="purpose"):
        issue_report(session, clinic(session), on=today, now=now, purpose="  ")


def test_issuing_is_told(database, today, now):
    heard = []
    url = database.url.render_as_string(hide_password=False)
    told = Database(url, subscribers=[lambda _session, event: heard.append(event.kind)])
    with told.begin() as session:
        issue(session, clinic(session), today, now)
    told.dispose()
    assert EventKind.REPORT_ISSUED in heard


def test_a_minor_gets_a_report_that_says_not_yet_evaluated(database, today, now):
    with database.begin() as session:
        subject = resident(session)
        subject.evaluable_from = today + timedelta(days=1)
        session.flush()
        report = issue(session, subject, today, now)
    assert report.grade is None
    assert any("暂不评价" in line for line in report.content.conclusion)


@pytest.mark.parametrize(
    ("item", "unit", "expected"),
    [
        ("P-7", "某医院", "bank"),
        ("G-2", "医保局", "supervision"),
        ("I+2", "省政府", "other"),
        ("P-1", "某仲裁委员会", "judicial"),
        ("E+1", "税务局", "finance"),
    ],
)
def test_where_a_record_stands(item, unit, expected):
    assert section_file().section_of(item, unit) == expected


def test_a_file_without_a_grade_is_not_an_empty_file(database, today, now):
    with database.begin() as session:
        subject = clinic(session)
        record = fined(session, subject, now, item="I-3")
        subject.evaluable_from = today + timedelta(days=30)
        session.flush()
        report = issue(session, subject, today, now)
        sections = {section.id: section.lines for section in report.content.sections}
        assert any(record.document_no in line for line in sections["supervision"])
        assert report.grade is None
        told = " ".join(report.content.conclusion)
        assert "暂不评价" in told
        assert record.document_no in told
        assert "不作风险提示" not in told


def test_a_severe_record_that_ran_out_before_is_no_event_of_the_report(database, today, now):
    with database.begin() as session:
        subject = clinic(session)
        report = issue(session, subject, today, now)
        later = now + timedelta(minutes=1)
        old = add_record(
            session, subject, "I-3", occurred_on=date(2021, 5, 11), decided_on=date(2021, 5, 11),
            document_no="罚〔2021〕1号", source_unit="市医保局", at=later, by="测试",
        )  # fmt: skip
        assert old.last_day < today
        assert verify(session, report.serial, today).state is ReportState.VALID

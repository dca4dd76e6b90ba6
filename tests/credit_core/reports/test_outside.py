"""Reports of third-party agencies count from filed agencies, for a year, until a severe event."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from credit_core.cases.wording import explain
from credit_core.clock import start_of_day
from credit_core.errors import Refusal
from credit_core.records.service import add_record
from credit_core.reports.outside import outside_state, register_agency, take_in
from credit_core.reports.service import ReportState
from credit_core.subjects.service import register_subject

TODAY = date(2026, 11, 23)
NOW = start_of_day(TODAY) + timedelta(hours=10)
AGENCY = "91110000600037341L"
PHARMACY = "11371000004359985C"


@pytest.fixture
def session(database):
    with database.begin() as session:
        yield session


@pytest.fixture
def pharmacy(session):
    return register_subject(session, "institution", PHARMACY, "测试药店", on=date(2020, 1, 1))


def registered(session, **changed):
    wanted = {
        "name": "测试评价公司",
        "credit_code": AGENCY,
        "filing_no": "备〔2020〕1号",
        "staff": 3,
        "registered_on": date(2020, 10, 1),
        "valid_to": date(2027, 9, 30),
        "by": "approver",
        "at": NOW,
    }
    return register_agency(session, **(wanted | changed))


def taken(session, pharmacy, **changed):
    wanted = {
        "report_no": "R-1",
        "issued_on": date(2026, 3, 1),
        "valid_to": None,
        "grade": "AA",
        "purpose": "bidding",
        "on": TODAY,
        "by": "clerk",
        "at": NOW,
    }
    return take_in(session, pharmacy, AGENCY, **(wanted | changed))


def refused(act, *arguments, **changed):
    with pytest.raises(Refusal) as error:
        act(*arguments, **changed)
    assert explain(error.value)
    return error.value.code


def test_a_report_of_a_filed_agency_is_good_for_a_year_at_most(session, pharmacy):
    registered(session)
    assert taken(session, pharmacy).valid_to == date(2027, 3, 1)
    shorter = taken(session, pharmacy, report_no="R-2", valid_to=date(2026, 12, 1))
    assert shorter.valid_to == date(2026, 12, 1)
    longer = taken(session, pharmacy, report_no="R-3", valid_to=date(2030, 1, 1))
    assert longer.valid_to == date(2027, 3, 1)
    assert outside_state(session, longer, date(2027, 3, 1)) is ReportState.VALID
    assert outside_state(session, longer, date(2027, 3, 2)) is ReportState.EXPIRED
    assert refused(taken, session, pharmacy) == "reports.outside_twice"


@pytest.mark.parametrize(
    ("issued_on", "code"),
    [
        (date(2025, 11, 22), "reports.outside_expired"),
        (date(2025, 11, 23), None),
        (date(2026, 11, 23), None),
        (date(2026, 11, 24), "reports.issued_later"),
    ],
)
def test_the_last_day_of_validity(session, pharmacy, issued_on, code):
    registered(session)
    if code is None:
        assert taken(session, pharmacy, issued_on=issued_on)
    else:
        assert refused(taken, session, pharmacy, issued_on=issued_on) == code


@pytest.mark.parametrize(
    ("agency", "code"),
    [
        (None, "reports.agency_unknown"),
        ({"filing_no": " "}, "reports.agency_not_filed"),
        ({"valid_to": date(2026, 2, 28)}, "reports.agency_lapsed"),
        ({"registered_on": date(2026, 3, 2)}, "reports.agency_lapsed"),
    ],
)
def test_a_report_from_an_agency_that_does_not_count_is_refused(session, pharmacy, agency, code):
    if agency is not None:
        registered(session, **agency)
    assert refused(taken, session, pharmacy) == code


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"purpose": "advertising"}, "reports.purpose_not_listed"),
        ({"report_no": " "}, "reports.report_no"),
    ],
)
def test_a_report_needs_its_number_and_a_listed_purpose(session, pharmacy, changed, code):
    registered(session)
    assert refused(taken, session, pharmacy, **changed) == code


def test_a_severe_event_calls_for_a_new_rating_at_once(session, pharmacy):
    registered(session)
    report = taken(session, pharmacy)
    add_record(
        session,
        pharmacy,
        "I-3",
        occurred_on=date(2026, 10, 1),
        decided_on=date(2026, 11, 20),
        document_no="罚〔2026〕9号",
        source_unit="测试医保局",
        at=NOW,
        by="clerk",
    )
    assert outside_state(session, report, TODAY) is ReportState.RERATING
    assert refused(taken, session, pharmacy, report_no="R-2") == "reports.outside_rerating"


def test_registering_again_renews(session):
    first = registered(session, filing_no="")
    again = registered(session, filing_no="备〔2026〕2号")
    assert again is first
    assert again.filing_no == "备〔2026〕2号"
    assert refused(registered, session, valid_to=date(2020, 1, 1)) == "reports.agency_period"

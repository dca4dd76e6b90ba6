"""Reports of third-party agencies: taken in from filed agencies only, while they are valid.

A report is good for a year at most, whatever it says itself, and not after a severe event:
then it needs a new rating at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from credit_core.clock import start_of_day
from credit_core.errors import Refusal
from credit_core.ids import new_id
from credit_core.reports.models import CreditAgency, OutsideReport
from credit_core.reports.schema import purposes, section_file
from credit_core.reports.service import ReportState, severe_since
from credit_core.subjects.identifiers import check_credit_code
from credit_core.subjects.models import Subject
from credit_core.subjects.service import current
from credit_core.workdays.periods import add_years


def register_agency(
    session: Session,
    *,
    name: str,
    credit_code: str,
    filing_no: str,
    staff: int,
    registered_on: date,
    valid_to: date,
    by: str,
    at: datetime,
) -> CreditAgency:
    """Enter an agency, or renew what the register says of it.

    :raises Refusal: ``reports.agency_name``, ``reports.agency_period`` or an identifier fault.
    """
    code = check_credit_code(credit_code).value
    if not name.strip():
        raise Refusal("reports.agency_name")
    if valid_to < registered_on:
        raise Refusal("reports.agency_period")
    agency = session.scalar(select(CreditAgency).where(CreditAgency.credit_code == code))
    if agency is None:
        agency = CreditAgency(id=new_id(), credit_code=code)
        session.add(agency)
    agency.name, agency.filing_no, agency.staff = name.strip(), filing_no.strip(), staff
    agency.registered_on, agency.valid_to = registered_on, valid_to
    agency.entered_by, agency.entered_at = by, at
    session.flush()
    return agency


def agencies(session: Session) -> Sequence[CreditAgency]:
    return session.scalars(select(CreditAgency).order_by(CreditAgency.name, CreditAgency.id)).all()


def take_in(
    session: Session,
    subject: Subject,
    agency_code: str,
    *,
    report_no: str,
    issued_on: date,
    valid_to: date | None,
    grade: str,
    purpose: str,
    on: date,
    by: str,
    at: datetime,
) -> OutsideReport:
    """Take a report in.

    :param agency_code: credit code of the agency.
    :param valid_to: last day of validity that the report states; None: a year.
    :raises Refusal: ``reports.agency_unknown``, ``.agency_not_filed``, ``.agency_lapsed``,
        ``.report_no``, ``.purpose_not_listed``, ``.issued_later``, ``.outside_expired``
        (``valid_to``), ``.outside_rerating`` or ``.outside_twice``.
    """
    agency = _agency(session, agency_code, issued_on)
    if not report_no.strip():
        raise Refusal("reports.report_no")
    if purpose not in purposes():
        raise Refusal("reports.purpose_not_listed", purposes="、".join(purposes().values()))
    if issued_on > on:
        raise Refusal("reports.issued_later")
    longest = add_years(issued_on, section_file().valid_years)
    row = OutsideReport(
        id=new_id(),
        agency_id=agency.id,
        subject_id=subject.id,
        report_no=report_no.strip(),
        issued_on=issued_on,
        valid_to=min(valid_to or longest, longest),
        grade=grade.strip(),
        purpose=purpose,
        entered_by=by,
        entered_at=at,
    )
    state = outside_state(session, row, on)
    if state is ReportState.EXPIRED:
        raise Refusal("reports.outside_expired", valid_to=row.valid_to)
    if state is ReportState.RERATING:
        raise Refusal("reports.outside_rerating")
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        raise Refusal("reports.outside_twice") from None
    return row


def outside_state(session: Session, row: OutsideReport, on: date) -> ReportState:
    """Whether a report may be relied on; a severe event counts from the day of issue on."""
    if on > row.valid_to:
        return ReportState.EXPIRED
    subject = current(session, session.get_one(Subject, row.subject_id))
    severe = severe_since(session, subject.id, start_of_day(row.issued_on))
    return ReportState.RERATING if severe else ReportState.VALID


def outside_reports(session: Session, most: int = 100) -> list[tuple[OutsideReport, CreditAgency]]:
    """What was taken in, newest first."""
    rows = session.execute(
        select(OutsideReport, CreditAgency)
        .join(CreditAgency, CreditAgency.id == OutsideReport.agency_id)
        .order_by(OutsideReport.entered_at.desc(), OutsideReport.id.desc())
        .limit(most)
    )
    return [(report, agency) for report, agency in rows]


def _agency(session: Session, code: str, issued_on: date) -> CreditAgency:
    plain = check_credit_code(code).value
    agency = session.scalar(select(CreditAgency).where(CreditAgency.credit_code == plain))
    if agency is None:
        raise Refusal("reports.agency_unknown")
    if not agency.filing_no:
        raise Refusal("reports.agency_not_filed", name=agency.name)
    if not agency.registered_on <= issued_on <= agency.valid_to:
        raise Refusal("reports.agency_lapsed", name=agency.name)
    return agency

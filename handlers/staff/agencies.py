"""Third-party agencies, and the reports of theirs that were taken in."""

from __future__ import annotations

from credit_core.access.models import Purpose
from credit_core.errors import Refusal
from credit_core.reports.outside import (
    agencies,
    outside_reports,
    outside_state,
    register_agency,
    take_in,
)
from credit_core.reports.schema import purposes
from handlers.staff.audit import looked, record
from handlers.staff.find import find_organisations, subject_of
from handlers.staff.page import (
    APPROVER,
    CASES,
    Answer,
    Flash,
    Page,
    Redirect,
    Shown,
    Visit,
    get,
    post,
)
from handlers.staff.rendering import labels


def pages() -> list[Page]:
    return [
        get("/agencies", show, CASES),
        post("/agencies", register, APPROVER),
        post("/agencies/reports", take, CASES),
    ]


def show(visit: Visit) -> Answer:
    taken = outside_reports(visit.session)
    return Shown(
        "agencies.html",
        {
            "agencies": agencies(visit.session),
            "reports": [
                (
                    report,
                    agency,
                    subject_of(visit.session, report.subject_id),
                    outside_state(visit.session, report, visit.today),
                )
                for report, agency in taken
            ],
            "purposes": purposes(),
        },
    )


def register(visit: Visit) -> Answer:
    agency = register_agency(
        visit.session,
        name=visit.text("name"),
        credit_code=visit.require("credit_code"),
        filing_no=visit.text("filing_no"),
        staff=visit.count("staff") if visit.text("staff") else 0,
        registered_on=visit.day("registered_on"),
        valid_to=visit.day("valid_to"),
        by=visit.member.actor,
        at=visit.now,
    )
    record(visit, "agency.register", f"agency:{agency.id}", agency.name)
    return Redirect("/agencies", Flash("agency_registered"))


def take(visit: Visit) -> Answer:
    found = find_organisations(visit.session, visit.require("q"))
    if len(found) != 1:
        raise Refusal("search.not_one")
    subject = found[0]
    report = take_in(
        visit.session,
        subject,
        visit.require("agency_code"),
        report_no=visit.text("report_no"),
        issued_on=visit.day("issued_on"),
        valid_to=visit.day("valid_to") if visit.text("valid_to") else None,
        grade=visit.text("grade"),
        purpose=visit.text("purpose"),
        on=visit.today,
        by=visit.member.actor,
        at=visit.now,
    )
    looked(visit, subject, Purpose.OTHER, labels("seen")["outside_report"], "outside_report")
    record(visit, "agency.report", f"outside_report:{report.id}", report.report_no)
    return Redirect("/agencies", Flash("report_taken_in", {"day": report.valid_to.isoformat()}))

"""Measures against or for a subject: drafted by one person, activated by another, ended."""

from __future__ import annotations

from credit_core.accounts.models import StaffRole
from credit_core.accounts.staff import member_of
from credit_core.errors import NotFoundError, Refusal
from credit_core.measures.ending import end_measure
from credit_core.measures.models import Measure
from credit_core.measures.service import activate_measure, draft_measure
from credit_core.records.models import Record
from handlers.staff.audit import record
from handlers.staff.find import subject_of
from handlers.staff.page import APPROVER, Answer, Flash, Page, Redirect, Visit, post

DRAFTERS = frozenset({StaffRole.CLERK, StaffRole.REVIEWER})
FIELDS = ("matter", "body", "means", "basis")


def pages() -> list[Page]:
    return [
        post("/lists/of/{subject_id}/measures", draft, DRAFTERS),
        post("/lists/measures/{measure_id}/activate", activate, APPROVER),
        post("/lists/measures/{measure_id}/end", end, APPROVER),
    ]


def draft(visit: Visit) -> Answer:
    """What is left empty is taken from the catalogue; the service refuses what is still empty."""
    subject = subject_of(visit.session, visit.number("subject_id"))
    given = {name: visit.text(name) or None for name in FIELDS}
    measure = draft_measure(
        visit.session,
        subject,
        visit.require("catalogue_id"),
        record=_record(visit),
        starts_on=visit.day("starts_on"),
        months=visit.count("months"),
        staff=member_of(visit.session, visit.member.id),
        at=visit.now,
        document_no=visit.text("document_no") or None,
        **given,
    )
    record(visit, "measure.draft", f"measure:{measure.id}", measure.catalogue_id)
    return _back(measure, "measure_drafted")


def activate(visit: Visit) -> Answer:
    measure = _measure(visit)
    staff = member_of(visit.session, visit.member.id)
    activate_measure(visit.session, measure, staff=staff, now=visit.now)
    record(visit, "measure.activate", f"measure:{measure.id}", measure.catalogue_id)
    return _back(measure, "measure_active")


def end(visit: Visit) -> Answer:
    measure = _measure(visit)
    end_measure(
        visit.session,
        measure,
        on=visit.today,
        by=visit.member.actor,
        reason=visit.text("reason"),
        at=visit.now,
    )
    record(visit, "measure.end", f"measure:{measure.id}", measure.catalogue_id)
    return _back(measure, "measure_ended")


def _record(visit: Visit) -> Record | None:
    """The record behind it; whether it may be another subject's the service knows."""
    chosen = visit.text("record")
    if not chosen:
        return None
    numbered = chosen.isascii() and chosen.isdigit() and len(chosen) < 20
    found = visit.session.get(Record, int(chosen)) if numbered else None
    if found is None:
        raise Refusal("form.choice")
    return found


def _measure(visit: Visit) -> Measure:
    measure = visit.session.get(Measure, visit.number("measure_id"))
    if measure is None:
        raise NotFoundError("measure")
    return measure


def _back(measure: Measure, flash: str) -> Redirect:
    return Redirect(f"/lists/of/{measure.subject_id}", Flash(flash))

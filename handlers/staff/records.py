"""Records by hand, on a subject's file: add one, judge a monitor's hit, revoke, correct."""

from __future__ import annotations

from collections.abc import Callable

from credit_core.errors import NotFoundError, Refusal
from credit_core.objections.service import running_objection
from credit_core.records.models import COUNTING, Record, RecordState, Severity
from credit_core.records.service import (
    add_record,
    change_state,
    confirm_hit,
    correct,
    reject_hit,
)
from credit_core.rules.book import rule_book
from credit_core.subjects.models import Subject
from handlers.staff.audit import record as note
from handlers.staff.file_steps import File, Step, on_file
from handlers.staff.page import APPROVER, CLERK, DECIDERS, Flash, Page, Visit, post
from handlers.staff.rendering import label

Judgement = Callable[[Visit, Record, str], None]
DETAIL_MOST = 1000


def pages(file: File) -> list[Page]:
    """The steps on a subject's file."""
    address = "/subjects/{subject_id}/records"
    return [
        post(address, on_file(file, _add), CLERK),
        *(
            post(f"{address}/{{record_id}}/{name}", on_file(file, _step(name, step)), roles)
            for name, (step, roles) in STEPS.items()
        ),
    ]


def items_of(visit: Visit, subject: Subject) -> dict[str, str]:
    """Codes and titles of what can be recorded of such a subject today."""
    try:
        rules = rule_book(visit.session).on(subject.kind, visit.today).rules
    except Refusal:
        return {}
    return {item.code: f"{item.code} {item.title}" for item in rules.items}


def severities() -> dict[str, str]:
    return {str(one): str(one) for one in Severity}


def _add(visit: Visit, subject: Subject) -> Flash:
    severity, points = visit.text("severity"), visit.text("points")
    row = add_record(
        visit.session,
        subject,
        visit.require("item"),
        occurred_on=visit.day("occurred_on"),
        decided_on=visit.day("decided_on"),
        document_no=visit.require("document_no"),
        source_unit=visit.require("source_unit"),
        basis=visit.text("basis"),
        severity=severity or None,
        points=visit.count("points") if points else None,
        detail=visit.text("detail")[:DETAIL_MOST],
        at=visit.now,
        by=visit.member.actor,
    )
    note(visit, "record.add", f"record:{row.id}", row.item)
    return Flash("record_added")


def _step(name: str, step: Judgement) -> Step:
    def take(visit: Visit, subject: Subject) -> Flash:
        row = visit.session.get(Record, visit.number("record_id"))
        if row is None or row.subject_id != subject.id:
            raise NotFoundError("record")
        visit.session.refresh(row, with_for_update=True)
        try:
            step(visit, row, visit.require("reason", "form.reason")[:DETAIL_MOST])
        except Refusal as refusal:
            if refusal.code != "record.transition":
                raise
            raise Refusal("record.state_now", state=label(row.state, "record_state")) from None
        note(visit, f"record.{name}", f"record:{row.id}", row.item)
        return Flash("record_changed")

    return take


def _confirm(visit: Visit, row: Record, reason: str) -> None:
    confirm_hit(
        visit.session, row, on=visit.today, at=visit.now, by=visit.member.actor, reason=reason
    )


def _reject(visit: Visit, row: Record, reason: str) -> None:
    reject_hit(
        visit.session, row, on=visit.today, at=visit.now, by=visit.member.actor, reason=reason
    )


def _revoke(visit: Visit, row: Record, reason: str) -> None:
    if row.state == RecordState.SUSPECTED:
        raise Refusal("record.hit")
    _refuse_contested(visit, row)
    change_state(
        visit.session,
        row,
        RecordState.REVOKED,
        on=visit.today,
        at=visit.now,
        by=visit.member.actor,
        reason=reason,
    )


def _refuse_contested(visit: Visit, row: Record) -> None:
    """Somebody waits for an answer about it: it is decided there, with its reason and its day."""
    case_no = running_objection(visit.session, row)
    if case_no is not None:
        raise Refusal("record.contested", case_no=case_no)


def _correct(visit: Visit, row: Record, reason: str) -> None:
    chosen = visit.text("replacement")
    numbered = chosen.isascii() and chosen.isdigit() and len(chosen) < 20
    other = visit.session.get(Record, int(chosen)) if numbered else None
    if other is None or other.state not in COUNTING:
        raise Refusal("record.replacement")
    _refuse_contested(visit, row)
    correct(
        visit.session,
        row,
        other,
        on=visit.today,
        at=visit.now,
        by=visit.member.actor,
        reason=reason,
    )


STEPS = {
    "confirm": (_confirm, DECIDERS),
    "reject": (_reject, DECIDERS),
    "revoke": (_revoke, APPROVER),
    "correct": (_correct, APPROVER),
}

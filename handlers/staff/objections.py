"""One objection: its record, statement and pictures, and the step that is due now."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import select

from credit_core.access.models import Purpose
from credit_core.accounts.models import StaffMember
from credit_core.accounts.staff import member_of
from credit_core.cases.steps import steps_of
from credit_core.errors import Refusal
from credit_core.evidence.store import evidence_of
from credit_core.objections import handling
from credit_core.objections.models import Objection, Outcome
from credit_core.objections.service import find_case, review_until, status
from credit_core.records.models import Record, RecordState
from credit_core.records.service import is_resting
from credit_core.subjects.models import Subject
from handlers.staff.audit import looked, record
from handlers.staff.items import item_title
from handlers.staff.page import CASES, Answer, Flash, Page, Redirect, Shown, Visit, post

Step = Callable[[Visit, Objection, StaffMember], None]


def pages() -> list[Page]:
    return [
        post(f"/cases/{{case_no:YY[0-9-]+}}/{name}", _taken(name, step), CASES)
        for name, step in STEPS.items()
    ]


def show(visit: Visit, case_no: str) -> Shown:
    """The case page shows a statement and pictures, so opening it is a look at the person."""
    objection = find_case(visit.session, case_no)
    subject = visit.session.get_one(Subject, objection.subject_id)
    disputed = visit.session.get_one(Record, objection.record_id)
    looked(visit, subject, Purpose.SOCIAL_SECURITY, case_no, "case")
    return Shown(
        "objection.html",
        {
            "case": objection,
            "status": status(visit.session, case_no),
            "subject": subject,
            "record": disputed,
            "resting": is_resting(visit.session, disputed),
            "counting": disputed.in_effect(visit.today),
            "item_title": item_title(visit, subject.kind, objection.record_id),
            "pictures": evidence_of(visit.session, case_no),
            "steps": steps_of(visit.session, case_no),
            "days_left": (objection.due_on - visit.today).days,
            "accept_days_left": (objection.accept_due_on - visit.today).days,
            "review_until": review_until(objection),
            "replacements": _replacements(visit, objection),
            "outcomes": list(Outcome),
        },
    )


def _taken(name: str, step: Step) -> Callable[[Visit], Answer]:
    def take(visit: Visit) -> Answer:
        objection = find_case(visit.session, visit.params["case_no"])
        # Two members who click at the same moment: the second one sees what the first one did.
        visit.session.refresh(objection, with_for_update=True)
        step(visit, objection, member_of(visit.session, visit.member.id))
        record(visit, f"objection.{name}", objection.case_no)
        return Redirect(f"/cases/{objection.case_no}", Flash("case_moved"))

    return take


def _accept(visit: Visit, objection: Objection, staff: StaffMember) -> None:
    handling.accept(visit.session, objection, staff=staff, now=visit.now)


def _refuse(visit: Visit, objection: Objection, staff: StaffMember) -> None:
    handling.refuse_acceptance(
        visit.session, objection, staff=staff, reason=visit.text("reason"), now=visit.now
    )


def _check(visit: Visit, objection: Objection, staff: StaffMember) -> None:
    handling.start_check(
        visit.session, objection, staff=staff, now=visit.now, note=visit.text("note")
    )


def _extend(visit: Visit, objection: Objection, staff: StaffMember) -> None:
    handling.extend(
        visit.session, objection, staff=staff, reason=visit.text("reason"), now=visit.now
    )


def _suspend(visit: Visit, objection: Objection, staff: StaffMember) -> None:
    handling.suspend(
        visit.session, objection, staff=staff, reason=visit.text("reason"), now=visit.now
    )


def _decide(visit: Visit, objection: Objection, staff: StaffMember) -> None:
    handling.decide(
        visit.session,
        objection,
        staff=staff,
        outcome=_outcome(visit),
        reason=visit.text("reason"),
        now=visit.now,
        replacement=_replacement(visit),
    )


def _tell(visit: Visit, objection: Objection, staff: StaffMember) -> None:
    handling.tell(visit.session, objection, staff=staff, now=visit.now)


def _decide_review(visit: Visit, objection: Objection, staff: StaffMember) -> None:
    handling.decide_review(
        visit.session,
        objection,
        staff=staff,
        outcome=_outcome(visit),
        reason=visit.text("reason"),
        now=visit.now,
        replacement=_replacement(visit),
    )


def _archive(visit: Visit, objection: Objection, staff: StaffMember) -> None:
    handling.archive(visit.session, objection, staff=staff, now=visit.now)


STEPS: dict[str, Step] = {
    "accept": _accept,
    "refuse": _refuse,
    "check": _check,
    "extend": _extend,
    "suspend": _suspend,
    "decide": _decide,
    "tell": _tell,
    "decide-review": _decide_review,
    "archive": _archive,
}


def _outcome(visit: Visit) -> Outcome:
    try:
        return Outcome(visit.text("outcome"))
    except ValueError:
        raise Refusal("form.choice") from None


def _replacement(visit: Visit) -> Record | None:
    chosen = visit.text("replacement")
    return visit.session.get(Record, int(chosen)) if chosen.isdigit() else None


def _replacements(visit: Visit, objection: Objection) -> list[Record]:
    """Records that may stand in the place of a corrected one."""
    query = select(Record).where(
        Record.subject_id == objection.subject_id,
        Record.id != objection.record_id,
        Record.state == RecordState.ACTIVE,
    )
    return list(visit.session.scalars(query.order_by(Record.decided_on.desc())))

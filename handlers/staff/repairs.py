"""One repair: papers, conditions with their basis, and the step that is due now."""

from __future__ import annotations

from collections.abc import Callable

from credit_core.access.models import Purpose
from credit_core.accounts.models import StaffMember
from credit_core.accounts.staff import member_of
from credit_core.cases.steps import steps_of
from credit_core.errors import Refusal
from credit_core.evidence.store import evidence_of
from credit_core.records.models import Record
from credit_core.repair import handling
from credit_core.repair.check import RepairCheck, check
from credit_core.repair.models import RepairCase
from credit_core.repair.service import find_case, procedure_of
from credit_core.subjects.models import Subject
from handlers.staff.audit import looked, record
from handlers.staff.items import item_title
from handlers.staff.page import CASES, Answer, Flash, Page, Redirect, Shown, Visit, post

Step = Callable[[Visit, RepairCase, StaffMember], object]


def pages() -> list[Page]:
    return [
        post(f"/cases/{{case_no:XF[0-9-]+}}/{name}", _taken(name, step), CASES)
        for name, step in STEPS.items()
    ]


def show(visit: Visit, case_no: str) -> Shown:
    """The case page shows papers and a statement, so opening it is a look at the person."""
    case = find_case(visit.session, case_no)
    subject = visit.session.get_one(Subject, case.subject_id)
    looked(visit, subject, Purpose.SOCIAL_SECURITY, case_no, "case")
    return Shown(
        "repair.html",
        {
            "case": case,
            "subject": subject,
            "record": visit.session.get_one(Record, case.record_id),
            "item_title": item_title(visit, subject.kind, case.record_id),
            "check": _check(visit, case),
            "pictures": evidence_of(visit.session, case.case_no),
            "steps": steps_of(visit.session, case.case_no),
            "days_left": (case.due_on - visit.today).days if case.due_on else None,
            "has_notice": procedure_of(case).show is not None,
            "notice_over": case.notice_until is not None and visit.today > case.notice_until,
        },
    )


def _check(visit: Visit, case: RepairCase) -> RepairCheck | None:
    found = visit.session.get_one(Record, case.record_id)
    try:
        return check(visit.session, found, visit.today, city=case.city)
    except Refusal:
        # No rule fits any more; the case is shown all the same.
        return None


def _taken(name: str, step: Step) -> Callable[[Visit], Answer]:
    def take(visit: Visit) -> Answer:
        case = find_case(visit.session, visit.params["case_no"])
        # Two members who click at the same moment: the second one sees what the first one did.
        visit.session.refresh(case, with_for_update=True)
        step(visit, case, member_of(visit.session, visit.member.id))
        record(visit, f"repair.{name}", case.case_no)
        return Redirect(f"/cases/{case.case_no}", Flash("case_moved"))

    return take


def _ask_papers(visit: Visit, case: RepairCase, staff: StaffMember) -> object:
    missing = visit.text("missing").splitlines()
    return handling.ask_papers(visit.session, case, staff=staff, missing=missing, now=visit.now)


def _papers_complete(visit: Visit, case: RepairCase, staff: StaffMember) -> object:
    return handling.papers_complete(visit.session, case, staff=staff, now=visit.now)


def _accept(visit: Visit, case: RepairCase, staff: StaffMember) -> object:
    return handling.accept(visit.session, case, staff=staff, now=visit.now)


def _extend(visit: Visit, case: RepairCase, staff: StaffMember) -> object:
    return handling.extend(
        visit.session, case, staff=staff, reason=visit.text("reason"), now=visit.now
    )


def _verify(visit: Visit, case: RepairCase, staff: StaffMember) -> None:
    handling.verify(
        visit.session,
        case,
        staff=staff,
        now=visit.now,
        duties_done="duties_done" in visit.several("facts"),
        corrected="corrected" in visit.several("facts"),
        note=visit.text("note"),
    )


def _start_notice(visit: Visit, case: RepairCase, staff: StaffMember) -> object:
    return handling.start_notice(visit.session, case, staff=staff, now=visit.now)


def _confirm(visit: Visit, case: RepairCase, staff: StaffMember) -> object:
    return handling.confirm(visit.session, case, staff=staff, now=visit.now)


def _label(visit: Visit, case: RepairCase, staff: StaffMember) -> None:
    handling.label(visit.session, case, staff=staff, now=visit.now)


def _refuse(visit: Visit, case: RepairCase, staff: StaffMember) -> object:
    return handling.refuse(
        visit.session, case, staff=staff, reason=visit.text("reason"), now=visit.now
    )


def _decide_objection(visit: Visit, case: RepairCase, staff: StaffMember) -> None:
    decision = visit.text("decision")
    if decision not in {"upheld", "rejected"}:
        raise Refusal("form.choice")
    handling.decide_objection(
        visit.session,
        case,
        staff=staff,
        upheld=decision == "upheld",
        reason=visit.text("reason"),
        now=visit.now,
    )


def _undo(visit: Visit, case: RepairCase, staff: StaffMember) -> None:
    handling.undo(visit.session, case, staff=staff, reason=visit.text("reason"), now=visit.now)


STEPS: dict[str, Step] = {
    "ask-papers": _ask_papers,
    "papers-complete": _papers_complete,
    "accept": _accept,
    "extend": _extend,
    "verify": _verify,
    "start-notice": _start_notice,
    "confirm": _confirm,
    "label": _label,
    "refuse": _refuse,
    "decide-objection": _decide_objection,
    "undo": _undo,
}

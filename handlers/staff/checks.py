"""办事核验 on a subject's file: may a matter go ahead? Allowed, reviewed or blocked, and why."""

from __future__ import annotations

from typing import Literal

from credit_core.errors import Refusal
from credit_core.reports.check import Verdict, check
from credit_core.reports.schema import matters
from credit_core.subjects.models import Subject, SubjectKind
from handlers.staff.audit import looked
from handlers.staff.file_steps import File, on_file, purpose_of
from handlers.staff.find import find_exactly
from handlers.staff.page import CASES, Flash, Page, Visit, post

_PERSONS = (SubjectKind.PRACTITIONER, SubjectKind.RESIDENT)
_TONES: dict[Verdict, Literal["success", "warning", "danger"]] = {
    Verdict.ALLOW: "success",
    Verdict.REVIEW: "warning",
    Verdict.BLOCK: "danger",
}


def pages(file: File) -> list[Page]:
    """The question is asked on the file, which answers on top of itself."""
    return [post("/subjects/{subject_id}/check", on_file(file, _ask), CASES)]


def titles() -> dict[str, str]:
    """What can be asked about."""
    return {name: matter.title for name, matter in matters().items()}


def _ask(visit: Visit, subject: Subject) -> Flash:
    why, matter = purpose_of(visit)
    person = _person(visit)
    if person is not None:
        looked(visit, person, why, matter, "check")
    found = check(visit.session, subject, visit.require("asked"), visit.today, person=person)
    said = {"title": titles()[found.matter], "basis": "；".join(found.basis)}
    return Flash(f"check_{found.verdict}", said, _TONES[found.verdict])


def _person(visit: Visit) -> Subject | None:
    """Who shall be legal representative or in charge, when that is to be looked at too.

    :raises Refusal: ``check.person``: nobody, or several, by this number or name.
    """
    typed = visit.text("person")
    if not typed:
        return None
    found = find_exactly(visit.session, typed, _PERSONS)
    if len(found) != 1:
        raise Refusal("check.person")
    return found[0]

"""One-time codes with which an institution's clerk binds it in WeChat."""

from __future__ import annotations

from collections.abc import Sequence

from credit_core.accounts.codes import issue_code, list_codes, revoke_code, state_of
from credit_core.accounts.followers import clerks_of
from credit_core.accounts.models import BindingCode
from credit_core.subjects.models import Subject
from handlers.staff.audit import record
from handlers.staff.find import find_organisations, organisation_of
from handlers.staff.page import (
    CASES,
    CLERK,
    Answer,
    Flash,
    Page,
    Redirect,
    Shown,
    Visit,
    get,
    post,
)


def pages() -> list[Page]:
    return [
        get("/codes", show_list, CASES),
        post("/codes", find, CASES),
        get("/codes/of/{subject_id}", show_subject, CASES),
        post("/codes/of/{subject_id}", issue, CLERK),
        post("/codes/{code_id}/revoke", revoke, CLERK),
    ]


def show_list(visit: Visit) -> Answer:
    return _list_page(visit, "", None)


def find(visit: Visit) -> Answer:
    """Sent as a form, so that what was typed stands in no address and no server log."""
    asked = visit.text("q")
    return _list_page(visit, asked, find_organisations(visit.session, asked))


def _list_page(visit: Visit, asked: str, found: list[Subject] | None) -> Shown:
    return Shown(
        "codes.html",
        {"asked": asked, "found": found, "codes": _rows(visit, list_codes(visit.session))},
    )


def show_subject(visit: Visit) -> Answer:
    return _subject_page(visit, organisation_of(visit.session, visit.number("subject_id")))


def issue(visit: Visit) -> Answer:
    """The page with the code is the answer itself: the code is never stored, so it can never
    be shown again."""
    subject = organisation_of(visit.session, visit.number("subject_id"))
    issued = issue_code(visit.session, subject.id, visit.member.actor, visit.now)
    record(visit, "code.issue", f"code:{issued.row.id}")
    return _subject_page(visit, subject, issued=issued)


def revoke(visit: Visit) -> Answer:
    row = revoke_code(visit.session, visit.number("code_id"), visit.member.actor, visit.now)
    record(visit, "code.revoke", f"code:{row.id}")
    return Redirect(f"/codes/of/{row.subject_id}", Flash("code_revoked"))


def _subject_page(visit: Visit, subject: Subject, **more: object) -> Shown:
    codes = list_codes(visit.session, subject_id=subject.id)
    context: dict[str, object] = {
        "subject": subject,
        "codes": _rows(visit, codes),
        "clerks": clerks_of(visit.session, subject.id),
        "issued": None,
    }
    return Shown("code.html", context | more)


def _rows(visit: Visit, codes: Sequence[BindingCode]) -> list[tuple[BindingCode, Subject, str]]:
    rows: list[tuple[BindingCode, Subject, str]] = []
    for code in codes:
        subject = visit.session.get_one(Subject, code.subject_id)
        rows.append((code, subject, state_of(code, visit.now).value))
    return rows

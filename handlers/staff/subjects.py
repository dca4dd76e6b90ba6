"""Looking somebody up: only with a purpose and a matter, and every look is written down."""

from __future__ import annotations

from sqlalchemy import select

from credit_core.access.models import Purpose
from credit_core.errors import Refusal
from credit_core.objections.service import cases_of
from credit_core.records.models import Record
from credit_core.repair.ends import end_of, label_of
from credit_core.repair.service import cases_of as repairs_of
from credit_core.repair.ways import lawful_score
from credit_core.scoring.result import Score, end_text
from credit_core.subjects.identifiers import check_identifier, explain_hint
from credit_core.subjects.models import Subject, SubjectKind
from handlers.staff import checks, records, register
from handlers.staff.audit import looked
from handlers.staff.file_steps import purpose_of
from handlers.staff.find import find_exactly, subject_of
from handlers.staff.notices import title_of
from handlers.staff.page import CASES, Answer, Flash, Page, Shown, Visit, get, post
from notices.outbox import notices_of

NOTICES_SHOWN = 20


def pages() -> list[Page]:
    return [
        get("/subjects", show_form, CASES),
        post("/subjects", find, CASES),
        post("/subjects/{subject_id}", show_file, CASES),
        *records.pages(_file),
        *checks.pages(_file),
        *register.pages(_file),
    ]


def show_form(visit: Visit) -> Answer:
    return _form(visit, None)


def find(visit: Visit) -> Answer:
    """One hit is opened at once; of several, only masked names are shown to choose from."""
    purpose, matter = purpose_of(visit)
    kind = visit.text("kind")
    kinds = (SubjectKind(kind),) if kind in {*SubjectKind} else tuple(SubjectKind)
    found = find_exactly(visit.session, visit.text("q"), kinds)
    if len(found) == 1:
        return _file(visit, found[0], purpose, matter)
    return _form(visit, found)


def show_file(visit: Visit) -> Answer:
    purpose, matter = purpose_of(visit)
    subject = subject_of(visit.session, visit.number("subject_id"))
    return _file(visit, subject, purpose, matter)


def _form(visit: Visit, found: list[Subject] | None) -> Shown:
    typed = {name: visit.text(name) for name in ("q", "kind", "purpose", "matter")}
    return Shown("subjects.html", {"found": found, "typed": typed})


def _how_ended(visit: Visit, record: Record) -> str | None:
    """Revoked, corrected, repaired (with its label) or expired, in one sentence."""
    end = end_of(record, visit.today)
    label = label_of(visit.session, record) if end else None
    return f"{end}。{label}" if label else end


def _file(
    visit: Visit, subject: Subject, purpose: Purpose, matter: str, flash: Flash | None = None
) -> Shown:
    looked(visit, subject, purpose, matter, "file")
    rows = visit.session.scalars(
        select(Record).where(Record.subject_id == subject.id).order_by(Record.decided_on.desc())
    ).all()
    notices = notices_of(visit.session, subject_id=subject.id, limit=NOTICES_SHOWN)
    return Shown(
        "subject.html",
        {
            "subject": subject,
            "hints": [
                explain_hint(one)
                for one in check_identifier(subject.kind, subject.identifier).hints
            ],
            "score": _score(visit, subject),
            "end_text": end_text,
            "matters": checks.titles(),
            "ties": register.ties_of(visit, subject),
            "ties_open": register.ties_open_to(subject),
            "records": rows,
            "ends": {row.id: _how_ended(visit, row) for row in rows},
            "items": records.items_of(visit, subject),
            "severities": records.severities(),
            "objections": cases_of(visit.session, subject.id),
            "repairs": repairs_of(visit.session, subject.id),
            "notices": [(notice, title_of(notice.kind)) for notice in notices],
            "purpose": purpose,
            "matter": matter,
        }
        | ({"flash": flash} if flash else {}),
    )


def _score(visit: Visit, subject: Subject) -> Score | None:
    try:
        return lawful_score(visit.session, subject, visit.today, city=visit.settings.city)
    except Refusal:
        # No rules hold for this day; the file is shown all the same.
        return None

"""The forms that the steps of a repair print, from the templates in ``config/repair/forms``."""

from __future__ import annotations

from datetime import date, datetime
from functools import cache

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlalchemy.orm import Session

from config.settings import DATA
from config.texts import text
from credit_core.cases.places import place_of_city, reviewer_of
from credit_core.cases.wording import shown
from credit_core.clock import local_day
from credit_core.errors import NotFoundError
from credit_core.evidence.store import evidence_of
from credit_core.masking import mask_identity, mask_name
from credit_core.records.models import Record
from credit_core.repair.check import check
from credit_core.repair.models import RepairCase
from credit_core.repair.rules import repair_book
from credit_core.rules.book import rule_book
from credit_core.subjects.models import Subject, SubjectKind

_FOLDER = DATA / "repair" / "forms"
_PERSONS = (SubjectKind.RESIDENT, SubjectKind.PRACTITIONER)


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_FOLDER),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701  Plain text for paper, never HTML.
        trim_blocks=True,
        lstrip_blocks=True,
    )


def form_names() -> tuple[str, ...]:
    return tuple(sorted(path.name.removesuffix(".txt.j2") for path in _FOLDER.glob("*.txt.j2")))


def print_form(session: Session, case: RepairCase, form: str, *, now: datetime) -> str:
    """A form as plain text, filled for this case.

    It carries the full name, for paper; the identity number of a person is masked.

    :raises NotFoundError: no such form.
    """
    if form not in form_names():
        raise NotFoundError(f"form {form[:40]}")
    return _environment().get_template(f"{form}.txt.j2").render(_values(session, case, now))


def label_text(case: RepairCase) -> str:
    """The label that a repaired record carries wherever it is shown."""
    day = shown(case.labelled_on) if case.labelled_on else "-"
    return text("repairs", "label", unit=case.unit, day=day)


def _values(session: Session, case: RepairCase, now: datetime) -> dict[str, object]:
    subject = session.get_one(Subject, case.subject_id)
    record = session.get_one(Record, case.record_id)
    person = subject.kind in _PERSONS
    identifier = subject.identifier
    found = check(session, record, local_day(now), city=case.city)
    commitment = found.condition("public_commitment")
    return {
        "case_no": case.case_no,
        "subject_name": subject.name,
        "subject_public": mask_name(subject.name) if person else subject.name,
        "identifier": mask_identity(identifier) if person else identifier,
        "item_title": _title(session, subject, record),
        "document_no": record.document_no,
        "decided_on": shown(record.decided_on),
        "unit": case.unit,
        "period_rules": repair_book().by_id(case.period_rules).title,
        "procedure_rules": repair_book().by_id(case.procedure_rules).title,
        "basis": repair_book().by_id(case.period_rules).basis,
        "statement": case.statement,
        "evidence_count": len(evidence_of(session, case.case_no)),
        "commitment": commitment.why if commitment else "",
        "submitted_on": _day(local_day(case.submitted_at) if case.submitted_at else None),
        "missing": [str(paper) for paper in case.missing],
        "due": _due(case),
        "notice_until": _day(case.notice_until),
        "reason": case.reason,
        "reviewer": reviewer_of(place_of_city(case.city)),
        "state_text": text("repairs", f"states.{case.state}"),
        "label": label_text(case),
        "today": _day(local_day(now)),
    }


def _title(session: Session, subject: Subject, record: Record) -> str:
    compiled = rule_book(session).for_decision(subject.kind, record.decided_on).compiled
    cell = compiled.cell(record.item, record.level)
    return cell.item.title if cell else record.item


def _due(case: RepairCase) -> str:
    if case.due_on is None:
        return "-"
    mark = text("repairs", "provisional") if case.due_provisional else ""
    return shown(case.due_on) + mark


def _day(day: date | None) -> str:
    return shown(day) if day else ""

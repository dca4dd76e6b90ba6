"""Finding subjects by what staff type: an exact identifier or an exact name, never a part."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy.orm import Session

from credit_core.errors import NotFoundError, Refusal
from credit_core.subjects.models import Subject, SubjectKind
from credit_core.subjects.service import current, find_by_name, find_subject

ORGANISATIONS = (SubjectKind.INSTITUTION, SubjectKind.EMPLOYER, SubjectKind.SUPPLIER)
SHOWN = 50


def find_exactly(
    session: Session, typed: str, kinds: Iterable[SubjectKind] = tuple(SubjectKind)
) -> list[Subject]:
    """Files with this identifier under any of the kinds; else with this present or earlier
    name.

    :raises Refusal: ``search.empty``.
    """
    if not typed.strip():
        raise Refusal("search.empty")
    wanted = tuple(kinds)
    found: dict[int, Subject] = {}
    for kind in wanted:
        subject = _by_identifier(session, kind, typed)
        if subject is not None:
            found[subject.id] = subject
    if not found:
        for subject in find_by_name(session, typed):
            if subject.kind in wanted:
                found[subject.id] = subject
    return list(found.values())[:SHOWN]


def find_organisations(session: Session, typed: str) -> list[Subject]:
    return find_exactly(session, typed, ORGANISATIONS)


def organisation_of(session: Session, subject_id: int) -> Subject:
    """:raises NotFoundError: no such subject, or it is a person."""
    subject = subject_of(session, subject_id)
    if subject.kind not in ORGANISATIONS:
        raise NotFoundError(f"organisation {subject_id}")
    return subject


def subject_of(session: Session, subject_id: int) -> Subject:
    """:raises NotFoundError: no such subject."""
    subject = session.get(Subject, subject_id)
    if subject is None:
        raise NotFoundError(f"subject {subject_id}")
    return current(session, subject)


def _by_identifier(session: Session, kind: SubjectKind, typed: str) -> Subject | None:
    try:
        return find_subject(session, kind, typed)
    except Refusal:
        # Not an identifier of this kind: perhaps of another one, or a name.
        return None

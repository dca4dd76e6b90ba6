"""The two libraries: who may be looked at, and who looks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from config.texts import text
from credit_core.crypto import blind_index
from credit_core.errors import Refusal
from credit_core.ids import new_id
from credit_core.inspection.draw import DrawnInspector, DrawnObject
from credit_core.inspection.models import InspectionObject, Inspector, InspectorConflict
from credit_core.inspection.plan import GRADES, Plan
from credit_core.lists.models import ListEntry, ListKind
from credit_core.subjects.models import Subject, SubjectStatus


def add_object(
    session: Session, subject: Subject, *, since: date, label: str = ""
) -> InspectionObject:
    """Take a subject, or a product or project of it, into the library.

    :raises Refusal: ``inspection.in_library``.
    """
    row = InspectionObject(id=new_id(), subject_id=subject.id, label=label.strip(), since=since)
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        raise Refusal("inspection.in_library") from None
    return row


def fill_library(session: Session, kinds: Iterable[str], *, since: date) -> int:
    """Take every active subject of some kinds in that is not in the library; how many were new."""
    known = select(InspectionObject.subject_id).where(
        InspectionObject.until.is_(None), InspectionObject.label == ""
    )
    fresh = session.scalars(
        select(Subject.id).where(
            Subject.kind.in_(tuple(kinds)),
            Subject.status == SubjectStatus.ACTIVE,
            Subject.id.not_in(known),
        )
    ).all()
    if fresh:
        session.execute(
            insert(InspectionObject),
            [
                {"id": new_id(), "subject_id": subject_id, "label": "", "since": since}
                for subject_id in fresh
            ],
        )
    return len(fresh)


def add_inspector(
    session: Session,
    name: str,
    *,
    certificate: str | None,
    specialities: Sequence[str],
    since: date,
    qualification: str = "",
    district: str = "",
    expert: bool = False,
) -> Inspector:
    """Take an inspector in; an expert joins without counting towards the least number.

    :param certificate: number of the enforcement certificate.
    :raises Refusal: ``inspection.inspector_title`` or ``inspection.inspector_known``.
    """
    if not expert and not (certificate or "").strip():
        raise Refusal("inspection.inspector_title")
    index = blind_index("inspector.certificate", certificate.strip()) if certificate else None
    row = Inspector(
        id=new_id(),
        certificate_index=index,
        titled=not expert,
        qualification=qualification,
        specialities=sorted(set(specialities)),
        district=district,
        since=since,
    )
    row.name = name
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        raise Refusal("inspection.inspector_known") from None
    return row


def add_conflict(session: Session, inspector: Inspector, subject: Subject, reason: str) -> None:
    """The inspector may not look at the subject; noting it twice changes nothing."""
    known = session.scalar(
        select(InspectorConflict.id).where(
            InspectorConflict.inspector_id == inspector.id,
            InspectorConflict.subject_id == subject.id,
        )
    )
    if known is None:
        session.add(
            InspectorConflict(
                id=new_id(), inspector_id=inspector.id, subject_id=subject.id, reason=reason
            )
        )
        session.flush()


class DrawClass(NamedTuple):
    """The grade that a subject is drawn by, and why, for both sides to read."""

    grade: str
    why: str


def draw_class(grade: str | None, listed: Iterable[str], plan: Plan) -> DrawClass:
    """From the stored grade and the lists a subject stands on.

    The severe list draws like D; the focus list at least like C; the honour list one grade
    better, but not for C and D.
    """
    on = set(listed)
    base = grade or plan.unrated
    if ListKind.SEVERE in on:
        return _said(plan.lists.severe, "severe")
    if ListKind.FOCUS in on and GRADES.index(base) <= GRADES.index(plan.lists.focus):
        return _said(plan.lists.focus, "focus")
    raised = ListKind.HONOUR in on and plan.lists.honour == "better"
    if raised and base in GRADES[1:4]:
        return _said(GRADES[GRADES.index(base) - 1], "honour")
    return _said(base, "plain" if grade else "unrated")


def _said(grade: str, key: str) -> DrawClass:
    return DrawClass(grade, text("inspection", f"class.{key}", grade=grade))


def pool(
    session: Session, kinds: Iterable[str], on: date, plan: Plan, district: str = ""
) -> list[DrawnObject]:
    """The objects of some kinds in the library on a day, by id, each with its draw class."""
    listed: dict[int, set[str]] = defaultdict(set)
    for row in session.execute(
        select(ListEntry.subject_id, ListEntry.list).where(
            ListEntry.entered_on <= on,
            ListEntry.left_on.is_(None) | (ListEntry.left_on > on),
        )
    ):
        listed[row.subject_id].add(row.list)
    wanted = (
        select(InspectionObject.id, Subject.id.label("subject_id"), Subject.kind, Subject.grade)
        .join(Subject, Subject.id == InspectionObject.subject_id)
        .where(
            Subject.kind.in_(tuple(kinds)),
            Subject.status == SubjectStatus.ACTIVE,
            InspectionObject.since <= on,
            InspectionObject.until.is_(None) | (InspectionObject.until > on),
        )
        .order_by(InspectionObject.id)
    )
    if district:
        wanted = wanted.where(Subject.district == district)
    nothing: set[str] = set()
    return [
        DrawnObject(
            row.id,
            draw_class(row.grade, listed.get(row.subject_id, nothing), plan).grade,
            row.kind,
        )
        for row in session.execute(wanted)
    ]


def team_pool(session: Session, on: date, district: str = "") -> list[DrawnInspector]:
    """The inspectors of the library on a day, with the objects that they may not look at."""
    conflicts: dict[int, list[int]] = defaultdict(list)
    for row in session.execute(
        select(InspectorConflict.inspector_id, InspectionObject.id)
        .join(InspectionObject, InspectionObject.subject_id == InspectorConflict.subject_id)
        .order_by(InspectionObject.id)
    ):
        conflicts[row.inspector_id].append(row.id)
    wanted = (
        select(Inspector)
        .where(Inspector.since <= on, Inspector.until.is_(None) | (Inspector.until > on))
        .order_by(Inspector.id)
    )
    if district:
        wanted = wanted.where(Inspector.district.in_(("", district)))
    return [
        DrawnInspector(one.id, tuple(one.specialities), tuple(conflicts[one.id]), one.titled)
        for one in session.scalars(wanted)
    ]

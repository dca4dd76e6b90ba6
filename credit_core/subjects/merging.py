"""When two files of one subject are joined, what stands against or for it goes along.

A ban, a list entry or a running case must not be left behind in a file that nobody asks any
more. Ratings and the access log stay: they say what was, and the log is chained.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from config.texts import text
from credit_core.commitments.models import Commitment
from credit_core.deadlines.models import Deadline
from credit_core.inspection.models import InspectionObject, InspectorConflict
from credit_core.lists.models import ListEntry
from credit_core.measures.models import Measure
from credit_core.objections.models import Objection
from credit_core.repair.models import RepairCase, RepairFact
from credit_core.reports.models import OutsideReport
from credit_core.subjects.models import Subject

_PLAIN = (Commitment, Deadline, Measure, Objection, RepairCase, RepairFact, OutsideReport)


def move_standing(session: Session, duplicate: Subject, into: Subject, on: date, by: str) -> None:
    """Lists, measures, commitments, cases, deadlines and the libraries of inspection."""
    for table in _PLAIN:
        session.execute(
            update(table)
            .where(table.subject_id == duplicate.id)
            .values(subject_id=into.id)
            .execution_options(synchronize_session="fetch")
        )
    _move_lists(session, duplicate.id, into.id, on, by)
    _move_inspection(session, duplicate.id, into.id, on)
    _carry_commitment(duplicate, into)
    session.flush()


def _move_lists(session: Session, duplicate_id: int, into_id: int, on: date, by: str) -> None:
    """One decision stands once: of two open entries the one that began earlier goes on."""
    kept = {
        (entry.list, entry.document_no): entry
        for entry in session.scalars(
            select(ListEntry).where(ListEntry.subject_id == into_id, ListEntry.left_on.is_(None))
        )
    }
    moving = session.scalars(select(ListEntry).where(ListEntry.subject_id == duplicate_id)).all()
    for entry in moving:
        twin = kept.get((entry.list, entry.document_no))
        if twin is not None and entry.left_on is None:
            ends = entry if twin.entered_on <= entry.entered_on else twin
            ends.left_on = max(on, ends.entered_on)
            ends.left_reason, ends.left_by = text("lists", "reasons.merged"), by
            session.flush()
        entry.subject_id = into_id
    session.execute(
        update(ListEntry)
        .where(ListEntry.responsible_subject_id == duplicate_id)
        .values(responsible_subject_id=into_id)
    )


def _move_inspection(session: Session, duplicate_id: int, into_id: int, on: date) -> None:
    known = set(
        session.scalars(
            select(InspectorConflict.inspector_id).where(InspectorConflict.subject_id == into_id)
        )
    )
    for conflict in session.scalars(
        select(InspectorConflict).where(InspectorConflict.subject_id == duplicate_id)
    ).all():
        if conflict.inspector_id in known:
            session.delete(conflict)
        else:
            conflict.subject_id = into_id
    labels = set(
        session.scalars(
            select(InspectionObject.label).where(
                InspectionObject.subject_id == into_id,
                or_(InspectionObject.until.is_(None), InspectionObject.until > on),
            )
        )
    )
    for object_ in session.scalars(
        select(InspectionObject).where(InspectionObject.subject_id == duplicate_id)
    ).all():
        if object_.label in labels and object_.until is None:
            object_.until = on
        object_.subject_id = into_id


def _carry_commitment(duplicate: Subject, into: Subject) -> None:
    """The commitment that lasts longer counts; one without an end lasts longest."""
    if duplicate.committed_from is None:
        return
    lasts = duplicate.committed_until or date.max
    if into.committed_from is None or lasts > (into.committed_until or date.max):
        into.committed_from = duplicate.committed_from
        into.committed_until = duplicate.committed_until

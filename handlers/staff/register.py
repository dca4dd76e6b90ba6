"""The register on a subject's file: its name, its relations, and double files that are joined."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from config.texts import text
from credit_core.errors import NotFoundError, Refusal
from credit_core.subjects.models import Relation, Subject, SubjectKind
from credit_core.subjects.service import (
    RELATIONS,
    current,
    end_relation,
    merge,
    relate,
    rename,
)
from handlers.staff.audit import looked
from handlers.staff.audit import record as note
from handlers.staff.file_steps import File, on_file, purpose_of
from handlers.staff.find import find_exactly
from handlers.staff.page import APPROVER, CLERK, Flash, Page, Visit, post

NAME_MOST = 120


@dataclass(frozen=True, slots=True)
class Tie:
    """A relation as it reads on the file of one side.

    :ivar to_me: the other side has the relation to this file (its legal representative …).
    """

    id: int
    title: str
    other: Subject
    to_me: bool
    since: date
    until: date | None


def pages(file: File) -> list[Page]:
    address = "/subjects/{subject_id}"
    return [
        post(f"{address}/name", on_file(file, _rename), CLERK),
        post(f"{address}/relations", on_file(file, _relate), CLERK),
        post(f"{address}/relations/{{relation_id}}/end", on_file(file, _end), CLERK),
        post(f"{address}/merge", on_file(file, _merge), APPROVER),
    ]


def ties_of(visit: Visit, subject: Subject) -> list[Tie]:
    """All relations of a file, the present ones first; those of the past are kept."""
    found = []
    edges = visit.session.scalars(
        select(Relation).where((Relation.from_id == subject.id) | (Relation.to_id == subject.id))
    ).all()
    for edge in edges:
        to_me = edge.to_id == subject.id
        other = visit.session.get_one(Subject, edge.from_id if to_me else edge.to_id)
        found.append(
            Tie(
                edge.id,
                titles()[edge.kind],
                current(visit.session, other),
                to_me,
                edge.since,
                edge.until,
            )
        )
    return sorted(found, key=lambda tie: (tie.until is not None, tie.since))


def ties_open_to(subject: Subject) -> dict[str, str]:
    """Relations that such a subject can have, by what they are called."""
    return {
        kind: titles()[kind]
        for kind, sides in RELATIONS.items()
        if any(subject.kind in side for side in sides)
    }


def titles() -> dict[str, str]:
    return {kind: text("reports", f"relations.{kind}") for kind in RELATIONS}


def _rename(visit: Visit, subject: Subject) -> Flash:
    rename(visit.session, subject, visit.require("name")[:NAME_MOST], on=visit.today)
    note(visit, "subject.rename", f"subject:{subject.id}", "")
    return Flash("subject_renamed")


def _relate(visit: Visit, subject: Subject) -> Flash:
    kind = visit.require("relation")
    if kind not in RELATIONS:
        raise NotFoundError("relation")
    persons, units = RELATIONS[kind]
    mine = subject.kind in persons
    other = _other(visit, "other", units if mine else persons)
    one, two = (subject, other) if mine else (other, subject)
    until = visit.day("until") if visit.text("until") else None
    edge = relate(
        visit.session, kind, one, two, since=visit.day("since"), until=until, at=visit.now
    )
    note(visit, "subject.relate", f"subject:{subject.id}", f"{kind}:{edge.id}")
    return Flash("relation_entered")


def _end(visit: Visit, subject: Subject) -> Flash:
    edge = visit.session.get(Relation, visit.number("relation_id"))
    if edge is None or subject.id not in {edge.from_id, edge.to_id}:
        raise NotFoundError("relation")
    end_relation(visit.session, edge, until=visit.day("until"))
    note(visit, "subject.relation_end", f"subject:{subject.id}", f"{edge.kind}:{edge.id}")
    return Flash("relation_ended")


def _merge(visit: Visit, subject: Subject) -> Flash:
    """The other file goes into this one."""
    reason = visit.require("reason", "form.reason")
    other = _other(visit, "double", (SubjectKind(subject.kind),))
    merge(visit.session, other, subject, at=visit.now, by=visit.member.actor, reason=reason)
    note(visit, "subject.merge", f"subject:{subject.id}", f"subject:{other.id}")
    return Flash("subject_merged")


def _other(visit: Visit, field: str, kinds: tuple[SubjectKind, ...]) -> Subject:
    """The other file, by its exact number or name; that it was looked up is written down.

    :raises Refusal: ``search.other``: nobody, or several.
    """
    found = find_exactly(visit.session, visit.require(field), kinds)
    if len(found) != 1:
        raise Refusal("search.other")
    why, matter = purpose_of(visit)
    looked(visit, found[0], why, matter, "register")
    return found[0]

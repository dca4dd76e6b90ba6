"""The register of subjects: find, register, rename, relate, find duplicates, merge."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from credit_core.clock import local_day
from credit_core.crypto import blind_index
from credit_core.errors import Refusal
from credit_core.ids import new_id
from credit_core.subjects.identifiers import age_on, birth_date, birthday, check_identifier
from credit_core.subjects.models import (
    Relation,
    Subject,
    SubjectKind,
    SubjectName,
    SubjectStatus,
)

ADULT = 18
"""Full years from which a person has a score (domain rule: minors are not evaluated)."""
CONTRACT_MONTHS = 6
"""Months of contract before an institution is evaluated."""


_PERSONS = (SubjectKind.RESIDENT, SubjectKind.PRACTITIONER)
_UNITS = (SubjectKind.INSTITUTION, SubjectKind.EMPLOYER, SubjectKind.SUPPLIER)
RELATIONS: dict[str, tuple[tuple[SubjectKind, ...], tuple[SubjectKind, ...]]] = {
    "works_at": ((SubjectKind.PRACTITIONER,), (SubjectKind.INSTITUTION,)),
    "legal_representative": (_PERSONS, _UNITS),
    "person_in_charge": (_PERSONS, _UNITS),
    "insured_by": ((SubjectKind.RESIDENT,), _UNITS),
}
"""Relation → kinds of who has it, and of whom it is to."""


def plain_name(name: str) -> str:
    """A name as it is compared: full-width signs, brackets and spaces make no difference."""
    return "".join(unicodedata.normalize("NFKC", name).split()).replace("•", "·").upper()


def identifier_index(kind: str, identifier: str) -> bytes:
    """Blind index of a compact identifier; the same code may stand under several kinds."""
    return blind_index("subject.identifier", f"{kind}:{identifier}")


def name_index(name: str) -> bytes:
    return blind_index("subject.name", plain_name(name))


def find_subject(session: Session, kind: str, identifier: str) -> Subject | None:
    """The file known by this identifier; a merged duplicate leads to the file that carries on.

    :raises IdentifierError: the identifier itself is wrong.
    """
    checked = check_identifier(kind, identifier)
    found = session.scalar(
        select(Subject).where(
            Subject.kind == kind,
            Subject.identifier_index == identifier_index(kind, checked.value),
        )
    )
    return None if found is None else current(session, found)


def current(session: Session, subject: Subject) -> Subject:
    """The file that carries this one on: itself, unless it was merged."""
    while subject.merged_into_id is not None:
        following = session.get(Subject, subject.merged_into_id)
        if following is None:
            break
        subject = following
    return subject


def find_by_name(session: Session, name: str, kind: str | None = None) -> list[Subject]:
    """Files whose present or earlier name is exactly this one, oldest first."""
    key = name_index(name)
    earlier = select(SubjectName.subject_id).where(SubjectName.name_index == key)
    wanted = select(Subject).where((Subject.name_index == key) | Subject.id.in_(earlier))
    if kind is not None:
        wanted = wanted.where(Subject.kind == kind)
    found = {current(session, row).id: current(session, row) for row in session.scalars(wanted)}
    return [found[key] for key in sorted(found)]


def carries_name(session: Session, subject: Subject, name: str) -> bool:
    """Whether a name is the subject's present one or one of its earlier ones."""
    key = name_index(name)
    if subject.name_index == key:
        return True
    return (
        session.scalar(
            select(SubjectName.id)
            .where(SubjectName.subject_id == subject.id, SubjectName.name_index == key)
            .limit(1)
        )
        is not None
    )


def register_subject(
    session: Session,
    kind: str,
    identifier: str,
    name: str,
    *,
    on: date,
    phone: str | None = None,
    district: str = "",
    subkind: str = "",
    contract_from: date | None = None,
) -> Subject:
    """Open a file.

    :param contract_from: first day of an institution's contract; it is evaluated six months
        later. None: the start is unknown or long ago, no waiting.
    :raises IdentifierError: wrong identifier.
    :raises Refusal: ``subject.kind``, ``subject.name_empty`` or ``subject.taken``.
    """
    if kind not in {*SubjectKind}:
        raise Refusal("subject.kind", kind=kind)
    if not name.strip():
        raise Refusal("subject.name_empty")
    checked = check_identifier(kind, identifier)
    index = identifier_index(kind, checked.value)
    if session.scalar(
        select(Subject.id).where(Subject.kind == kind, Subject.identifier_index == index)
    ):
        raise Refusal("subject.taken")
    subject = Subject(
        id=new_id(),
        kind=kind,
        identifier_index=index,
        name_index=name_index(name),
        district=district,
        subkind=subkind or (checked.kind_of_code if kind == SubjectKind.PRACTITIONER else ""),
        status=SubjectStatus.ACTIVE,
        registered_on=on,
        evaluable_from=evaluable_from(kind, checked.value, contract_from),
        identity_verified=True,
    )
    subject.identifier = checked.value
    subject.name = name.strip()
    subject.phone = phone
    session.add(subject)
    session.flush()
    return subject


def evaluable_from(kind: str, identifier: str, contract_from: date | None) -> date | None:
    """First day with a score: the 18th birthday, or six months after the contract began."""
    if kind == SubjectKind.RESIDENT:
        born = birth_date(identifier)
        return birthday(born, born.year + ADULT)
    if kind == SubjectKind.INSTITUTION and contract_from is not None:
        from credit_core.rules.periods import add_months

        return add_months(contract_from, CONTRACT_MONTHS)
    return None


def born_on(subject: Subject) -> date | None:
    """Day of birth; known for residents only."""
    if subject.kind != SubjectKind.RESIDENT:
        return None
    return birth_date(subject.identifier)


def age(subject: Subject, on: date) -> int | None:
    """Full years on a day; None where no birth date is known."""
    born = born_on(subject)
    return None if born is None else age_on(born, on)


def rename(session: Session, subject: Subject, name: str, *, on: date) -> None:
    """Give a subject a new name from a day; the old one still finds it.

    :raises Refusal: ``subject.name_empty``.
    """
    if not name.strip():
        raise Refusal("subject.name_empty")
    if plain_name(name) == plain_name(subject.name):
        subject.name = name.strip()
        return
    _keep_name(session, subject.id, subject, on)
    subject.name = name.strip()
    subject.name_index = name_index(name)
    session.flush()


def _keep_name(session: Session, owner_id: int, named: Subject, until: date) -> None:
    earlier = SubjectName(
        id=new_id(), subject_id=owner_id, name_index=named.name_index, until=until
    )
    earlier.name = named.name
    session.add(earlier)


def end_subject(session: Session, subject: Subject, *, on: date) -> None:
    """The contract, registration or life has ended: kept, not evaluated from ``on``."""
    subject.status = SubjectStatus.ENDED
    subject.ended_on = on
    session.flush()


def relate(
    session: Session,
    kind: str,
    from_: Subject,
    to: Subject,
    *,
    since: date,
    at: datetime,
    until: date | None = None,
) -> Relation:
    """Record a dated relation (a key of :data:`RELATIONS`).

    :raises Refusal: ``subject.relation_sides``: not between such two; ``.relation_dates``: the
        end lies before the beginning; ``.relation_open``: the same relation stands there for
        part of this time.
    """
    persons, units = RELATIONS.get(kind, ((), ()))
    if from_.kind not in persons or to.kind not in units:
        raise Refusal("subject.relation_sides")
    if until is not None and until < since:
        raise Refusal("subject.relation_dates")
    running = session.scalar(
        select(Relation.id).where(
            Relation.kind == kind,
            Relation.from_id == from_.id,
            Relation.to_id == to.id,
            Relation.until.is_(None) | (Relation.until > since),
            *(() if until is None else (Relation.since < until,)),
        )
    )
    if running is not None:
        raise Refusal("subject.relation_open")
    edge = Relation(
        id=new_id(),
        kind=kind,
        from_id=from_.id,
        to_id=to.id,
        since=since,
        until=until,
        recorded_at=at,
    )
    session.add(edge)
    session.flush()
    return edge


def end_relation(session: Session, relation: Relation, *, until: date) -> None:
    """The relation holds no longer from ``until`` on.

    :raises Refusal: ``subject.relation_dates``.
    """
    if until < relation.since:
        raise Refusal("subject.relation_dates")
    relation.until = until
    session.flush()


def related(
    session: Session, subject: Subject, on: date, kinds: Iterable[str] = ()
) -> list[tuple[Relation, Subject]]:
    """Relations in force on a day, in both directions, each with the other side."""
    wanted = select(Relation).where(
        (Relation.from_id == subject.id) | (Relation.to_id == subject.id),
        Relation.since <= on,
        (Relation.until.is_(None)) | (Relation.until > on),
    )
    chosen = tuple(kinds)
    if chosen:
        wanted = wanted.where(Relation.kind.in_(chosen))
    answer = []
    for edge in session.scalars(wanted.order_by(Relation.since, Relation.id)):
        other = session.get(Subject, edge.to_id if edge.from_id == subject.id else edge.from_id)
        if other is not None:
            answer.append((edge, current(session, other)))
    return answer


def duplicates(session: Session) -> list[list[Subject]]:
    """Groups of files that may be one subject: the same kind and name under several numbers.

    For a person to look at; people who merely share a name stand here too.
    """
    shared = (
        select(Subject.kind, Subject.name_index)
        .where(Subject.status != SubjectStatus.MERGED)
        .group_by(Subject.kind, Subject.name_index)
        .having(func.count() > 1)
    )
    groups = []
    for kind, key in session.execute(shared).all():
        rows = session.scalars(
            select(Subject)
            .where(
                Subject.kind == kind,
                Subject.name_index == key,
                Subject.status != SubjectStatus.MERGED,
            )
            .order_by(Subject.id)
        )
        groups.append(list(rows))
    return groups


def merge(
    session: Session, duplicate: Subject, into: Subject, *, at: datetime, by: str, reason: str
) -> None:
    """Join a duplicate into the file that carries on; both histories are kept.

    Records, relations, bindings, list entries, measures, commitments and cases move; ratings and
    looks stay with the file they were given to. The old identifier and name still find the
    surviving file.

    :raises Refusal: ``subject.merge_self``, ``subject.merge_kind``, ``subject.merged_already``.
    """
    if duplicate.id == into.id:
        raise Refusal("subject.merge_self")
    if duplicate.kind != into.kind:
        raise Refusal("subject.merge_kind")
    if SubjectStatus.MERGED in {duplicate.status, into.status}:
        raise Refusal("subject.merged_already")
    from credit_core.accounts.models import Binding
    from credit_core.offers.merging import move_offers
    from credit_core.records.service import move_records
    from credit_core.subjects.merging import move_standing

    on = local_day(at)
    _keep_name(session, into.id, duplicate, on)
    session.flush()
    # Before the records, which rate the file that carries on.
    move_standing(session, duplicate, into, on, by)
    move_records(session, duplicate, into, at=at, by=by, reason=reason)
    move_offers(session, duplicate.id, into.id)
    for column in (Relation.from_id, Relation.to_id):
        session.execute(update(Relation).where(column == duplicate.id).values({column: into.id}))
    bound = select(Binding.follower_id).where(
        Binding.subject_id == into.id, Binding.until.is_(None)
    )
    session.execute(
        update(Binding)
        .where(
            Binding.subject_id == duplicate.id,
            Binding.until.is_(None),
            Binding.follower_id.not_in(bound.scalar_subquery()),
        )
        .values(subject_id=into.id)
    )
    # What was joined into the duplicate before leads straight to the file that carries on.
    session.execute(
        update(Subject).where(Subject.merged_into_id == duplicate.id).values(merged_into_id=into.id)
    )
    duplicate.status = SubjectStatus.MERGED
    duplicate.merged_into_id = into.id
    duplicate.ended_on = on
    session.flush()

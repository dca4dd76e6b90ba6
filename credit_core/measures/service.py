"""Draft and activate measures; ask whether a new contract is blocked.

A clerk drafts, another person approves. A constraint rests on a decision with a document
number and on a record whose class is heavy enough: never on points.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from config.texts import text
from credit_core.accounts.models import StaffMember, StaffRole
from credit_core.cases.steps import lock_row, require_role
from credit_core.cases.wording import shown
from credit_core.clock import local_day
from credit_core.errors import Refusal
from credit_core.events import Event, EventKind, emit
from credit_core.lists.models import ListKind
from credit_core.lists.service import ends_on as list_ends_on
from credit_core.lists.service import entries_of
from credit_core.masking import mask_name
from credit_core.measures.catalogue import CLASSES, CatalogueEntry, catalogue
from credit_core.measures.models import Measure, MeasureState
from credit_core.records.models import COUNTING, Record, Severity, decision_key
from credit_core.repair.facts import record_class
from credit_core.subjects.models import Relation, Subject
from credit_core.subjects.service import current
from credit_core.workdays import add_months

_BAN_LIST_RULE = "severe-ban"
_IN_CHARGE = ("legal_representative", "person_in_charge")


@dataclass(frozen=True, slots=True)
class Block:
    """Why a contract may not be signed."""

    person_id: int
    document_no: str
    basis: str
    until: date
    """First day without the ban."""
    why: str


@dataclass(frozen=True, slots=True)
class ContractCheck:
    allowed: bool
    blocks: tuple[Block, ...]


def draft_measure(
    session: Session,
    subject: Subject,
    catalogue_id: str,
    *,
    record: Record | None,
    starts_on: date,
    months: int,
    staff: StaffMember,
    at: datetime,
    document_no: str | None = None,
    matter: str | None = None,
    body: str | None = None,
    means: str | None = None,
    basis: str | None = None,
) -> Measure:
    """Save a draft. What is not given is taken from the catalogue; nothing may be empty.

    :raises Refusal: ``cases.role``, ``measures.unknown``, ``.not_in_force`` (``on``),
        ``.wrong_object``, ``.field_missing`` (``field``), ``.period_range``, ``.decision_missing``,
        ``.other_subject``, ``.before_decision`` (``on``), ``.from_decision`` (``on``).
    """
    require_role(staff, (StaffRole.CLERK, StaffRole.REVIEWER))
    entry = _entry(session, catalogue_id, starts_on)
    if subject.kind not in entry.objects:
        raise Refusal("measures.wrong_object")
    given = {"matter": matter, "body": body, "means": means, "basis": basis}
    fields = {
        name: (getattr(entry, name) if value is None else value).strip()
        for name, value in given.items()
    }
    _refuse_empty(fields)
    least, most = entry.months
    if not least <= months <= most:
        raise Refusal("measures.period_range", least=least, most=most)
    if record is not None and record.subject_id != subject.id and not entry.blocks_contract:
        # A ban follows from the decision against the institution and binds the person.
        raise Refusal("measures.other_subject")
    decision = (document_no or (record.document_no if record else "")).strip()
    if entry.direction == "constraint" and not decision:
        raise Refusal("measures.decision_missing")
    if record is not None:
        _refuse_other_start(entry, record, decision, starts_on)
    measure = Measure(
        catalogue_id=entry.id,
        state=MeasureState.DRAFT,
        subject_id=subject.id,
        record_id=record.id if record else None,
        document_no=decision,
        **fields,
        lasting=entry.lasting,
        starts_on=starts_on,
        ends_on=add_months(starts_on, months) + timedelta(days=1),
        ended_reason="",
        drafted_by=staff.login,
        drafted_at=at,
    )
    session.add(measure)
    session.flush()
    return measure


def activate_measure(
    session: Session, measure: Measure, *, staff: StaffMember, now: datetime
) -> None:
    """An approver who did not draft it lets it begin.

    :raises Refusal: ``cases.role``, ``measures.not_draft``, ``.own_draft``,
        ``.field_missing``, ``.decision_missing``, ``.record_not_in_effect``,
        ``.record_positive``, ``.too_heavy`` (``least``, ``actual``).
    """
    require_role(staff, (StaffRole.APPROVER,))
    lock_row(measure)
    if measure.state != MeasureState.DRAFT:
        raise Refusal("measures.not_draft")
    if measure.drafted_by == staff.login:
        raise Refusal("measures.own_draft")
    _refuse_empty({name: getattr(measure, name) for name in ("matter", "body", "means", "basis")})
    entry = _entry(session, measure.catalogue_id, measure.starts_on)
    if entry.direction == "constraint":
        _refuse_too_heavy(session, entry, measure, local_day(now))
    measure.state = MeasureState.ACTIVE
    measure.activated_by, measure.activated_at = staff.login, now
    session.flush()
    data = {
        "measure_id": measure.id,
        "catalogue_id": measure.catalogue_id,
        "direction": entry.direction,
        "matter": measure.matter,
        "document_no": measure.document_no,
        "record_id": measure.record_id,
        "basis": measure.basis,
        "on": measure.starts_on.isoformat(),
        "until": measure.ends_on.isoformat(),
    }
    emit(session, Event(EventKind.MEASURE_STARTED, measure.subject_id, now, data))


def measures_of(session: Session, subject_id: int) -> Sequence[Measure]:
    """The measures of a subject, newest first; drafts too."""
    return session.scalars(
        select(Measure)
        .where(Measure.subject_id == subject_id)
        .order_by(Measure.starts_on.desc(), Measure.id.desc())
    ).all()


def measures_in_force(session: Session, subject_id: int, on: date) -> Sequence[Measure]:
    """Measures that were activated and have effect on a day."""
    return session.scalars(
        select(Measure)
        .where(
            Measure.subject_id == subject_id,
            Measure.state != MeasureState.DRAFT,
            Measure.starts_on <= on,
            Measure.ends_on > on,
            Measure.ended_on.is_(None) | (Measure.ended_on > on),
        )
        .order_by(Measure.starts_on, Measure.id)
    ).all()


def check_contract(
    session: Session, institution: Subject, person: Subject | None, on: date
) -> ContractCheck:
    """May a service agreement be signed with this institution on that day?

    :param person: who shall be legal representative or in charge; ``None``: only those who
        are so already. A ban follows the person to every institution.
    """
    people = {current(session, person).id} if person is not None else set()
    people |= {
        current(session, session.get_one(Subject, relation.from_id)).id
        for relation in session.scalars(
            select(Relation).where(
                Relation.to_id == institution.id,
                Relation.kind.in_(_IN_CHARGE),
                Relation.since <= on,
                or_(Relation.until.is_(None), Relation.until > on),
            )
        )
    }
    blocks = tuple(block for one in sorted(people) for block in _bans(session, one, on))
    return ContractCheck(not blocks, blocks)


def _bans(session: Session, person_id: int, on: date) -> list[Block]:
    name = mask_name(session.get_one(Subject, person_id).name)
    banning = {entry.id for entry in catalogue(session).all() if entry.blocks_contract}
    measures = session.scalars(
        select(Measure).where(
            Measure.subject_id == person_id,
            Measure.catalogue_id.in_(banning),
            Measure.state.in_((MeasureState.ACTIVE, MeasureState.ENDED)),
            Measure.starts_on <= on,
            Measure.ends_on > on,
            or_(Measure.ended_on.is_(None), Measure.ended_on > on),
        )
    )
    found = {
        row.document_no: _block(person_id, name, row.document_no, row.basis, row.ends_on)
        for row in measures
    }
    for entry in entries_of(session, person_id):
        ends = entry.left_on or list_ends_on(session, entry)
        listed = entry.list == ListKind.SEVERE and entry.rule == _BAN_LIST_RULE
        if listed and entry.entered_on <= on and (ends is None or ends > on):
            until = ends or date.max
            block = _block(person_id, name, entry.document_no, entry.basis, until)
            found.setdefault(entry.document_no, block)
    return list(found.values())


def _block(person_id: int, name: str, document_no: str, basis: str, until: date) -> Block:
    why = text(
        "measures", "contract.blocked", name=name, until=shown(until), document_no=document_no
    )
    return Block(person_id, document_no, basis, until, why)


def _refuse_too_heavy(
    session: Session, entry: CatalogueEntry, measure: Measure, today: date
) -> None:
    if not measure.document_no or measure.record_id is None:
        raise Refusal("measures.decision_missing")
    record = session.get_one(Record, measure.record_id)
    # What the decision itself has fixed runs on when the record is over; nothing else does.
    last_start = measure.starts_on if entry.lasting else max(measure.starts_on, today)
    if record.state not in COUNTING or not record.in_effect(last_start):
        raise Refusal("measures.record_not_in_effect")
    actual = record_class(session, record)
    if actual is None:
        raise Refusal("measures.record_positive")
    least = entry.least_class or Severity.MINOR
    if CLASSES.index(actual) < CLASSES.index(least):
        raise Refusal("measures.too_heavy", least=str(least), actual=str(actual))


def _refuse_other_start(
    entry: CatalogueEntry, record: Record, decision: str, starts_on: date
) -> None:
    """Nothing begins before its decision; a ban runs from the day of the decision (reg. 43),
    which may be a later one of its own."""
    if starts_on < record.decided_on:
        raise Refusal("measures.before_decision", on=record.decided_on)
    same = decision_key(decision) == record.decision_key
    if entry.blocks_contract and same and starts_on != record.decided_on:
        raise Refusal("measures.from_decision", on=record.decided_on)


def _refuse_empty(fields: dict[str, str]) -> None:
    for name, value in fields.items():
        if not value.strip():
            raise Refusal("measures.field_missing", field=text("measures", f"fields.{name}"))


def _entry(session: Session, catalogue_id: str, on: date) -> CatalogueEntry:
    book = catalogue(session)
    if catalogue_id not in book:
        raise Refusal("measures.unknown", measure=catalogue_id)
    entry = book.on(catalogue_id, on)
    if entry is None:
        raise Refusal("measures.not_in_force", on=on)
    return entry

"""Enter a list, leave it, ask who is on it. Nothing is deleted; leaving has a date and a reason."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from config.texts import text
from credit_core.cases.steps import CLOCK, lock_row
from credit_core.clock import local_day
from credit_core.errors import Refusal
from credit_core.events import Event, EventKind, emit
from credit_core.lists.models import ListEntry, ListKind
from credit_core.lists.rules import ListBook, ListRule, list_book
from credit_core.records.models import COUNTING, Record
from credit_core.scoring.service import refresh
from credit_core.subjects.models import Subject, SubjectKind
from credit_core.workdays import add_months

_PERSONS = (SubjectKind.RESIDENT, SubjectKind.PRACTITIONER)


def enter_list(
    session: Session,
    subject: Subject,
    rule_id: str,
    *,
    document_no: str,
    decided_on: date,
    entered_on: date,
    basis: str,
    source_unit: str,
    by: str,
    at: datetime,
    record_id: int | None = None,
    responsible_subject_id: int | None = None,
    responsible_name: str | None = None,
) -> ListEntry:
    """A written decision puts the subject on a list.

    :param basis: id of one of the rule's bases.
    :param responsible_name: legal representative or person in charge, when that person has no
        file of their own; sealed.
    :raises Refusal: ``lists.unknown_rule``, ``.not_in_force``, ``.wrong_kind``,
        ``.unknown_basis``, ``.document_missing``, ``.unit_missing``, ``.responsible_missing``,
        ``.duplicate``, ``.period_over`` (``last_day``), ``.honour_negative`` (``document_no``).
    """
    book = list_book(session)
    rule = _checked_rule(book, rule_id, subject, decided_on, basis)
    document_no, source_unit = document_no.strip(), source_unit.strip()
    if not document_no:
        raise Refusal("lists.document_missing")
    if not source_unit:
        raise Refusal("lists.unit_missing")
    name = (responsible_name or "").strip()
    needs_person = rule.list is ListKind.SEVERE and subject.kind not in _PERSONS
    if needs_person and responsible_subject_id is None and not name:
        raise Refusal("lists.responsible_missing")
    if _open_entry(session, subject.id, rule.list, document_no) is not None:
        raise Refusal("lists.duplicate")
    over_on = _over_on(rule, decided_on, entered_on)
    if over_on <= entered_on:
        raise Refusal("lists.period_over", last_day=over_on - timedelta(days=1))
    breach = _breach_of(session, subject.id, entered_on)
    if rule.list is ListKind.HONOUR and breach is not None:
        raise Refusal("lists.honour_negative", document_no=breach.document_no)
    entry = ListEntry(
        subject_id=subject.id,
        list=rule.list,
        rule=rule.id,
        document_no=document_no,
        decided_on=decided_on,
        entered_on=entered_on,
        over_on=over_on,
        basis=book.name_of_basis(basis),
        source_unit=source_unit,
        record_id=record_id,
        responsible_subject_id=responsible_subject_id,
        entered_by=by,
        recorded_at=at,
        left_reason="",
        left_document_no="",
    )
    if name:
        entry.responsible = name
    session.add(entry)
    session.flush()
    emit(session, Event(EventKind.LIST_ENTERED, subject.id, at, _told(entry, entered_on, "")))
    refresh(session, subject, local_day(at), at)
    return entry


def leave_list(
    session: Session,
    entry: ListEntry,
    *,
    on: date,
    reason: str,
    by: str,
    at: datetime,
    document_no: str = "",
) -> None:
    """End the entry; ``on`` is the first day without effect.

    :raises Refusal: ``lists.already_left``, ``.reason_missing``, ``.leave_before_entry``.
    """
    lock_row(entry)
    if entry.left_on is not None:
        raise Refusal("lists.already_left")
    if not reason.strip():
        raise Refusal("lists.reason_missing")
    if on < entry.entered_on:
        raise Refusal("lists.leave_before_entry")
    entry.left_on, entry.left_reason, entry.left_by = on, reason.strip(), by
    entry.left_document_no = document_no.strip()
    session.flush()
    emit(session, Event(EventKind.LIST_LEFT, entry.subject_id, at, _told(entry, on, reason)))
    refresh(session, session.get_one(Subject, entry.subject_id), local_day(at), at)


def void_entry(session: Session, entry: ListEntry, *, reason: str, by: str, at: datetime) -> None:
    """Its decision was wrong: from its first day on it counts as never made (视同未列入)."""
    lock_row(entry)
    entry.left_on, entry.left_reason, entry.left_by = entry.entered_on, reason.strip(), by
    session.flush()
    on = local_day(at)
    emit(session, Event(EventKind.LIST_LEFT, entry.subject_id, at, _told(entry, on, reason)))
    refresh(session, session.get_one(Subject, entry.subject_id), on, at)


def on_list(session: Session, subject_id: int, which: ListKind, on: date) -> ListEntry | None:
    """The entry that holds on that day, the earliest when there are several."""
    return next((one for one in standing(session, subject_id, on) if one.list == which), None)


def standing(session: Session, subject_id: int, on: date) -> list[ListEntry]:
    """Every entry that holds on a day, past or to come: also none whose period is over then."""
    entries = session.scalars(
        select(ListEntry)
        .where(
            ListEntry.subject_id == subject_id,
            ListEntry.entered_on <= on,
            or_(ListEntry.left_on.is_(None), ListEntry.left_on > on),
        )
        .order_by(ListEntry.entered_on, ListEntry.id)
    ).all()
    ends = {one.id: ends_on(session, one) for one in entries}
    return [one for one in entries if (end := ends[one.id]) is None or end > on]


def entries_of(session: Session, subject_id: int) -> Sequence[ListEntry]:
    """All entries of a subject, past ones too, newest first."""
    return session.scalars(
        select(ListEntry)
        .where(ListEntry.subject_id == subject_id)
        .order_by(ListEntry.entered_on.desc(), ListEntry.id.desc())
    ).all()


def ends_on(session: Session, entry: ListEntry) -> date | None:
    """First day without effect when nobody ends it earlier; ``None`` when its rule is gone.

    The day from which its rule counts is not counted itself, so the day of the same number is
    the last one (civil code art. 201, 202), as it is for records.
    """
    if entry.over_on is not None:
        return entry.over_on
    rule = list_book(session).of_entry(entry.rule, entry.decided_on)
    return _over_on(rule, entry.decided_on, entry.entered_on) if rule else None


def _over_on(rule: ListRule, decided_on: date, entered_on: date) -> date:
    start = decided_on if rule.counts_from == "decision" else entered_on
    return add_months(start, rule.period_months) + timedelta(days=1)


def expire_entries(session: Session, today: date, now: datetime) -> int:
    """End every entry whose period is over; how many. Run daily."""
    entries = session.scalars(
        select(ListEntry).where(
            ListEntry.left_on.is_(None),
            or_(ListEntry.over_on <= today, ListEntry.over_on.is_(None)),
        )
    ).all()
    over = [(entry, on) for entry in entries if (on := ends_on(session, entry)) and on <= today]
    reason = text("lists", "reasons.period_over")
    for entry, on in over:
        leave_list(session, entry, on=on, reason=reason, by=CLOCK, at=now)
    return len(over)


def end_honours(session: Session, today: date, now: datetime) -> int:
    """End honour entries of subjects with a breach in effect; how many. Run daily."""
    entries = session.scalars(
        select(ListEntry).where(
            ListEntry.list == ListKind.HONOUR,
            ListEntry.left_on.is_(None),
            ListEntry.entered_on <= today,
            _breaches(today).where(Record.subject_id == ListEntry.subject_id).exists(),
        )
    ).all()
    for entry in entries:
        breach = _breach_of(session, entry.subject_id, today)
        document_no = breach.document_no if breach else ""
        reason = text("lists", "reasons.breach", document_no=document_no)
        leave_list(session, entry, on=today, reason=reason, by=CLOCK, at=now)
    return len(entries)


def _breaches(on: date) -> Select[Record]:
    """Negative records in effect on a day."""
    return select(Record).where(
        Record.severity.is_not(None),
        Record.state.in_(COUNTING),
        Record.effective_from <= on,
        or_(Record.effective_to.is_(None), Record.effective_to > on),
    )


def _breach_of(session: Session, subject_id: int, on: date) -> Record | None:
    """The newest breach of a subject in effect on a day."""
    newest = (Record.decided_on.desc(), Record.id.desc())
    return session.scalars(
        _breaches(on).where(Record.subject_id == subject_id).order_by(*newest).limit(1)
    ).first()


def _checked_rule(
    book: ListBook, rule_id: str, subject: Subject, decided_on: date, basis: str
) -> ListRule:
    if rule_id not in book:
        raise Refusal("lists.unknown_rule", rule=rule_id)
    rule = book.on(rule_id, decided_on)
    if rule is None:
        raise Refusal("lists.not_in_force", on=decided_on)
    if subject.kind not in rule.kinds:
        raise Refusal("lists.wrong_kind")
    if basis not in rule.basis:
        raise Refusal("lists.unknown_basis", basis=basis)
    return rule


def _open_entry(
    session: Session, subject_id: int, which: ListKind, document_no: str
) -> ListEntry | None:
    return session.scalar(
        select(ListEntry).where(
            ListEntry.subject_id == subject_id,
            ListEntry.list == which,
            ListEntry.document_no == document_no,
            ListEntry.left_on.is_(None),
        )
    )


def _told(entry: ListEntry, on: date, reason: str) -> dict[str, object]:
    return {
        "entry_id": entry.id,
        "list": str(entry.list),
        "rule": entry.rule,
        "document_no": entry.document_no,
        "basis": entry.basis,
        "record_id": entry.record_id,
        "on": on.isoformat(),
        "reason": reason,
    }

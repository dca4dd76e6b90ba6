"""Lists, measures and commitments: what holds today, and one subject's page with the steps."""

from __future__ import annotations

from sqlalchemy import select

from credit_core.access.models import Purpose
from credit_core.accounts.staff import member_of
from credit_core.commitments.models import Commitment
from credit_core.commitments.service import commitments_of
from credit_core.commitments.texts import commitment_book
from credit_core.errors import NotFoundError, Refusal
from credit_core.lists.exit import early_exit_from, exit_early
from credit_core.lists.models import ListEntry
from credit_core.lists.rules import list_book
from credit_core.lists.service import ends_on, enter_list, entries_of, leave_list
from credit_core.measures.catalogue import catalogue
from credit_core.measures.models import Measure, MeasureState
from credit_core.measures.service import measures_of
from credit_core.records.models import COUNTING, Record
from credit_core.records.service import records_of
from credit_core.subjects.models import Subject
from handlers.staff import commitments, measures
from handlers.staff.audit import looked, record
from handlers.staff.find import find_exactly, subject_of
from handlers.staff.page import (
    APPROVER,
    CASES,
    DECIDERS,
    Answer,
    Flash,
    Page,
    Redirect,
    Shown,
    Visit,
    get,
    post,
)
from handlers.staff.rendering import labels

SHOWN = 200
PARTS = ("lists", "measures", "commitments")


def pages() -> list[Page]:
    return [
        get("/lists", show_list, CASES),
        post("/lists", find, CASES),
        get("/lists/of/{subject_id}", show_subject, CASES, writes=True),
        post("/lists/of/{subject_id}", enter, DECIDERS),
        post("/lists/entries/{entry_id}/leave", leave, APPROVER),
        post("/lists/entries/{entry_id}/exit", leave_early, APPROVER),
        *measures.pages(),
        *commitments.pages(),
    ]


def show_list(visit: Visit) -> Answer:
    return _list_page(visit, None)


def find(visit: Visit) -> Answer:
    return _list_page(visit, find_exactly(visit.session, visit.text("q")))


def show_subject(visit: Visit) -> Answer:
    """Everything that binds or honours one subject, so opening it is a look at them."""
    subject = subject_of(visit.session, visit.number("subject_id"))
    seen = labels("seen")["standing"]
    looked(visit, subject, Purpose.SOCIAL_SECURITY, seen, "standing")
    return Shown(
        "standing.html",
        {
            "subject": subject,
            "entries": [
                (entry, ends_on(visit.session, entry), early_exit_from(visit.session, entry))
                for entry in entries_of(visit.session, subject.id)
            ],
            "measures": measures_of(visit.session, subject.id),
            "commitments": commitments_of(visit.session, subject.id),
            "records": {
                str(one.id): f"{one.document_no}（{one.item}）"
                for one in records_of(visit.session, subject)
                if one.state in COUNTING
            },
            "rules": _rules_for(visit, subject),
            "titles": {rule.id: rule.title for rule in list_book(visit.session).all()},
            "catalogue": {
                one.id: one.matter
                for one in catalogue(visit.session).in_force(visit.today)
                if subject.kind in one.objects
            },
            "kinds": {
                str(kind): rule.title
                for kind, rule in commitment_book().kinds.items()
                if subject.kind in rule.signers
            },
            "all_kinds": {str(kind): rule.title for kind, rule in commitment_book().kinds.items()},
        },
    )


def enter(visit: Visit) -> Answer:
    subject = subject_of(visit.session, visit.number("subject_id"))
    rule, _, basis = visit.require("rule").partition("|")
    entry = enter_list(
        visit.session,
        subject,
        rule,
        document_no=visit.text("document_no"),
        decided_on=visit.day("decided_on"),
        entered_on=visit.day("entered_on"),
        basis=basis,
        source_unit=visit.text("source_unit"),
        by=visit.member.actor,
        at=visit.now,
        record_id=own_record(visit, subject).id if visit.text("record") else None,
        responsible_name=visit.text("responsible_name"),
    )
    record(visit, "list.enter", f"list_entry:{entry.id}", entry.rule)
    return back(subject.id, "list_entered")


def leave(visit: Visit) -> Answer:
    entry = _entry(visit)
    leave_list(
        visit.session,
        entry,
        on=visit.day("on"),
        reason=visit.text("reason"),
        by=visit.member.actor,
        at=visit.now,
        document_no=visit.text("document_no"),
    )
    record(visit, "list.leave", f"list_entry:{entry.id}", entry.rule)
    return back(entry.subject_id, "list_left")


def leave_early(visit: Visit) -> Answer:
    """By a decision of the unit that recognised the entry; the page names the day by which the
    exit has to be reported."""
    entry = _entry(visit)
    due = exit_early(
        visit.session,
        entry,
        document_no=visit.text("document_no"),
        reason=visit.text("reason"),
        staff=member_of(visit.session, visit.member.id),
        now=visit.now,
    )
    record(visit, "list.exit", f"list_entry:{entry.id}", entry.rule)
    flash = Flash("list_exited", {"day": due.due.isoformat()})
    return Redirect(f"/lists/of/{entry.subject_id}", flash)


def own_record(visit: Visit, subject: Subject) -> Record:
    """The record that was chosen in the form.

    :raises Refusal: ``form.choice``: none, or another subject's.
    """
    chosen = visit.text("record")
    numbered = chosen.isascii() and chosen.isdigit() and len(chosen) < 20
    found = visit.session.get(Record, int(chosen)) if numbered else None
    if found is None or found.subject_id != subject.id:
        raise Refusal("form.choice")
    return found


def back(subject_id: int, flash: str) -> Redirect:
    return Redirect(f"/lists/of/{subject_id}", Flash(flash))


def _entry(visit: Visit) -> ListEntry:
    entry = visit.session.get(ListEntry, visit.number("entry_id"))
    if entry is None:
        raise NotFoundError("list entry")
    return entry


def _rules_for(visit: Visit, subject: Subject) -> dict[str, str]:
    """Rules that fit the subject today, each with each of its bases."""
    book = list_book(visit.session)
    return {
        f"{rule.id}|{basis}": f"{rule.title}——{book.name_of_basis(basis)}"
        for rule in book.in_force(visit.today)
        if subject.kind in rule.kinds
        for basis in rule.basis
    }


def _list_page(visit: Visit, found: list[Subject] | None) -> Shown:
    part = visit.asked("show") if visit.asked("show") in PARTS else PARTS[0]
    return Shown(
        "lists.html",
        {
            "part": part,
            "parts": PARTS,
            "found": found,
            "rows": _rows(visit, part),
            "titles": {rule.id: rule.title for rule in list_book(visit.session).all()},
            "all_kinds": {str(kind): rule.title for kind, rule in commitment_book().kinds.items()},
        },
    )


def _rows(visit: Visit, part: str) -> list[tuple[ListEntry | Measure | Commitment, Subject]]:
    if part == "lists":
        entries = (
            select(ListEntry, Subject)
            .join(Subject, Subject.id == ListEntry.subject_id)
            .where(ListEntry.left_on.is_(None))
            .order_by(ListEntry.entered_on.desc(), ListEntry.id.desc())
        )
        return [(one, who) for one, who in visit.session.execute(entries.limit(SHOWN))]
    if part == "measures":
        taken = (
            select(Measure, Subject)
            .join(Subject, Subject.id == Measure.subject_id)
            .where(Measure.state != MeasureState.ENDED)
            .order_by(Measure.state.desc(), Measure.ends_on, Measure.id)
        )
        return [(one, who) for one, who in visit.session.execute(taken.limit(SHOWN))]
    given = (
        select(Commitment, Subject)
        .join(Subject, Subject.id == Commitment.subject_id)
        .where(Commitment.state.in_(("asked", "signed")))
        .order_by(Commitment.state, Commitment.due_on, Commitment.id)
    )
    return [(one, who) for one, who in visit.session.execute(given.limit(SHOWN))]

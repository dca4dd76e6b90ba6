"""Commitments: asked for, and found kept, broken or refused."""

from __future__ import annotations

from collections.abc import Callable

from credit_core.accounts.staff import member_of
from credit_core.commitments.consequences import break_commitment, keep, refuse
from credit_core.commitments.models import Commitment, CommitmentKind
from credit_core.commitments.service import ask as ask_for
from credit_core.errors import NotFoundError, Refusal
from credit_core.subjects.models import Subject
from handlers.staff.audit import record
from handlers.staff.find import subject_of
from handlers.staff.page import CLERK, DECIDERS, Answer, Flash, Page, Redirect, Visit, post

MATTER_MOST = 120
Step = Callable[[Visit, Commitment], object]


def pages() -> list[Page]:
    return [
        post("/lists/of/{subject_id}/commitments", ask, CLERK),
        *(
            post(f"/lists/commitments/{{commitment_id}}/{name}", _taken(name, step), DECIDERS)
            for name, step in STEPS.items()
        ),
    ]


def ask(visit: Visit) -> Answer:
    subject = subject_of(visit.session, visit.number("subject_id"))
    kind, due = visit.text("kind"), visit.day("due_on")
    if kind not in {*CommitmentKind}:
        raise Refusal("form.choice")
    if due < visit.today:
        raise Refusal("commitments.due_past")
    asked = ask_for(
        visit.session,
        subject,
        CommitmentKind(kind),
        due_on=due,
        now=visit.now,
        matter=visit.text("matter")[:MATTER_MOST],
    )
    record(visit, "commitment.ask", f"commitment:{asked.id}", kind)
    return Redirect(f"/lists/of/{subject.id}", Flash("commitment_asked"))


def _taken(name: str, step: Step) -> Callable[[Visit], Answer]:
    def take(visit: Visit) -> Answer:
        commitment = visit.session.get(Commitment, visit.number("commitment_id"))
        if commitment is None:
            raise NotFoundError("commitment")
        step(visit, commitment)
        record(visit, f"commitment.{name}", f"commitment:{commitment.id}", commitment.kind)
        return Redirect(f"/lists/of/{commitment.subject_id}", Flash("commitment_settled"))

    return take


def _kept(visit: Visit, commitment: Commitment) -> None:
    staff = member_of(visit.session, visit.member.id)
    keep(visit.session, commitment, staff=staff, now=visit.now, reason=visit.text("reason"))


def _broken(visit: Visit, commitment: Commitment) -> object:
    staff = member_of(visit.session, visit.member.id)
    return break_commitment(
        visit.session, commitment, staff=staff, now=visit.now, reason=visit.text("reason")
    )


def _refused(visit: Visit, commitment: Commitment) -> object:
    """The subject said no, on paper."""
    visit.session.refresh(commitment, with_for_update=True)
    if commitment.state != "asked":
        raise Refusal("commitments.not_asked")
    return refuse(
        visit.session,
        visit.session.get_one(Subject, commitment.subject_id),
        CommitmentKind(commitment.kind),
        now=visit.now,
        by=visit.member.actor,
        document_no=visit.text("document_no") or None,
    )


STEPS: dict[str, Step] = {"kept": _kept, "broken": _broken, "refused": _refused}

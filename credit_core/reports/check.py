"""«May this go ahead?» for other systems: allow, review or block, each with its basis.

Only decisions of law answer with review or block: a list entry, a ban, a suspension, a measure.
A low score alone allows everything, and a statutory entitlement gives way to nothing but a
measure that a law names.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from sqlalchemy.orm import Session

from config.texts import text
from credit_core.errors import Refusal
from credit_core.lists.models import ListKind
from credit_core.lists.rules import list_book
from credit_core.lists.service import ends_on, standing
from credit_core.measures.service import check_contract, measures_in_force
from credit_core.reports.schema import Matter, Trigger, TriggerKind, matters
from credit_core.scoring import Override
from credit_core.scoring.service import on_file
from credit_core.subjects.models import Subject
from credit_core.subjects.service import current


class Verdict(StrEnum):
    ALLOW = "allow"
    """Nothing stands in the way."""
    REVIEW = "review"
    """A person looks at it before it goes on."""
    BLOCK = "block"
    """A decision forbids it while it is in force."""


@dataclass(frozen=True, slots=True)
class Constraint:
    """A decision in force against a subject.

    :ivar title: what it is, in Chinese.
    :ivar item: for overrides the item or ``counter``, for measures the entry of the catalogue,
        for lists the rule.
    :ivar until: last day with effect; None: no end in sight.
    """

    kind: TriggerKind
    title: str
    document_no: str
    basis: str
    until: date | None = None
    item: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """:ivar basis: Chinese sentences, one for each decision that led here."""

    verdict: Verdict
    matter: str
    basis: tuple[str, ...]
    constraints: tuple[Constraint, ...] = ()


def check(
    session: Session,
    subject: Subject,
    matter: str,
    on: date,
    *,
    person: Subject | None = None,
    further: Sequence[Constraint] = (),
) -> Decision:
    """Whether a matter may go ahead for a subject on a day.

    :param person: who shall be legal representative or in charge of the institution, besides
        those who are so already.
    :param further: decisions that stand outside this database.
    :raises Refusal: ``reports.matter``: no such matter.
    """
    rule = matters().get(matter)
    if rule is None:
        raise Refusal("reports.matter", matter=matter[:40])
    if not rule.triggers:
        return decide(matter, rule, ())
    subject = current(session, subject)
    return decide(matter, rule, [*constraints_of(session, subject, on, person), *further])


def decide(name: str, matter: Matter, constraints: Iterable[Constraint]) -> Decision:
    """The heaviest answer that the constraints call for; a pure function."""
    hits = [
        (trigger.then, constraint)
        for constraint in constraints
        for trigger in matter.triggers
        if _meets(trigger, constraint)
    ]
    if not hits:
        key = "statutory" if matter.statutory else "none"
        return Decision(
            Verdict.ALLOW, name, (text("reports", f"decision.{key}", matter=matter.title),)
        )
    verdict = Verdict.BLOCK if any(then == "block" for then, _ in hits) else Verdict.REVIEW
    deciding = tuple(dict.fromkeys(one for then, one in hits if then == verdict))
    return Decision(verdict, name, tuple(map(sentence, deciding)), deciding)


def _meets(trigger: Trigger, constraint: Constraint) -> bool:
    if trigger.kind is not constraint.kind:
        return False
    return not trigger.items or constraint.item in trigger.items


def sentence(constraint: Constraint) -> str:
    return text(
        "reports",
        f"decision.{constraint.kind}",
        title=constraint.title,
        document_no=constraint.document_no,
        basis=constraint.basis,
        until=constraint.until.isoformat() if constraint.until else "",
    )


def constraints_of(
    session: Session, subject: Subject, on: date, person: Subject | None = None
) -> list[Constraint]:
    """Every decision in force against a subject on a day, or against who shall lead it."""
    return [
        *_bans(session, subject, on),
        *(_bans(session, person, on) if person is not None else ()),
        *_lists(session, subject, on),
        *_overrides(session, subject, on),
        *_measures(session, subject, on),
    ]


def _bans(session: Session, subject: Subject, on: date) -> Iterable[Constraint]:
    """A ban follows the person, and stops the institutions that the person is in charge of."""
    for block in check_contract(session, subject, subject, on).blocks:
        last = block.until - timedelta(days=1)
        yield Constraint(TriggerKind.BAN, block.why, block.document_no, block.basis, last)


def _measures(session: Session, subject: Subject, on: date) -> Iterable[Constraint]:
    for measure in measures_in_force(session, subject.id, on):
        ends_on = measure.ended_on or measure.ends_on
        yield Constraint(
            TriggerKind.MEASURE,
            measure.matter,
            measure.document_no,
            measure.basis,
            ends_on - timedelta(days=1),
            measure.catalogue_id,
        )


def _lists(session: Session, subject: Subject, on: date) -> Iterable[Constraint]:
    kinds = {
        ListKind.SEVERE: TriggerKind.SEVERE_LIST,
        ListKind.FOCUS: TriggerKind.FOCUS_LIST,
    }
    book = list_book(session)
    for entry in standing(session, subject.id, on):
        kind = kinds.get(ListKind(entry.list))
        if kind is not None:
            rule = book.of_entry(entry.rule, entry.decided_on)
            end = entry.left_on or ends_on(session, entry)
            yield Constraint(
                kind,
                rule.title if rule else entry.rule,
                entry.document_no,
                entry.basis,
                end - timedelta(days=1) if end else None,
                entry.rule,
            )


def _overrides(session: Session, subject: Subject, on: date) -> Iterable[Constraint]:
    try:
        overrides: Sequence[Override] = on_file(session, subject, on).overrides
    except Refusal:
        return
    for override in overrides:
        if override.kind == TriggerKind.SEVERE_LIST:
            continue  # The list entry itself speaks.
        yield Constraint(
            TriggerKind.OVERRIDE,
            override.title,
            override.document_no,
            override.basis,
            override.effective_to,
            "counter" if override.kind == "counter" else override.item,
        )

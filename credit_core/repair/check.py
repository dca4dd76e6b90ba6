"""May this record be repaired on that day? Each condition says yes or no, and from when yes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from config.texts import text
from credit_core.cases.wording import shown
from credit_core.clock import local_day
from credit_core.commitments.models import Commitment, CommitmentKind, CommitmentState
from credit_core.errors import Refusal
from credit_core.lists.models import ListKind
from credit_core.lists.service import ends_on, on_list
from credit_core.records.models import VOID, Record, RecordState, Severity
from credit_core.repair.facts import facts_of, field_of, negatives, record_class
from credit_core.repair.models import FactKind, RepairFact
from credit_core.repair.rules import ConditionCode, Law, Stay, law_for, stay_in_file
from credit_core.subjects.models import Subject
from credit_core.workdays import add_months


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition on one day.

    :ivar passes_from: first day on which it passes or passed, as far as that can be known
        today; ``None``: somebody has to do something first, or it cannot pass any more.
    :ivar why: one sentence for the person.
    """

    code: ConditionCode
    passed: bool
    passes_from: date | None
    basis: str
    why: str

    def as_json(self) -> dict[str, Any]:
        return {
            "condition": self.code,
            "passed": self.passed,
            "passes_from": self.passes_from,
            "basis": self.basis,
        }


@dataclass(frozen=True, slots=True)
class RepairCheck:
    """:ivar rule_set: the rule set of the minimum period.
    :ivar procedure_rules: the rule set of the steps' working days.
    :ivar ends_on: last day with effect when nothing is done (natural expiry).
    :ivar leaves_on: last day in the file where the place has a law on that (natural repair)."""

    rule_set: str
    procedure_rules: str
    allowed: bool
    conditions: tuple[Condition, ...]
    severity: Severity
    ends_on: date | None
    leaves_on: date | None = None

    def condition(self, code: ConditionCode) -> Condition | None:
        return next((one for one in self.conditions if one.code == code), None)

    def as_json(self) -> dict[str, Any]:
        return {
            "rule_set": self.rule_set,
            "allowed": self.allowed,
            "conditions": [one.as_json() for one in self.conditions],
        }


@dataclass(frozen=True, slots=True)
class _Case:
    session: Session
    record: Record
    severity: Severity
    law: Law
    facts: dict[FactKind, RepairFact]
    on: date
    stay: Stay | None


def check(session: Session, record: Record, on: date, *, city: str = "demo") -> RepairCheck:
    """All conditions of a repair, as if it were applied for on ``on``.

    :param city: the setting ``CITY``; local rules go before national ones.
    :raises Refusal: ``repairs.positive``: nothing to repair; ``repairs.no_rule``.
    """
    severity = record_class(session, record)
    if severity is None:
        raise Refusal("repairs.positive")
    facts = facts_of(session, record)
    law = law_for(
        severity,
        field_of(record, facts),
        decided_on=record.decided_on,
        applied_on=on,
        city=city,
    )
    stay = stay_in_file(
        severity,
        decided_on=record.decided_on,
        occurred_on=record.occurred_on,
        last_day=record.last_day,
        on=on,
        city=city,
    )
    case = _Case(session, record, severity, law, facts, on, stay)
    wanted = dict.fromkeys(("in_file", *law.conditions, *_barred(case)))
    conditions = tuple(_CHECKS[code](case) for code in wanted)
    return RepairCheck(
        rule_set=law.period.id,
        procedure_rules=law.procedure_rules.id,
        allowed=all(condition.passed for condition in conditions),
        conditions=conditions,
        severity=severity,
        ends_on=record.last_day,
        leaves_on=stay.last_day if stay is not None and stay.natural else None,
    )


def minimum_until(decided_on: date, months: int) -> date:
    """First day on which a minimum period of months is reached (T1, T2): the same day number."""
    return add_months(decided_on, months)


def _barred(case: _Case) -> tuple[ConditionCode, ...]:
    """A bar holds under every rule set."""
    return ("not_barred",) if _bar(case) is not None else ()


def _made(
    case: _Case,
    code: ConditionCode,
    passed: bool,
    passes_from: date | None,
    **fields: object,
) -> Condition:
    said = {name: shown(value) for name, value in fields.items()}
    verdict = "passed" if passed else "failed"
    return Condition(
        code,
        passed,
        passes_from,
        case.law.basis_of(code),
        text("repairs", f"conditions.{code}.{verdict}", day=shown(passes_from or "-"), **said),
    )


def _in_file(case: _Case) -> Condition:
    """It stands in the file on that day and was not repaired yet; its effect on the score may
    be over. What became of it later is not known on a past day."""
    record = case.record
    state: str = record.state_on(case.on)
    stay = case.stay
    if state not in VOID:
        if record.effective_from > case.on:
            state = "not_yet"
        elif not record.in_file(case.on) or (stay is not None and case.on > stay.last_day):
            state = "removed" if stay is not None and stay.natural else RecordState.EXPIRED
        elif state == RecordState.EXPIRED and (stay is None or _stopped(record)):
            state = RecordState.EXPIRED
        elif state != RecordState.REPAIRED:
            return _made(case, "in_file", True, record.effective_from)
    first = record.effective_from if state == "not_yet" else None
    words = text("repairs", f"record_states.{state}")
    return _made(case, "in_file", False, first, state=words)


def _stopped(record: Record) -> bool:
    """Its display was stopped before its time, by the outcome of an objection."""
    return (
        record.state == RecordState.EXPIRED
        and record.ended_on is not None
        and (record.effective_to is None or record.ended_on < record.effective_to)
    )


def _minimum_period(case: _Case) -> Condition:
    first = minimum_until(case.record.decided_on, case.law.minimum_months)
    return _made(
        case,
        "minimum_period",
        case.on >= first,
        first,
        months=case.law.minimum_months,
        severity=case.severity,
        decided_on=case.record.decided_on,
    )


def _fact(case: _Case, code: ConditionCode, kind: FactKind) -> Condition:
    fact = case.facts.get(kind)
    since = fact.on if fact else None
    return _made(case, code, since is not None and since <= case.on, since)


def _duties_done(case: _Case) -> Condition:
    return _fact(case, "duties_done", FactKind.DUTIES_DONE)


def _corrected(case: _Case) -> Condition:
    return _fact(case, "corrected", FactKind.CORRECTED)


def _no_new_same_kind(case: _Case) -> Condition:
    """The minimum period begins anew with the newest item of the same kind."""
    record = case.record
    newer = case.session.scalars(
        select(Record)
        .where(
            Record.subject_id == record.subject_id,
            Record.item == record.item,
            Record.decided_on > record.decided_on,
            Record.decided_on <= case.on,
            Record.state.not_in(VOID),
        )
        .order_by(Record.decided_on.desc())
        .limit(1)
    ).first()
    if newer is None:
        return _made(case, "no_new_same_kind", True, record.decided_on)
    again = minimum_until(newer.decided_on, case.law.minimum_months)
    return _made(
        case,
        "no_new_same_kind",
        case.on >= again,
        again,
        newer=newer.decided_on,
        document_no=newer.document_no,
    )


def _no_new_breach(case: _Case) -> Condition:
    months = case.law.period.clean_months or case.law.own.clean_months or 0
    record = case.record
    subject = case.session.get_one(Subject, record.subject_id)
    later = case.session.scalars(
        select(Record).where(
            Record.subject_id == record.subject_id,
            Record.id != record.id,
            Record.decided_on > record.decided_on,
            Record.decided_on <= case.on,
            Record.state.not_in(VOID),
        )
    ).all()
    days = [row.decided_on for row, _ in negatives(case.session, subject, later)]
    start = max([record.decided_on, *days])
    first = add_months(start, months)
    return _made(case, "no_new_breach", case.on >= first, first, months=months, newer=start)


def _public_commitment(case: _Case) -> Condition:
    since = _signed_on(case)
    fact = case.facts.get(FactKind.COMMITMENT)
    if fact is not None and (since is None or fact.on < since):
        since = fact.on
    return _made(case, "public_commitment", since is not None and since <= case.on, since)


def _signed_on(case: _Case) -> date | None:
    signed = case.session.scalars(
        select(Commitment.signed_at)
        .where(
            Commitment.subject_id == case.record.subject_id,
            Commitment.kind == CommitmentKind.REPAIR,
            Commitment.state.in_((CommitmentState.SIGNED, CommitmentState.KEPT)),
            or_(Commitment.record_id == case.record.id, Commitment.record_id.is_(None)),
            Commitment.signed_at.is_not(None),
        )
        .order_by(Commitment.signed_at)
        .limit(1)
    ).first()
    return local_day(signed) if signed else None


def _not_on_severe_list(case: _Case) -> Condition:
    entry = on_list(case.session, case.record.subject_id, ListKind.SEVERE, case.on)
    if entry is None:
        return _made(case, "not_on_severe_list", True, case.record.decided_on)
    ends = entry.left_on or ends_on(case.session, entry)
    return _made(case, "not_on_severe_list", False, ends, document_no=entry.document_no)


def _bar(case: _Case) -> date | None:
    return case.session.scalars(
        select(RepairFact.on)
        .where(
            RepairFact.subject_id == case.record.subject_id,
            RepairFact.fact == FactKind.BARRED,
            RepairFact.withdrawn.is_(False),
        )
        .order_by(RepairFact.on.desc())
        .limit(1)
    ).first()


def _not_barred(case: _Case) -> Condition:
    until = _bar(case)
    passed = until is None or case.on >= until
    return _made(case, "not_barred", passed, until or case.record.decided_on)


_CHECKS: dict[ConditionCode, Callable[[_Case], Condition]] = {
    "in_file": _in_file,
    "minimum_period": _minimum_period,
    "duties_done": _duties_done,
    "corrected": _corrected,
    "no_new_same_kind": _no_new_same_kind,
    "no_new_breach": _no_new_breach,
    "public_commitment": _public_commitment,
    "not_on_severe_list": _not_on_severe_list,
    "not_barred": _not_barred,
}

"""What is known about a subject on a day: from the credit file, from stored facts, as given.

Given facts win over stored ones, stored ones over derived ones. An external score past its
last day of validity is unknown, not low.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from credit_core.errors import Refusal
from credit_core.ids import new_id
from credit_core.lists.models import ListKind
from credit_core.lists.service import standing as standing_on_lists
from credit_core.measures.service import measures_in_force
from credit_core.offers.catalogue import FactCatalogue, Facts, FactValue, fact_catalogue
from credit_core.offers.conditions import written
from credit_core.offers.models import SubjectFact, WalletAccount, WalletEntry
from credit_core.offers.ranking import count_points, point_tables, standing
from credit_core.scoring import score
from credit_core.subjects.models import Subject
from credit_core.subjects.service import age

ADULT = 18
MEASURE_FACTS = {"papers_in_full": "no-promise", "credit_visit_paused": "credit-visit-pause"}
"""Fact → entry of the catalogue of measures: a decision that closes an offer while it runs."""


class RatedLine(Protocol):
    @property
    def negative(self) -> bool: ...


class Rated(Protocol):
    """What offers read of a score."""

    @property
    def evaluated(self) -> bool: ...
    @property
    def score(self) -> int | None: ...
    @property
    def grade(self) -> str | None: ...
    @property
    def lines(self) -> Sequence[RatedLine]: ...
    @property
    def flags(self) -> Sequence[str]: ...


def gather(
    session: Session,
    subject: Subject,
    on: date,
    given: Facts | None = None,
    *,
    rated: Rated | None = None,
    catalogue: FactCatalogue | None = None,
) -> dict[str, FactValue]:
    """Every fact that is known on a day.

    :param given: facts that the person or staff state now, already typed.
    :param rated: the score on that day; None: it is computed.
    """
    catalogue = catalogue or fact_catalogue()
    facts = _of_score(rated or _score(session, subject, on))
    facts.update(_of_file(session, subject, on))
    facts.update(_of_measures(session, subject, on))
    facts.update(_of_wallets(session, subject, on))
    facts.update(_of_rankings(session, subject))
    facts.update(stored_facts(session, subject.id, on, catalogue))
    facts.update(given or {})
    facts.update(_of_indicators(facts))
    return facts


def _score(session: Session, subject: Subject, on: date) -> Rated | None:
    """The score of the day; None before the first rules, when offers without a grade remain."""
    try:
        return score(session, subject, on)
    except Refusal:
        return None


def _of_score(rated: Rated | None) -> dict[str, FactValue]:
    if rated is None:
        return {"evaluated": False}
    facts: dict[str, FactValue] = {
        "evaluated": rated.evaluated,
        "negative_record": any(line.negative for line in rated.lines),
        "benefits_paused": "benefits_paused" in rated.flags,
    }
    if rated.evaluated and rated.score is not None and rated.grade is not None:
        facts["score"] = Decimal(rated.score)
        facts["grade"] = rated.grade
    return facts


def _of_file(session: Session, subject: Subject, on: date) -> dict[str, FactValue]:
    facts: dict[str, FactValue] = {
        "identity_verified": subject.identity_verified,
        "commitment_signed": subject.committed_from is not None and subject.committed_from <= on,
    }
    years = age(subject, on)
    if years is not None:
        facts["age"] = Decimal(years)
        facts["adult"] = years >= ADULT
    listed = {entry.list for entry in standing_on_lists(session, subject.id, on)}
    facts["severe_list"] = ListKind.SEVERE in listed
    facts["honour_list"] = ListKind.HONOUR in listed
    return facts


def _of_measures(session: Session, subject: Subject, on: date) -> dict[str, FactValue]:
    running = {measure.catalogue_id for measure in measures_in_force(session, subject.id, on)}
    return {fact: measure in running for fact, measure in MEASURE_FACTS.items()}


def _of_wallets(session: Session, subject: Subject, on: date) -> dict[str, FactValue]:
    """The balances of the day: what moved later is taken off again."""
    rows = session.execute(
        select(WalletAccount.wallet, WalletAccount.balance).where(
            WalletAccount.subject_id == subject.id
        )
    )
    found = {row.wallet: Decimal(row.balance) for row in rows}
    if not found:
        return {}
    later = session.execute(
        select(WalletEntry.wallet, func.sum(WalletEntry.points).label("points"))
        .where(WalletEntry.subject_id == subject.id, WalletEntry.on > on)
        .group_by(WalletEntry.wallet)
    )
    for row in later:
        found[row.wallet] = max(found[row.wallet] - Decimal(row.points), Decimal(0))
    return dict(found)


def _of_rankings(session: Session, subject: Subject) -> dict[str, FactValue]:
    facts: dict[str, FactValue] = {}
    for table, (points, needed) in standing(session, subject.id).items():
        rule = point_tables()[table]
        facts[rule.gives] = Decimal(points)
        facts[rule.cutoff] = Decimal(needed)
    return facts


def _of_indicators(facts: Facts) -> dict[str, FactValue]:
    """The points of a table from the indicators that are known, where nobody has counted them."""
    found: dict[str, FactValue] = {}
    for table in point_tables().values():
        known = {
            name: written(facts[indicator.fact])
            for name, indicator in table.indicators.items()
            if indicator.fact is not None and indicator.fact in facts
        }
        if known and table.gives not in facts:
            found[table.gives] = Decimal(count_points(table, known).total)
    return found


def stored_facts(
    session: Session, subject_id: int, on: date, catalogue: FactCatalogue | None = None
) -> dict[str, FactValue]:
    """The newest stored value of each fact that is valid on a day."""
    catalogue = catalogue or fact_catalogue()
    rows = session.scalars(
        select(SubjectFact)
        .where(
            SubjectFact.subject_id == subject_id,
            SubjectFact.valid_from <= on,
        )
        .order_by(SubjectFact.valid_from, SubjectFact.id)
    )
    newest = {row.name: row for row in rows}
    return {
        name: catalogue[name].parse(row.value)
        for name, row in newest.items()
        if name in catalogue and (row.valid_to is None or on <= row.valid_to)
    }


def store_fact(
    session: Session,
    subject: Subject,
    name: str,
    value: str,
    *,
    source: str,
    valid_from: date,
    valid_to: date | None = None,
    by: str,
    at: datetime,
) -> SubjectFact:
    """Record a fact that somebody proved.

    :param name: canonical name or alias.
    :raises FactError: no such fact, or a malformed value.
    """
    catalogue = fact_catalogue()
    key = catalogue.canonical(name)
    catalogue.parse({key: value})
    row = SubjectFact(
        id=new_id(),
        subject_id=subject.id,
        name=key,
        value=value.strip(),
        source=source,
        valid_from=valid_from,
        valid_to=valid_to,
        recorded_at=at,
        recorded_by=by,
    )
    session.add(row)
    session.flush()
    return row


def typed(written: Mapping[str, str]) -> dict[str, FactValue]:
    """Facts as a person writes them, checked against the catalogue.

    :raises FactError: one clear line.
    """
    return fact_catalogue().parse(written)

"""Versions of offers that staff write in the console: drafted by one, approved by another.

An approved version stands in the place of the row with the same id in ``config/offers``, or is a
new row; the newest approved one holds. The text is the same YAML, refused with the same faults.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from credit_core.datafile import load_text
from credit_core.errors import Refusal
from credit_core.ids import new_id
from credit_core.offers.book import OfferBook, file_book
from credit_core.offers.catalogue import FactValue, fact_catalogue
from credit_core.offers.conditions import Situation
from credit_core.offers.engine import evaluate_offer
from credit_core.offers.models import OfferVersion, OfferVersionState
from credit_core.offers.schema import Offer, OfferFile
from credit_core.subjects.models import Subject, SubjectStatus


def parse_offer(content: str, name: str = "offer.yaml") -> Offer:
    """The one row in a text.

    :raises DataFileError: at the first fault, with its line.
    :raises Refusal: ``offers.one_row``: there are several.
    """
    rows = load_text(content, OfferFile, name=name, context=fact_catalogue()).rows
    if len(rows) != 1:
        raise Refusal("offers.one_row")
    return rows[0]


def draft_version(session: Session, content: str, *, by: str, at: datetime) -> OfferVersion:
    """:raises DataFileError: or :raises Refusal: as :func:`parse_offer`."""
    offer = parse_offer(content)
    row = OfferVersion(
        id=new_id(), offer_id=offer.id, content=content, drafted_by=by, drafted_at=at
    )
    row.state = OfferVersionState.DRAFT
    session.add(row)
    session.flush()
    return row


def approve_version(session: Session, version: OfferVersion, *, by: str, at: datetime) -> None:
    """Let a draft hold from now on.

    :raises Refusal: ``offers.not_draft`` or ``offers.own_draft``.
    """
    if version.state != OfferVersionState.DRAFT:
        raise Refusal("offers.not_draft")
    if version.drafted_by == by:
        raise Refusal("offers.own_draft")
    parse_offer(version.content)
    version.state = OfferVersionState.APPROVED
    version.approved_by, version.approved_at = by, at
    session.flush()


def withdraw_version(session: Session, version: OfferVersion) -> None:
    """Take a draft or an approved version back; codes that were claimed stay good."""
    version.state = OfferVersionState.WITHDRAWN
    session.flush()


def book_in_use(session: Session) -> OfferBook:
    """The files with approved versions in front of them."""
    key = session.execute(
        select(func.count(), func.max(OfferVersion.id), func.max(OfferVersion.approved_at)).where(
            OfferVersion.state == OfferVersionState.APPROVED
        )
    ).one()
    if not key[0]:
        return file_book()
    rows = session.scalars(
        select(OfferVersion)
        .where(OfferVersion.state == OfferVersionState.APPROVED)
        .order_by(OfferVersion.approved_at, OfferVersion.id)
    )
    offers = {offer.id: offer for offer in file_book().all()}
    offers.update({row.offer_id: _parsed(row.id, row.content) for row in rows})
    return OfferBook(offers.values(), fact_catalogue())


@lru_cache(maxsize=256)
def _parsed(version_id: int, content: str) -> Offer:
    return parse_offer(content, f"offer_version-{version_id}.yaml")


@dataclass(frozen=True, slots=True)
class Change:
    """How many subjects of one kind and grade an edit touches.

    :ivar before: whether the offer is open to them today, as far as the grade tells.
    """

    kind: str
    grade: str | None
    subjects: int
    before: bool
    after: bool


def preview(session: Session, content: str, on: date) -> list[Change]:
    """Whom a draft would open or close the offer to, by kind and stored grade.

    What a grade cannot tell (titles, external scores, amounts) counts as not open on both sides.

    :raises DataFileError: or :raises Refusal: as :func:`parse_offer`.
    """
    wanted = parse_offer(content)
    held = book_in_use(session).get(wanted.id)
    groups = session.execute(
        select(Subject.kind, Subject.grade, func.count().label("subjects"))
        .where(Subject.status == SubjectStatus.ACTIVE)
        .group_by(Subject.kind, Subject.grade)
        .order_by(Subject.kind, Subject.grade)
    )
    changes = [
        Change(
            row.kind,
            row.grade,
            int(row.subjects),
            held is not None and _open_by_grade(held, row.kind, row.grade, on),
            _open_by_grade(wanted, row.kind, row.grade, on),
        )
        for row in groups
    ]
    return [change for change in changes if change.before != change.after]


def _open_by_grade(offer: Offer, kind: str, grade: str | None, on: date) -> bool:
    facts: dict[str, FactValue] = {"evaluated": grade is not None}
    if grade is not None:
        facts["grade"] = grade
    situation = Situation(on, facts, fact_catalogue(), {})
    return offer.in_force(on) and evaluate_offer(offer, kind, situation).open

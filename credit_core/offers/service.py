"""The door for conversations, pages and the command line: offers of one subject."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from sqlalchemy.orm import Session

from credit_core.errors import NotFoundError, Refusal
from credit_core.offers.book import OfferBook, offer_book
from credit_core.offers.catalogue import Facts
from credit_core.offers.conditions import Situation
from credit_core.offers.engine import OfferState, evaluate_book, evaluate_offer
from credit_core.offers.facts import Rated, gather
from credit_core.rules.book import rule_book
from credit_core.subjects.models import Subject


def evaluate_offers(
    session: Session,
    subject: Subject,
    on: date,
    facts: Facts | None = None,
    *,
    rated: Rated | None = None,
    book: OfferBook | None = None,
    every_kind: bool = False,
) -> list[OfferState]:
    """What is open to a subject on a day, what is closed and why; those of this city first.

    :param facts: typed facts that are stated now (see :func:`credit_core.offers.facts.typed`).
    :param rated: the score on that day when it is at hand already.
    :param every_kind: also offers for other kinds of subject, shown closed.
    """
    book = book or offer_book(session)
    known, floors = _situation(session, subject, on, facts, rated, book)
    return evaluate_book(book, subject.kind, on, known, floors=floors, every_kind=every_kind)


def evaluate_one(
    session: Session,
    subject: Subject,
    offer_id: str,
    on: date,
    facts: Facts | None = None,
    *,
    rated: Rated | None = None,
    book: OfferBook | None = None,
) -> OfferState:
    """One offer as one subject meets it.

    :raises NotFoundError: no such offer on that day.
    """
    book = book or offer_book(session)
    offer = book.on(offer_id, on)
    if offer is None:
        raise NotFoundError(f"no offer {offer_id!r} on {on}")
    known, floors = _situation(session, subject, on, facts, rated, book)
    return evaluate_offer(offer, subject.kind, Situation(on, known, book.catalogue, dict(floors)))


def _situation(
    session: Session,
    subject: Subject,
    on: date,
    stated: Facts | None,
    rated: Rated | None,
    book: OfferBook,
) -> tuple[Facts, Mapping[str, int]]:
    """Every known fact and the floors of the grades; a stated score brings its own grade."""
    floors = grade_floors(session, subject.kind, on)
    stated = dict(stated or {})
    score = stated.get("score")
    if isinstance(score, Decimal) and "grade" not in stated:
        reached = [grade for grade, least in floors.items() if least <= score]
        if reached:
            stated |= {"grade": max(reached, key=floors.__getitem__), "evaluated": True}
    known = gather(session, subject, on, stated, rated=rated, catalogue=book.catalogue)
    return known, floors


def grade_floors(session: Session, kind: str, on: date) -> Mapping[str, int]:
    """Grade → least score by the rules of the day; empty before the first rules."""
    try:
        rules = rule_book(session).on(kind, on).rules
    except Refusal:
        return {}
    return {grade.grade: grade.at_least for grade in rules.grades}

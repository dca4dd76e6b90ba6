"""Versions of offers: one row of a file of offers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from config.settings import DATA
from config.texts import text
from credit_core.offers.book import OTHER, offer_book, parse_offer
from credit_core.offers.catalogue import FactValue, fact_catalogue
from credit_core.offers.conditions import Situation
from credit_core.offers.engine import evaluate_offer
from credit_core.offers.schema import Offer
from credit_core.subjects.models import Subject, SubjectStatus
from credit_core.versions.differences import Difference, changed
from credit_core.versions.models import ConfigVersion, TopicKey
from credit_core.versions.store import Effect, Heading
from credit_core.versions.texts import begun_text

FILES = [path for path in sorted((DATA / "offers").glob("*.yaml")) if path.name not in OTHER]


class OfferTopic:
    key = TopicKey.OFFERS

    def heading(self, _session: Session, content: str, /) -> Heading:
        return _heading(parse_offer(content))

    def rows(self, session: Session, on: date, /) -> Sequence[Heading]:
        return [_heading(offer) for offer in offer_book(session).in_force(on)]

    def begun(self, session: Session, name: str, on: date, /) -> str | None:
        return begun_text(session, self.key, name, FILES, "offers", on)

    def differences(self, session: Session, content: str, on: date, /) -> Sequence[Difference]:
        wanted = parse_offer(content)
        held = offer_book(session).on(wanted.id, on)
        return changed(_plain(held) if held else None, _plain(wanted))

    def effects(self, session: Session, content: str, on: date, /) -> Sequence[Effect]:
        """Whom it would open or close the offer to, by kind and stored grade.

        What a grade cannot tell (titles, external scores, amounts) counts as not open on both
        sides.
        """
        wanted = parse_offer(content)
        held = offer_book(session).on(wanted.id, on)
        groups = session.execute(
            select(Subject.kind, Subject.grade, func.count().label("subjects"))
            .where(Subject.status == SubjectStatus.ACTIVE)
            .group_by(Subject.kind, Subject.grade)
            .order_by(Subject.kind, Subject.grade)
        )
        found = []
        for row in groups:
            before = held is not None and _open_by_grade(held, row.kind, row.grade, on)
            after = _open_by_grade(wanted, row.kind, row.grade, on)
            if before != after:
                says = text(
                    "versions",
                    "effects.opened" if after else "effects.closed",
                    kind=text("offers", f"kinds.{row.kind}"),
                    grade=row.grade or text("versions", "effects.no_grade"),
                )
                found.append(Effect(says, int(row.subjects)))
        return found

    def approved(self, _session: Session, _version: ConfigVersion, /) -> None:
        return


def _heading(offer: Offer) -> Heading:
    return Heading(offer.id, offer.title, offer.effective_from, offer.effective_to)


def _plain(offer: Offer) -> dict[str, object]:
    return offer.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_defaults=True)


def _open_by_grade(offer: Offer, kind: str, grade: str | None, on: date) -> bool:
    facts: dict[str, FactValue] = {"evaluated": grade is not None}
    if grade is not None:
        facts["grade"] = grade
    ended = offer.effective_to is not None and offer.effective_to < on
    situation = Situation(on, facts, fact_catalogue(), {})
    return not ended and evaluate_offer(offer, kind, situation).open

"""Versions of the catalogue of measures: one kind of measure with its six fields."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from config.settings import DATA
from config.texts import text
from credit_core.datafile import load_text
from credit_core.errors import Refusal
from credit_core.measures.catalogue import Catalogue, CatalogueEntry, catalogue
from credit_core.measures.models import Measure, MeasureState
from credit_core.versions.differences import Difference, changed
from credit_core.versions.models import ConfigVersion, TopicKey
from credit_core.versions.store import NAME, Effect, Heading
from credit_core.versions.texts import begun_text

FILES = [DATA / "measures" / "catalogue.yaml"]


class MeasureTopic:
    key = TopicKey.MEASURES

    def heading(self, _session: Session, content: str, /) -> Heading:
        return _heading(_parsed(content))

    def rows(self, session: Session, on: date, /) -> Sequence[Heading]:
        return [_heading(entry) for entry in catalogue(session).in_force(on)]

    def begun(self, session: Session, name: str, on: date, /) -> str | None:
        return begun_text(session, self.key, name, FILES, "measures", on)

    def differences(self, session: Session, content: str, on: date, /) -> Sequence[Difference]:
        wanted = _parsed(content)
        held = catalogue(session).on(wanted.id, on)
        return changed(
            held.model_dump(mode="json") if held else None, wanted.model_dump(mode="json")
        )

    def effects(self, session: Session, content: str, _on: date, /) -> Sequence[Effect]:
        """Measures that run keep what they were approved with; drafts are looked at again."""
        wanted = _parsed(content)
        counts = session.execute(
            select(Measure.state, func.count().label("measures"))
            .where(Measure.catalogue_id == wanted.id, Measure.state != MeasureState.ENDED)
            .group_by(Measure.state)
        )
        found = {row.state: int(row.measures) for row in counts}
        return [
            Effect(text("versions", f"effects.measures_{state}"), found.get(state, 0))
            for state in (MeasureState.DRAFT, MeasureState.ACTIVE)
        ]

    def approved(self, _session: Session, _version: ConfigVersion, /) -> None:
        return


def _parsed(content: str) -> CatalogueEntry:
    rows = load_text(content, Catalogue, name=NAME).measures
    if len(rows) != 1:
        raise Refusal("versions.one_row")
    return rows[0]


def _heading(entry: CatalogueEntry) -> Heading:
    return Heading(entry.id, entry.matter, entry.effective_from, entry.effective_to)

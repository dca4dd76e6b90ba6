"""The catalogue of measures: six fields each, tied to the class of the decision."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import cache, lru_cache
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy.orm import Session

from config.settings import DATA
from config.texts import text
from credit_core.datafile import Date, PartError, Truth, Whole, Words, first_twice, load, load_text
from credit_core.records.models import Severity
from credit_core.subjects.models import SubjectKind
from credit_core.versions.models import TopicKey
from credit_core.versions.store import NAME, Approved, approved, holding

CLASSES = (Severity.MINOR, Severity.GENERAL, Severity.SEVERE)
"""Lightest first."""


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class CatalogueEntry(_Shape):
    """The six fields are matter, body, objects, means, basis and months."""

    id: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    matter: Words
    type: Literal["行政性", "市场性", "行业性"]
    direction: Literal["constraint", "reward"]
    body: Words
    objects: tuple[SubjectKind, ...] = Field(min_length=1)
    means: Words
    basis: Words
    months: tuple[Whole, Whole]
    """Shortest and longest."""
    least_class: Severity | None = None
    """The lightest class of a record that it may rest on; constraints need one."""
    lasting: Truth = False
    blocks_contract: Truth = False
    confirmed: Truth
    effective_from: Date
    effective_to: Date | None = None
    """First and last day on which a measure of this kind may begin."""

    @model_validator(mode="after")
    def _whole(self) -> CatalogueEntry:
        least, most = self.months
        if not 1 <= least <= most <= 120:
            raise PartError(("months",), text("measures", "faults.months"))
        if self.direction == "constraint" and self.least_class is None:
            raise PartError(("least_class",), text("measures", "faults.least_class"))
        if self.effective_to is not None and self.effective_to < self.effective_from:
            raise PartError(("effective_to",), text("datafile", "value.ends_first"))
        return self


class Catalogue(_Shape):
    measures: tuple[CatalogueEntry, ...]

    @model_validator(mode="after")
    def _unique(self) -> Catalogue:
        number = first_twice([entry.id for entry in self.measures])
        if number is not None:
            said = text("datafile", "value.twice", value=self.measures[number].id)
            raise PartError(("measures", number, "id"), said)
        return self


class MeasureBook:
    """Kinds of measure by id and day; of several rows with one id the one that began last
    holds."""

    def __init__(self, entries: Iterable[CatalogueEntry]) -> None:
        """:param entries: versions of staff after the rows that they stand in front of."""
        self._rows: dict[str, list[CatalogueEntry]] = {}
        for entry in entries:
            self._rows.setdefault(entry.id, []).append(entry)

    def __contains__(self, entry_id: object) -> bool:
        return entry_id in self._rows

    def on(self, entry_id: str, day: date) -> CatalogueEntry | None:
        """The row that holds on a day, if any."""
        return holding(self._rows.get(entry_id, ()), day)

    def in_force(self, day: date) -> list[CatalogueEntry]:
        found = (holding(rows, day) for rows in self._rows.values())
        return [entry for entry in found if entry is not None]

    def all(self) -> list[CatalogueEntry]:
        return [entry for rows in self._rows.values() for entry in rows]


@cache
def file_catalogue() -> Catalogue:
    """The rows of ``config/measures/catalogue.yaml``."""
    return load(DATA / "measures" / "catalogue.yaml", Catalogue)


def catalogue(session: Session) -> MeasureBook:
    """The kinds in use: the file, with approved versions of staff in front of it."""
    return _book(approved(session, TopicKey.MEASURES))


@lru_cache(maxsize=8)
def _book(versions: tuple[Approved, ...]) -> MeasureBook:
    newer = (load_text(one.content, Catalogue, name=NAME).measures for one in versions)
    return MeasureBook((*file_catalogue().measures, *(entry for rows in newer for entry in rows)))

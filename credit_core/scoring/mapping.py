"""The medical-insurance grade in the words of others: city score, letters between cities, acts.

All of it is data in ``config/rules/codes``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, RootModel, model_validator

from config.texts import text
from credit_core.datafile import Date, PartError, Whole, Words, load
from credit_core.errors import Refusal
from credit_core.rules.book import DIRECTORY, RuleBook
from credit_core.rules.schema import SourceMark
from credit_core.scoring.result import Score
from credit_core.subjects.models import SubjectKind

CODES = DIRECTORY / "codes"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CityMapping(_Strict):
    """What a grade adds to the city's own score, for some kinds and a period."""

    id: Words
    effective_from: Date
    effective_to: Date | None = None
    source_mark: SourceMark
    basis: Words
    last_checked: Date
    kinds: Annotated[tuple[SubjectKind, ...], Field(min_length=1)]
    delta: Annotated[dict[str, Whole], Field(min_length=1)]

    @model_validator(mode="after")
    def _in_order(self) -> CityMapping:
        if self.effective_to is not None and self.effective_to < self.effective_from:
            raise PartError(("effective_to",), text("datafile", "value.ends_first"))
        return self

    def holds(self, kind: str, on: date) -> bool:
        begun = self.effective_from <= on
        return (
            kind in self.kinds and begun and (self.effective_to is None or on <= self.effective_to)
        )


class Mappings(RootModel[tuple[CityMapping, ...]]):
    @model_validator(mode="after")
    def _one_a_day(self) -> Mappings:
        """Of two rows for one kind and day, only the first would ever speak."""
        for number, one in enumerate(self.root):
            for other in self.root[:number]:
                apart = _before(one, other) or _before(other, one)
                if not apart and set(one.kinds) & set(other.kinds):
                    said = text("scoring", "faults.mapping_overlap", other=other.id)
                    raise PartError((number, "effective_from"), said)
        return self


def _before(one: CityMapping, other: CityMapping) -> bool:
    return one.effective_to is not None and one.effective_to < other.effective_from


class Act(_Strict):
    """One of the fourteen dishonest acts; numbers as in the source, there is no 13."""

    number: Annotated[Whole, Field(ge=1)]
    title: Words
    article: Literal[38, 39, 40, 41]
    items: tuple[str, ...]


class Acts(_Strict):
    source: str
    last_checked: Date
    acts: tuple[Act, ...]


@dataclass(frozen=True, slots=True)
class CityScore:
    """Change of the city score by a grade, with the mapping that says so."""

    delta: int
    mapping: str
    source_mark: str


@cache
def _mappings() -> tuple[CityMapping, ...]:
    return load(CODES / "mapping.yaml", Mappings).root


@cache
def acts() -> tuple[Act, ...]:
    """The fourteen dishonest acts with article and items."""
    return load(CODES / "acts.yaml", Acts).acts


def act(number: int) -> Act:
    """One act by its number.

    :raises Refusal: ``score.no_act``.
    """
    for one in acts():
        if one.number == number:
            return one
    raise Refusal("score.no_act", number=number)


def city_score(made: Score) -> CityScore | None:
    """What a score adds to the city's own; None: not evaluated or no mapping for this kind."""
    if made.grade is None:
        return None
    for mapping in _mappings():
        if mapping.holds(made.kind, made.on) and made.grade in mapping.delta:
            return CityScore(mapping.delta[made.grade], mapping.id, mapping.source_mark)
    return None


def letter(book: RuleBook, made: Score) -> str | None:
    """The letter that other cities are told; None: not evaluated."""
    if made.grade is None:
        return None
    grades = book.on(made.kind, made.on).rules.grades
    return next(one.letter for one in grades if one.grade == made.grade)

"""The catalogue of measures: six fields each, tied to the class of the decision."""

from __future__ import annotations

from functools import cache
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from config.settings import DATA
from credit_core.datafile import load
from credit_core.records.models import Severity
from credit_core.subjects.models import SubjectKind

CLASSES = (Severity.MINOR, Severity.GENERAL, Severity.SEVERE)
"""Lightest first."""


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CatalogueEntry(_Shape):
    """The six fields are matter, body, objects, means, basis and months."""

    id: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    matter: str = Field(min_length=1)
    type: Literal["行政性", "市场性", "行业性"]
    direction: Literal["constraint", "reward"]
    body: str = Field(min_length=1)
    objects: tuple[SubjectKind, ...] = Field(min_length=1)
    means: str = Field(min_length=1)
    basis: str = Field(min_length=1)
    months: tuple[int, int]
    """Shortest and longest."""
    least_class: Severity | None = None
    """The lightest class of a record that it may rest on; constraints need one."""
    lasting: bool = False
    blocks_contract: bool = False
    confirmed: bool

    @model_validator(mode="after")
    def _whole(self) -> CatalogueEntry:
        least, most = self.months
        if not 1 <= least <= most <= 120:
            raise ValueError("months must be [shortest, longest], 1 to 120")
        if self.direction == "constraint" and self.least_class is None:
            raise ValueError("a constraint needs least_class")
        return self


class Catalogue(_Shape):
    measures: tuple[CatalogueEntry, ...]

    @model_validator(mode="after")
    def _unique(self) -> Catalogue:
        names = [entry.id for entry in self.measures]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"measure {twice[0]!r} stands twice")
        return self

    def entry(self, entry_id: str) -> CatalogueEntry | None:
        return next((entry for entry in self.measures if entry.id == entry_id), None)


@cache
def catalogue() -> Catalogue:
    return load(DATA / "measures" / "catalogue.yaml", Catalogue)

"""What ``config/reports`` says: the sections of a report and the matters of a check."""

from __future__ import annotations

from enum import StrEnum
from fnmatch import fnmatchcase
from functools import cache
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from config.settings import DATA
from config.texts import text
from credit_core.datafile import PartError, Truth, Words, load

SECTIONS = (
    "basic",
    "business",
    "finance",
    "bank",
    "contract",
    "supervision",
    "judicial",
    "network",
    "other",
)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SectionRule(_Strict):
    """Which records stand in a section: by item, or by words in the name of the source unit."""

    id: str
    title: Words
    items: tuple[str, ...] = ()
    source_units: tuple[str, ...] = ()

    def takes(self, item: str, source_unit: str) -> bool:
        if any(word in source_unit for word in self.source_units):
            return True
        return any(fnmatchcase(item, one) for one in self.items)


class SectionFile(_Strict):
    """The nine sections in their order, and for how long a report is valid."""

    valid_years: Literal[1]
    """A report is good for one year at most; the figure is stated, not chosen."""
    sections: tuple[SectionRule, ...]

    @model_validator(mode="after")
    def _nine(self) -> Self:
        if tuple(section.id for section in self.sections) != SECTIONS:
            raise PartError(
                ("sections",), text("reports", "faults.sections", ids="、".join(SECTIONS))
            )
        return self

    def section_of(self, item: str, source_unit: str) -> str:
        """The section of a record; words of the source unit win over the item."""
        by_unit = [one for one in self.sections if one.source_units and one.takes("", source_unit)]
        by_item = [one for one in self.sections if one.takes(item, "")]
        return [*by_unit, *by_item, self.sections[-1]][0].id


class TriggerKind(StrEnum):
    """Decisions that can stop or slow a matter; a score is none of them."""

    BAN = "ban"
    SEVERE_LIST = "severe_list"
    FOCUS_LIST = "focus_list"
    OVERRIDE = "override"
    MEASURE = "measure"


class Trigger(_Strict):
    kind: TriggerKind = Field(alias="when")
    then: Literal["review", "block"]
    items: tuple[str, ...] = ()
    """For overrides the items (or ``counter``) whose decision counts; for measures the entries
    of the catalogue."""

    @model_validator(mode="after")
    def _items_where_needed(self) -> Self:
        named = self.kind in {TriggerKind.OVERRIDE, TriggerKind.MEASURE}
        if named != bool(self.items):
            raise PartError(("items",), text("reports", "faults.items"))
        return self


class Matter(_Strict):
    """Something that another system wants to do for or with a subject."""

    title: Words
    statutory: Truth = False
    """A right of law: only a measure that a law names can touch it."""
    triggers: tuple[Trigger, ...] = ()

    @model_validator(mode="after")
    def _nothing_stops_a_right(self) -> Self:
        for number, one in enumerate(self.triggers):
            if self.statutory and one.kind is not TriggerKind.MEASURE:
                raise PartError(("triggers", number, "when"), text("reports", "faults.statutory"))
        return self


class MatterFile(_Strict):
    matters: dict[str, Matter]


@cache
def section_file() -> SectionFile:
    return load(DATA / "reports" / "sections.yaml", SectionFile)


class PurposeFile(_Strict):
    """What a third-party report may be used for."""

    purposes: dict[str, Words] = Field(min_length=1)


@cache
def purposes() -> dict[str, str]:
    """Purpose → its Chinese name."""
    return load(DATA / "reports" / "purposes.yaml", PurposeFile).purposes


@cache
def matters() -> dict[str, Matter]:
    return load(DATA / "reports" / "matters.yaml", MatterFile).matters

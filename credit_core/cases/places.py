"""Which local rules an installation follows: from the setting ``CITY`` to a place of the data."""

from __future__ import annotations

from functools import cache

from pydantic import BaseModel, ConfigDict, model_validator

from config.settings import DATA
from config.texts import text
from credit_core.datafile import load


class _Place(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    aliases: tuple[str, ...]
    reviewer: str


class _Places(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    default: str
    places: dict[str, _Place]

    @model_validator(mode="after")
    def _names_are_unique(self) -> _Places:
        names = [name for key, place in self.places.items() for name in (key, *place.aliases)]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(text("cases", "faults.place_twice", alias=twice[0]))
        if self.default not in self.places:
            raise ValueError(text("cases", "faults.default_unknown", place=self.default))
        return self


@cache
def _places() -> _Places:
    return load(DATA / "places.yaml", _Places)


@cache
def place_of_city(city: str) -> str:
    """The place whose rules ``city`` follows; an unknown city follows the national ones.

    >>> place_of_city("weihai")
    '山东'
    """
    table = _places()
    wanted = city.strip().lower()
    for name, place in table.places.items():
        if wanted == name or wanted in place.aliases or wanted.rstrip("市县") in place.aliases:
            return name
    return table.default


def reviewer_of(place: str) -> str:
    """Who reviews a decision that was made in ``place``, as a text for people."""
    table = _places()
    return table.places.get(place, table.places[table.default]).reviewer

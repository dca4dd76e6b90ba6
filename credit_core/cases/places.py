"""Which local rules an installation follows: from the setting ``CITY`` to a place of the data."""

from __future__ import annotations

from functools import cache

from pydantic import BaseModel, ConfigDict, model_validator

from config.settings import DATA
from config.texts import text
from credit_core.datafile import PartError, Words, load


class _Place(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    aliases: tuple[Words, ...]
    reviewer: Words


class Places(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    default: str
    places: dict[str, _Place]

    @model_validator(mode="after")
    def _names_are_unique(self) -> Places:
        taken = set(self.places)
        for name, place in self.places.items():
            for number, alias in enumerate(place.aliases):
                if alias in taken:
                    said = text("cases", "faults.place_twice", alias=alias)
                    raise PartError(("places", name, "aliases", number), said)
                taken.add(alias)
        if self.default not in self.places:
            said = text("cases", "faults.default_unknown", place=self.default)
            raise PartError(("default",), said)
        return self


@cache
def _places() -> Places:
    return load(DATA / "places.yaml", Places)


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

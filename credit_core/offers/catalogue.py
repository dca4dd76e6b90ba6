"""The catalogue of facts: what an offer may ask about a subject, and how a value is written.

A fact has one canonical name, Chinese and English aliases, a type and its bounds. Conditions of
offers name facts; values come from the credit file (grade, score, age), from what is stored for
the subject (titles, village ratings, external scores) or from the person who asks.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, model_validator

from config.settings import DATA
from config.texts import text
from credit_core.datafile import PartError, Words, load
from credit_core.errors import CreditError

FactValue = Decimal | bool | date | str
Facts = Mapping[str, FactValue]
"""Canonical fact name → typed value; a fact that is not in it is unknown."""

_YES = frozenset({"true", "yes", "y", "1", "是", "有", "对"})
_NO = frozenset({"false", "no", "n", "0", "否", "无", "没有"})
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)
_LONGEST = 20
_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?", re.ASCII)


def _says(fault: str, /, **fields: object) -> str:
    return text("offers", f"faults.{fault}", **fields)


class FactError(CreditError):
    """A fact has no such name, or its value is malformed; the message is one clear line."""


class FactType(StrEnum):
    NUMBER = "number"
    """A decimal number: scores, rates, hours."""
    COUNT = "count"
    """A whole number."""
    YUAN = "yuan"
    """Money with at most two decimals."""
    YES_NO = "yes_no"
    DATE = "date"
    CHOICE = "choice"
    """One of ``options``."""
    LEVEL = "level"
    """One of ``options``, which stand from lowest to highest."""
    TEXT = "text"


NUMERIC = frozenset({FactType.NUMBER, FactType.COUNT, FactType.YUAN})
LARGEST = Decimal(10) ** 12
_STEP = {FactType.COUNT: Decimal(1), FactType.YUAN: Decimal("0.01")}


class Fact(BaseModel):
    """One fact of the catalogue."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: Words
    type: FactType
    aliases: tuple[str, ...] = ()
    unit: str = ""
    least: Decimal | None = None
    most: Decimal | None = None
    step: Decimal | None = None
    """Smallest difference that people count in; a score moves by 1."""
    options: tuple[str, ...] = ()
    synonyms: dict[str, str] = {}
    """Other words for an option, such as ``township`` for 乡镇级."""
    default: str | None = None
    """What holds while nothing else is known (``no`` for a blot that nobody recorded)."""
    otherwise: str | None = None
    """Another fact that stands in for this one, such as ``amount`` for a self-paid amount."""
    how: str = ""
    """Chinese: how a person proves this fact."""
    unknown: str = ""
    """Chinese: what to say while it is unknown, where the general sentence would mislead."""

    @model_validator(mode="after")
    def _options_where_needed(self) -> Self:
        if (self.type in {FactType.CHOICE, FactType.LEVEL}) != bool(self.options):
            raise PartError(("options",), _says("options"))
        stray = [word for word, option in self.synonyms.items() if option not in self.options]
        if stray:
            raise PartError(("synonyms", stray[0]), _says("synonym", word=stray[0]))
        if self.least is not None and self.most is not None and self.least > self.most:
            raise PartError(("least",), _says("bounds", most=self.most))
        return self

    @property
    def smallest(self) -> Decimal | None:
        return self.step or _STEP.get(self.type)

    def parse(self, written: str) -> FactValue:
        """The typed value of what somebody wrote.

        :raises FactError: what is wrong with it and what would be right.
        """
        value = unicodedata.normalize("NFKC", written).strip()
        if self.type in NUMERIC:
            return self._number(value)
        if self.type is FactType.YES_NO:
            return _yes_no(value)
        if self.type is FactType.DATE:
            return _day(value)
        if self.options:
            return self._option(value)
        if not value:
            raise FactError(_says("empty"))
        return value

    def _number(self, value: str) -> Decimal:
        if not _NUMBER.fullmatch(value) or len(value) > _LONGEST:
            raise FactError(_says("number", value=value))
        number = Decimal(value)
        if abs(number) > LARGEST:
            raise FactError(_says("too_large", value=value))
        if self.type is FactType.COUNT and number != number.to_integral_value():
            raise FactError(_says("whole", value=value))
        if self.type is FactType.YUAN and number * 100 % 1 != 0:
            raise FactError(_says("cents", value=value))
        if self.least is not None and number < self.least:
            raise FactError(_says("below", value=value, least=self.least))
        if self.most is not None and number > self.most:
            raise FactError(_says("above", value=value, most=self.most))
        return number

    def _option(self, value: str) -> str:
        for option in self.options:
            if option.casefold() == value.casefold():
                return option
        for word, option in self.synonyms.items():
            if _folded(word) == _folded(value):
                return option
        raise FactError(_says("option", value=value, options="、".join(self.options)))

    def rank(self, value: FactValue) -> int:
        """Position of a level, from 0 for the lowest."""
        return self.options.index(str(value))


def _yes_no(value: str) -> bool:
    if value.casefold() in _YES:
        return True
    if value.casefold() in _NO:
        return False
    raise FactError(_says("yes_no", value=value))


def _day(value: str) -> date:
    parts = _DAY.fullmatch(value)
    try:
        if parts:
            return date(*(int(part) for part in parts.groups()))
    except ValueError:
        pass  # Such as 30 February: told below.
    raise FactError(_says("day", value=value))


class FactCatalogue(BaseModel):
    """All facts, found by canonical name or alias."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    facts: dict[str, Fact] = Field(min_length=1)
    _names: dict[str, str] = PrivateAttr(default_factory=dict)

    @model_validator(mode="after")
    def _one_name_one_fact(self) -> Self:
        for name, fact in self.facts.items():
            for alias in (name, fact.title, *fact.aliases):
                known = self._names.setdefault(_folded(alias), name)
                if known != name:
                    said = _says("alias_twice", alias=alias, one=known, other=name)
                    raise PartError(("facts", name), said)
            if fact.otherwise is not None and fact.otherwise not in self.facts:
                said = _says("unknown", name=fact.otherwise)
                raise PartError(("facts", name, "otherwise"), said)
            if fact.default is not None:
                try:
                    fact.parse(fact.default)
                except FactError as error:
                    raise PartError(("facts", name, "default"), str(error)) from None
        return self

    def __getitem__(self, name: str) -> Fact:
        return self.facts[name]

    def __contains__(self, name: object) -> bool:
        return name in self.facts

    def canonical(self, name: str) -> str:
        """The canonical name of a fact.

        :raises FactError: no such fact; names the nearest ones.
        """
        found = self._names.get(_folded(name))
        if found is None:
            near = difflib.get_close_matches(_folded(name), self._names, n=3, cutoff=0.5)
            nearest = "、".join(sorted({self._names[n] for n in near}))
            key = "unknown_near" if near else "unknown"
            raise FactError(_says(key, name=name, near=nearest))
        return found

    def parse(self, written: Mapping[str, str]) -> dict[str, FactValue]:
        """Typed facts from ``name=value`` texts.

        :raises FactError: an unknown name, a malformed value, or one fact given twice.
        """
        facts: dict[str, FactValue] = {}
        for name, value in written.items():
            key = self.canonical(name)
            if key in facts:
                raise FactError(_says("given_twice", fact=key))
            try:
                facts[key] = self.facts[key].parse(value)
            except FactError as error:
                raise FactError(_says("of_fact", fact=name, why=error)) from None
        return facts

    def value(self, facts: Facts, name: str) -> FactValue | None:
        """What is known: given, else of the fact that stands in, else the default."""
        found = facts.get(name)
        if found is not None:
            return found
        fact = self.facts[name]
        if fact.otherwise is not None:
            found = self.value(facts, fact.otherwise)
        if found is None and fact.default is not None:
            found = fact.parse(fact.default)
        return found


def _folded(name: str) -> str:
    """Without what people write differently: ``zhimaScore``, ``zhima-score``, ``Zhima score``."""
    plain = unicodedata.normalize("NFKC", name).casefold()
    return "".join(one for one in plain if one.isalnum())


@cache
def fact_catalogue() -> FactCatalogue:
    """The catalogue of ``config/offers/facts.yaml``."""
    return load(DATA / "offers" / "facts.yaml", FactCatalogue)

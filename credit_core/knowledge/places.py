"""Places: which names a text mentions, and which place lies in which.

The register of divisions (with their former names) is the one that python-stdnum ships for
checking identity numbers. Names that are also everyday words are listed in
``config/knowledge/places.yaml`` and count only with their suffix.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml

from credit_core.knowledge.rules import FOLDER, pattern
from credit_core.knowledge.terms import word_edges

_ENTRY = re.compile(r'^(\s*)(\d+)\s+(?:province|county)="([^"]*)"?')
_SHORT = 2
_PROVINCE, _CITY, _COUNTY = 1, 2, 3
_NAME = re.compile(r"^(\[[^\]]*\])?(.*)$")


@dataclass(frozen=True)
class Place:
    """A named place.

    :ivar name: short name (``威海``); :ivar above: short names of what it lies in.
    :ivar district: it is a district of a city, whose rules are the city's.
    """

    name: str
    above: frozenset[str]
    rank: int
    district: bool = False

    def lies_in(self, other: str) -> bool:
        return self.name == other or other in self.above


@cache
def _settings() -> dict[str, list[str]]:
    loaded = yaml.safe_load((FOLDER / "places.yaml").read_text(encoding="utf-8"))
    return {key: str(value).split() for key, value in loaded.items()}


def short_name(name: str) -> str:
    """``威海市`` → ``威海``; ``广西壮族自治区`` → ``广西``."""
    for suffix in _settings()["suffixes"]:
        if name.endswith(suffix) and len(name) - len(suffix) >= 2:
            return name[: -len(suffix)]
    return name


def _names(value: str) -> list[tuple[str, bool]]:
    """Names of one code with whether they are still in use: ``[-2017]玉环县`` is not."""
    names = []
    for part in value.split(","):
        match = _NAME.match(part)
        if match:
            names.append((match[2], not match[1] or match[1].endswith("-]")))
    return names


@cache
def _register() -> dict[str, Place]:
    """Every name, full and short, to its place."""
    settings = _settings()
    ambiguous, skipped = set(settings["ambiguous"]), set(settings["not_places"])
    found: dict[str, tuple[set[str], int, bool]] = {}
    province = ""
    cities: dict[str, str] = {}
    for line in (files("stdnum.cn") / "loc.dat").read_text(encoding="utf-8").splitlines():
        if (entry := _ENTRY.match(line)) is None:
            continue
        indent, code, value = entry.groups()
        if not indent:
            province, cities = short_name(value), {}
            found[value] = ({province}, _PROVINCE, True)
            continue
        for name, current in _names(value):
            if len(name) < 3 or name in skipped:
                continue
            rank = _CITY if code.endswith("00") else _COUNTY
            if rank == _CITY and current:
                cities[code[:2]] = short_name(name)
            inside_city = rank == _COUNTY and code[:2] in cities
            above = {province} | ({cities[code[:2]]} if inside_city else set())
            known = found.get(name)
            if known is None or (current and not known[2]):
                found[name] = (above, rank, current)
            elif current == known[2]:
                found[name] = (known[0] | above, min(rank, known[1]), current)
    register: dict[str, Place] = {}
    for name, (above, rank, _) in found.items():
        short = short_name(name)
        district = name.endswith("区") and rank == _COUNTY
        place = Place(short, frozenset(above - {short}), rank, district)
        register.setdefault(name, place)
        # Short names of two signs are everyday words for many districts: 海港, 江北.
        everyday = district and len(short) == _SHORT
        if short not in ambiguous and len(short) >= _SHORT and not everyday:
            better = register.get(short)
            if better is None or place.rank < better.rank:
                register[short] = place
    return register


@cache
def _by_beginning() -> dict[str, tuple[str, ...]]:
    """Names by their first two signs, the longest first."""
    names: dict[str, list[str]] = {}
    for name in _register():
        names.setdefault(name[:2], []).append(name)
    return {start: tuple(sorted(some, key=len, reverse=True)) for start, some in names.items()}


def _mentions(text: str) -> Iterator[tuple[int, str]]:
    """Where names stand in a text, from the left, the longest at each point."""
    names, position = _by_beginning(), 0
    while position < len(text) - 1:
        for name in names.get(text[position : position + 2], ()):
            if text.startswith(name, position):
                yield position, name
                position += len(name) - 1
                break
        position += 1


def find_places(text: str) -> list[Place]:
    """Places a text mentions, in their order, each once."""
    seen: dict[str, Place] = {}
    edges: set[int] | None = None
    for start, name in _mentions(text):
        place = _register()[name]
        if place.rank == _COUNTY:
            # A county's name may be the seam of two words (家长|子女, 一项|城市): let jieba judge.
            edges = word_edges(text) if edges is None else edges
            if start not in edges or (len(name) == 2 and start + 2 not in edges):
                continue
        seen.setdefault(place.name, place)
    return list(seen.values())


def speaks_of(text: str, place: Place) -> bool:
    """Whether a sentence names the place itself, not only a company or a bank called after it."""
    if place.name not in text:
        return False
    named = re.compile(f"{place.name}(?:市|省)?[一-龥]{{2,6}}?(?:商业银行|有限公司|大学)")
    return place.name in named.sub(" ", text)


def without_organisations(text: str) -> str:
    """A text without names of companies: «北京某某有限公司» does not speak of Beijing."""
    return pattern("organisation").sub(" ", text)


def place_named(name: str) -> Place | None:
    """The place of a full or short name."""
    return _register().get(name) or _register().get(short_name(name))

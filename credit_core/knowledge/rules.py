"""Words, marks and thresholds of the knowledge part, read from ``config/knowledge``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml

from config.settings import DATA

FOLDER = DATA / "knowledge"
# What makes an entry a pattern and not a word.
_SIGNS = re.compile(r"[\[(?*+.|$]")


@cache
def _document(name: str) -> Any:
    return yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))


@cache
def pattern(name: str) -> re.Pattern[str]:
    """A compiled mark of ``patterns.yaml``."""
    return re.compile(str(_document("patterns")[name]), re.IGNORECASE)


@cache
def numbering() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Styles of numbering, outermost first: name and mark at the start of a paragraph."""
    return tuple((name, re.compile(mark)) for name, mark in _document("patterns")["numbering"])


@cache
def stop_words() -> frozenset[str]:
    """Words of a question that say nothing about its subject."""
    words: set[str] = set()
    for group in _document("stopwords").values():
        words.update(str(group).split())
    return frozenset(words)


@cache
def particles() -> frozenset[str]:
    """Signs that never stand inside a name."""
    return frozenset(str(_document("stopwords")["particles"]).split())


@cache
def synonyms() -> dict[str, tuple[str, ...]]:
    """A citizen's word and the words in which documents say the same."""
    known = {word: str(others).split() for word, others in _document("synonyms").items()}
    for written, spoken in _document("everyday").items():
        for word in spoken:
            if not _SIGNS.search(word):
                known.setdefault(word, []).extend(written.split())
    return {word: tuple(dict.fromkeys(others)) for word, others in known.items()}


@cache
def ways_of_speaking() -> tuple[tuple[re.Pattern[str], tuple[str, ...]], ...]:
    """Phrases said in many forms, and the words in which documents say the same."""
    return tuple(
        (re.compile(said), tuple(written.split()))
        for written, spoken in _document("everyday").items()
        for said in spoken
        if _SIGNS.search(said)
    )


@cache
def dialect() -> tuple[tuple[re.Pattern[str], str], ...]:
    """What is said in many parts, and what everybody writes instead, in the order to apply."""
    return tuple((re.compile(said), str(written)) for written, said in _document("dialect").items())


@cache
def units() -> tuple[tuple[str, ...], ...]:
    """Counting words that stand for each other."""
    return tuple(tuple(str(group).split()) for group in _document("units"))


@dataclass(frozen=True)
class Want:
    """What kind of fact a question asks for.

    :ivar cue: how it sounds in the question.
    :ivar shape: how such a fact looks in a sentence; None where it has no shape.
    :ivar named: its cue may only name the thing, so that another cue asks.
    :ivar strict: a passage without that shape does not answer.
    :ivar words: words that only name the kind of fact (期限, 金额): a passage that gives the fact
        need not have them.
    """

    name: str
    cue: re.Pattern[str]
    shape: re.Pattern[str] | None
    strict: bool
    whole: bool
    named: bool
    words: frozenset[str]


@cache
def wants() -> tuple[Want, ...]:
    return tuple(
        Want(
            name=name,
            cue=re.compile(entry["cue"]),
            shape=re.compile(entry["shape"]) if entry.get("shape") else None,
            strict=bool(entry.get("strict", False)),
            whole=bool(entry.get("whole", False)),
            named=bool(entry.get("named", False)),
            words=frozenset(str(entry.get("words", "")).split()),
        )
        for name, entry in _document("wants").items()
    )


@dataclass(frozen=True)
class Thresholds:
    """Figures that tune indexing and answering."""

    passage_length: int
    excerpt_length: int
    answer_length: int
    short_passage: int
    candidates: int
    read_closely: int
    k1: float
    b: float
    average_terms: int
    heading_weight: float
    title_weight: float
    bigram_weight: float
    synonym_weight: float
    rival_ratio: float


@cache
def thresholds() -> Thresholds:
    return Thresholds(**_document("thresholds"))


@dataclass(frozen=True)
class Certainty:
    """How the signs of an answer are weighed, and how sure an answer has to be.

    :ivar least: an answer that is less probable is not given.
    """

    least: float
    base: float
    weights: dict[str, float]


@cache
def certainty() -> Certainty:
    return Certainty(**_document("confidence"))

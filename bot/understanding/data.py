"""The written knowledge behind the understanding: `config/intents/`, read and checked."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

HOME = Path(__file__).resolve().parents[2] / "config" / "intents"
UNKNOWN = "unknown"


class IntentDataError(ValueError):
    """A file under config/intents/ cannot be used; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Intent:
    """One thing people want.

    `evidence` are the ideas of which one must stand in a destructive wish; `hints` may stand in
    their place, but a refusal of the evidence outweighs a hint.
    """

    id: str
    title: str
    destructive: bool
    evidence: frozenset[str]
    hints: frozenset[str]


@dataclass(frozen=True, slots=True)
class Decision:
    """Thresholds between acting, asking back and not understanding; decision.yaml explains them."""

    temperature: float
    unknown_handicap: float
    long_from: float
    long_trust: float
    least_destructive: float
    sure_without_evidence: float
    least_sure: float
    near_margin: float
    least_alternative: float


@dataclass(frozen=True, slots=True)
class IntentData:
    """Everything under config/intents/ except the examples, which only training reads."""

    home: Path
    intents: tuple[Intent, ...]
    ideas: dict[str, list[str]]
    decision: Decision
    exact: dict[str, str]
    ambiguous: dict[str, tuple[str, ...]]
    offers: dict[str, list[str]]
    slots: Mapping[str, Any]

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(intent.id for intent in self.intents)

    @classmethod
    def read(cls, home: Path = HOME) -> IntentData:
        intents = tuple(
            Intent(
                id=name,
                title=str(row["title"]),
                destructive=bool(row.get("destructive", False)),
                evidence=frozenset(row.get("evidence", ())),
                hints=frozenset(row.get("hints", ())),
            )
            for name, row in _mapping(home / "intents.yaml").items()
        )
        if UNKNOWN not in {intent.id for intent in intents}:
            raise IntentDataError(f"{home / 'intents.yaml'}: the intent `unknown` is missing")
        ideas = {name: _words(words) for name, words in _mapping(home / "ideas.yaml").items()}
        exact: dict[str, str] = {}
        for intent, texts in _mapping(home / "exact.yaml").items():
            exact.update({text.lower(): intent for text in _words(texts)})
        ambiguous = {
            str(text).lower(): tuple(_words(row))
            for text, row in _mapping(home / "ambiguous.yaml").items()
        }
        _check(home, {intent.id for intent in intents}, exact, ambiguous)
        slots = _mapping(home / "slots.yaml")
        offers = {name: _words(words) for name, words in slots.get("offers", {}).items()}
        decision = Decision(**_mapping(home / "decision.yaml"))
        return cls(home, intents, ideas, decision, exact, ambiguous, offers, slots)


def fingerprint(home: Path, code: list[Path], *versions: str) -> str:
    """Changes whenever the written knowledge, the code that learns from it or a library does."""
    digest = hashlib.sha256()
    for path in sorted(
        p for p in home.rglob("*") if p.suffix in {".yaml", ".txt", ".tsv"}
    ) + sorted(code):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    digest.update("|".join(versions).encode())
    return digest.hexdigest()[:20]


def _check(
    home: Path, known: set[str], exact: dict[str, str], ambiguous: dict[str, tuple[str, ...]]
) -> None:
    named = set(exact.values()).union(*ambiguous.values())
    if strange := named - known:
        raise IntentDataError(f"{home}: no such intent: {', '.join(sorted(strange))}")


def _mapping(path: Path) -> dict[str, Any]:
    try:
        content = yaml.load(path.read_text("utf-8"), Loader=_LOADER)  # noqa: S506
    except FileNotFoundError as missing:
        raise IntentDataError(f"{path} is missing") from missing
    except yaml.YAMLError as broken:
        raise IntentDataError(f"{path} is not YAML: {broken}") from broken
    if not isinstance(content, dict):
        raise IntentDataError(f"{path} must be a mapping")
    return content


def _words(value: object) -> list[str]:
    """Words separated by blanks in one text, or a list of texts that may hold blanks."""
    if isinstance(value, list):
        return [str(word) for word in value]
    return str(value).split()


# The C loader is ten times quicker and just as safe; wheels carry it on all common platforms.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

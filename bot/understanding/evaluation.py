"""How well messages are understood: precision and recall per intent, confusions, styles."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.understanding.understander import Understander


class EvaluationError(ValueError):
    """A labelled file cannot be used; the message names the line and what to do."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """A message with the intents that are right for it (one, rarely two) and its style."""

    text: str
    intents: tuple[str, ...]
    style: str = ""


@dataclass(slots=True)
class Evaluation:
    """Counts over a labelled file."""

    total: int = 0
    right: int = 0
    styles: dict[str, tuple[int, int]] = field(default_factory=dict)
    confusion: Counter[tuple[str, str]] = field(default_factory=Counter)
    wrong: list[tuple[Labelled, str, float]] = field(default_factory=list)

    @property
    def accuracy(self) -> float:
        return self.right / self.total if self.total else 0.0

    def precision_recall(self) -> dict[str, tuple[float, float, int]]:
        """Per intent: precision, recall (both 0…1) and how many messages it has."""
        intents = sorted({name for pair in self.confusion for name in pair})
        rows: dict[str, tuple[float, float, int]] = {}
        for intent in intents:
            hit = self.confusion[intent, intent]
            said = sum(n for (_, got), n in self.confusion.items() if got == intent)
            meant = sum(n for (wanted, _), n in self.confusion.items() if wanted == intent)
            rows[intent] = (hit / said if said else 0.0, hit / meant if meant else 0.0, meant)
        return rows

    def as_json(self) -> dict[str, object]:
        return {
            "total": self.total,
            "accuracy": round(self.accuracy, 4),
            "styles": {
                style: {"total": total, "accuracy": round(right / total, 4)}
                for style, (right, total) in sorted(self.styles.items())
            },
            "intents": {
                intent: {"precision": round(p, 4), "recall": round(r, 4), "total": n}
                for intent, (p, r, n) in self.precision_recall().items()
            },
            "confusion": [
                {"wanted": wanted, "got": got, "times": times}
                for (wanted, got), times in self.confusion.most_common()
                if wanted != got
            ],
        }


def evaluate(understander: Understander, messages: Iterable[Labelled]) -> Evaluation:
    """Understand every message; where two intents are right, either counts as the first."""
    result = Evaluation()
    for message in messages:
        got = understander.understand(message.text)
        right = got.intent in message.intents
        wanted = got.intent if right else message.intents[0]
        result.total += 1
        result.right += right
        before = result.styles.get(message.style, (0, 0))
        result.styles[message.style] = (before[0] + right, before[1] + 1)
        result.confusion[wanted, got.intent] += 1
        if not right:
            result.wrong.append((message, got.intent, got.confidence))
    return result


def read_labelled(path: Path, known: Iterable[str]) -> list[Labelled]:
    """JSONL objects or TSV rows of text, intent and (optional) style; two intents as `a|b`.

    Raises:
        EvaluationError: with the line, when the file or a label is not usable.
    """
    names = set(known)
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except OSError as missing:
        raise EvaluationError(f"{path}: cannot be read ({missing.strerror})") from missing
    except UnicodeDecodeError as wrong:
        raise EvaluationError(f"{path}: save it as UTF-8") from wrong
    rows: list[Labelled] = []
    for number, line in enumerate(lines, 1):
        if not line.strip() or (number == 1 and line.split("\t")[:2] == ["text", "intent"]):
            continue
        # People type braces too: what is no JSON may still be a row.
        row = (_json_row(line) if line.lstrip().startswith("{") else None) or _tsv_row(line)
        if row is None:
            raise EvaluationError(f"{path}:{number}: needs text and intent, as JSON or TSV")
        unknown = set(row.intents) - names
        if unknown:
            raise EvaluationError(f"{path}:{number}: no such intent: {', '.join(sorted(unknown))}")
        rows.append(row)
    return rows


def _json_row(line: str) -> Labelled | None:
    try:
        row = json.loads(line)
        return Labelled(
            str(row["text"]), tuple(str(row["intent"]).split("|")), str(row.get("style", ""))
        )
    except (ValueError, KeyError):
        return None


def _tsv_row(line: str) -> Labelled | None:
    cells = next(csv.reader([line], delimiter="\t", quoting=csv.QUOTE_NONE))
    if len(cells) < 2:
        return None
    return Labelled(cells[0], tuple(cells[1].strip().split("|")), cells[2] if cells[2:] else "")

"""Fit the weights of ``config/knowledge/confidence.yaml`` on questions with known answers.

    python scripts/fit_confidence.py DOCUMENTS QUESTIONS…

DOCUMENTS is a folder of documents, QUESTIONS are files like those beside the knowledge tests:
each a list of ``{q, file, facts}``, or ``{q, refused: true}`` for what no document answers. A
passage that holds all the facts is right, whatever is found for an unanswerable question is
wrong; a question whose answer was not found teaches nothing here. Prints the new file; on
standard error, what each file would give if the weights had been fitted on the others.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import yaml
from sklearn.linear_model import LogisticRegression

import bot.schema  # noqa: F401
from credit_core.database import Base, Database
from credit_core.knowledge.catalogue import load_catalogue
from credit_core.knowledge.confidence import signs
from credit_core.knowledge.library import Library
from credit_core.knowledge.question import understand
from credit_core.knowledge.reading import window
from credit_core.knowledge.retrieval import Retrieval
from credit_core.knowledge.terms import normalise

KEPT = 0.98
"""Share of the right passages that has to be given; what is less sure is refused."""


@dataclass(frozen=True)
class Example:
    """What one question taught: its file, the signs of what was found, whether it was right."""

    source: str
    signs: dict[str, float]
    right: bool


def main() -> int:
    folder, *files = map(Path, sys.argv[1:])
    examples = [one for one in _examples(folder, files) if one is not None]
    names = list(examples[0].signs)
    values = np.array([[one.signs[name] for name in names] for one in examples])
    right = np.array([one.right for one in examples])
    source = np.array([one.source for one in examples])
    model, least = _fitted(values, right)
    sys.stdout.write(_HEAD)
    yaml.safe_dump(
        {
            "least": round(float(least), 3),
            "base": round(float(model.intercept_[0]), 3),
            "weights": {
                name: round(float(weight), 3)
                for name, weight in zip(names, model.coef_[0], strict=True)
            },
        },
        sys.stdout,
        sort_keys=False,
    )
    for name in sorted(set(source)):
        others, here = source != name, source == name
        model, least = _fitted(values[others], right[others])
        given = model.predict_proba(values[here])[:, 1] >= least
        sys.stderr.write(
            f"{name}: {(given & right[here]).sum()} of {right[here].sum()} given, "
            f"{(~given & ~right[here]).sum()} of {(~right[here]).sum()} refused\n"
        )
    return 0


_HEAD = """\
# How the signs of an answer are weighed (credit_core/knowledge/confidence.py tells what each is).
# Written by scripts/fit_confidence.py; an answer less probable than `least` is not given.
"""


def _fitted(values: Any, right: Any) -> tuple[LogisticRegression, float]:
    model = LogisticRegression(C=10, class_weight="balanced", max_iter=5000).fit(values, right)
    sure = model.predict_proba(values[right])[:, 1]
    return model, float(np.quantile(sure, 1 - KEPT))


def _examples(folder: Path, files: list[Path]) -> list[Example | None]:
    with TemporaryDirectory() as place:
        database = Database(f"sqlite:///{Path(place) / 'k.sqlite3'}")
        Base.metadata.create_all(database.engine)
        library = Library()
        for path in sorted(folder.glob("*.*")):
            with database.begin() as session:
                library.import_file(session, path, now=datetime.now(UTC))
        with database.read() as session:
            catalogue = load_catalogue(session, None)
            return [
                _example(session, catalogue, path.stem, asked)
                for path in files
                for asked in yaml.safe_load(path.read_text(encoding="utf-8"))
            ]


def _example(session: Any, catalogue: Any, source: str, asked: dict[str, Any]) -> Example | None:
    found = Retrieval(session, catalogue, understand(asked["q"]), None)
    readings = found.readings(found.question)
    if not readings:
        return None
    best, unwritten = readings[0], bool(asked.get("refused"))
    said = _bare(window(found.question, best) + best.candidate.text)
    right = not unwritten and all(
        any(_bare(form) in said for form in str(fact).split("|")) for fact in asked["facts"]
    )
    if not (right or unwritten):
        return None
    return Example(source, signs(found.question, best), right)


def _bare(text: str) -> str:
    return re.sub(r"\s", "", normalise(text))


if __name__ == "__main__":
    sys.exit(main())

"""What people write for each intent, as the project's authors and the staff wrote it down."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.understanding.data import IntentData, IntentDataError
from bot.understanding.evaluation import read_labelled
from bot.understanding.grammar import samples
from config.data import read

_PATTERN_MARKS = re.compile("[{}|<>]")


def patterns(data: IntentData) -> Iterator[tuple[str, str]]:
    """(intent, pattern) for every line of config/intents/examples/<intent>*.txt.

    After them what the staff of an installation labelled, where config/intents/labelled.tsv holds
    it (`medcredit understand --labelled`): people's own words, so no patterns.
    """
    for path in sorted((data.home / "examples").glob("*.txt")):
        intent = path.stem.split(".")[0]
        if intent not in data.ids:
            raise IntentDataError(f"{path}: no such intent")
        for line in path.read_text("utf-8").splitlines():
            if line.strip() and not line.startswith("#"):
                yield intent, line.strip()
    labelled = data.home / "labelled.tsv"
    if labelled.exists():
        for row in read_labelled(labelled, data.ids):
            yield row.intents[0], _PATTERN_MARKS.sub(" ", row.text)


def phrases(data: IntentData) -> dict[str, list[str]]:
    """The phrases that patterns name, of config/intents/lexicon.yaml."""
    loaded = read(data.home / "lexicon.yaml")
    return {
        name: [str(one) for one in row] if isinstance(row, list) else str(row).split()
        for name, row in loaded.items()
    }


def as_said(data: IntentData) -> Iterator[tuple[str, str]]:
    """(intent, message): one reading of every pattern."""
    lexicon = phrases(data)
    for intent, pattern in patterns(data):
        yield intent, next(samples(pattern, lexicon, 1, pattern))

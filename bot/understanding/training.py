"""Learns the model from config/intents/: reproducible, and quick enough for a first start."""

from __future__ import annotations

import random
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from bot.understanding import language
from bot.understanding.data import UNKNOWN, IntentData, IntentDataError
from bot.understanding.examples import patterns, phrases
from bot.understanding.features import Cutter, Features, Ideas
from bot.understanding.grammar import samples
from bot.understanding.model import Model
from bot.understanding.negation import asserted
from bot.understanding.variation import Manners, Variation
from config.data import read

_READINGS_PER_PATTERN = 12
_LEAST_COUNT = 3
_FAMILIAR_PATTERNS = 3
_LEAST_INTENTS = 3
_REGULARISATION = 2.0


@dataclass(frozen=True, slots=True)
class Example:
    """A message with its intent; `pattern` numbers the line that it was made from."""

    text: str
    intent: str
    pattern: int


def examples(data: IntentData, variation: Variation | None) -> list[Example]:
    """Every reading of every pattern, and variants of it."""
    lexicon = phrases(data)
    refusable: dict[str, list[str]] = {
        intent: [
            text for other, texts in _refusals(data).items() if other != intent for text in texts
        ]
        for intent in data.ids
    }
    made: list[Example] = []
    for number, (intent, pattern) in enumerate(patterns(data)):
        chance = random.Random(f"{intent}:{pattern}")
        for text in samples(pattern, lexicon, _READINGS_PER_PATTERN, pattern):
            made.append(Example(text, intent, number))
            if variation is not None:
                made.extend(
                    Example(variant, intent, number)
                    for variant in variation.of(text, refusable[intent], chance)
                )
    return made


def train(data: IntentData, keep: list[bool] | None = None) -> Model:
    """Learn from the examples; `keep` (by pattern number) leaves some out for measuring."""
    from sklearn.svm import LinearSVC

    normaliser = language.normaliser()
    phonetics, exact = language.phonetics()
    own = sorted({word for row in data.ideas.values() for word in row})
    words = language.words(own)
    manners = Manners.read(data.home)
    spelled = {**phonetics.sounds, **{" " + letter: sound for letter, sound in exact.items()}}
    variation = Variation(
        manners,
        type(phonetics)(spelled, phonetics.syllables),
        language.homophones(exact, words),
    )
    cutter = cast(Cutter, language.cutter(words))
    familiar = _familiar(data, examples(data, None), keep, cutter)
    features = Features(phonetics, Ideas.of(data.ideas, phonetics), cutter, familiar)
    numbered: dict[str, int] = {}
    rows: list[NDArray[np.int32]] = []
    labels: list[int] = []
    seen: set[tuple[str, str]] = set()
    for example in examples(data, variation):
        if keep is not None and not keep[example.pattern]:
            continue
        text = normaliser(example.text)
        if (text, example.intent) in seen:
            continue
        seen.add((text, example.intent))
        names = features.of(asserted(text))
        rows.append(
            np.fromiter(
                (numbered.setdefault(n, len(numbered)) for n in names), np.int32, len(names)
            )
        )
        labels.append(data.ids.index(example.intent))
    if len(set(labels)) < _LEAST_INTENTS:
        raise IntentDataError(f"{data.home}: write examples for at least three intents")
    vocabulary, matrix = _matrix(numbered, rows)
    learner = LinearSVC(
        C=_REGULARISATION, random_state=0, class_weight=None, max_iter=200, tol=1e-2
    )
    learner.fit(matrix, np.array(labels))
    weights = np.zeros((len(vocabulary), len(data.ids)), dtype=np.float32)
    bias = np.full(len(data.ids), -2.0, dtype=np.float32)
    weights[:, learner.classes_] = learner.coef_.T
    bias[learner.classes_] = learner.intercept_
    return Model(data.ids, vocabulary, weights, bias, normaliser, phonetics, words, familiar)


def _matrix(numbered: dict[str, int], rows: list[NDArray[np.int32]]) -> tuple[dict[str, int], Any]:
    """The features that are common enough, in the order of their names, and the rows over them."""
    from scipy.sparse import csr_matrix

    counts = np.bincount(np.concatenate(rows), minlength=len(numbered))
    kept = sorted(name for name, at in numbered.items() if counts[at] >= _LEAST_COUNT)
    place = np.full(len(numbered), -1, dtype=np.int32)
    for at, name in enumerate(kept):
        place[numbered[name]] = at
    indices: list[NDArray[np.int32]] = []
    values: list[NDArray[np.float64]] = []
    starts = [0]
    for row in rows:
        places = place[row]
        places = np.sort(places[places >= 0])
        indices.append(places)
        values.append(np.full(len(places), 1.0 / len(row) ** 0.5))
        starts.append(starts[-1] + len(places))
    matrix = csr_matrix(
        (np.concatenate(values), np.concatenate(indices), np.array(starts)),
        shape=(len(rows), len(kept)),
    )
    return {name: at for at, name in enumerate(kept)}, matrix


def _familiar(
    data: IntentData, plain: list[Example], keep: list[bool] | None, cutter: Cutter
) -> frozenset[str]:
    """Words of the service's own talk: in several patterns of its intents, or named as ideas."""
    places: dict[str, set[int]] = {}
    for example in plain:
        if example.intent != UNKNOWN and (keep is None or keep[example.pattern]):
            for word in cutter.lcut(example.text, HMM=False):
                places.setdefault(word, set()).add(example.pattern)
    own = {word for idea, row in data.ideas.items() if not idea.startswith("OUT_") for word in row}
    return frozenset(own | {word for word, at in places.items() if len(at) >= _FAMILIAR_PATTERNS})


def _refusals(data: IntentData) -> dict[str, list[str]]:
    path: Path = data.home / "refusable.yaml"
    rows = read(path)
    return {intent: [str(text) for text in texts] for intent, texts in rows.items()}


def main(home: str, path: str) -> None:
    """Train from `home` and save to `path`: a process of its own, whose memory goes with it."""
    train(IntentData.read(Path(home))).save(Path(path))


if __name__ == "__main__":
    main(*sys.argv[1:])

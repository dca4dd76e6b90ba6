"""Which of many known sentences a message is most like.

Two sentences are alike by the rare signs that they share, each sign weighing by how few of the
known sentences have it; 1.0 is the same sentence, 0.0 one that shares nothing with it. A key is as
like a message as its three most like sentences are in the middle: one chance likeness is little.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

Key = TypeVar("Key")
Signs = Callable[[str], Collection[str]]
NEAREST, LOOKED_AT = 3, 300


class Likeness(Generic[Key]):
    """Known sentences, each with the key of what it asks; made once, then used by any thread.

    A look takes time with the number of sentences that share a sign with the message: some
    milliseconds for ten thousand.
    """

    def __init__(self, known: Iterable[tuple[Key, str]], signs: Signs) -> None:
        self._signs = signs
        rows = [(key, frozenset(signs(text))) for key, text in known]
        self._keys = [key for key, _ in rows]
        counted = Counter(sign for _, found in rows for sign in found)
        self._weights = {
            sign: math.log((1 + len(rows)) / (1 + count)) + 1 for sign, count in counted.items()
        }
        self._strange = math.log(1 + len(rows)) + 1
        self._lengths = np.array([self._length(found) for _, found in rows])
        holders: dict[str, list[int]] = {}
        for at, (_, found) in enumerate(rows):
            for sign in found:
                holders.setdefault(sign, []).append(at)
        self._holders: dict[str, NDArray[np.int32]] = {
            sign: np.array(places, dtype=np.int32) for sign, places in holders.items()
        }

    def _length(self, signs: Collection[str]) -> float:
        return math.sqrt(sum(self._weights.get(one, self._strange) ** 2 for one in signs)) or 1.0

    def ranked(self, message: str) -> list[tuple[Key, float, float]]:
        """Each key with how like the message it is, and with the likeness of its most like
        sentence; the most like key first."""
        signs = frozenset(self._signs(message))
        shared = np.zeros(len(self._keys))
        for sign in signs:
            places = self._holders.get(sign)
            if places is not None:
                shared[places] += self._weights[sign] ** 2
        alike = shared / (self._lengths * self._length(signs))
        found: dict[Key, list[float]] = {}
        for at in np.argsort(-alike, kind="stable")[:LOOKED_AT]:
            if alike[at] > 0:
                found.setdefault(self._keys[at], []).append(float(alike[at]))
        ranked = [(key, sum(some[:NEAREST]) / NEAREST, some[0]) for key, some in found.items()]
        return sorted(ranked, key=lambda one: -one[1])

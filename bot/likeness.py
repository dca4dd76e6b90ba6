"""Which of many known sentences a message is most like.

Two sentences are alike by the rare signs that they share (characters, sounds, words, ideas), each
sign weighing by how few of the known sentences have it; 1.0 is the same sentence, 0.0 one that
shares nothing with it.
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


class Likeness(Generic[Key]):
    """Known sentences, each with the key of what it asks; made once, then used by any thread.

    A look takes time with the number of sentences that share a sign with the message, some
    microseconds for each thousand.
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
        self._lengths = np.array([self._length(found) for _, found in rows] or [1.0])
        holders: dict[str, list[int]] = {}
        for at, (_, found) in enumerate(rows):
            for sign in found:
                holders.setdefault(sign, []).append(at)
        self._holders: dict[str, NDArray[np.int32]] = {
            sign: np.array(places, dtype=np.int32) for sign, places in holders.items()
        }

    def _length(self, signs: Collection[str]) -> float:
        return math.sqrt(sum(self._weights.get(one, self._strange) ** 2 for one in signs)) or 1.0

    def ranked(self, message: str) -> list[tuple[Key, float]]:
        """Keys with how like the message their most like sentence is, the most like first."""
        signs = frozenset(self._signs(message))
        shared = np.zeros(len(self._keys))
        for sign in signs:
            places = self._holders.get(sign)
            if places is not None:
                shared[places] += self._weights[sign] ** 2
        alike = shared / (self._lengths[: len(shared)] * self._length(signs))
        best: dict[Key, float] = {}
        for at in np.argsort(-alike, kind="stable"):
            if alike[at] <= 0:
                break
            best.setdefault(self._keys[at], float(alike[at]))
        return list(best.items())

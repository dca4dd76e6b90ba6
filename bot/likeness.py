"""Which of many known sentences a message is most like.

Two sentences are alike by the rare signs that they share, each sign weighing by how few of the
known sentences have it; 1.0 is the same sentence, 0.0 one that shares nothing with it. A key is as
like a message as its three most like sentences are in the middle: one chance likeness is little.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Collection, Iterable
from typing import Generic, TypeVar

import numpy as np

Key = TypeVar("Key")
Signs = Callable[[str], Collection[str]]
NEAREST, LOOKED_AT = 3, 300


class Likeness(Generic[Key]):
    """Known sentences, each with the key of what it asks; made once, then used by any thread.

    A look takes time with the number of sentences that share a sign with the message: about
    a millisecond for ten thousand.
    """

    def __init__(self, known: Iterable[tuple[Key, str]], signs: Signs) -> None:
        self._signs = signs
        self._keys: list[Key] = []
        self._numbers: dict[str, int] = {}
        rows, found = array("i"), array("i")
        for row, (key, text) in enumerate(known):
            self._keys.append(key)
            for sign in signs(text):
                rows.append(row)
                found.append(self._numbers.setdefault(sign, len(self._numbers)))
        of_row, of_sign = np.frombuffer(rows, np.intc), np.frombuffer(found, np.intc)
        counted = np.bincount(of_sign, minlength=len(self._numbers))
        weights = np.log((1 + len(self._keys)) / (1 + counted)) + 1
        self._squares = weights**2
        self._strange = (math.log(1 + len(self._keys)) + 1) ** 2
        squares = np.bincount(of_row, self._squares[of_sign], minlength=len(self._keys))
        self._lengths = np.sqrt(np.maximum(squares, 1.0))
        # The sentences of each sign, one after the other, and where those of each sign begin.
        self._holders = of_row[np.argsort(of_sign, kind="stable")].copy()
        self._begins = np.concatenate(([0], np.cumsum(counted)))

    def ranked(self, message: str) -> list[tuple[Key, float, float]]:
        """Each key with how like the message it is, and with the likeness of its most like
        sentence; the most like key first."""
        signs = sorted(set(self._signs(message)))
        shared, square = np.zeros(len(self._keys)), 0.0
        for sign in signs:
            number = self._numbers.get(sign)
            if number is None:
                square += self._strange
                continue
            square += self._squares[number]
            holders = self._holders[self._begins[number] : self._begins[number + 1]]
            shared[holders] += self._squares[number]
        met = np.flatnonzero(shared)
        alike = shared[met] / (self._lengths[met] * math.sqrt(square or 1.0))
        if len(met) > LOOKED_AT:
            best = np.argpartition(-alike, LOOKED_AT)[:LOOKED_AT]
            met, alike = met[best], alike[best]
        found: dict[Key, list[float]] = {}
        for at in np.argsort(-alike, kind="stable"):
            found.setdefault(self._keys[met[at]], []).append(float(alike[at]))
        ranked = [(key, sum(some[:NEAREST]) / NEAREST, some[0]) for key, some in found.items()]
        return sorted(ranked, key=lambda one: -one[1])

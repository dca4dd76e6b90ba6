"""How well a text has a word of the question, or what means the same."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from credit_core.knowledge.question import Word
from credit_core.knowledge.rules import pattern
from credit_core.knowledge.terms import bigrams, names_a_thing

_ABOVE = 0.85
# 有效期 is met by 有效, 覆盖率 by 覆盖.
_STEM = 0.8
_SAID = 0.4
_SAME = 0.9


class Matches:
    """How well a passage has each word, 0 to 1, in the order of the words.

    Parts of a question have the words of the whole, so a passage is looked through once.

    :param above: the document's title and the headings, folded.
    :param whole: the passage, folded.
    :ivar above: what stands above the passage; it counts a little less.
    :ivar whole: what stands in it.
    """

    def __init__(self, words: Sequence[Word], above: str, whole: str) -> None:
        self._words, self._text = words, whole
        self.above = [_ABOVE * matched(word, above) for word in words]
        self.whole = [matched(word, whole) for word in words]
        self._table: list[list[float]] | None = None
        self._joined: list[list[float]] | None = None

    def in_sentences(self, sentences: Sequence[str]) -> list[list[float]]:
        """What stands in each sentence of the passage.

        :param sentences: all of them, folded; always the same ones.
        """
        if self._table is None:
            # What the whole passage does not have, no sentence of it has.
            here = [
                (word.text, [other for other in word.others if other in self._text])
                if value
                else None
                for word, value in zip(self._words, self.whole, strict=True)
            ]
            self._table = [
                [_matched(*word, sentence) if word else 0.0 for word in here]
                for sentence in sentences
            ]
        return self._table

    def joined(
        self, sentences: Sequence[str], around: Sequence[Mapping[int, float]]
    ) -> list[list[float]]:
        """What stands in each sentence with the sentences around it and the headings above it.

        :param around: for each sentence which others count, and how much; always the same.
        """
        if self._joined is None:
            table = self.in_sentences(sentences)
            self._joined = [self._met(table, near) for near in around]
        return self._joined

    def _met(self, table: list[list[float]], near: Mapping[int, float]) -> list[float]:
        rows = (
            table[at] if share == 1.0 else [value * share for value in table[at]]
            for at, share in near.items()
        )
        return list(map(max, self.above, *rows))


def found(word: str, folded: str) -> float:
    """How well a text has a word: 1 for the word itself, less for most of its characters."""
    if word in folded and _stands(word, folded):
        return 1.0
    if word.isascii():
        return 0.0
    if len(word) < 3:
        # 走进 is met by 进: a verb is said in many ways.
        return 0.0 if names_a_thing(word) else _SAID * any(sign in folded for sign in word)
    if word[:-1] in folded and pattern("stem_ending").search(word):
        return _STEM
    pairs = _pairs(word)
    share = sum(pair in folded for pair in pairs) / max(len(pairs), 1)
    return 0.75 * share if share >= 0.5 else 0.0


def _stands(word: str, folded: str) -> bool:
    """Whether a word that a text has stands there itself; letters and figures not as a part of
    longer ones."""
    return not word.isascii() or bool(
        re.search(rf"(?<![a-z\d]){re.escape(word)}(?![a-z\d])", folded)
    )


@lru_cache(maxsize=4096)
def _pairs(word: str) -> tuple[str, ...]:
    return tuple(bigrams(word))


def matched(word: Word, folded: str) -> float:
    """As :func:`found`, for the word or what means the same."""
    return _matched(word.text, word.others, folded)


def _matched(word: str, others: Sequence[str], folded: str) -> float:
    best = found(word, folded)
    if best < _SAME:
        for other in others:
            if other in folded and _stands(other, folded):
                return _SAME
    return best

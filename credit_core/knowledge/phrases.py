"""Phrases of everyday speech in a question, and what documents call the same."""

from __future__ import annotations

from functools import cache
from itertools import chain

from credit_core.knowledge.rules import pattern, synonyms, ways_of_speaking
from credit_core.knowledge.terms import dictionary_frequency, word_edges


@cache
def _known_phrases() -> dict[str, list[tuple[int, str]]]:
    """Entries of the thesaurus that jieba would cut, by their first sign, with their places in
    the order of looking: the longest first."""
    whole = (key for key in synonyms() if len(key) > 2 or not dictionary_frequency(key))
    known: dict[str, list[tuple[int, str]]] = {}
    for place, phrase in enumerate(sorted(whole, key=len, reverse=True)):
        known.setdefault(phrase[0], []).append((place, phrase))
    return known


def _said(text: str) -> list[str]:
    known = _known_phrases()
    here = [entry for sign in set(text) for entry in known.get(sign, ()) if entry[1] in text]
    return [phrase for _, phrase in sorted(here)]


def phrases_of(text: str) -> tuple[dict[str, tuple[str, ...]], str]:
    """Phrases with what they mean, the longest first, and the text without them."""
    thesaurus = synonyms()
    said = {phrase: thesaurus[phrase] for phrase in _said(text)}
    for way, written in ways_of_speaking():
        hit = way.search(text)
        if hit is not None:
            said[hit[0]] = (*said.get(hit[0], ()), *written)
    phrases: dict[str, tuple[str, ...]] = {}
    edges = word_edges(text) if said else set()
    for phrase in sorted(said, key=len, reverse=True):
        start = text.find(phrase)
        if start >= 0 and _stands_alone(text, start, start + len(phrase), edges):
            inner = (others for one, others in said.items() if one in phrase)
            phrases[phrase] = tuple(dict.fromkeys(chain.from_iterable(inner)))
            text = text.replace(phrase, " " * len(phrase))
    return phrases, text


def _stands_alone(text: str, start: int, end: int, edges: set[int]) -> bool:
    """Whether a phrase ends where words end: 进|学校 is not 进学校; small words may lean on it."""
    opens = start in edges or bool(pattern("leans_before").search(text[:start]))
    return opens and (end in edges or bool(pattern("leans_after").match(text[end:])))

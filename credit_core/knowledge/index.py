"""The index: BM25 over packed postings in the database.

A posting holds the passage's number (32 bit) and the BM25 weight of the term there (32-bit
float, without the rarity, which is known only when a question is asked). Field boosts are in
the weight: a term of a heading counts more often than one of the text. Both columns stand one
after another in one value, so reading is a `numpy.frombuffer`.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import bindparam, delete, insert, select
from sqlalchemy.orm import Session

from credit_core.ids import new_id
from credit_core.knowledge.models import KnowledgePosting, KnowledgeSegment, KnowledgeState
from credit_core.knowledge.rules import thresholds
from credit_core.knowledge.terms import index_terms

FAN_IN = 8
LONGEST_TERM = 32
_STATE = 1
# A term that most passages have is not worth adding up, unless there is little else.
_TELLS_NOTHING, _FEW_TERMS = 0.3, 8

# Statements that every question asks are made once: making one takes as long as running it.
_NOW = select(KnowledgeState.stamp, KnowledgeState.passages)
_POSTINGS = select(KnowledgePosting.term, KnowledgePosting.packed).where(
    KnowledgePosting.term.in_(bindparam("terms", expanding=True))
)

Numbers = NDArray[np.uint32]
Weights = NDArray[np.float32]


@dataclass(frozen=True)
class Fields:
    """A passage as the index sees it."""

    number: int
    text: str
    headings: str
    title: str


def locked_state(session: Session) -> KnowledgeState:
    """The state row, locked, so that imports follow one another."""
    state = session.get(KnowledgeState, _STATE, with_for_update=True)
    if state is None:
        state = KnowledgeState(id=_STATE, stamp=new_id(), passages=0)
        session.add(state)
        session.flush()
    return state


def current_state(session: Session) -> tuple[int, int]:
    """Stamp and number of passages; zeros while nothing has been imported."""
    row = session.execute(_NOW).first()
    return (row[0], row[1]) if row else (0, 0)


def add_passages(session: Session, passages: Iterable[Fields]) -> None:
    """Write the postings of new passages as one segment, then merge what has become many."""
    postings: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for passage in passages:
        for term, weight in _weights(passage).items():
            postings[term].append((passage.number, weight))
    if not postings:
        return
    segment = KnowledgeSegment(id=new_id(), level=0)
    session.add(segment)
    session.flush()
    session.execute(
        insert(KnowledgePosting),
        [
            {"term": term, "segment_id": segment.id, "packed": _pack(entries)}
            for term, entries in postings.items()
        ],
    )
    _merge(session)


def _weights(passage: Fields) -> dict[str, float]:
    limits = thresholds()
    body = index_terms(passage.text)
    counts: Counter[str] = Counter(body)
    length = sum(body.values())
    boosted: dict[str, float] = {term: float(count) for term, count in counts.items()}
    for text, boost in (
        (passage.headings, limits.heading_weight),
        (passage.title, limits.title_weight),
    ):
        for term in index_terms(text):
            boosted[term] = boosted.get(term, 0.0) + boost
    scale = limits.k1 * (1 - limits.b + limits.b * length / limits.average_terms)
    return {
        term: count * (limits.k1 + 1) / (count + scale)
        for term, count in boosted.items()
        if len(term) <= LONGEST_TERM
    }


def _pack(entries: list[tuple[int, float]]) -> bytes:
    numbers = np.array([number for number, _ in entries], dtype=np.uint32)
    weights = np.array([weight for _, weight in entries], dtype=np.float32)
    return numbers.tobytes() + weights.tobytes()


def _entries(packed: bytes) -> int:
    return len(packed) // 8


def _unpack(postings: Sequence[bytes]) -> tuple[Numbers, Weights]:
    """Numbers and weights of several postings, one after another."""
    numbers = b"".join(packed[: len(packed) // 2] for packed in postings)
    weights = b"".join(packed[len(packed) // 2 :] for packed in postings)
    return np.frombuffer(numbers, dtype=np.uint32), np.frombuffer(weights, dtype=np.float32)


def _merge(session: Session) -> None:
    """As soon as a level has ``FAN_IN`` segments they become one of the next level."""
    level = 0
    while True:
        segments = session.scalars(
            select(KnowledgeSegment.id)
            .where(KnowledgeSegment.level == level)
            .order_by(KnowledgeSegment.id)
        ).all()
        if len(segments) < FAN_IN:
            return
        merged: dict[str, list[bytes]] = defaultdict(list)
        rows = session.execute(
            select(KnowledgePosting.term, KnowledgePosting.packed)
            .where(KnowledgePosting.segment_id.in_(segments))
            .order_by(KnowledgePosting.segment_id)
        )
        for term, packed in rows:
            merged[term].append(packed)
        session.execute(delete(KnowledgePosting).where(KnowledgePosting.segment_id.in_(segments)))
        session.execute(delete(KnowledgeSegment).where(KnowledgeSegment.id.in_(segments)))
        segment = KnowledgeSegment(id=new_id(), level=level + 1)
        session.add(segment)
        session.flush()
        session.execute(
            insert(KnowledgePosting),
            [
                {"term": term, "segment_id": segment.id, "packed": _concatenate(parts)}
                for term, parts in merged.items()
            ],
        )
        level += 1


def _concatenate(parts: list[bytes]) -> bytes:
    numbers, weights = _unpack(parts)
    return numbers.tobytes() + weights.tobytes()


class Search:
    """Scores of all passages for the terms that were looked up."""

    def __init__(self, session: Session, passages: int) -> None:
        self._session = session
        self.passages = max(passages, 1)
        self._found: dict[str, list[bytes]] = {}
        self._frequency: dict[str, int] = {}

    def look_up(self, terms: Iterable[str]) -> None:
        """Read where the terms stand; those that were read before are not read again."""
        wanted = [
            term for term in set(terms) if len(term) <= LONGEST_TERM and term not in self._found
        ]
        self._found |= {term: [] for term in wanted}
        if not wanted:
            return
        rows = self._session.execute(_POSTINGS, {"terms": wanted})
        for term, packed in rows:
            self._found[term].append(packed)
        self._frequency |= {term: sum(map(_entries, self._found[term])) for term in wanted}

    def frequency(self, term: str) -> int:
        """In how many passages the term stands."""
        return self._frequency.get(term, 0)

    def passages_of(self, terms: Iterable[str]) -> NDArray[np.uint32]:
        """Numbers of the passages that have all of these terms."""
        found: NDArray[np.uint32] | None = None
        for term in terms:
            here, _ = _unpack(self._found.get(term, ()))
            found = here if found is None else np.intersect1d(found, here)
        return np.empty(0, dtype=np.uint32) if found is None else found

    def rarity(self, frequency: int) -> float:
        """Inverse document frequency, never negative."""
        return math.log1p((self.passages - frequency + 0.5) / (frequency + 0.5))

    def scores(self, weights: Mapping[str, float]) -> NDArray[np.float64]:
        """The score of every passage number; ``weights`` says how much each term matters."""
        postings: list[bytes] = []
        factors: list[float] = []
        for term, matter in weights.items():
            rarity = self.rarity(self.frequency(term))
            if rarity < _TELLS_NOTHING and len(weights) > _FEW_TERMS:
                continue
            found = self._found.get(term, ())
            postings += found
            factors += [matter * rarity] * len(found)
        numbers, impacts = _unpack(postings)
        impacts = impacts * np.repeat(factors, [_entries(packed) for packed in postings])
        total = np.bincount(numbers, weights=impacts, minlength=self.passages + 1)
        return total.astype(np.float64, copy=False)

"""Reading a passage closely: which sentence answers, and how much of the question it covers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from operator import mul

from credit_core.knowledge.article import mark_of, sentences
from credit_core.knowledge.matching import Matches, matched
from credit_core.knowledge.question import Question, Word
from credit_core.knowledge.rules import pattern, thresholds
from credit_core.knowledge.terms import normalise

_BESIDE = 0.8
_NEAR = 14
_FIRST_HITS = 8
_FIT = 0.6
_HAS = 0.5
_NUMBERED = "文号"


@dataclass(frozen=True)
class Candidate:
    """A passage that may answer, with its document.

    :ivar own_place: the document's narrowest place when it names one itself, else empty.
    """

    number: int
    text: str
    path: tuple[str, ...]
    document_id: int
    title: str
    document_number: str
    file: str
    publication: str
    places: tuple[str, ...]
    own_place: str
    year: int | None
    score: float

    @property
    def above(self) -> str:
        """What stands above the passage: title, headings and, where there is one, the number."""
        number = (_NUMBERED, self.document_number) if self.document_number else ()
        return " ".join((self.title, *self.path, *number))


@dataclass
class Reading:
    """What a passage gives to a question.

    :ivar coverage: weighted share of the question's words found (0 to 1).
    :ivar focus: the same for the best sentence with its surroundings.
    :ivar satisfied: the kind of fact asked for stands in that sentence.
    :ivar evidence: weight of all that it has of the question, however long the question is.
    :ivar lacks_name: neither it nor its document has a name that stands in the question.
    :ivar fitting: other sentences beside the best that have this kind of fact too.
    """

    candidate: Candidate
    coverage: float
    focus: float
    satisfied: bool
    parts: list[str]
    best: int
    hits: list[float] = field(default_factory=list)
    suits: float = 0.0
    fitting: tuple[int, ...] = ()
    rank: float = 0.0
    lacks_name: bool = False
    evidence: float = 0.0

    @property
    def folded(self) -> str:
        """The passage's text, folded."""
        return _folded(self.candidate.text)

    def has(self, word: Word) -> bool:
        """Whether the passage or what stands above it has a word."""
        return matched(word, _folded(self.candidate.above) + self.folded) >= _HAS


@dataclass(frozen=True)
class Weight:
    """How much a word of the question matters: where it stands, and where it is missing."""

    here: float
    missing: float


class Weights:
    """The words of a question, each once, with what they weigh; shares come in their order."""

    def __init__(self, weights: Mapping[Word, Weight]) -> None:
        self.words = tuple(weights)
        self.here = [weight.here for weight in weights.values()]
        self.missing = [weight.missing for weight in weights.values()]
        self._all_missing = sum(self.missing)

    def evidence(self, met: Sequence[float]) -> float:
        """The weight of what is met; ``met`` says how well each word is, 0 to 1."""
        return float(sum(map(mul, self.here, met)))

    def covered(self, met: Sequence[float]) -> float:
        """The weighted share of words that are met, 0 to 1."""
        gained = self.evidence(met)
        lost = self._all_missing - sum(map(mul, self.missing, met))
        return gained / (gained + lost) if gained else 0.0


def matches_of(words: Sequence[Word], candidate: Candidate) -> Matches:
    """Where a passage has the words of a question."""
    return Matches(words, _folded(candidate.above), _folded(candidate.text))


def skim(matches: Matches, weights: Weights) -> float:
    """How much of the question a passage with its headings has, without reading sentences."""
    return weights.covered(list(map(max, matches.whole, matches.above)))


@lru_cache(maxsize=4096)
def _folded(text: str) -> str:
    return normalise(text)


@lru_cache(maxsize=4096)
def _prepared(text: str) -> tuple[list[str], list[str], list[dict[int, float]]]:
    """Sentences of a passage, as they are and folded, and what stands around each."""
    parts = sentences(text)
    folded = [normalise(part) for part in parts]
    opens = [_opens_item(part) for part in parts]
    return parts, folded, [_around(parts, opens, index) for index in range(len(parts))]


def read(
    question: Question, candidate: Candidate, weights: Weights, matches: Matches | None = None
) -> Reading:
    """Read one passage; ``weights`` says how rare each word is.

    :param matches: where it has the words, in the order of ``weights``, if that is known already.
    """
    matches = matches or matches_of(weights.words, candidate)
    parts, folded, around = _prepared(candidate.text)
    over, table = matches.above, matches.in_sentences(folded)
    met = list(map(max, over, over, *table))
    hits = [weights.covered(row) for row in table]
    fits = [_fits(question, part) for part in folded]
    welcome = [_welcome(question, part) for part in folded]
    focus = [weights.covered(near) for near in matches.joined(folded, around)]
    scores = [
        focus[index] + 0.35 * hits[index] + (_FIT if fits[index] else 0.0) + welcome[index]
        for index in range(len(parts))
    ]
    best = max(range(len(parts)), key=scores.__getitem__, default=0)
    listed = question.whole and len(pattern("enumerated").findall(candidate.text)) >= 2
    return Reading(
        candidate,
        coverage=weights.covered(met),
        focus=focus[best],
        satisfied=fits[best],
        parts=parts,
        best=best,
        hits=hits,
        suits=welcome[best] + (0.1 if listed else 0.0),
        fitting=tuple(
            index for index in around[best] if question.strict and index != best and fits[index]
        ),
        evidence=weights.evidence(met),
    )


def _around(parts: list[str], opens: list[bool], index: int) -> dict[int, float]:
    """Sentences that belong to a sentence: its neighbours in the same item, and what leads in.

    Another numbered item is about something else, however near it stands.
    """
    around = {index: 1.0}
    start = index
    while start > 0 and not opens[start]:
        start -= 1
    end = index
    while end + 1 < len(parts) and not opens[end + 1]:
        end += 1
    for at, share in ((index - 1, 1.0), (index - 2, 0.8), (index + 1, 0.8), (start, 0.8)):
        if start <= at <= end and at != index:
            around[at] = max(around.get(at, 0.0), _BESIDE * share)
    for at in range(start - 1, -1, -1):
        if parts[at].rstrip().endswith(("：", ":")) or (at == 0 and not opens[0]):
            around[at] = _BESIDE
            break
    return around


def _opens_item(sentence: str) -> bool:
    text = sentence.strip()
    return bool(mark_of(text) or pattern("named_item").match(text))


def _fits(question: Question, sentence: str) -> bool:
    """Whether a sentence has the kind of fact that the question wants."""
    return all(shape.search(sentence) for shape in question.strict)


def _welcome(question: Question, sentence: str) -> float:
    """A little more for a sentence whose form suits the question.

    A figure counts fully when a word of the question stands right beside it.
    """
    shapes = question.welcome
    if not shapes:
        return 0.0
    total = 0.0
    for shape in shapes:
        best = 0.0
        for hit in islice(shape.finditer(sentence), _FIRST_HITS):
            best = max(best, _beside(question, sentence, hit))
            if best == 1.0:
                break
        total += best
    return 0.15 * total / len(shapes)


def _beside(question: Question, sentence: str, hit: re.Match[str]) -> float:
    start, end = hit.span()
    near = sentence[max(start - _NEAR, 0) : end + _NEAR // 2]
    enough = max(1, min(2, len(question.words)))
    here = 0
    for word in question.words:
        if word.text in near:
            here += 1
            if here == enough:
                return 1.0
    return 0.4 + 0.6 * here / enough


def window(question: Question, reading: Reading) -> str:
    """The answer's text: the best sentence and what it needs beside it, or the whole list."""
    limits = thresholds()
    text = reading.candidate.text
    if len(text) <= limits.short_passage:
        return text
    marks = len(pattern("enumerated").findall(text))
    if question.whole and marks >= 2 and len(text) <= limits.passage_length + 40:
        return text
    chosen = {reading.best}
    size = len(reading.parts[reading.best])
    for index in _neighbours(question, reading):
        length = len(reading.parts[index])
        if index not in chosen and size + length <= limits.answer_length:
            chosen.add(index)
            size += length
    return "".join(reading.parts[index] for index in sorted(chosen)).strip()


def _neighbours(question: Question, reading: Reading) -> list[int]:
    """Sentences to add, most needed first."""
    best, parts = reading.best, reading.parts
    wanted: list[int] = list(reading.fitting)
    if best and (
        pattern("refers_back").match(parts[best].strip())
        or reading.hits[best] < reading.focus - 0.2
    ):
        wanted.append(best - 1)
    if parts[best].rstrip().endswith(("：", ":")) or question.whole:
        wanted += [best + 1, best + 2]
    if parts[best].rstrip().endswith("；"):
        wanted += [best + 1]
    strong = sorted(range(len(parts)), key=lambda index: -reading.hits[index])
    wanted += [
        index
        for index in strong[:3]
        if reading.hits[index] >= 0.5 * max(reading.hits) and abs(index - best) <= 3
    ]
    return [index for index in wanted if 0 <= index < len(parts)]

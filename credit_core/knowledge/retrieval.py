"""The passages that may answer a question, read closely and ranked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import numpy as np
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from credit_core.knowledge.catalogue import Catalogue, Entry
from credit_core.knowledge.grades import shares_grade
from credit_core.knowledge.index import Search
from credit_core.knowledge.models import KnowledgePassage
from credit_core.knowledge.places import (
    Place,
    find_places,
    place_named,
    speaks_of,
    without_organisations,
)
from credit_core.knowledge.question import Question, Word, has_items, search_terms, with_alike
from credit_core.knowledge.reading import (
    Candidate,
    Reading,
    Weight,
    Weights,
    matches_of,
    read,
    skim,
    window,
)
from credit_core.knowledge.rules import pattern, thresholds
from credit_core.knowledge.sounds import alike
from credit_core.knowledge.terms import (
    bigrams,
    dictionary_frequency,
    names_a_thing,
    normalise,
)

_LEAST_WEIGHT = 1.0
_KIND = 0.3
_ASIDE, _ASIDE_MISSING = 0.8, 0.4
# What is done is said in more ways than what it is done to.
_VERB = 0.75
# Aims and considerations name everything and say nothing in particular.
_PREAMBLE = 0.93
_HARDLY_A_WORD = 10
# A paragraph this close to the best, among the first few, is preferred to its bare heading.
_NEARLY, _NEXT = 0.9, 4
_NAME = re.compile("[\u4e00-\u9fff]{3,8}")
_FEW_PASSAGES = 6
_PASSAGES = select(KnowledgePassage.number, KnowledgePassage.path, KnowledgePassage.text).where(
    KnowledgePassage.number.in_(bindparam("numbers", expanding=True))
)
_OFTEN = 5
# A word that no document has, by how common it is in the language: a very common one is only a
# way of talking, a rarer one is what the question is about.
_EVERYDAY = ((2000, 0.25), (1000, 0.5))
_SAID_OTHERWISE = 0.3


class Retrieval:
    """The passages found for a question, which may be read again for each of its parts.

    :param home: only documents of this place are read.
    :ivar question: with words that sound alike beside those that nobody knows.
    """

    def __init__(
        self, session: Session, catalogue: Catalogue, question: Question, home: Place | None
    ) -> None:
        limits = thresholds()
        question, terms, self._search = _looked_up(session, catalogue, question)
        self._catalogue = catalogue
        scores = self._search.scores(terms)
        scores[~catalogue.citable] = 0.0
        if question.number and (named := catalogue.numbered(question.number)).any():
            scores[~named] = 0.0
        if home is not None:
            scores[~catalogue.within(home)] = 0.0
        chosen = _top(scores, limits.candidates)
        if question.places:
            # Documents of the place asked for are read even when others score higher.
            local = scores * catalogue.within(*question.places)
            chosen = list(dict.fromkeys([*chosen, *_top(local, limits.candidates // 2)]))
        found = _candidates(session, catalogue, chosen, scores)
        found = [one for one in found if _right_year(question, one)]
        self.question = question
        weights = self._weights(question)
        self._matches = {one.number: matches_of(weights.words, one) for one in found}
        worth = {one.number: skim(self._matches[one.number], weights) for one in found}
        self._candidates = _promising(question, found, worth)

    def readings(self, question: Question, most: int | None = None) -> list[Reading]:
        """What the passages give to the question or a part of it, the best first.

        :param question: a part has all the words of the whole, those of others as asides.
        :param most: read only so many passages.
        """
        weights = self._weights(question)
        readings = [
            read(question, one, weights, self._matches[one.number])
            for one in self._candidates[:most]
        ]
        readings = [
            reading
            for reading in readings
            if _right_place(question, reading)
            and (not question.grades or shares_grade(question.grades, reading.folded))
            and (not question.items or has_items(question.items, reading.folded))
        ]
        top = max((reading.candidate.score for reading in readings), default=1.0) or 1.0
        names = self._names(question)
        for reading in readings:
            reading.lacks_name = not all(
                reading.candidate.document_id in documents or reading.has(word)
                for word, documents in names
            )
            reading.rank = _rank(question, reading, top)
        return _fuller_first(question, sorted(readings, key=lambda reading: -reading.rank))

    def _weights(self, question: Question) -> Weights:
        words = {word.text: word for word in question.words}.values()
        return Weights({word: _weight(self._search, question, word) for word in words})

    def _names(self, question: Question) -> list[tuple[Word, set[int]]]:
        """Names in the question, each with the documents that have it."""
        return [
            (
                word,
                {
                    self._catalogue.entry_of(number).document_id
                    for number in _named_in(self._search, word)
                },
            )
            for word in question.words
            if _is_known_name(self._search, word)
        ]


def _fuller_first(question: Question, readings: list[Reading]) -> list[Reading]:
    """A line of a list of headings gives way to the paragraph below that heading."""
    if not readings:
        return readings
    best = readings[0]
    said = (window(question, best), best.parts[best.best].strip())
    for at, other in enumerate(readings[1:_NEXT], 1):
        below = other.candidate.document_id == best.candidate.document_id
        near = below and other.rank >= _NEARLY * best.rank
        if near and any(words in other.candidate.text for words in said):
            return [other, *readings[:at], *readings[at + 1 :]]
    return readings


def _weight(search: Search, question: Question, word: Word) -> Weight:
    """A word that no passage has weighs one, whatever the size of the library.

    What kind of fact is asked weighs less, and so does what is done.

    What was said beside the question may show where the answer stands; that it is missing there
    says little.
    """
    matter = _rarity(search, word) / search.rarity(0)
    if word.text in question.kind_words:
        matter *= _KIND
    if not names_a_thing(word.text):
        matter *= _VERB
    if word.aside:
        return Weight(matter * _ASIDE, matter * _ASIDE_MISSING)
    return Weight(matter, matter)


def _looked_up(
    session: Session, catalogue: Catalogue, question: Question
) -> tuple[Question, dict[str, float], Search]:
    """Look the question's words up; those that nobody knows once more by their sound."""
    limits = thresholds()
    search = Search(session, catalogue.passages)

    def look(asked: Question) -> dict[str, float]:
        terms = search_terms(
            asked, synonym_weight=limits.synonym_weight, pair_weight=limits.bigram_weight
        )
        search.look_up(terms)
        return terms

    terms = look(question)
    unknown = [
        word.text
        for word in question.words
        if not word.text.isascii() and not _frequencies(search, word)
    ]
    found = {
        word: meant
        for word, others in alike(session, unknown).items()
        if (meant := tuple(other for other in others if _may_mean(word, other)))
    }
    if found:
        question = with_alike(question, found)
        terms = look(question)
    return question, terms, search


def _may_mean(word: str, other: str) -> bool:
    """What is a word itself may still be a slip for one that shares a sign: 撤消 is 撤销."""
    return dictionary_frequency(word) < _HARDLY_A_WORD or bool(set(word) & set(other))


def _promising(
    question: Question, candidates: list[Candidate], covered: Mapping[int, float]
) -> list[Candidate]:
    """The candidates worth reading sentence by sentence.

    :param covered: by the passage's number, how much of the question it has.
    """
    top = max((one.score for one in candidates), default=1.0) or 1.0
    named = [place.name for place in question.places]

    def worth(one: Candidate) -> float:
        local = bool(named) and all(name in one.places or name in one.text for name in named)
        return 0.4 * one.score / top + 0.6 * covered[one.number] + float(local)

    return sorted(candidates, key=worth, reverse=True)[: thresholds().read_closely]


def _rank(question: Question, reading: Reading, top: float) -> float:
    rank = (
        0.4 * reading.candidate.score / top
        + 0.25 * reading.coverage
        + 0.35 * reading.focus
        + 0.15 * max(reading.hits, default=0.0)
        + reading.suits
    )
    if question.strict and not reading.satisfied:
        rank *= 0.6
    if reading.lacks_name:
        rank *= 0.6
    headings = " ".join(reading.candidate.path)
    if pattern("preamble").search(headings) and not pattern("preamble_asked").search(question.text):
        rank *= _PREAMBLE
    return rank


def _frequencies(search: Search, word: Word) -> list[int]:
    """In how many passages the word, or what means the same, can stand; without the zeros."""
    counts = []
    for form in (word.text, *word.others):
        if len(form) == 1 and not form.isascii():
            # Single signs are not indexed; they stand in many passages.
            counts.append(max(1, search.passages // _OFTEN))
            continue
        pairs = [search.frequency(pair) for pair in bigrams(form)]
        counts.append(min(pairs, default=search.frequency(form)))
    return [count for count in counts if count]


def _rarity(search: Search, word: Word) -> float:
    """How much a word matters: rare ones more.

    A name that no document has matters most; an everyday word that no document has may just be
    how people talk.
    """
    frequencies = _frequencies(search, word)
    if frequencies:
        return max(_LEAST_WEIGHT, search.rarity(min(frequencies)))
    common = dictionary_frequency(word.text)
    share = next((share for least, share in _EVERYDAY if common >= least), 1.0)
    if not names_a_thing(word.text):
        share = min(share, _SAID_OTHERWISE)
    return search.rarity(0) * share


def _is_known_name(search: Search, word: Word) -> bool:
    """A name that few passages have and no dictionary: what is asked about it stands with it."""
    if dictionary_frequency(word.text) or not _NAME.fullmatch(word.text):
        return False
    frequencies = _frequencies(search, Word(word.text))
    return bool(frequencies) and min(frequencies) <= max(_FEW_PASSAGES, search.passages // 100)


def _named_in(search: Search, word: Word) -> list[int]:
    return [int(number) for number in search.passages_of(bigrams(word.text))]


def _top(scores: np.ndarray[tuple[int, ...], np.dtype[np.float64]], count: int) -> list[int]:
    found = np.flatnonzero(scores > 0)
    if len(found) > count:
        found = found[np.argpartition(scores[found], -count)[-count:]]
    return [int(number) for number in found[np.argsort(-scores[found])]]


def _candidates(
    session: Session,
    catalogue: Catalogue,
    numbers: Iterable[int],
    scores: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
) -> list[Candidate]:
    rows = session.execute(_PASSAGES, {"numbers": list(numbers)})
    return [
        _candidate(catalogue.entry_of(number), number, path, body, float(scores[number]))
        for number, path, body in rows
    ]


def _candidate(entry: Entry, number: int, path: str, body: str, score: float) -> Candidate:
    return Candidate(
        number=number,
        text=body,
        path=tuple(filter(None, path.split("\n"))),
        document_id=entry.document_id,
        title=entry.title,
        document_number=entry.number,
        file=entry.file,
        publication=entry.publication,
        places=entry.places,
        own_place=entry.own_place,
        year=entry.year,
        score=score,
    )


def _right_year(question: Question, candidate: Candidate) -> bool:
    """A question that names a year is answered by what is of that year or speaks of it."""
    if not question.years:
        return True
    body = normalise(candidate.text + candidate.title)
    for year in question.years:
        if str(year) in body or candidate.year == year:
            return True
        if candidate.year == year + 1 and pattern("last_year").search(body):
            return True
    return False


def _right_place(question: Question, reading: Reading) -> bool:
    """A question that names a place is answered by that place alone; one that names the branch of
    a town, by nothing that tells of branches of other towns only."""
    if question.branches and not _tells_of_branch(question, reading):
        return False
    return all(_speaks_of(place, reading) for place in question.places)


def _tells_of_branch(question: Question, reading: Reading) -> bool:
    told = " ".join(one[0] for one in pattern("branch").finditer(reading.candidate.text))
    return not told or any(one.name in told for one in question.branches)


def _speaks_of(place: Place, reading: Reading) -> bool:
    candidate = reading.candidate
    headings = without_organisations(" ".join((candidate.title, *candidate.path)))
    local = _narrowest(candidate)
    if place.name in headings or place.name == local:
        return True
    if local and (here := place_named(local)) is not None and here.lies_in(place.name):
        return True
    if not local and place.name in candidate.places:
        return True
    if place.district and local in place.above:
        return True
    if place.name not in candidate.text:
        return False
    if local and place.lies_in(local):
        return True
    if not local:
        around = reading.parts[max(reading.best - 1, 0) : reading.best + 2]
        return speaks_of("".join(around), place)
    # The document is of another place and mentions this one: only a sentence that is about this
    # place alone may answer.
    sentence = reading.parts[reading.best]
    return place.name in sentence and local not in sentence


def _narrowest(candidate: Candidate) -> str:
    """The place a passage is about: of its section if it has one, else of its document."""
    named = [
        place.name
        for step in candidate.path[::-1]
        for place in find_places(without_organisations(step))
    ]
    return named[0] if named else candidate.own_place

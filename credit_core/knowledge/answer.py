"""From a question to an answer with its sources, or to an honest «it is not written»."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy.orm import Session

from config.texts import text
from credit_core.knowledge.catalogue import Catalogue
from credit_core.knowledge.citation import TOPIC, Answer, label, source_of
from credit_core.knowledge.clauses import asked_parts
from credit_core.knowledge.confidence import confidence
from credit_core.knowledge.places import Place, place_named
from credit_core.knowledge.question import Question, understand
from credit_core.knowledge.reading import Reading, window
from credit_core.knowledge.retrieval import Retrieval
from credit_core.knowledge.rules import certainty, thresholds
from credit_core.knowledge.terms import normalise

LONGEST_QUESTION = 400
_BESIDE = 0.95
_BESIDE_LENGTH = 240
_READ_AGAIN = 6


def answer_question(
    session: Session,
    catalogue: Catalogue,
    question_text: str,
    *,
    city: str | None = None,
    today: date | None = None,
) -> Answer:
    """Answer from the documents, or refuse.

    :param city: short name of the asker's place; used when the question names none.
    :param today: to notice that «today's rule» is asked of an old document.
    """
    if not catalogue.passages:
        return Answer(text(TOPIC, "answer.empty"), refused=True)
    asked = question_text[:LONGEST_QUESTION]
    question = understand(asked)
    if not question.words:
        return _refusal(question, None)
    found = Retrieval(session, catalogue, question, _home(catalogue, question, city))
    whole = _attempt(found.question, found.readings(found.question), today)
    parts = asked_parts(found.question.text)
    others = []
    if len(parts) > 1:
        questions = [_part(found.question, part) for part in parts]
        others = [_attempt_part(one, found.readings(one, _READ_AGAIN), today) for one in questions]
    first = next((one for one in (whole, *others) if one.answered), None)
    if first is None:
        return _refusal(whole.question, whole.best, today)
    return _compose(first, [one for one in others if one.answered and one is not first])


@dataclass(frozen=True)
class _Attempt:
    """A question, or one of several asked together, with what was read for it."""

    question: Question
    readings: list[Reading]
    answered: bool

    @property
    def best(self) -> Reading | None:
        return self.readings[0] if self.readings else None


def _attempt(question: Question, readings: list[Reading], today: date | None) -> _Attempt:
    answered = bool(readings) and _answers(question, readings[0], today)
    return _Attempt(question, readings, answered)


def _attempt_part(question: Question, readings: list[Reading], today: date | None) -> _Attempt:
    """As :func:`_attempt`; a part is answered by what has most of its own words."""
    own = [word for word in question.words if not word.aside]
    met = [word for word in own if readings and readings[0].has(word)]
    attempt = _attempt(question, readings, today)
    return replace(attempt, answered=attempt.answered and bool(own) and 2 * len(met) >= len(own))


def _part(whole: Question, text_of_part: str) -> Question:
    """One of several questions: what the others name goes on to hold."""
    part = understand(text_of_part)
    own = {word.text: word for word in part.words}
    words = tuple(
        replace(word, aside=word.text not in own or own[word.text].aside) for word in whole.words
    )
    return replace(
        part,
        words=words,
        places=part.places or whole.places,
        branches=part.branches or whole.branches,
        years=part.years or whole.years,
    )


def _home(catalogue: Catalogue, question: Question, city: str | None) -> Place | None:
    """The asker's own place, when it matters: none named, and the library has its documents."""
    if question.places or not city:
        return None
    home = place_named(city)
    if home is None or not any(home.name in entry.places[:1] for entry in catalogue.entries):
        return None
    return home


def _answers(question: Question, reading: Reading, today: date | None) -> bool:
    if question.current_law and today is not None and _is_old(reading, today):
        return False
    if all(word.text in question.kind_words for word in question.words):
        return False
    return confidence(question, reading) >= certainty().least


def _sure(question: Question, reading: Reading) -> float:
    return round(confidence(question, reading), 2)


def _is_old(reading: Reading, today: date) -> bool:
    return reading.candidate.year is None or reading.candidate.year < today.year - 1


def _rivals(question: Question, readings: list[Reading]) -> list[Reading]:
    """Passages of other places that answer as well, when the question names no place."""
    if question.places:
        return []
    best = readings[0]
    seen = {best.candidate.own_place}
    rivals: list[Reading] = []
    for reading in readings[1:12]:
        place = reading.candidate.own_place
        close = reading.rank >= thresholds().rival_ratio * best.rank
        if not place or place in seen or not best.candidate.own_place or not close:
            continue
        if (question.strict and not reading.satisfied) or reading.coverage < best.coverage - 0.05:
            continue
        seen.add(place)
        rivals.append(reading)
    return rivals[:2]


def _second(question: Question, readings: list[Reading]) -> Reading | None:
    """Another passage of the same place that answers all but as well, when it is short."""
    best = readings[0]
    for reading in readings[1:3]:
        same = reading.candidate.own_place == best.candidate.own_place
        close = reading.rank >= _BESIDE * best.rank and reading.coverage >= best.coverage - 0.02
        if not (same and close) or (question.strict and not reading.satisfied):
            continue
        said = window(question, reading)
        if len(said) <= _BESIDE_LENGTH and normalise(said) not in normalise(window(question, best)):
            return reading
    return None


def _refusal(question: Question, best: Reading | None, today: date | None = None) -> Answer:
    sure = 0.0 if best is None else min(_sure(question, best), certainty().least)
    named = question.places or question.branches
    if named:
        place = "、".join(place.name for place in named)
        return Answer(text(TOPIC, "answer.refused_place", place=place), (), sure, refused=True)
    if question.current_law and best is not None and today is not None and best.candidate.year:
        said = text(TOPIC, "answer.refused_current", year=best.candidate.year)
        return Answer(said, (), sure, refused=True)
    return Answer(text(TOPIC, "answer.refused"), (), sure, refused=True)


def _compose(first: _Attempt, others: list[_Attempt]) -> Answer:
    question, readings = first.question, first.readings
    best, rivals = readings[0], _rivals(question, readings)
    quote = window(question, best)
    lines = [text(TOPIC, "answer.labelled", label=label(best.candidate, quote), text=quote)]
    if others and not rivals:
        for other in others:
            beside = other.readings[0]
            said = normalise(window(other.question, beside))
            if not any(said in normalise(line) for line in lines):
                rivals.append(beside)
                lines.append(_beside_line(other.question, beside))
    elif not rivals:
        second = _second(question, readings)
        if second is not None:
            rivals = [second]
            lines.append(_beside_line(question, second))
    else:
        lines += [_beside_line(question, rival) for rival in rivals]
        lines.append(text(TOPIC, "answer.ask_place"))
    sources = tuple(source_of(reading) for reading in (best, *rivals))
    return Answer("\n".join(lines), sources, _sure(question, best), quote=quote)


def _beside_line(question: Question, reading: Reading) -> str:
    said = window(question, reading)
    return text(TOPIC, "answer.other_place", label=label(reading.candidate, said), text=said)

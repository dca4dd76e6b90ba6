"""Answers as they are given: with document, article, place and year named."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from config.texts import text
from credit_core.knowledge.reading import Candidate, Reading
from credit_core.knowledge.rules import thresholds

TOPIC = "knowledge"


@dataclass(frozen=True)
class Source:
    """Where an answer stands.

    :ivar file: name of the imported file; :ivar excerpt: the passage, word for word.
    """

    file: str
    document: str
    section: str
    excerpt: str
    number: str = ""
    place: str = ""
    year: int | None = None


@dataclass(frozen=True)
class Answer:
    """An answer. When ``refused`` there are no sources and the confidence is low."""

    answer: str
    sources: tuple[Source, ...] = ()
    confidence: float = 0.0
    refused: bool = False
    quote: str = field(default="", compare=False)


def label(candidate: Candidate, quote: str = "") -> str:
    """Place, year, document and article, as an answer names them.

    An article that the quoted text begins with is not named twice.
    """
    place, year = candidate.own_place, candidate.year
    if candidate.publication and not place:
        origin = text(TOPIC, "label.publication", publication=candidate.publication)
    elif place and year:
        origin = text(TOPIC, "label.place_year", place=place, year=year)
    elif year:
        origin = text(TOPIC, "label.year", year=year)
    else:
        origin = text(TOPIC, "label.place", place=place) if place else ""
    title = candidate.title.removeprefix("《")
    title = (
        title[:-1] if candidate.title.startswith("《") and title.endswith("》") else candidate.title
    )
    section = candidate.path[-1] if candidate.path else ""
    if section and quote.startswith(section):
        section = ""
    number = f"（{candidate.document_number}）" if candidate.document_number else ""
    return text(TOPIC, "label.document", origin=origin, title=title, section=f"{number}{section}")


def source_of(reading: Reading) -> Source:
    candidate = reading.candidate
    return Source(
        file=candidate.file,
        document=candidate.title,
        section=" > ".join(candidate.path),
        excerpt=_excerpt(reading),
        number=candidate.document_number,
        place=candidate.own_place,
        year=candidate.year,
    )


def _excerpt(reading: Reading) -> str:
    """The passage, or the part of it around the answer when it is long."""
    limit = thresholds().excerpt_length
    parts = reading.parts
    if len(reading.candidate.text) <= limit:
        return reading.candidate.text
    first = last = reading.best
    size = len(parts[first])
    while first > 0 or last + 1 < len(parts):
        before = len(parts[first - 1]) if first > 0 else limit
        after = len(parts[last + 1]) if last + 1 < len(parts) else limit
        if size + min(before, after) > limit:
            break
        if after <= before:
            last, size = last + 1, size + after
        else:
            first, size = first - 1, size + before
    return "".join(parts[first : last + 1]).strip()


def brief(answer: Answer, limit: int = 600, *, today: date | None = None) -> str:
    """The answer for a chat message: at most ``limit`` characters, with a line of sources.

    :param today: a document of this year is not called old.
    """
    if answer.refused or not answer.sources:
        return answer.answer[:limit]
    first = answer.sources[0]
    source = first.document + (f"（{first.number}）" if first.number else "")
    old = first.year is not None and (today is None or first.year < today.year)
    note = text(TOPIC, "brief.history", year=first.year) if old else ""
    frame = len(text(TOPIC, "brief.text", answer="", source=source)) + len(note) + 1
    said = answer.answer
    if len(said) + frame > limit:
        said = _cut(said, limit - frame)
    made = text(TOPIC, "brief.text", answer=said, source=source)
    return f"{made}\n{note}" if note else made


def _cut(said: str, room: int) -> str:
    dots = text(TOPIC, "brief.cut")
    kept = said[: max(room - len(dots), 0)]
    stop = max(kept.rfind(sign) for sign in "。；\n")
    return (kept[: stop + 1] if stop > len(kept) // 2 else kept) + dots

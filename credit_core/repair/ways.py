"""The ways in which the lines of a score end, by the law of the place instead of the class alone.

The rules of scoring say how long a class counts and, as a first measure, from when it may be
repaired. Which law holds for a decision, and how long the file of the place keeps it, is known
here; so what is shown beside a score agrees with what :mod:`credit_core.repair.check` answers.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from sqlalchemy.orm import Session

from credit_core.errors import Refusal
from credit_core.records.models import RecordState, Severity
from credit_core.repair.facts import class_at
from credit_core.repair.rules import law_for, repair_book, stay_in_file
from credit_core.rules.book import RuleBook, rule_book
from credit_core.rules.periods import add_months
from credit_core.scoring.result import End, Line, Score
from credit_core.scoring.service import on_file, score
from credit_core.subjects.models import Subject


def lawful_score(session: Session, subject: Subject, on: date, *, city: str) -> Score:
    """The score of a subject on a day, its lines ending as the law of a city says.

    :raises Refusal: ``rules.none``: no rules hold on that day.
    """
    book = rule_book(session)
    return by_law(score(session, subject, on, book=book), book, city=city)


def lawful_file(session: Session, subject: Subject, on: date, *, city: str) -> Score:
    """As :func:`lawful_score`, with the lines of the file even where no score is given."""
    book = rule_book(session)
    return by_law(on_file(session, subject, on, book=book), book, city=city)


def by_law(made: Score, book: RuleBook, *, city: str) -> Score:
    """The same score; its lines end as the law of a city says on the score's day."""
    return replace(
        made,
        lines=tuple(_line(made, line, book, city) for line in made.lines),
        ended=tuple(_line(made, line, book, city) for line in made.ended),
    )


def _line(made: Score, line: Line, book: RuleBook, city: str) -> Line:
    severity = _severity(made, line, book)
    over = line.note == "ended"
    if severity is None or line.decided_on is None or (over and line.state == RecordState.REPAIRED):
        return line
    stay = stay_in_file(
        severity,
        decided_on=line.decided_on,
        occurred_on=line.occurred_on or line.decided_on,
        last_day=line.effective_to,
        on=made.on,
        city=city,
    )
    kept = [end for end in line.ends_by if end.way != "repair"]
    shown_to = stay.last_day if stay is not None else line.effective_to
    first = _first_day(severity, line, line.decided_on, made.on, city)
    shown = shown_to is None or made.on <= shown_to
    if first is not None and shown and (shown_to is None or first <= shown_to):
        # Behind the end by time, as before: people are told first what needs nothing.
        kept.insert(min(1, len(kept)), End("repair", first))
    if stay is not None and stay.natural and shown:
        kept.append(End("leaves_file", stay.last_day))
    return replace(line, ends_by=tuple(kept))


def _severity(made: Score, line: Line, book: RuleBook) -> Severity | None:
    if not line.negative or line.record_id is None or line.decided_on is None:
        return None
    return class_at(book, made.kind, line.item, line.level, line.severity, line.decided_on)


def _first_day(
    severity: Severity, line: Line, decided_on: date, on: date, city: str
) -> date | None:
    try:
        law = law_for(
            severity,
            repair_book().fields_of_items.get(line.item),
            decided_on=decided_on,
            applied_on=on,
            city=city,
        )
    except Refusal:
        return None
    return add_months(decided_on, law.minimum_months)

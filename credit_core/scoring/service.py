"""Scores of single subjects: read, explain, store when they changed, and tell."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from credit_core.events import Event, EventKind, emit
from credit_core.lists.models import ListEntry, ListKind
from credit_core.records.models import Record, RecordSuspension
from credit_core.rules.book import Entry, RuleBook, rule_book
from credit_core.scoring.evaluate import Standing, evaluate
from credit_core.scoring.models import Rating
from credit_core.scoring.near import Near, came_near
from credit_core.scoring.result import Override, Score
from credit_core.subjects.models import Subject, SubjectStatus


def score(session: Session, subject: Subject, on: date, *, book: RuleBook | None = None) -> Score:
    """The score of a subject on any day, past or future, explained line by line.

    A past day is judged by the rules of that day; a future day shows what the records known
    today will do by then.

    :raises Refusal: ``rules.none``: no rules hold on that day.
    """
    entry = (book or rule_book(session)).on(subject.kind, on)
    records = session.scalars(select(Record).where(Record.subject_id == subject.id)).all()
    return evaluate(entry, standing(session, subject, entry, on), records, on)


def on_file(session: Session, subject: Subject, on: date, *, book: RuleBook | None = None) -> Score:
    """As :func:`score`, with the lines and overrides of the file even where no score is given.

    A file of somebody too young, or whose contract is over, is not evaluated; what stands in it
    is still shown, contested and repaired, and a decision stops what it stops.

    :raises Refusal: ``rules.none``: no rules hold on that day.
    """
    entry = (book or rule_book(session)).on(subject.kind, on)
    records = session.scalars(select(Record).where(Record.subject_id == subject.id)).all()
    found = standing(session, subject, entry, on)
    made = evaluate(entry, replace(found, reason=None), records, on)
    if found.reason is None:
        return made
    return replace(
        made,
        evaluated=False,
        reason=found.reason,
        score=None,
        grade=None,
        grade_by_points=None,
        unmet=(),
    )


def standing(session: Session, subject: Subject, entry: Entry, on: date) -> Standing:
    """What is true of a subject on a day besides its records."""
    return Standing(
        subject_id=subject.id,
        kind=subject.kind,
        reason=not_evaluated(subject, entry, on),
        identity_verified=subject.identity_verified,
        committed=committed(subject, on),
        listed=_listed(session, subject, entry, on),
        resting=resting(session, subject.id, on),
    )


def not_evaluated(subject: Subject, entry: Entry, on: date) -> str | None:
    """Why there is no score on a day: a key of ``scoring.not_evaluated``, or None."""
    reasons = entry.rules.not_evaluated
    if subject.status == SubjectStatus.MERGED:
        return "merged"
    if subject.ended_on is not None and subject.ended_on <= on:
        return reasons.after_end
    if subject.evaluable_from is not None and on < subject.evaluable_from:
        return reasons.before_start
    return None


def committed(subject: Subject, on: date) -> bool:
    """Whether a signed commitment is in force on a day."""
    return (
        subject.committed_from is not None
        and subject.committed_from <= on
        and (subject.committed_until is None or on < subject.committed_until)
    )


def resting(session: Session, subject_id: int, on: date) -> frozenset[int]:
    """Ids of the records of a subject that do not count on a day because a reviewer suspended
    their effect until an objection is decided."""
    return frozenset(
        session.scalars(
            select(RecordSuspension.record_id).where(
                RecordSuspension.subject_id == subject_id,
                RecordSuspension.since <= on,
                (RecordSuspension.until.is_(None)) | (RecordSuspension.until > on),
            )
        )
    )


def _listed(session: Session, subject: Subject, entry: Entry, on: date) -> tuple[Override, ...]:
    rows = session.scalars(
        select(ListEntry)
        .where(
            ListEntry.subject_id == subject.id,
            ListEntry.list == ListKind.SEVERE,
            ListEntry.entered_on <= on,
            (ListEntry.left_on.is_(None)) | (ListEntry.left_on > on),
            (ListEntry.over_on.is_(None)) | (ListEntry.over_on > on),
        )
        .order_by(ListEntry.entered_on, ListEntry.id)
    )
    rule = entry.rules.severe_list
    return tuple(
        Override(
            kind="severe_list",
            at_most=rule.at_most,
            title=rule.title,
            document_no=row.document_no,
            basis=row.basis or rule.basis,
            effective_from=row.entered_on,
            effective_to=end - timedelta(days=1) if (end := row.left_on or row.over_on) else None,
            record_id=row.record_id,
        )
        for row in rows
    )


def refresh(
    session: Session, subject: Subject, on: date, at: datetime, *, book: RuleBook | None = None
) -> Score:
    """Score a subject now, store the rating when it changed, and tell who listens.

    Called in the transaction that changed a record, a list entry or the subject. The first
    rating of a subject is stored silently.
    """
    session.flush()
    made = score(session, subject, on, book=book)
    store(session, subject, made, at, book=book)
    return made


def store(
    session: Session, subject: Subject, made: Score, at: datetime, *, book: RuleBook | None = None
) -> bool:
    """Keep a score as the subject's newest rating; True when score or grade changed."""
    first = subject.rated_on is None
    if not first and (subject.score, subject.grade) == (made.score, made.grade):
        return False
    before = (subject.grade, subject.score)
    subject.score, subject.grade, subject.rated_on = made.score, made.grade, made.on
    row = session.get(Rating, (subject.id, made.on))
    if row is None:
        row = Rating(subject_id=subject.id, on=made.on)
        session.add(row)
    row.score, row.grade = made.score, made.grade
    row.rule_set, row.recorded_at = made.rule_set, at
    session.flush()
    if not first and before[0] != made.grade:
        emit(session, grade_changed(made, before, at))
    if not first and made.score is not None:
        grades = (book or rule_book(session)).on(subject.kind, made.on).rules.grades
        near = came_near(grades, subject.kind, before, (made.grade, made.score))
        if near is not None:
            emit(session, grade_near(made, near, at))
    return True


def warn_points(session: Session, made: Score, added: int, at: datetime) -> None:
    """Tell that statutory points just added took a practitioner over a step of the counter.

    :param added: points that the new records brought to the counter of the year.
    """
    if made.counter is None or made.counter_steps is None:
        return
    before = made.counter - added
    if any(before < step <= made.counter for step in made.counter_steps):
        data = {"points": made.counter, "year": made.on.year, "on": made.on.isoformat()}
        emit(session, Event(EventKind.POINTS_WARNING, made.subject_id, at, data))


def counts_points(entry: Entry, item: str) -> bool:
    """Whether records of an item go into the statutory counter."""
    counter, known = entry.rules.counter, entry.compiled.items.get(item)
    return counter is not None and known is not None and known.group == counter.group


def grade_changed(made: Score, before: tuple[str | None, int | None], at: datetime) -> Event:
    """The event of a changed grade, with the lines that explain the new one."""
    return Event(
        EventKind.GRADE_CHANGED,
        made.subject_id,
        at,
        {
            "before": before[0],
            "after": made.grade,
            "score_before": before[1],
            "score_after": made.score,
            "on": made.on.isoformat(),
            "lines": _lines(made),
            "overrides": [
                {
                    "kind": override.kind,
                    "title": override.title,
                    "at_most": override.at_most,
                    "document_no": override.document_no,
                }
                for override in made.overrides
            ],
        },
    )


def grade_near(made: Score, near: Near, at: datetime) -> Event:
    """The event of a score that came within reach of the next lower grade."""
    return Event(
        EventKind.GRADE_NEAR,
        made.subject_id,
        at,
        {
            "grade": made.grade,
            "next_lower": near.next_lower,
            "points_left": near.points_left,
            "score": made.score,
            "on": made.on.isoformat(),
            "lines": _lines(made),
        },
    )


def _lines(made: Score) -> list[dict[str, Any]]:
    return [
        {
            "record_id": line.record_id,
            "item": line.item,
            "title": line.title,
            "points": line.points,
            "document_no": line.document_no,
            "effective_from": line.effective_from.isoformat(),
            "effective_to": line.effective_to.isoformat() if line.effective_to else None,
        }
        for line in made.lines
    ]


def scores(session: Session, subjects: Iterable[Subject], on: date) -> list[Score]:
    """Scores of several subjects with one reading of the rules."""
    book = rule_book(session)
    return [score(session, subject, on, book=book) for subject in subjects]

"""Storing the ratings of a range of subjects, and telling whose grade changed."""

from __future__ import annotations

from datetime import date, datetime
from itertools import repeat
from typing import NamedTuple

from sqlalchemy.orm import Session

from credit_core.events import SUBSCRIBERS, emit
from credit_core.rows import driver, encoded, is_sqlite, plan_for_few
from credit_core.rules.book import KINDS, RuleBook, rule_book
from credit_core.scoring.models import Rating
from credit_core.scoring.near import Near, Standing, came_near
from credit_core.scoring.ranges import Rated, entry_on
from credit_core.scoring.reading import NONE, RATED
from credit_core.scoring.service import grade_changed, grade_near, score
from credit_core.scoring.vector import Ints
from credit_core.subjects.models import Subject


class _Columns(NamedTuple):
    """What changed, column by column."""

    id: list[int]
    score: list[int | None]
    grade: list[str | None]
    rule_set: list[str]


def store(session: Session, made: Rated, on: date, at: datetime) -> int:
    """Keep the ratings that changed, and tell about grades that changed; returns how many."""
    changed = made.changed()
    if not len(changed):
        return 0
    places = changed.tolist()
    columns = _Columns(
        made.subjects.id[changed].tolist(),
        [None if value == NONE else value for value in made.score[changed].tolist()],
        [made.grade[place] or None for place in places],
        [made.rule_set[place] for place in places],
    )
    write = _write_sqlite if is_sqlite(session) else _write_postgres
    write(session, columns, on, at)
    _tell(session, made, changed, on, at)
    return len(places)


def _write_sqlite(session: Session, new: _Columns, on: date, at: datetime) -> None:
    table = Rating.metadata.tables["rating"]
    day = repeat(encoded(session, table, "on", on))
    moment = repeat(encoded(session, table, "recorded_at", at))
    connection = driver(session)
    connection.executemany(
        "UPDATE subject SET score = ?, grade = ?, rated_on = ? WHERE id = ?",
        zip(new.score, new.grade, day, new.id, strict=False),
    )
    # A second rating of the same day takes the place of the first.
    connection.executemany(
        'INSERT OR REPLACE INTO rating (subject_id, score, grade, rule_set, "on", recorded_at) '
        "VALUES (?, ?, ?, ?, ?, ?)",
        zip(*new, day, moment, strict=False),
    )


def _write_postgres(session: Session, new: _Columns, on: date, at: datetime) -> None:
    plan_for_few(session)
    values = {**new._asdict(), "on": on, "at": at}
    with driver(session).cursor() as cursor:
        cursor.execute(_UPDATE_SUBJECTS, values)
        cursor.execute(_INSERT_RATINGS, values)


# Arrays tell the planner how many rows there are; a temporary table would not.
_UPDATE_SUBJECTS = """
UPDATE subject SET score = new.score, grade = new.grade, rated_on = %(on)s
FROM unnest(%(id)s::bigint[], %(score)s::bigint[], %(grade)s::text[]) AS new (id, score, grade)
WHERE subject.id = new.id
"""
_INSERT_RATINGS = """
INSERT INTO rating (subject_id, "on", score, grade, rule_set, recorded_at)
SELECT new.subject, %(on)s, new.score, new.grade, new.rules, %(at)s
FROM unnest(%(id)s::bigint[], %(score)s::bigint[], %(grade)s::text[], %(rule_set)s::text[])
    AS new (subject, score, grade, rules)
ON CONFLICT (subject_id, "on") DO UPDATE
SET score = excluded.score, grade = excluded.grade, rule_set = excluded.rule_set,
    recorded_at = excluded.recorded_at
"""


def _tell(session: Session, made: Rated, changed: Ints, on: date, at: datetime) -> None:
    """Events of grades that changed or came within reach of a lower one; a first rating is
    silent."""
    if not session.info.get(SUBSCRIBERS):
        return
    known = changed[made.subjects.holds(RATED)[changed]].tolist()
    if not known:
        return
    book = rule_book(session)
    told = []
    for n in known:
        before, after = made.stored(n), made.made(n)
        near = _came_near(book, KINDS[int(made.subjects.kind[n])], on, before, after)
        if near is not None or before[0] != after[0]:
            told.append((n, before, near))
    if told:
        session.expire_all()
    for n, before, near in told:
        subject = session.get_one(Subject, int(made.subjects.id[n]))
        explained = score(session, subject, on, book=book)
        if before[0] != explained.grade:
            emit(session, grade_changed(explained, before, at))
        if near is not None:
            emit(session, grade_near(explained, near, at))
        session.expunge(subject)


def _came_near(
    book: RuleBook, kind: str, on: date, before: Standing, after: Standing
) -> Near | None:
    entry = None if after[1] is None else entry_on(book, kind, on)
    return None if entry is None else came_near(entry.rules.grades, kind, before, after)

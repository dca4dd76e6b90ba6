"""Rescoring of many subjects: everything, or what may have changed since the run before.

Chunks of subjects are read into arrays, scored by :mod:`credit_core.scoring.vector` and stored
where score or grade differ; each chunk is one transaction with its events. A run that was killed
is simply run again: stored ratings do not change twice.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from credit_core.database import Database
from credit_core.events import SUBSCRIBERS, emit
from credit_core.ids import new_id, new_ids
from credit_core.lists.models import ListEntry, ListKind
from credit_core.rows import driver, insert_rows, is_sqlite
from credit_core.rules.book import KINDS, Entry, RuleBook, rule_book
from credit_core.scoring.changes import changed_subjects
from credit_core.scoring.models import Rating, RescoreRun
from credit_core.scoring.near import Near, Standing, came_near
from credit_core.scoring.reading import (
    CHUNK,
    COMMITTED,
    ENDED,
    MERGED,
    NONE,
    NOT_YET,
    RATED,
    VERIFIED,
    Reader,
    RecordRows,
    SubjectRows,
)
from credit_core.scoring.service import grade_changed, grade_near, score
from credit_core.scoring.vector import Bools, Ints, People, Rows, Vector
from credit_core.subjects.models import Subject

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Rescored:
    """What a rescore did; ``records`` counts all records of the subjects that were scored."""

    subjects: int
    records: int
    changed: int
    complete: bool

    def __add__(self, other: Rescored) -> Rescored:
        return Rescored(
            self.subjects + other.subjects,
            self.records + other.records,
            self.changed + other.changed,
            self.complete,
        )


@dataclass(frozen=True, slots=True)
class Rated:
    """Scores of a range of subjects; score :data:`NONE`, grade ``""``: not evaluated."""

    subjects: SubjectRows
    score: Ints
    grade: list[str]
    rule_set: list[str]

    def changed(self) -> Ints:
        """Positions whose stored rating differs, or that have none yet."""
        differs = (self.score != self.subjects.score) | ~self.subjects.holds(RATED)
        grades = np.fromiter(
            map(str.__ne__, self.grade, self.subjects.grade), dtype=bool, count=len(self.grade)
        )
        found: Ints = np.flatnonzero(differs | grades)
        return found

    def stored(self, position: int) -> Standing:
        """Grade and score as they stood in the database."""
        known = int(self.subjects.score[position])
        return self.subjects.grade[position] or None, None if known == NONE else known

    def made(self, position: int) -> Standing:
        """Grade and score as they are now."""
        value = int(self.score[position])
        return self.grade[position] or None, None if value == NONE else value


class Bulk:
    """Scores ranges of subjects for one day by the rules of that day."""

    def __init__(self, session: Session, on: date, book: RuleBook | None = None) -> None:
        self.session, self.on = session, on
        book = book or rule_book(session)
        self.entries: list[Entry | None] = [_entry(book, kind, on) for kind in KINDS]
        self.vectors = [Vector(entry.compiled) if entry else None for entry in self.entries]
        self.reader = Reader(session, on)
        for entry in self.entries:
            if entry is not None:
                self.reader.know((c.item.code, c.variant.level) for c in entry.compiled.cells)
        self.listed = self._listed()
        self._cells: dict[tuple[int, int], int] = {}

    def _listed(self) -> Ints:
        rows = self.session.scalars(
            select(ListEntry.subject_id).where(
                ListEntry.list == ListKind.SEVERE,
                ListEntry.entered_on <= self.on,
                (ListEntry.left_on.is_(None)) | (ListEntry.left_on > self.on),
            )
        )
        return np.array(sorted(set(rows)), dtype=np.int64)

    def rate(self, subjects: SubjectRows, records: RecordRows) -> Rated:
        """Score a range; the rows of every kind by the rules of that kind."""
        score = np.full(len(subjects.id), NONE, dtype=np.int64)
        grade = np.zeros(len(subjects.id), dtype=object)
        grade[:] = ""
        versions = np.zeros(len(subjects.id), dtype=object)
        versions[:] = ""
        position = np.searchsorted(subjects.id, records.subject_id)
        skipped = subjects.holds(MERGED | ENDED | NOT_YET)
        for number, vector in enumerate(self.vectors):
            entry = self.entries[number]
            mine = np.flatnonzero(subjects.kind == number)
            if vector is None or entry is None or not len(mine):
                continue
            people = self._people(subjects, mine, entry)
            rows = self._rows(records, position, subjects, mine, number)
            made = vector.scores(rows, people)
            names = np.array([g.grade for g in entry.rules.grades], dtype=object)
            rated = ~self._not_evaluated(subjects, mine, entry, skipped)
            score[mine[rated]] = made.score[rated]
            grade[mine[rated]] = names[made.rank[rated]]
            versions[mine] = entry.version
        return Rated(subjects, score, grade.tolist(), versions.tolist())

    @staticmethod
    def _not_evaluated(subjects: SubjectRows, mine: Ints, entry: Entry, skipped: Bools) -> Bools:
        if entry.rules.not_evaluated.before_start is not None:
            return skipped[mine]
        waived: Bools = subjects.holds(MERGED | ENDED)[mine]
        return waived

    def _people(self, subjects: SubjectRows, mine: Ints, entry: Entry) -> People:
        ids = subjects.id[mine]
        rank = entry.compiled.rank_of[entry.rules.severe_list.at_most]
        return People(
            count=len(mine),
            identity_verified=subjects.holds(VERIFIED)[mine],
            committed=subjects.holds(COMMITTED)[mine],
            listed=np.where(np.isin(ids, self.listed), rank, 0).astype(np.int64),
            governed=lambda some: self._governed(ids[some], entry),
        )

    def _governed(self, ids: Ints, entry: Entry) -> Bools:
        counter = entry.rules.counter
        codes = counter.governed_by if counter is not None else ()
        found = sorted(self.reader.governed(ids.tolist(), codes))
        held: Bools = np.isin(ids, np.array(found, dtype=np.int64))
        return held

    def _rows(
        self,
        records: RecordRows,
        position: Ints,
        subjects: SubjectRows,
        mine: Ints,
        kind: int,
    ) -> Rows:
        cells = self._cells_of(kind)
        cell = cells[records.token] if len(cells) else records.token
        place = np.full(len(subjects.id), -1, dtype=np.int64)
        place[mine] = np.arange(len(mine))
        subject = place[position]
        rows = Rows(subject, cell, records.amount, records.decision, records.start, records.act)
        keep = (subject >= 0) & (cell >= 0)
        return rows if keep.all() else rows.where(keep)

    def _cells_of(self, kind: int) -> Ints:
        """Number of the cell by token; -1: the rules of this kind do not know the item."""
        entry = self.entries[kind]
        numbers = []
        for name, token in self.reader.tokens.items():
            known = self._cells.get((kind, token))
            if known is None:
                item, _, level = name.partition("/")
                cell = entry.compiled.cell(item, level) if entry else None
                known = self._cells[kind, token] = -1 if cell is None else cell.number
            numbers.append(known)
        return np.array(numbers, dtype=np.int64)


def _entry(book: RuleBook, kind: str, on: date) -> Entry | None:
    from credit_core.errors import Refusal

    try:
        return book.on(kind, on)
    except Refusal:
        return None


def store(session: Session, made: Rated, on: date, at: datetime) -> int:
    """Keep the ratings that changed, and tell about grades that changed; returns how many."""
    changed = made.changed()
    if not len(changed):
        return 0
    ids = made.subjects.id[changed].tolist()
    scores = [None if value == NONE else value for value in made.score[changed].tolist()]
    grades = [made.grade[n] or None for n in changed]
    rules = [made.rule_set[n] for n in changed]
    _update_subjects(session, ids, scores, grades, on)
    _insert_ratings(session, zip(ids, scores, grades, rules, strict=True), on, at)
    _tell(session, made, changed, on, at)
    return len(ids)


def _update_subjects(
    session: Session,
    ids: Sequence[int],
    scores: Sequence[int | None],
    grades: Sequence[str | None],
    on: date,
) -> None:
    connection = driver(session)
    if is_sqlite(session):
        from credit_core.days import day_number

        day = day_number(on)
        connection.executemany(
            "UPDATE subject SET score = ?, grade = ?, rated_on = ? WHERE id = ?",
            zip(scores, grades, [day] * len(ids), ids, strict=True),
        )
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE IF NOT EXISTS new_rating "
            "(id bigint, score bigint, grade varchar(4)) ON COMMIT DROP"
        )
        cursor.execute("TRUNCATE new_rating")
        with cursor.copy("COPY new_rating (id, score, grade) FROM STDIN") as copy:
            for row in zip(ids, scores, grades, strict=True):
                copy.write_row(row)
        cursor.execute(
            "UPDATE subject SET score = n.score, grade = n.grade, rated_on = %s "
            "FROM new_rating n WHERE subject.id = n.id",
            (on,),
        )


def _insert_ratings(
    session: Session,
    rows: Iterable[tuple[int, int | None, str | None, str]],
    on: date,
    at: datetime,
) -> None:
    known = list(rows)
    values = [
        (row_id, subject, on, score_, grade, version, at)
        for row_id, (subject, score_, grade, version) in zip(
            new_ids(len(known)), known, strict=True
        )
    ]
    # A second rating of the same day takes the place of the first.
    insert_rows(
        session,
        Rating.metadata.tables["rating"],
        ("id", "subject_id", "on", "score", "grade", "rule_set", "recorded_at"),
        values,
        replace_on=("subject_id", "on"),
    )


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
    entry = None if after[1] is None else _entry(book, kind, on)
    return None if entry is None else came_near(entry.rules.grades, kind, before, after)


def rate_subjects(session: Session, ids: Iterable[int], *, on: date, at: datetime) -> Rescored:
    """Rate some subjects in the session's own transaction."""
    session.flush()
    bulk = Bulk(session, on)
    total = Rescored(0, 0, 0, complete=False)
    for subjects in bulk.reader.chosen(list(ids)):
        records = bulk.reader.records(subjects, chosen=True)
        known = bulk.reader.count(chosen=True)
        made = bulk.rate(subjects, records)
        changed = store(session, made, on, at)
        total += Rescored(len(subjects.id), known, changed, complete=False)
    session.expire_all()
    return total


def rescore(
    database: Database,
    *,
    on: date,
    at: datetime,
    complete: bool = False,
    progress: Progress | None = None,
) -> Rescored:
    """Bring all stored ratings to a day.

    :param complete: read everybody. Otherwise only those whose records, standing or rules may
        have changed since the last run; without a run before, everybody too.
    """
    with database.read() as session:
        digest = rule_book(session).digest(on)
        last = session.scalar(
            select(RescoreRun).order_by(RescoreRun.started_at.desc(), RescoreRun.id.desc()).limit(1)
        )
        complete = complete or last is None or last.rules != digest
        ids = [] if complete or last is None else changed_subjects(session, last, on)
    if complete:
        with _without_collector():
            total = _all(database, on, at, progress)
    else:
        with database.begin() as session:
            total = rate_subjects(session, ids, on=on, at=at) if ids else _nothing()
    with database.begin() as session:
        session.add(
            RescoreRun(
                id=new_id(),
                on=on,
                complete=complete,
                rules=digest,
                started_at=at,
                finished_at=at,
                subjects=total.subjects,
                records=total.records,
                changed=total.changed,
            )
        )
    return total


@contextmanager
def _without_collector() -> Iterator[None]:
    """Reading makes millions of tuples and no cycle: searching them costs a third of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _nothing() -> Rescored:
    return Rescored(0, 0, 0, complete=False)


def _all(database: Database, on: date, at: datetime, progress: Progress | None) -> Rescored:
    with database.read() as session:
        bulk = Bulk(session, on)
        total = Rescored(0, bulk.reader.count(), 0, complete=True)
        count = session.scalar(select(func.count()).select_from(Subject)) or 0
        for subjects, records in _chunks(bulk):
            made = bulk.rate(subjects, records)
            changed = 0
            if len(made.changed()):
                with database.begin() as writer:
                    changed = store(writer, made, on, at)
            total += Rescored(len(subjects.id), 0, changed, complete=True)
            if progress is not None:
                progress("rescore", total.subjects, count)
    return total


def _chunks(bulk: Bulk) -> Iterator[tuple[SubjectRows, RecordRows]]:
    for subjects in bulk.reader.chunks(CHUNK):
        yield subjects, bulk.reader.records(subjects)

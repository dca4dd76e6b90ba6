"""Scores of ranges of subjects: read into arrays, rated by the rules of the day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from sqlalchemy.orm import Session

from credit_core.errors import Refusal
from credit_core.rows import is_sqlite
from credit_core.rules.book import KINDS, Entry, RuleBook, rule_book
from credit_core.scoring.near import Standing
from credit_core.scoring.reading import (
    COMMITTED,
    ENDED,
    LISTED,
    MERGED,
    NONE,
    NOT_YET,
    RATED,
    VERIFIED,
    Reader,
    RecordRows,
    SubjectRows,
)
from credit_core.scoring.reading_postgres import PostgresReader
from credit_core.scoring.reading_sqlite import SqliteReader
from credit_core.scoring.vector import Bools, Ints, People, Rows, Vector


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
        self.entries: list[Entry | None] = [entry_on(book, kind, on) for kind in KINDS]
        self.vectors = [Vector(entry.compiled) if entry else None for entry in self.entries]
        self.reader = _reader(session, on)
        for entry in self.entries:
            if entry is not None:
                self.reader.know((c.item.code, c.variant.level) for c in entry.compiled.cells)
        self._cells: dict[tuple[int, int], int] = {}

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
            listed=np.where(subjects.holds(LISTED)[mine], rank, 0).astype(np.int64),
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


def entry_on(book: RuleBook, kind: str, on: date) -> Entry | None:
    try:
        return book.on(kind, on)
    except Refusal:
        return None


def _reader(session: Session, on: date) -> Reader:
    return SqliteReader(session, on) if is_sqlite(session) else PostgresReader(session, on)

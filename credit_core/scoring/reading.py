"""Reading what bulk scoring needs, straight from the driver into arrays, a range at a time.

Only records in effect on the day leave the database. On SQLite they come in the order of the
index ``ix_record_scoring``, which holds every column that is asked for; on PostgreSQL they come
as binary COPY, whose fixed-size rows NumPy reads in place.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from sqlalchemy.orm import Session

from credit_core.days import day_number
from credit_core.records.models import VOID
from credit_core.rows import driver, is_sqlite
from credit_core.rules.book import KINDS
from credit_core.scoring.vector import NO_AMOUNT, Bools, Ints

CHUNK = 20_000
"""Subjects read at a time: some tens of megabytes, whatever the population."""

ANY_LEVEL = "*"
MERGED, ENDED, NOT_YET, VERIFIED, COMMITTED, RATED = (1 << bit for bit in range(6))
NONE = -(1 << 40)
_NO_POINTS, _POINT_SHIFT, _DAY_SHIFT, _DAY_MASK = 1 << 15, 34, 17, (1 << 17) - 1
_RESTING = (
    "SELECT record_id FROM record_suspension WHERE since <= :day AND coalesce(until > :day, true)"
)
"""Records whose effect rests for the time of an objection; there are few, mostly none."""
_VOID = ", ".join(f"'{state}'" for state in VOID)


@dataclass(frozen=True, slots=True)
class SubjectRows:
    """Subjects of one range, by id.

    :ivar kind: position in :data:`~credit_core.rules.book.KINDS`.
    :ivar flags: what holds on the day (``MERGED`` … ``RATED``).
    :ivar score: stored score, :data:`NONE` without one.
    :ivar grade: stored grade, ``""`` without one.
    """

    id: Ints
    kind: Ints
    flags: Ints
    score: Ints
    grade: list[str]

    def holds(self, flag: int) -> Bools:
        held: Bools = (self.flags & flag) != 0
        return held


@dataclass(frozen=True, slots=True)
class RecordRows:
    """Records in effect, sorted by subject and decision; ``token`` numbers (item, level)."""

    subject_id: Ints
    token: Ints
    amount: Ints
    decision: Ints
    start: Ints
    act: Ints


class Tokens(dict[str, int]):
    """Numbers for ``item/level`` texts, given as they turn up."""

    def __missing__(self, key: str) -> int:
        number = self[key] = len(self)
        return number


class Reader:
    """Reads ranges of subjects and their records for one day."""

    def __init__(self, session: Session, on: date) -> None:
        self.session = session
        self.on = on
        self.tokens = Tokens()
        self.sqlite = is_sqlite(session)
        self.connection = driver(session)
        self.day: Any = day_number(on) if self.sqlite else on
        self._some_rest = bool(self._fetch(f"{_RESTING} LIMIT 1", {}))

    def chunks(self, size: int = CHUNK) -> Iterator[SubjectRows]:
        """All subjects, by id, in ranges."""
        last = -1
        while True:
            rows = self._fetch(
                f"SELECT {self._subject_columns()} FROM subject WHERE id > :last "
                f"ORDER BY id LIMIT {size}",
                {"last": last},
            )
            if not rows:
                return
            last = rows[-1][0]
            yield _subject_rows(rows)

    def chosen(self, ids: Sequence[int], size: int = CHUNK) -> Iterator[SubjectRows]:
        """Some subjects, by id, in ranges. The ids stay in a table for :meth:`records`."""
        ordered = sorted(set(ids))
        for start in range(0, len(ordered), size):
            self._choose(ordered[start : start + size])
            rows = self._fetch(
                f"SELECT {self._subject_columns()} FROM subject "
                "JOIN chosen_subject USING (id) ORDER BY id",
                {},
            )
            if rows:
                yield _subject_rows(rows)

    def _choose(self, ids: Sequence[int]) -> None:
        kind = "INTEGER" if self.sqlite else "bigint"
        cursor = self.connection.cursor()
        cursor.execute(f"CREATE TEMP TABLE IF NOT EXISTS chosen_subject (id {kind} PRIMARY KEY)")
        cursor.execute("DELETE FROM chosen_subject")
        rows = [(one,) for one in ids]
        if self.sqlite:
            cursor.executemany("INSERT INTO chosen_subject (id) VALUES (?)", rows)
        else:
            with cursor.copy("COPY chosen_subject (id) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        cursor.close()

    def records(self, subjects: SubjectRows, *, chosen: bool = False) -> RecordRows:
        """Records in effect of a range of subjects (or of the chosen ones)."""
        effect = (
            "effective_from <= :day AND (effective_to IS NULL OR effective_to > :day) "
            f"AND (ended_on IS NULL OR ended_on > :day) AND state NOT IN ({_VOID})"
        )
        if self._some_rest:
            effect += f" AND id NOT IN ({_RESTING})"
        where = "subject_id BETWEEN :first AND :last"
        if chosen:
            where = "subject_id IN (SELECT id FROM chosen_subject)"
        values = {
            "first": int(subjects.id[0]),
            "last": int(subjects.id[-1]),
            "day": self.day,
        }
        if self.sqlite:
            return self._sqlite_records(f"{where} AND {effect}", values)
        return self._postgres_records(f"{where} AND {effect}", values)

    def _sqlite_records(self, where: str, values: dict[str, Any]) -> RecordRows:
        rows = self.connection.execute(
            "SELECT subject_id, item || '/' || level, decision_key, "
            # SQLite gives shifts and bars one and the same precedence.
            f"((ifnull(points, -{_NO_POINTS}) + {_NO_POINTS}) << {_POINT_SHIFT}) "
            f"| (effective_from << {_DAY_SHIFT}) | occurred_on "
            "FROM record INDEXED BY ix_record_scoring "
            f"WHERE {where} ORDER BY subject_id, decision_key",
            values,
        ).fetchall()
        if not rows:
            return _no_records()
        subject, name, decision, packed = zip(*rows, strict=True)
        bits = np.array(packed, dtype=np.int64)
        token = np.fromiter(map(self.tokens.__getitem__, name), dtype=np.int64, count=len(name))
        amount = (bits >> _POINT_SHIFT) - _NO_POINTS
        return RecordRows(
            subject_id=np.array(subject, dtype=np.int64),
            token=token,
            amount=np.where(amount == -_NO_POINTS, NO_AMOUNT, amount),
            decision=np.array(decision, dtype=np.int64),
            start=(bits >> _DAY_SHIFT) & _DAY_MASK,
            act=bits & _DAY_MASK,
        )

    def know(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Number the items and levels that the rules know; other levels of a known item share
        one number, :data:`ANY_LEVEL`."""
        for item, level in pairs:
            self.tokens[f"{item}/{level}"]
            self.tokens[f"{item}/{ANY_LEVEL}"]

    def _postgres_records(self, where: str, values: dict[str, Any]) -> RecordRows:
        query = (
            "SELECT subject_id, coalesce(t.number, d.number)::bigint, "
            f"coalesce(points, {NO_AMOUNT})::bigint, decision_key, "
            "(effective_from - DATE '1970-01-01')::bigint, "
            "(occurred_on - DATE '1970-01-01')::bigint "
            f"FROM record JOIN (VALUES {self._numbers(ANY_LEVEL)}) AS d (item, level, number) "
            "ON d.item = record.item "
            f"LEFT JOIN (VALUES {self._numbers()}) AS t (item, level, number) "
            "ON t.item = record.item AND t.level = record.level "
            f"WHERE {where} ORDER BY subject_id, decision_key"
        )
        return _copied(self._copy(query, values))

    def _numbers(self, only: str | None = None) -> str:
        """The numbered items and levels as SQL values."""
        rows = []
        for name, number in self.tokens.items():
            item, _, level = name.replace("'", "''").partition("/")
            if only is None or level == only:
                rows.append(f"('{item}', '{level}', {number})")
        return ", ".join(rows or ["('-', '-', 0)"])

    def _copy(self, query: str, values: dict[str, Any]) -> bytes:
        from psycopg import sql

        text = _NAMED.sub(r"{\1}", query)
        literals = {name: sql.Literal(value) for name, value in values.items()}
        with (
            self.connection.cursor() as cursor,
            cursor.copy(
                sql.SQL("COPY ({}) TO STDOUT (FORMAT binary)").format(
                    sql.SQL(text).format(**literals)
                )
            ) as copy,
        ):
            return b"".join(bytes(block) for block in copy)

    def _subject_columns(self) -> str:
        kinds = " ".join(f"WHEN '{kind}' THEN {number}" for number, kind in enumerate(KINDS))
        flags = " + ".join(
            f"CASE WHEN {condition} THEN {flag} ELSE 0 END"
            for condition, flag in (
                ("status = 'merged'", MERGED),
                ("ended_on <= :day", ENDED),
                ("evaluable_from > :day", NOT_YET),
                ("identity_verified", VERIFIED),
                ("committed_from <= :day AND coalesce(committed_until > :day, true)", COMMITTED),
                ("rated_on IS NOT NULL", RATED),
            )
        )
        return f"id, CASE kind {kinds} END, {flags}, coalesce(score, {NONE}), coalesce(grade, '')"

    def _fetch(self, query: str, values: dict[str, Any]) -> list[Any]:
        values = {"day": self.day, **values}
        if not self.sqlite:
            query = _NAMED.sub(r"%(\1)s", query)
        cursor = self.connection.cursor()
        cursor.execute(query, values)
        rows: list[Any] = cursor.fetchall()
        cursor.close()
        return rows

    def count(self, *, chosen: bool = False) -> int:
        """Records of all subjects (or of the chosen ones), whether they count or not."""
        where = "WHERE subject_id IN (SELECT id FROM chosen_subject)" if chosen else ""
        return int(self._fetch(f"SELECT count(*) FROM record {where}", {})[0][0])

    def governed(self, ids: Sequence[int], codes: Sequence[str]) -> set[int]:
        """Which of some subjects have a decision on one of these items in the year of the day."""
        start = self.on.replace(month=1, day=1)
        names = ", ".join(f"'{code}'" for code in codes)
        found: set[int] = set()
        for first in range(0, len(ids) if codes else 0, 500):
            some = ", ".join(str(int(one)) for one in ids[first : first + 500])
            rows = self._fetch(
                f"SELECT DISTINCT subject_id FROM record WHERE subject_id IN ({some}) "
                f"AND item IN ({names}) AND effective_from >= :start AND effective_from <= :day "
                f"AND state NOT IN ({_VOID})",
                {"start": day_number(start) if self.sqlite else start},
            )
            found.update(row[0] for row in rows)
        return found


_NAMED = re.compile(r"(?<!:):([a-z]+)")
_COPY_HEAD = 19
_COPY_ROW = np.dtype(
    [("fields", ">i2")] + [(f"{kind}{n}", f">i{4 if kind == 'l' else 8}") for n in range(6)
                            for kind in ("l", "v")]
)  # fmt: skip


def _copied(raw: bytes) -> RecordRows:
    """Rows of six bigints from a binary COPY (header 19 bytes, trailer 2)."""
    rows = np.frombuffer(
        raw, dtype=_COPY_ROW, offset=_COPY_HEAD, count=(len(raw) - _COPY_HEAD) // _COPY_ROW.itemsize
    )
    columns = [rows[f"v{number}"].astype(np.int64) for number in range(6)]
    return RecordRows(*columns)


def _no_records() -> RecordRows:
    empty = np.zeros(0, dtype=np.int64)
    return RecordRows(empty, empty, empty, empty, empty, empty)


def _subject_rows(rows: list[Any]) -> SubjectRows:
    ids, kinds, flags, scores, grades = zip(*rows, strict=True)
    return SubjectRows(
        id=np.array(ids, dtype=np.int64),
        kind=np.array(kinds, dtype=np.int64),
        flags=np.array(flags, dtype=np.int64),
        score=np.array(scores, dtype=np.int64),
        grade=list(grades),
    )

"""Reading what bulk scoring needs, straight from the driver into arrays, a range at a time.

Only records in effect on the day leave the database. On SQLite they come in the order of the
index ``ix_record_scoring``, which holds every column that is asked for; on PostgreSQL they come
as binary COPY, whose fixed-size rows NumPy reads in place.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy.orm import Session

from credit_core.days import day_number
from credit_core.lists.models import ListKind
from credit_core.records.models import VOID
from credit_core.rows import driver, is_sqlite, plan_for_few
from credit_core.rules.book import KINDS
from credit_core.scoring.vector import NO_AMOUNT, Bools, Ints

CHUNK = 20_000
"""Subjects read at a time: some tens of megabytes, whatever the population."""

ANY_LEVEL = "*"
MERGED, ENDED, NOT_YET, VERIFIED, COMMITTED, RATED, LISTED = (1 << bit for bit in range(7))
NONE = -(1 << 40)
_NO_POINTS, _POINT_SHIFT, _DAY_SHIFT, _DAY_MASK = 1 << 15, 34, 17, (1 << 17) - 1
_RESTING = (
    "SELECT record_id FROM record_suspension WHERE since <= :day AND coalesce(until > :day, true)"
)
"""Records whose effect rests for the time of an objection; there are few, mostly none."""
_VOID = ", ".join(f"'{state}'" for state in VOID)
_IN_EFFECT = (
    "effective_from <= :day AND (effective_to IS NULL OR effective_to > :day) "
    f"AND (ended_on IS NULL OR ended_on > :day) AND state NOT IN ({_VOID})"
)
_RANGE = "subject_id BETWEEN :first AND :last"
_FLAGS = " + ".join(
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


@dataclass(frozen=True, slots=True)
class SubjectRows:
    """Subjects of one range, by id.

    :ivar kind: position in :data:`~credit_core.rules.book.KINDS`.
    :ivar flags: what holds on the day (``MERGED`` … ``LISTED``).
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
    """Numbers for ``item`` and ``item/level`` texts, given as they turn up."""

    def __missing__(self, key: str) -> int:
        number = self[key] = len(self)
        return number


def reader(session: Session, on: date) -> Reader:
    """The reader for the database of a session."""
    return SqliteReader(session, on) if is_sqlite(session) else PostgresReader(session, on)


class Reader(ABC):
    """Reads ranges of subjects and their records for one day."""

    def __init__(self, session: Session, on: date) -> None:
        self.session = session
        self.on = on
        self.tokens = Tokens()
        self.connection = driver(session)
        self._rest: bool | None = None

    def know(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Number the items and levels that the rules know; other levels of a known item share
        one number, :data:`ANY_LEVEL`."""
        for item, level in pairs:
            self.tokens[f"{item}/{level}" if level else item]
            self.tokens[f"{item}/{ANY_LEVEL}"]

    def chunks(self, size: int = CHUNK) -> Iterator[SubjectRows]:
        """All subjects, by id, in ranges."""
        last = -1
        while True:
            rows = self._subjects(f"WHERE id > :last ORDER BY id LIMIT {size}", {"last": last})
            if not len(rows.id):
                return
            first, last = int(rows.id[0]), int(rows.id[-1])
            self._mark_listed(rows, _RANGE, {"first": first, "last": last})
            yield rows

    def chosen(self, ids: Sequence[int], size: int = CHUNK) -> Iterator[SubjectRows]:
        """Some subjects, by id, in ranges; :meth:`records` and :meth:`count` go by the last."""
        ordered = sorted(set(ids))
        for start in range(0, len(ordered), size):
            self._choose(ordered[start : start + size])
            rows = self._subjects(f"WHERE {self._chosen('id')} ORDER BY id", {})
            if len(rows.id):
                self._mark_listed(rows, self._chosen("subject_id"), {})
                yield rows

    def _mark_listed(self, rows: SubjectRows, where: str, values: dict[str, Any]) -> None:
        """Set the flag of those on the severe list on the day."""
        found = self._fetch(
            f"SELECT subject_id FROM list_entry WHERE {where} AND list = '{ListKind.SEVERE}' "
            "AND entered_on <= :iso AND (left_on IS NULL OR left_on > :iso) "
            "AND (over_on IS NULL OR over_on > :iso)",
            {"iso": self.on.isoformat(), **values},
        )
        listed = np.array(sorted({row[0] for row in found}), dtype=np.int64)
        rows.flags[np.isin(rows.id, listed)] |= LISTED

    def records(self, subjects: SubjectRows, *, chosen: bool = False) -> RecordRows:
        """Records in effect of a range of subjects (or of the chosen ones)."""
        where = self._chosen("subject_id") if chosen else _RANGE
        if self._some_rest():
            where += f" AND id NOT IN ({_RESTING})"
        values = {"first": int(subjects.id[0]), "last": int(subjects.id[-1])}
        return self._records(where, values)

    def _some_rest(self) -> bool:
        """Whether the effect of any record rests on the day; asked once."""
        if self._rest is None:
            self._rest = bool(self._fetch(f"{_RESTING} LIMIT 1", {}))
        return self._rest

    def count(self, *, chosen: bool = False) -> int:
        """Records of all subjects (or of the chosen ones), whether they count or not."""
        where = f"WHERE {self._chosen('subject_id')}" if chosen else ""
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
                {"start": self._day(start)},
            )
            found.update(row[0] for row in rows)
        return found

    @abstractmethod
    def _day(self, day: date) -> Any:
        """A day as the columns of this database hold it."""

    @abstractmethod
    def _choose(self, ids: Sequence[int]) -> None:
        """Remember the ids that :meth:`_chosen` stands for."""

    @abstractmethod
    def _chosen(self, column: str) -> str:
        """The condition that a column holds one of the chosen ids."""

    @abstractmethod
    def _subjects(self, where: str, values: dict[str, Any]) -> SubjectRows: ...

    @abstractmethod
    def _records(self, where: str, values: dict[str, Any]) -> RecordRows: ...

    @abstractmethod
    def _fetch(self, query: str, values: dict[str, Any]) -> list[Any]: ...


class SqliteReader(Reader):
    """Rows by ``fetchall``, few and packed columns: making tuples is what takes the time."""

    def _day(self, day: date) -> int:
        return day_number(day)

    def _choose(self, ids: Sequence[int]) -> None:
        self.connection.execute(
            "CREATE TEMP TABLE IF NOT EXISTS chosen_subject (id INTEGER PRIMARY KEY)"
        )
        self.connection.execute("DELETE FROM chosen_subject")
        self.connection.executemany(
            "INSERT INTO chosen_subject (id) VALUES (?)", [(one,) for one in ids]
        )

    def _chosen(self, column: str) -> str:
        return f"{column} IN (SELECT id FROM chosen_subject)"

    def _subjects(self, where: str, values: dict[str, Any]) -> SubjectRows:
        kinds = " ".join(f"WHEN '{kind}' THEN {number}" for number, kind in enumerate(KINDS))
        rows = self._fetch(
            f"SELECT id, CASE kind {kinds} END, {_FLAGS}, coalesce(score, {NONE}), "
            f"coalesce(grade, '') FROM subject {where}",
            values,
        )
        ids, kind, flags, scores, grades = zip(*rows, strict=True) if rows else [()] * 5
        return SubjectRows(
            id=np.array(ids, dtype=np.int64),
            kind=np.array(kind, dtype=np.int64),
            flags=np.array(flags, dtype=np.int64),
            score=np.array(scores, dtype=np.int64),
            grade=list(grades),
        )

    def _records(self, where: str, values: dict[str, Any]) -> RecordRows:
        rows = self._fetch(
            # Most items have no level, and joining texts costs more than reading them.
            "SELECT subject_id, CASE level WHEN '' THEN item ELSE item || '/' || level END, "
            "decision_key, "
            # SQLite gives shifts and bars one and the same precedence.
            f"((ifnull(points, -{_NO_POINTS}) + {_NO_POINTS}) << {_POINT_SHIFT}) "
            f"| (effective_from << {_DAY_SHIFT}) | occurred_on "
            "FROM record INDEXED BY ix_record_scoring "
            f"WHERE {where} AND {_IN_EFFECT} ORDER BY subject_id, decision_key",
            values,
        )
        subject, name, decision, packed = zip(*rows, strict=True) if rows else [()] * 4
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

    def _fetch(self, query: str, values: dict[str, Any]) -> list[Any]:
        rows: list[Any] = self.connection.execute(
            query, {"day": day_number(self.on), **values}
        ).fetchall()
        return rows


class PostgresReader(Reader):
    """Rows as binary COPY. Items and levels travel as 64-bit hashes, since a text has no fixed
    size, and joining the rules in the database left its planner guessing."""

    def __init__(self, session: Session, on: date) -> None:
        super().__init__(session, on)
        plan_for_few(session)
        self._ids: list[int] = []
        self._known = (_Numbers(), _Numbers())

    def _day(self, day: date) -> date:
        return day

    def _choose(self, ids: Sequence[int]) -> None:
        self._ids = list(ids)

    def _chosen(self, column: str) -> str:
        return f"{column} = ANY(ARRAY[{', '.join(map(str, self._ids))}]::bigint[])"

    def _subjects(self, where: str, values: dict[str, Any]) -> SubjectRows:
        kinds = ", ".join(f"'{kind}'" for kind in KINDS)
        rows = self._copy(
            f"SELECT id, array_position(ARRAY[{kinds}]::varchar[], kind) - 1, {_FLAGS}, "
            f"coalesce(score, {NONE})::bigint, rpad(coalesce(grade, ''), 4) FROM subject {where}",
            values,
            (">i8", ">i4", ">i4", ">i8", "S4"),
        )
        ids, kind, flags, score = (_ints(column) for column in rows[:4])
        grade: list[str] = np.char.rstrip(rows[4]).astype(str).tolist()
        return SubjectRows(ids, kind, flags, score, grade)

    def _records(self, where: str, values: dict[str, Any]) -> RecordRows:
        subject, pair, item, decision, amount, start, act = self._copy(
            f"SELECT subject_id, {_PAIR}, {_ITEM}, decision_key, "
            f"coalesce(points, {NO_AMOUNT})::bigint, effective_from, occurred_on "
            # Fenced off, so that the planner goes by subject and not by the days, which
            # half of all records meet.
            f"FROM (SELECT {_SCORING} FROM record WHERE {where} OFFSET 0) AS mine "
            f"WHERE {_IN_EFFECT}",
            values,
            (">i8", ">i8", ">i8", ">i8", ">i8", ">i4", ">i4"),
        )
        order = np.lexsort((decision, subject))
        token = self._tokens(_ints(pair), _ints(item))
        order = order[token[order] >= 0]
        return RecordRows(
            subject_id=_ints(subject)[order],
            token=token[order],
            amount=_ints(amount)[order],
            decision=_ints(decision)[order],
            start=_ints(start)[order] + _POSTGRES_EPOCH,
            act=_ints(act)[order] + _POSTGRES_EPOCH,
        )

    def _tokens(self, pair: Ints, item: Ints) -> Ints:
        """Tokens of hashed items and levels; -1: an item that the rules do not know."""
        pairs, items = self._known
        if len(pairs.number) != len(self.tokens):
            self._known = pairs, items = self._learn()
        token = pairs.of(pair)
        other = np.flatnonzero(token < 0)
        token[other] = items.of(item[other])
        return token

    def _learn(self) -> tuple[_Numbers, _Numbers]:
        """The hashes of all that :meth:`know` was told, as this server makes them."""
        names = [name.partition("/") for name in self.tokens]
        values = {"items": [name[0] for name in names], "levels": [name[2] for name in names]}
        rows = self._fetch(
            f"SELECT {_PAIR}, {_ITEM} "
            "FROM unnest(:items::text[], :levels::text[]) AS known (item, level)",
            values,
        )
        numbers = list(enumerate(rows))
        return (
            _Numbers((row[0], number) for number, row in numbers),
            _Numbers((row[1], number) for number, row in numbers if names[number][2] == ANY_LEVEL),
        )

    def _copy(
        self, query: str, values: dict[str, Any], kinds: Sequence[str]
    ) -> list[npt.NDArray[Any]]:
        """Columns of a query whose every column has a fixed size."""
        from psycopg import sql

        text = sql.SQL(_NAMED.sub(r"{\1}", query)).format(
            **{name: sql.Literal(value) for name, value in {"day": self.on, **values}.items()}
        )
        statement = sql.SQL("COPY ({}) TO STDOUT (FORMAT binary)").format(text)
        with self.connection.cursor() as cursor, cursor.copy(statement) as copy:
            raw = b"".join(bytes(block) for block in copy)
        row = np.dtype(
            [("count", ">i2")]
            + [
                part
                for n, kind in enumerate(kinds)
                for part in ((f"size{n}", ">i4"), (str(n), kind))
            ]
        )
        count, rest = divmod(len(raw) - _COPY_HEAD - _COPY_END, row.itemsize)
        if rest:
            raise ValueError("a column of another size than was agreed on")
        rows = np.frombuffer(raw, dtype=row, offset=_COPY_HEAD, count=count)
        return [rows[str(number)] for number in range(len(kinds))]

    def _fetch(self, query: str, values: dict[str, Any]) -> list[Any]:
        with self.connection.cursor() as cursor:
            cursor.execute(_NAMED.sub(r"%(\1)s", query), {"day": self.on, **values})
            rows: list[Any] = cursor.fetchall()
        return rows


_NAMED = re.compile(r"(?<!:):([a-z]+)")
_SCORING = (
    "subject_id, decision_key, item, level, points, effective_from, effective_to, ended_on, "
    "state, occurred_on"
)
_ITEM = "hashtextextended(item, 0)"
_PAIR = f"hashtextextended(level, {_ITEM})"
_POSTGRES_EPOCH = day_number(date(2000, 1, 1))
_COPY_HEAD, _COPY_END = 19, 2


class _Numbers:
    """Numbers by hash, found for many at once; -1: not known."""

    def __init__(self, known: Iterable[tuple[int, int]] = ()) -> None:
        pairs = sorted(known)
        self.hash = np.array([pair[0] for pair in pairs], dtype=np.int64)
        self.number = np.array([pair[1] for pair in pairs], dtype=np.int64)

    def of(self, hashes: Ints) -> Ints:
        if not len(self.hash):
            return np.full(len(hashes), -1, dtype=np.int64)
        place = np.minimum(np.searchsorted(self.hash, hashes), len(self.hash) - 1)
        found: Ints = np.where(self.hash[place] == hashes, self.number[place], -1)
        return found


def _ints(column: npt.NDArray[Any]) -> Ints:
    return column.astype(np.int64)

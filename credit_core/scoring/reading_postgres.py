"""Reading for bulk scoring on PostgreSQL: binary COPY, whose fixed-size rows NumPy reads in
place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy.orm import Session

from credit_core.days import day_number
from credit_core.rows import plan_for_few
from credit_core.rules.book import KINDS
from credit_core.scoring.reading import (
    ANY_LEVEL,
    FLAGS,
    IN_EFFECT,
    NONE,
    Reader,
    RecordRows,
    SubjectRows,
)
from credit_core.scoring.vector import NO_AMOUNT, Ints


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
            f"SELECT id, array_position(ARRAY[{kinds}]::varchar[], kind) - 1, {FLAGS}, "
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
            f"WHERE {IN_EFFECT}",
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

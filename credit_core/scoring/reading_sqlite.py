"""Reading for bulk scoring on SQLite: in the order of the index ``ix_record_scoring``, which holds
every column that is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np

from credit_core.days import day_number
from credit_core.rules.book import KINDS
from credit_core.scoring.reading import FLAGS, IN_EFFECT, NONE, Reader, RecordRows, SubjectRows
from credit_core.scoring.vector import NO_AMOUNT

_NO_POINTS, _POINT_SHIFT, _DAY_SHIFT, _DAY_MASK = 1 << 15, 34, 17, (1 << 17) - 1


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
            f"SELECT id, CASE kind {kinds} END, {FLAGS}, coalesce(score, {NONE}), "
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
            f"WHERE {where} AND {IN_EFFECT} ORDER BY subject_id, decision_key",
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

"""Reading what bulk scoring needs, straight from the driver into arrays, a range at a time.

Only records in effect on the day leave the database. What is asked for stands here; how rows
become arrays, in :mod:`~credit_core.scoring.reading_sqlite` and
:mod:`~credit_core.scoring.reading_postgres`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from sqlalchemy.orm import Session

from credit_core.lists.models import ListKind
from credit_core.records.models import VOID
from credit_core.rows import driver
from credit_core.scoring.vector import Bools, Ints

CHUNK = 20_000
"""Subjects read at a time: some tens of megabytes, whatever the population."""

ANY_LEVEL = "*"
MERGED, ENDED, NOT_YET, VERIFIED, COMMITTED, RATED, LISTED = (1 << bit for bit in range(7))
NONE = -(1 << 40)
_RESTING = (
    "SELECT record_id FROM record_suspension WHERE since <= :day AND coalesce(until > :day, true)"
)
"""Records whose effect rests for the time of an objection; there are few, mostly none."""
_VOID = ", ".join(f"'{state}'" for state in VOID)
IN_EFFECT = (
    "effective_from <= :day AND (effective_to IS NULL OR effective_to > :day) "
    f"AND (ended_on IS NULL OR ended_on > :day) AND state NOT IN ({_VOID})"
)
_RANGE = "subject_id BETWEEN :first AND :last"
FLAGS = " + ".join(
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

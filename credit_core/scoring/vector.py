"""The rules applied to many subjects at once, with NumPy.

The same cells as in :mod:`credit_core.scoring.evaluate`, turned into arrays; a property test
holds the two together. Rows are what is in effect on the day, sorted by subject and decision.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from credit_core.rules.compiled import NO_GROUP, Compiled

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

NO_AMOUNT = -(1 << 40)
"""Stands for a record that states no amount."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Records in effect of the subjects of one kind, sorted by subject, then decision.

    :ivar subject: position of the subject (0 … n-1).
    :ivar cell: number of the cell of the rule set.
    :ivar amount: stated amount, or :data:`NO_AMOUNT`.
    :ivar decision: key of the decision.
    :ivar start: day number from which it counts.
    :ivar act: day number of the act.
    """

    subject: Ints
    cell: Ints
    amount: Ints
    decision: Ints
    start: Ints
    act: Ints

    def where(self, mask: Bools) -> Rows:
        return Rows(
            self.subject[mask],
            self.cell[mask],
            self.amount[mask],
            self.decision[mask],
            self.start[mask],
            self.act[mask],
        )


@dataclass(frozen=True, slots=True)
class People:
    """What is true of the subjects besides their records, by position.

    :ivar listed: worst rank that an entry of the severe list leaves, 0 without one.
    :ivar governed: tells of some positions whether a decision of the year rules in place of
        the statutory counter; asked only for those who reach a step.
    """

    count: int
    identity_verified: Bools
    committed: Bools
    listed: Ints
    governed: Callable[[Ints], Bools]


@dataclass(frozen=True, slots=True)
class Scores:
    """Score and rank of the grade (0 is best) by position."""

    score: Ints
    rank: Ints


class Vector:
    """A compiled rule set as arrays."""

    def __init__(self, made: Compiled) -> None:
        self.made = made
        cells = made.cells
        self.fixed = _ints(0 if c.item.open else c.counted(None) for c in cells)
        self.per_point = _ints(c.item.open.per_point if c.item.open else 0 for c in cells)
        self.default = _ints((c.item.open.default or 0) if c.item.open else 0 for c in cells)
        groups = len(made.group_names)
        self.group = _ints(groups if c.group == NO_GROUP else c.group for c in cells)
        self.negative = np.array([c.negative for c in cells], dtype=bool)
        self.rank = _ints(c.rank for c in cells)
        self.item = _ints(c.item_number for c in cells)
        self.monthly = _ints(c.item.monthly_limit or 0 for c in cells)
        self.sequence = np.array([c.item.sequence is not None for c in cells], dtype=bool)
        self.is_open = np.array([c.item.open is not None for c in cells], dtype=bool)
        self.at_least = _ints(grade.at_least for grade in made.grades)
        self.codes = {code: _ints([n]) for n, code in enumerate(made.items)}

    def scores(self, rows: Rows, people: People) -> Scores:
        """Score everybody; subjects without rows have the base."""
        rules = self.made.rules
        rows = self._not_closed(rows, people.count)
        points = self._points(rows)
        negative = self._any(rows, people.count, self.negative)
        rank = self._worst_override(rows, people)
        noted = self._once_per_decision(rows, points)
        self._monthly_limits(rows, points, noted)
        self._sequences(rows, points, noted)
        sums = self._group_sums(rows, points, people.count)
        limited = self._limited(sums)
        total = rules.base + limited.sum(axis=1)
        score = np.clip(total, rules.floor, rules.cap)
        self._counter_steps(sums, limited, people, rank)
        return Scores(score, np.maximum(self._grades(score, negative, people), rank))

    def _not_closed(self, rows: Rows, count: int) -> Rows:
        """Without the rows that a later item of the same subject has closed."""
        keep: Bools | None = None
        for code, closed in self.made.closers.items():
            closing = self.item[rows.cell] == self.codes[code]
            if not closing.any():
                continue
            latest = np.full(count, -1, dtype=np.int64)
            np.maximum.at(latest, rows.subject[closing], rows.start[closing])
            numbers = np.concatenate([self.codes[one] for one in closed])
            gone = np.isin(self.item[rows.cell], numbers) & (rows.start <= latest[rows.subject])
            keep = ~gone if keep is None else keep & ~gone
        return rows if keep is None else rows.where(keep)

    def _points(self, rows: Rows) -> Ints:
        points = self.fixed[rows.cell]
        chosen = np.flatnonzero(self.is_open[rows.cell])
        if len(chosen):
            cell, amount = rows.cell[chosen], rows.amount[chosen]
            amount = np.where(amount == NO_AMOUNT, self.default[cell], amount)
            points[chosen] = amount * self.per_point[cell]
        return points

    @staticmethod
    def _any(rows: Rows, count: int, flag: Bools) -> Bools:
        found = np.zeros(count, dtype=bool)
        found[rows.subject[flag[rows.cell]]] = True
        return found

    def _worst_override(self, rows: Rows, people: People) -> Ints:
        rank = people.listed.copy()
        ranks = self.rank[rows.cell]
        some = np.flatnonzero(ranks)
        np.maximum.at(rank, rows.subject[some], ranks[some])
        return rank

    def _weight_keys(self, rows: Rows, points: Ints, chosen: Ints) -> tuple[Ints, ...]:
        """Sort keys, least important first, of the heaviest row of a decision or month."""
        value = points[chosen]
        plus = (value >= 0).astype(np.int64)
        return (
            rows.act[chosen],
            rows.start[chosen],
            rows.cell[chosen],
            np.where(plus == 1, -value, value),
            plus,
        )

    def _once_per_decision(self, rows: Rows, points: Ints) -> Bools:
        """Zero all but the heaviest row of each decision; tells which rows were zeroed."""
        noted = np.zeros(len(points), dtype=bool)
        if len(points) < 2:
            return noted
        same = (rows.decision[1:] == rows.decision[:-1]) & (rows.subject[1:] == rows.subject[:-1])
        if not same.any():
            return noted
        linked = np.zeros(len(points), dtype=bool)
        linked[1:] |= same
        linked[:-1] |= same
        chosen = np.flatnonzero(linked)
        starts = np.ones(len(points), dtype=np.int64)
        starts[1:] = ~same
        run = np.cumsum(starts)[chosen]
        order = np.lexsort((*self._weight_keys(rows, points, chosen), run))
        first = np.ones(len(order), dtype=bool)
        first[1:] = run[order][1:] != run[order][:-1]
        lighter = chosen[order[~first]]
        points[lighter] = 0
        noted[lighter] = True
        return noted

    def _monthly_limits(self, rows: Rows, points: Ints, noted: Bools) -> None:
        limit = self.monthly[rows.cell]
        chosen = np.flatnonzero((limit > 0) & ~noted)
        if not len(chosen):
            return
        month = rows.act[chosen].astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
        item, subject = self.item[rows.cell[chosen]], rows.subject[chosen]
        order = np.lexsort((*self._weight_keys(rows, points, chosen), month, item, subject))
        place = _places(subject[order], item[order], month[order])
        surplus = chosen[order[place >= limit[chosen][order]]]
        points[surplus] = 0
        noted[surplus] = True

    def _sequences(self, rows: Rows, points: Ints, noted: Bools) -> None:
        chosen = np.flatnonzero(self.sequence[rows.cell] & ~noted)
        if not len(chosen):
            return
        item, subject = self.item[rows.cell[chosen]], rows.subject[chosen]
        order = np.lexsort((rows.act[chosen], rows.start[chosen], item, subject))
        place = _places(subject[order], item[order])
        for code, number in self.codes.items():
            steps = self.made.items[code].sequence
            if steps is None:
                continue
            mine = item[order] == number
            table = _ints(steps)
            points[chosen[order[mine]]] = table[np.minimum(place[mine], len(steps) - 1)]

    def _group_sums(self, rows: Rows, points: Ints, count: int) -> Ints:
        """Sums by subject and group; the last column holds what belongs to no group."""
        width = len(self.made.group_names) + 1
        key = rows.subject * width + self.group[rows.cell]
        sums = np.bincount(key, weights=points, minlength=count * width)
        return np.rint(sums).astype(np.int64).reshape(count, width)

    def _limited(self, sums: Ints) -> Ints:
        limited = sums.copy()
        for number, name in enumerate(self.made.group_names):
            group, column = self.made.rules.groups[name], limited[:, number]
            if group.at_most is not None:
                np.minimum(column, group.at_most, out=column)
            if group.at_least is not None:
                np.maximum(column, group.at_least, out=column)
            if group.not_above_loss_of is not None:
                loss = sums[:, self.made.group_names.index(group.not_above_loss_of)]
                np.minimum(column, -loss, out=column)
        return limited

    def _counter_steps(self, sums: Ints, limited: Ints, people: People, rank: Ints) -> None:
        counter = self.made.rules.counter
        if counter is None:
            return
        value = self.counter(sums, limited)
        reached = np.flatnonzero(value >= min(step.at_least for step in counter.steps))
        if not len(reached):
            return
        reached = reached[~people.governed(reached)]
        # The last step that is reached says what follows, whatever the steps before it say.
        edges = [step.at_least for step in counter.steps]
        ranks = _ints(self.made.rank_of[step.at_most] for step in counter.steps)
        step = np.searchsorted(edges, value[reached], side="right") - 1
        rank[reached] = np.maximum(rank[reached], ranks[step])

    def counter(self, sums: Ints, limited: Ints) -> Ints:
        """Statutory points of the year, whatever limit the score sets to their group; zeros where
        the rules know no counter."""
        counter = self.made.rules.counter
        if counter is None:
            return np.zeros(len(limited), dtype=np.int64)
        names = self.made.group_names
        total = sums[:, names.index(counter.group)].copy()
        if counter.reduced_by is not None:
            total += limited[:, names.index(counter.reduced_by)]
        return np.maximum(total // counter.points_each, 0)

    def _grades(self, score: Ints, negative: Bools, people: People) -> Ints:
        """The best grade whose points and conditions are met."""
        holds = {
            "no_negative": ~negative,
            "identity_verified": people.identity_verified,
            "commitment": people.committed,
        }
        last = len(self.made.grades) - 1
        rank = np.full(people.count, last, dtype=np.int64)
        for number in range(last - 1, -1, -1):
            reached = score >= self.at_least[number]
            for condition in self.made.grades[number].conditions:
                reached &= holds[condition]
            rank[reached] = number
        return rank


def _ints(values: Iterable[int]) -> Ints:
    return np.array(list(values), dtype=np.int64)


def _places(*keys: Ints) -> Ints:
    """Place (0, 1 …) of each row inside its run of equal keys."""
    size = len(keys[0])
    fresh = np.zeros(size, dtype=bool)
    fresh[0] = True
    for key in keys:
        fresh[1:] |= key[1:] != key[:-1]
    starts = np.flatnonzero(fresh)
    return np.arange(size) - np.repeat(starts, np.diff(np.append(starts, size)))

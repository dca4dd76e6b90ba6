"""The rules applied to the records of one subject on one day, explained line by line.

Order: what is in effect; one decision counts once (the heaviest item); so many a month;
sequences; limits of groups; floor and cap of the total; grade with its conditions; overrides.
The vectorised twin is :mod:`credit_core.scoring.vector`; a property test holds them together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from config.texts import text
from credit_core.records.models import VOID, Record
from credit_core.rules.book import Entry
from credit_core.rules.compiled import NO_GROUP, Compiled, heaviness
from credit_core.scoring.lines import (
    Counted,
    counted_line,
    ended_lines,
    limit_line,
    resting_lines,
    title_of,
)
from credit_core.scoring.result import Line, Override, Score

TOTAL = "CAP:TOTAL"


@dataclass(frozen=True, slots=True)
class Standing:
    """What is true of a subject on the day besides its records.

    :ivar reason: why it is not evaluated, or None.
    :ivar listed: entries of the severe list in force.
    :ivar resting: ids of records whose effect a reviewer has suspended until their objection is
        decided.
    """

    subject_id: int
    kind: str
    reason: str | None
    identity_verified: bool
    committed: bool
    listed: tuple[Override, ...] = ()
    resting: frozenset[int] = frozenset()


def evaluate(entry: Entry, standing: Standing, records: Iterable[Record], on: date) -> Score:
    """The score of one subject on a day, from all its records."""
    rules = entry.rules
    if standing.reason is not None:
        return Score(
            standing.subject_id, standing.kind, on, False, standing.reason, rules.base,
            (), (), None, None, None, (), (), (), None, entry.version,
        )  # fmt: skip
    made = entry.compiled
    known = [record for record in records if record.state not in VOID]
    known = [record for record in known if record.effective_from <= on]
    known.sort(key=lambda record: (record.effective_from, record.occurred_on, record.id))
    working = known
    if standing.resting:
        working = [record for record in known if record.id not in standing.resting]
    counted, closed = _in_effect(made, working, on)
    flags = _flags(counted)
    _once_per_decision(counted)
    _monthly(counted)
    flags |= _sequences(counted)
    group_sums = _group_sums(made, counted)
    limits = _group_limits(made, group_sums, on)
    total = rules.base + sum(row.points for row in counted) + sum(row.points for row in limits)
    points = min(max(total, rules.floor), rules.cap)
    if points != total:
        limits.append(limit_line(TOTAL, text("scoring", "total_limit"), points - total, on))
    counter = _counter(made, group_sums)
    overrides = _overrides(made, standing, counted, known, counter, on)
    rank, unmet = _grade(made, standing, points, any(row.cell.negative for row in counted))
    by_points = made.grades[made.grade_by_points(points)].grade
    rank = max([rank, *(made.rank_of[override.at_most] for override in overrides)])
    return Score(
        subject_id=standing.subject_id,
        kind=standing.kind,
        on=on,
        evaluated=True,
        reason=None,
        base=rules.base,
        lines=(
            *(counted_line(made, row, on) for row in counted),
            *resting_lines(made, standing.resting, known, on),
            *limits,
        ),
        ended=tuple(ended_lines(made, known, closed, on)),
        score=points,
        grade=made.grades[rank].grade,
        grade_by_points=by_points,
        unmet=unmet,
        overrides=tuple(overrides),
        flags=tuple(sorted(flags)),
        counter=counter,
        rule_set=entry.version,
        counter_steps=_steps(made),
    )


def _steps(made: Compiled) -> tuple[int, ...] | None:
    counter = made.rules.counter
    return None if counter is None else tuple(step.at_least for step in counter.steps)


def _in_effect(
    made: Compiled, known: Sequence[Record], on: date
) -> tuple[list[Counted], dict[int, date]]:
    """Records that count on the day, and those that another record closed, with the day."""
    closing: dict[str, date] = {}
    for record in known:
        for code in made.closers.get(record.item, ()):
            if record.in_effect(on):
                closing[code] = max(record.effective_from, closing.get(code, date.min))
    counted, closed = [], {}
    for record in known:
        cell = made.cell(record.item, record.level)
        if cell is None or not record.in_effect(on):
            continue
        if record.effective_from <= closing.get(record.item, date.min):
            closed[record.id] = closing[record.item]
            continue
        counted.append(Counted(record, cell, cell.counted(record.points)))
    return counted, closed


def _flags(counted: Iterable[Counted]) -> set[str]:
    return {row.cell.item.flag for row in counted if row.cell.item.flag}


def _once_per_decision(counted: Sequence[Counted]) -> None:
    """Of several items of one decision the heaviest counts; the others stand with 0 points."""
    decisions: dict[int, list[Counted]] = defaultdict(list)
    for row in counted:
        decisions[row.record.decision_key].append(row)
    for rows in decisions.values():
        if len(rows) == 1:
            continue
        heaviest = min(rows, key=_weight)
        for row in rows:
            if row is not heaviest:
                row.points, row.note = 0, "same_decision"


def _weight(row: Counted) -> tuple[tuple[int, int], int, date, date]:
    record = row.record
    return (
        heaviness(row.cell.counted(record.points)),
        row.cell.number,
        record.effective_from,
        record.occurred_on,
    )


def _monthly(counted: Sequence[Counted]) -> None:
    """The heaviest records of a month count, as many as the item allows."""
    months: dict[tuple[str, int, int], list[Counted]] = defaultdict(list)
    for row in counted:
        if row.cell.item.monthly_limit is not None and not row.note:
            day = row.record.occurred_on
            months[row.cell.item.code, day.year, day.month].append(row)
    for rows in months.values():
        rows.sort(key=_weight)
        for row in rows[rows[0].cell.item.monthly_limit or 0 :]:
            row.points, row.note = 0, "monthly_limit"


def _sequences(counted: Sequence[Counted]) -> set[str]:
    """Points by the place in the row: the first, the second … of an item in effect."""
    places: dict[str, int] = defaultdict(int)
    flags: set[str] = set()
    for row in counted:
        steps = row.cell.item.sequence
        if steps is None or row.note:
            continue
        place = places[row.cell.item.code]
        places[row.cell.item.code] += 1
        row.points = steps[min(place, len(steps) - 1)]
        row.note = "sequence"
        if place >= len(steps) - 1 and row.cell.item.sequence_flag:
            flags.add(row.cell.item.sequence_flag)
    return flags


def _group_sums(made: Compiled, counted: Iterable[Counted]) -> dict[int, int]:
    sums: dict[int, int] = dict.fromkeys(range(len(made.group_names)), 0)
    for row in counted:
        if row.cell.group != NO_GROUP:
            sums[row.cell.group] += row.points
    return sums


def _group_limits(made: Compiled, sums: dict[int, int], on: date) -> list[Line]:
    limits = []
    for number, total in sums.items():
        allowed = limited(made, number, sums)
        if allowed != total:
            name = made.group_names[number]
            limits.append(limit_line(f"CAP:{name}", made.group(number).title, allowed - total, on))
    return limits


def limited(made: Compiled, number: int, sums: dict[int, int]) -> int:
    """The sum of a group after its limits."""
    group, allowed = made.group(number), sums[number]
    if group.at_most is not None:
        allowed = min(allowed, group.at_most)
    if group.at_least is not None:
        allowed = max(allowed, group.at_least)
    if group.not_above_loss_of is not None:
        allowed = min(allowed, -sums[made.group_names.index(group.not_above_loss_of)])
    return allowed


def _counter(made: Compiled, sums: dict[int, int]) -> int | None:
    counter = made.rules.counter
    if counter is None:
        return None
    total = sums[made.group_names.index(counter.group)]
    if counter.reduced_by is not None:
        total += limited(made, made.group_names.index(counter.reduced_by), sums)
    return max(total // counter.points_each, 0)


def _overrides(
    made: Compiled,
    standing: Standing,
    counted: Sequence[Counted],
    known: Sequence[Record],
    counter: int | None,
    on: date,
) -> list[Override]:
    found = list(standing.listed)
    found.extend(
        _item_override(row, row.cell.variant.at_most)
        for row in counted
        if row.cell.variant.at_most is not None
    )
    statute = made.rules.counter
    if statute is None or counter is None:
        return found
    decided = any(
        record.item in statute.governed_by and record.effective_from.year == on.year
        for record in known
    )
    reached = [step for step in statute.steps if counter >= step.at_least]
    if reached and not decided:
        group = made.group_names.index(statute.group)
        rows = [row for row in counted if row.cell.group == group and row.points]
        last = rows[-1].record
        found.append(
            Override(
                kind="counter",
                at_most=reached[-1].at_most,
                title=reached[-1].title,
                document_no="；".join(row.record.document_no for row in rows),
                basis=statute.basis,
                effective_from=last.effective_from,
                effective_to=last.last_day,
                record_id=last.id,
                item=last.item,
            )
        )
    return found


def _item_override(row: Counted, at_most: str) -> Override:
    record = row.record
    return Override(
        kind="item",
        at_most=at_most,
        title=title_of(row.cell),
        document_no=record.document_no,
        basis=record.basis or row.cell.item.basis,
        effective_from=record.effective_from,
        effective_to=record.last_day,
        record_id=record.id,
        item=record.item,
    )


def _grade(
    made: Compiled, standing: Standing, points: int, has_negative: bool
) -> tuple[int, tuple[str, ...]]:
    """The best grade whose points and conditions are met, and the conditions that were not."""
    holds = {
        "no_negative": not has_negative,
        "identity_verified": standing.identity_verified,
        "commitment": standing.committed,
    }
    unmet: dict[str, None] = {}
    for rank in range(made.grade_by_points(points), len(made.grades)):
        missing = [name for name in made.grades[rank].conditions if not holds[name]]
        if not missing:
            return rank, tuple(unmet)
        unmet.update(dict.fromkeys(missing))
    return len(made.grades) - 1, tuple(unmet)

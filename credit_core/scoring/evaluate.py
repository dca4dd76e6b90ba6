"""The rules applied to the records of one subject on one day, explained line by line.

Order: what is in effect; one decision counts once (the heaviest item); so many a month;
sequences; limits of groups; floor and cap of the total; grade with its conditions; overrides.
The vectorised twin is :mod:`credit_core.scoring.vector`; a property test holds them together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from config.texts import text
from credit_core.records.models import VOID, Record, RecordState
from credit_core.rules.book import Entry
from credit_core.rules.compiled import NO_GROUP, Cell, Compiled, heaviness
from credit_core.rules.periods import add_months
from credit_core.scoring.result import End, Line, Override, Score

LIMIT = "limit"
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


@dataclass(slots=True)
class _Counted:
    record: Record
    cell: Cell
    points: int
    note: str = ""


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
        limits.append(_limit(TOTAL, text("scoring", "total_limit"), points - total, on))
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
            *(_line(made, row, on) for row in counted),
            *_resting(made, standing, known, on),
            *limits,
        ),
        ended=tuple(_ended(made, known, closed, on)),
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
) -> tuple[list[_Counted], dict[int, date]]:
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
        counted.append(_Counted(record, cell, cell.counted(record.points)))
    return counted, closed


def _flags(counted: Iterable[_Counted]) -> set[str]:
    return {row.cell.item.flag for row in counted if row.cell.item.flag}


def _once_per_decision(counted: Sequence[_Counted]) -> None:
    """Of several items of one decision the heaviest counts; the others stand with 0 points."""
    decisions: dict[int, list[_Counted]] = defaultdict(list)
    for row in counted:
        decisions[row.record.decision_key].append(row)
    for rows in decisions.values():
        if len(rows) == 1:
            continue
        heaviest = min(rows, key=_weight)
        for row in rows:
            if row is not heaviest:
                row.points, row.note = 0, "same_decision"


def _weight(row: _Counted) -> tuple[tuple[int, int], int, date, date]:
    record = row.record
    return (
        heaviness(row.cell.counted(record.points)),
        row.cell.number,
        record.effective_from,
        record.occurred_on,
    )


def _monthly(counted: Sequence[_Counted]) -> None:
    """The heaviest records of a month count, as many as the item allows."""
    months: dict[tuple[str, int, int], list[_Counted]] = defaultdict(list)
    for row in counted:
        if row.cell.item.monthly_limit is not None and not row.note:
            day = row.record.occurred_on
            months[row.cell.item.code, day.year, day.month].append(row)
    for rows in months.values():
        rows.sort(key=_weight)
        for row in rows[rows[0].cell.item.monthly_limit or 0 :]:
            row.points, row.note = 0, "monthly_limit"


def _sequences(counted: Sequence[_Counted]) -> set[str]:
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


def _group_sums(made: Compiled, counted: Iterable[_Counted]) -> dict[int, int]:
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
            limits.append(_limit(f"CAP:{name}", made.group(number).title, allowed - total, on))
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


def _limit(item: str, title: str, points: int, on: date) -> Line:
    return Line(
        record_id=None,
        item=item,
        title=title,
        points=points,
        state=LIMIT,
        document_no="",
        basis=text("scoring", "limit_basis"),
        effective_from=on,
        effective_to=None,
        ends_by=(End("with_cause"),),
        negative=False,
    )


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
    counted: Sequence[_Counted],
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


def _item_override(row: _Counted, at_most: str) -> Override:
    record = row.record
    return Override(
        kind="item",
        at_most=at_most,
        title=_title(row.cell),
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


def _title(cell: Cell) -> str:
    level = cell.variant.level
    return f"{cell.item.title}（{level}）" if level else cell.item.title


def _line(made: Compiled, row: _Counted, on: date) -> Line:
    record = row.record
    ends = _ends(made, row.cell, record)
    state = record.state_on(on)
    return _told(row.cell, record, row.points, state, record.last_day, ends, row.note)


def _told(
    cell: Cell,
    record: Record,
    points: int,
    state: RecordState,
    last_day: date | None,
    ends: tuple[End, ...],
    note: str,
) -> Line:
    return Line(
        record_id=record.id,
        item=record.item,
        title=_title(cell),
        points=points,
        state=str(state),
        document_no=record.document_no,
        basis=record.basis or cell.item.basis,
        effective_from=record.effective_from,
        effective_to=last_day,
        ends_by=ends,
        severity=record.severity,
        level=record.level,
        source_unit=record.source_unit,
        decided_on=record.decided_on,
        occurred_on=record.occurred_on,
        negative=cell.negative,
        note=note,
    )


def _resting(
    made: Compiled, standing: Standing, known: Iterable[Record], on: date
) -> Iterable[Line]:
    """Records that would count and rest for the time of an objection: told with 0 points."""
    for record in known if standing.resting else ():
        cell = made.cell(record.item, record.level)
        if record.id in standing.resting and cell is not None and record.in_effect(on):
            yield _line(made, _Counted(record, cell, 0, "resting"), on)


def _ends(made: Compiled, cell: Cell, record: Record) -> tuple[End, ...]:
    ends = []
    if record.last_day is not None:
        way = "new_year" if cell.item.lasts == "new_year" else "expires"
        ends.append(End(way, record.last_day))
    if cell.negative and cell.variant.class_ is not None:
        months = made.rules.classes[cell.variant.class_].repair_after_months
        ends.append(End("repair", add_months(record.decided_on, months)))
    if any(cell.item.code in codes for codes in made.closers.values()):
        ends.append(End("correction"))
    if cell.negative:
        ends.append(End("objection"))
    return tuple(ends)


def _ended(
    made: Compiled, known: Iterable[Record], closed: dict[int, date], on: date
) -> Iterable[Line]:
    """Repaired and expired records, labelled, without points; archived after some years."""
    oldest = add_months(on, -12 * made.rules.archive_years)
    for record in known:
        cell = made.cell(record.item, record.level)
        if cell is None or record.decided_on < oldest or not record.in_file(on):
            continue
        end = closed.get(record.id) or record.without_effect_from
        if end is None or end > on:
            continue
        by_repair = record.id in closed or record.state_on(on) is RecordState.REPAIRED
        state = RecordState.REPAIRED if by_repair else RecordState.EXPIRED
        yield _told(cell, record, 0, state, end - timedelta(days=1), (), "ended")

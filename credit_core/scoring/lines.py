"""How a record that counts, rests or has ended is told as a line of the score."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from config.texts import text
from credit_core.records.models import Record, RecordState
from credit_core.rules.compiled import Cell, Compiled
from credit_core.rules.periods import add_months
from credit_core.scoring.result import End, Line

LIMIT = "limit"


@dataclass(slots=True)
class Counted:
    """A record that counts, with the points that it gives so far and why they are others."""

    record: Record
    cell: Cell
    points: int
    note: str = ""


def title_of(cell: Cell) -> str:
    level = cell.variant.level
    return f"{cell.item.title}（{level}）" if level else cell.item.title


def counted_line(made: Compiled, row: Counted, on: date) -> Line:
    """The line of a record that is in effect."""
    last_day = row.record.last_day
    ends = _ends(made, row.cell, row.record, last_day)
    return _told(
        row.cell, row.record, row.points, row.record.state_on(on), last_day, ends, row.note
    )


def resting_lines(
    made: Compiled, resting: frozenset[int], known: Iterable[Record], on: date
) -> Iterable[Line]:
    """Records that would count and rest for the time of an objection: told with 0 points."""
    for record in known if resting else ():
        cell = made.cell(record.item, record.level)
        if record.id in resting and cell is not None and record.in_effect(on):
            yield counted_line(made, Counted(record, cell, 0, "resting"), on)


def ended_lines(
    made: Compiled, known: Iterable[Record], closed: Mapping[int, date], on: date
) -> Iterable[Line]:
    """Repaired and expired records, labelled, without points; archived after some years.

    :param closed: records that another one closed, with the day.
    """
    oldest = add_months(on, -12 * made.rules.archive_years)
    for record in known:
        end = closed.get(record.id) or record.without_effect_from
        if end is None or end > on or record.decided_on < oldest or not record.in_file(on):
            continue
        cell = made.cell(record.item, record.level)
        if cell is None:
            continue
        by_repair = record.id in closed or record.state_on(on) is RecordState.REPAIRED
        state = RecordState.REPAIRED if by_repair else RecordState.EXPIRED
        yield _told(cell, record, 0, state, end - timedelta(days=1), (), "ended")


def limit_line(item: str, title: str, points: int, on: date) -> Line:
    """What a limit of a group or of the total takes away or gives back."""
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
        title=title_of(cell),
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


def _ends(made: Compiled, cell: Cell, record: Record, last_day: date | None) -> tuple[End, ...]:
    ends = []
    if last_day is not None:
        way = "new_year" if cell.item.lasts == "new_year" else "expires"
        ends.append(End(way, last_day))
    if cell.negative and cell.variant.class_ is not None:
        months = made.rules.classes[cell.variant.class_].repair_after_months
        ends.append(End("repair", add_months(record.decided_on, months)))
    if any(cell.item.code in codes for codes in made.closers.values()):
        ends.append(End("correction"))
    if cell.negative:
        ends.append(End("objection"))
    return tuple(ends)

"""What became of synthetic records and subjects: most are as they were, some had a life.

Drawn from the row's own number, so the same numbers give the same lives.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from credit_core.lists.models import ListKind
from credit_core.records.models import RecordState
from credit_core.rules.compiled import Cell
from credit_core.rules.periods import add_months
from credit_core.rules.schema import RuleSet
from credit_core.subjects.models import SubjectStatus

_BITS = (1 << 64) - 1
_NEGATIVE = (
    (0.035, RecordState.REPAIRED),
    (0.050, RecordState.UNDER_OBJECTION),
    (0.065, RecordState.REVOKED),
    (0.070, RecordState.CORRECTED),
    (0.085, RecordState.SUSPECTED),
)
_POSITIVE = ((0.005, RecordState.UNDER_OBJECTION), (0.012, RecordState.REVOKED))
_EXPIRED = 0.3
"""Part of the records past their end that somebody marked as expired."""
_LISTED_EVERY = 500
_UNVERIFIED_EVERY = 200
_ENDED_EVERY = {"resident": 1000, "institution": 100, "practitioner": 100}
_MERGED_EVERY = {"employer": 250, "supplier": 250}


def draw(number: int) -> float:
    """A number in [0, 1) that looks random and is always the same for the same row."""
    mixed = (number * 0x9E3779B97F4A7C15) & _BITS
    mixed = ((mixed ^ (mixed >> 29)) * 0xBF58476D1CE4E5B9) & _BITS
    return float((mixed ^ (mixed >> 32)) & 0xFFFFFFFF) / (1 << 32)


@dataclass(frozen=True, slots=True)
class Fate:
    """State of a record, the first day without effect where that ended, and since when."""

    state: RecordState
    ended_on: date | None
    on: date


def fate(
    rules: RuleSet, cell: Cell, record_id: int, decided: date, end: date | None, until: date
) -> Fate:
    """What became of one record by ``until``."""
    chance = draw(record_id)
    for part, state in _NEGATIVE if cell.negative else _POSITIVE:
        if chance < part:
            if state != RecordState.REPAIRED:
                return Fate(state, None, min(decided + timedelta(days=9), until))
            return _repaired(rules, cell, record_id, decided, end, until)
    if end is not None and end <= until and 1 - chance < _EXPIRED:
        return Fate(RecordState.EXPIRED, end, end)
    return Fate(RecordState.ACTIVE, None, decided)


def _repaired(
    rules: RuleSet, cell: Cell, record_id: int, decided: date, end: date | None, until: date
) -> Fate:
    months = rules.classes[cell.variant.class_].repair_after_months if cell.variant.class_ else 0
    day = add_months(decided, months) + timedelta(days=1 + int(draw(record_id + 1) * 90))
    if day > until or (end is not None and day >= end):
        return Fate(RecordState.ACTIVE, None, decided)
    return Fate(RecordState.REPAIRED, day, day)


@dataclass(frozen=True, slots=True)
class Life:
    """What is true of a subject besides its records; ``into`` is who carries a duplicate on."""

    status: SubjectStatus
    ended_on: date | None
    verified: bool
    committed_until: date | None
    into: int | None


def life(kind: str, index: int, until: date) -> Life:
    """What became of one subject; below index 99 nothing ever does."""
    status, ended_on, into = SubjectStatus.ACTIVE, None, None
    if _last(index, _ENDED_EVERY.get(kind)):
        status, ended_on = SubjectStatus.ENDED, until - timedelta(days=index % 400)
    elif _last(index, _MERGED_EVERY.get(kind)):
        status, into = SubjectStatus.MERGED, index - 1
    lapsed = until - timedelta(days=index % 60) if index % 120 == 119 else None
    return Life(status, ended_on, not _last(index, _UNVERIFIED_EVERY), lapsed, into)


def _last(index: int, every: int | None) -> bool:
    return every is not None and index % every == every - 1


LIST_ENTRY = (
    "id", "subject_id", "list", "rule", "document_no", "decided_on", "entered_on", "left_on",
    "basis", "source_unit", "entered_by", "recorded_at", "left_reason", "left_document_no",
)  # fmt: skip


def entries(
    subjects: list[tuple[int, int]], document: str, unit: str, basis: str, until: date, at: datetime
) -> Iterator[tuple[Any, ...]]:
    """Some stand on the severe list, some have left it."""
    for row_id, index in subjects:
        if not _last(index, _LISTED_EVERY):
            continue
        entered = until - timedelta(days=index % 700)
        left = entered + timedelta(days=365) if index % 3 == 0 else None
        if left is not None and left > until:
            left = None
        number = document.format(year=entered.year, number=f"9{index}")
        yield (
            row_id | 3, row_id, str(ListKind.SEVERE), "severe-fraud", number, entered, entered,
            left, basis, unit, "seed", at, "", "",
        )  # fmt: skip

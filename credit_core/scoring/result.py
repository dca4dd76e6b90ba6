"""What a score says: base, lines, sum, grade, overrides; plain values without the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from config.texts import text


@dataclass(frozen=True, slots=True)
class End:
    """One way in which a line can end.

    :ivar way: ``expires``, ``repair``, ``new_year``, ``objection``, ``with_cause`` (a cap goes
        when what it limits goes), ``correction`` (the item that closes it) or ``leaves_file``
        (the law of the place removes it from the file; the effect on the score ends before).
    :ivar on: expires and new_year: last day with effect; repair: first day on which it may be
        applied for (by the class; :mod:`credit_core.repair.ways` puts the law's day there);
        leaves_file: last day in the file; else None.
    """

    way: str
    on: date | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a score. ``base + sum(points of all lines) == score``, always.

    :ivar record_id: None for a limit (``CAP:…``).
    :ivar state: a :class:`~credit_core.records.models.RecordState`; ``limit`` for a limit.
    :ivar effective_to: last day with effect (inclusive), None: no end in sight.
    :ivar note: why the points differ from the item's own (a key of ``scoring.notes``), or ``""``.
    """

    record_id: int | None
    item: str
    title: str
    points: int
    state: str
    document_no: str
    basis: str
    effective_from: date
    effective_to: date | None
    ends_by: tuple[End, ...]
    severity: str | None = None
    level: str = ""
    source_unit: str = ""
    decided_on: date | None = None
    occurred_on: date | None = None
    negative: bool = False
    note: str = ""

    def as_json(self) -> dict[str, Any]:
        """The line in the contract of ``medcredit score``."""
        return {
            "item": self.item,
            "points": self.points,
            "state": self.state,
            "document_no": self.document_no,
            "basis": self.basis,
            "effective_from": self.effective_from,
            "effective_to": self.effective_to,
            "ends_by": [
                {"way": end.way, "on": end.on, "text": end_text(end)} for end in self.ends_by
            ],
        }


@dataclass(frozen=True, slots=True)
class Override:
    """A decision that holds the grade down, whatever the points say.

    :ivar kind: ``severe_list``, ``counter`` or ``item``.
    :ivar at_most: the best grade that is possible while it lasts.
    :ivar effective_to: last day with effect (inclusive), None: no end in sight.
    """

    kind: str
    at_most: str
    title: str
    document_no: str
    basis: str
    effective_from: date
    effective_to: date | None
    record_id: int | None = None
    item: str = ""

    def as_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "at_most": self.at_most,
            "title": self.title,
            "document_no": self.document_no,
            "basis": self.basis,
            "effective_from": self.effective_from,
            "effective_to": self.effective_to,
        }


@dataclass(frozen=True, slots=True)
class Score:
    """The score of one subject on one day.

    :ivar reason: why it is not evaluated (``under_18``, ``contract_short``, ``ended``,
        ``merged``), else None; ``score`` and ``grade`` are None then.
    :ivar lines: what counts on the day, limits included.
    :ivar ended: what no longer counts but is still told: repaired and expired records, 0 points.
    :ivar grade_by_points: the grade that the points alone would give.
    :ivar unmet: conditions of better grades that the points reach (``no_negative`` …).
    :ivar flags: other consequences of lines, such as ``benefits_paused``.
    :ivar counter: statutory points of a practitioner in the calendar year, else None.
    :ivar counter_steps: the numbers of points from which something follows.
    """

    subject_id: int
    kind: str
    on: date
    evaluated: bool
    reason: str | None
    base: int
    lines: tuple[Line, ...]
    ended: tuple[Line, ...]
    score: int | None
    grade: str | None
    grade_by_points: str | None
    unmet: tuple[str, ...]
    overrides: tuple[Override, ...]
    flags: tuple[str, ...]
    counter: int | None
    rule_set: str
    counter_steps: tuple[int, ...] | None = None

    def as_json(self, identifier: str) -> dict[str, Any]:
        """The document that ``medcredit score`` prints."""
        return {
            "kind": self.kind,
            "identifier": identifier,
            "as_of": self.on,
            "evaluated": self.evaluated,
            "reason": self.reason_text,
            "base": self.base,
            "score": self.score,
            "grade": self.grade,
            "overrides": [override.as_json() for override in self.overrides],
            "rule_set": self.rule_set,
            "lines": [line.as_json() for line in (*self.lines, *self.ended)],
        }

    @property
    def reason_text(self) -> str | None:
        """Why there is no score, for people."""
        return None if self.reason is None else text("scoring", f"not_evaluated.{self.reason}")


def end_text(end: End) -> str:
    """A way to end, for people."""
    return text("scoring", f"ends_by.{end.way}", on=end.on.isoformat() if end.on else "")

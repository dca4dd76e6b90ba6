"""How a score came to be: stored ratings, trends, ranks, and what made a difference."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from credit_core.records.models import Record
from credit_core.rules.book import rule_book
from credit_core.scoring.evaluate import evaluate
from credit_core.scoring.models import Rating
from credit_core.scoring.result import Line, Score
from credit_core.scoring.service import score, standing
from credit_core.subjects.models import Subject, SubjectStatus


def history(session: Session, subject: Subject) -> list[Rating]:
    """Stored ratings, oldest first: each holds until the next."""
    return list(
        session.scalars(select(Rating).where(Rating.subject_id == subject.id).order_by(Rating.on))
    )


def trend(session: Session, subject: Subject, days: Iterable[date]) -> list[Score]:
    """The scores of some days by the rules of each day, from one reading of the records."""
    book = rule_book(session)
    records = session.scalars(select(Record).where(Record.subject_id == subject.id)).all()
    made = []
    for day in days:
        entry = book.on(subject.kind, day)
        made.append(evaluate(entry, standing(session, subject, entry, day), records, day))
    return made


def month_starts(first: date, last: date) -> Iterator[date]:
    """The first days of months between two days, and the last day itself.

    >>> [str(day) for day in month_starts(date(2026, 1, 15), date(2026, 3, 10))]
    ['2026-02-01', '2026-03-01', '2026-03-10']
    """
    year, month = first.year, first.month
    day = date(year, month, 1)
    while day <= last:
        if day >= first:
            yield day
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
        day = date(year, month, 1)
    if last.day != 1:
        yield last


@dataclass(frozen=True, slots=True)
class Rank:
    """Place among the subjects of the same kind that have a score.

    :ivar place: 1 is best; equal scores share a place.
    :ivar better_than: part of the others with a lower score, 0 to 1.
    """

    place: int
    of: int
    better_than: float


def rank(session: Session, subject: Subject, *, district: str | None = None) -> Rank | None:
    """The rank by stored score, in the city or one district; None without a score."""
    if subject.score is None:
        return None
    same = [Subject.kind == subject.kind, Subject.score.is_not(None)]
    same.append(Subject.status == SubjectStatus.ACTIVE)
    if district is not None:
        same.append(Subject.district == district)
    above, below, total = session.execute(
        select(
            func.count().filter(Subject.score > subject.score),
            func.count().filter(Subject.score < subject.score),
            func.count(),
        ).where(*same)
    ).one()
    others = max(total - 1, 1)
    return Rank(above + 1, total, below / others)


def distribution(
    session: Session, kind: str | None = None, *, district: str | None = None
) -> dict[str, dict[str | None, int]]:
    """How many subjects of each kind stand in each grade (None: not evaluated or not rated)."""
    wanted = (
        select(Subject.kind, Subject.grade, func.count())
        .where(Subject.status == SubjectStatus.ACTIVE)
        .group_by(Subject.kind, Subject.grade)
    )
    if kind is not None:
        wanted = wanted.where(Subject.kind == kind)
    if district is not None:
        wanted = wanted.where(Subject.district == district)
    found: dict[str, dict[str | None, int]] = {}
    for row_kind, grade, count in session.execute(wanted):
        found.setdefault(row_kind, {})[grade] = count
    return found


@dataclass(frozen=True, slots=True)
class Cause:
    """A part of the difference between two days.

    :ivar why: ``began``, ``expired``, ``repaired``, ``new_year``, ``limit`` (a cap moved),
        ``rules`` (other points by other rules, or another base), ``resting`` (its effect was
        suspended for the time of an objection, or counts again) or ``moved`` (another item of
        the same decision, month or sequence now counts).
    """

    why: str
    points: int
    item: str
    title: str
    record_id: int | None
    document_no: str


@dataclass(frozen=True, slots=True)
class Delta:
    """The difference between two days; the points of the causes sum to it."""

    before: Score
    after: Score
    causes: tuple[Cause, ...]

    @property
    def points(self) -> int:
        return (self.after.score or 0) - (self.before.score or 0)


def delta(session: Session, subject: Subject, first: date, last: date) -> Delta:
    """What changed from one day to another, and why."""
    before, after = score(session, subject, first), score(session, subject, last)
    return Delta(before, after, tuple(causes(before, after)))


def causes(before: Score, after: Score) -> Iterator[Cause]:
    """The cause of each point between two scores of one subject."""
    if not before.evaluated or not after.evaluated:
        return
    if before.base != after.base:
        yield Cause("rules", after.base - before.base, "", "", None, "")
    old = {_key(line): line for line in before.lines}
    new = {_key(line): line for line in after.lines}
    for key in [*old, *(key for key in new if key not in old)]:
        was, becomes = old.get(key), new.get(key)
        points = (becomes.points if becomes else 0) - (was.points if was else 0)
        if points:
            yield _cause(was, becomes, points, before, after)


def _key(line: Line) -> tuple[int | None, str]:
    return (line.record_id, line.item if line.record_id is None else "")


def _cause(
    was: Line | None, becomes: Line | None, points: int, before: Score, after: Score
) -> Cause:
    line = becomes or was
    if line is None:
        raise ValueError("a cause needs a line")
    if line.record_id is None:
        why = "limit"
    elif was is None:
        why = "began"
    elif becomes is None:
        why = _ending(was, after)
    elif "resting" in {was.note, becomes.note}:
        why = "resting"
    else:
        why = "rules" if before.rule_set != after.rule_set else "moved"
    return Cause(why, points, line.item, line.title, line.record_id, line.document_no)


def _ending(line: Line, after: Score) -> str:
    for ended in after.ended:
        if ended.record_id == line.record_id and ended.state == "repaired":
            return "repaired"
    return "new_year" if any(end.way == "new_year" for end in line.ends_by) else "expired"

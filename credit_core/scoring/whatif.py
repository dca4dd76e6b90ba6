"""What if: a repair, a wanted grade, the days to come. Nothing here is stored."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from credit_core.errors import NotFoundError, Refusal
from credit_core.lists.models import ListEntry
from credit_core.records.models import Record, RecordState, RecordSuspension
from credit_core.repair.ways import by_law
from credit_core.rules.book import Entry, rule_book
from credit_core.rules.compiled import NO_GROUP, Cell
from credit_core.scoring.evaluate import Standing, evaluate
from credit_core.scoring.history import Cause, causes
from credit_core.scoring.result import Line, Score
from credit_core.scoring.service import score, standing
from credit_core.subjects.models import Subject


def what_if_repaired(session: Session, subject: Subject, record_id: int, on: date) -> Score:
    """The score on a day if one record were repaired on that day.

    :raises NotFoundError: the subject has no such record.
    """
    return what_if_all_repaired(session, subject, {record_id}, on)


def what_if_all_repaired(
    session: Session, subject: Subject, record_ids: set[int], on: date
) -> Score:
    """The score on a day if these records were repaired on that day.

    :raises NotFoundError: the subject lacks one of them.
    """
    records = _records(session, subject)
    unknown = record_ids - {record.id for record in records}
    if unknown:
        raise NotFoundError(f"subject {subject.id} has no record {min(unknown)}")
    entry = rule_book(session).on(subject.kind, on)
    return evaluate(
        entry, standing(session, subject, entry, on), _repaired(records, record_ids, on), on
    )


def _records(session: Session, subject: Subject) -> list[Record]:
    return list(session.scalars(select(Record).where(Record.subject_id == subject.id)))


def _repaired(records: Iterable[Record], ids: set[int], on: date) -> list[Record]:
    """Copies in which some records are repaired on a day; the originals stay as they are."""
    made = []
    for record in records:
        if record.id in ids:
            copy = _copy(record)
            copy.state = RecordState.REPAIRED
            copy.ended_on = min(filter(None, (record.ended_on, on)))
            made.append(copy)
        else:
            made.append(record)
    return made


def _copy(record: Record) -> Record:
    columns = inspect(Record).column_attrs
    return Record(**{column.key: getattr(record, column.key) for column in columns})


@dataclass(frozen=True, slots=True)
class Change:
    """A day on which the score is another than before."""

    on: date
    score: Score
    causes: tuple[Cause, ...]


def upcoming(session: Session, subject: Subject, on: date, *, months: int = 36) -> list[Change]:
    """What changes by itself after a day: records that run out, counters that start again,
    evaluation that begins; by the records known today."""
    return changes(session, subject, on, on + timedelta(days=31 * months))


def changes(session: Session, subject: Subject, after: date, until: date) -> list[Change]:
    """The days after one day and up to another on which the score or the grade became another."""
    records = _records(session, subject)
    days = {record.without_effect_from for record in records}
    days |= {record.effective_from for record in records}
    days |= {subject.evaluable_from, subject.ended_on, subject.committed_from}
    days.add(subject.committed_until)
    days |= _days_of_cases(session, subject)
    days |= {date(year, 1, 1) for year in range(after.year + 1, until.year + 1)}
    book = rule_book(session)
    days |= {entry.rules.effective_from for entry in book.entries[subject.kind]}
    before = score(session, subject, after, book=book)
    found = []
    for day in sorted(day for day in days if day is not None and after < day <= until):
        entry = book.on(subject.kind, day)
        now = evaluate(entry, standing(session, subject, entry, day), records, day)
        if (now.score, now.grade) != (before.score, before.grade):
            found.append(Change(day, now, tuple(causes(before, now))))
            before = now
    return found


def _days_of_cases(session: Session, subject: Subject) -> set[date | None]:
    """Days on which an effect began or ceased to rest, or a list was entered or left."""
    rested = select(RecordSuspension.since, RecordSuspension.until).where(
        RecordSuspension.subject_id == subject.id
    )
    listed = select(ListEntry.entered_on, ListEntry.left_on, ListEntry.over_on).where(
        ListEntry.subject_id == subject.id
    )
    return {day for query in (rested, listed) for row in session.execute(query) for day in row}


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do or to wait for.

    :ivar kind: ``repair``, ``wait``, ``earn``, ``sign`` (a commitment) or ``verify`` (identity).
    :ivar on: first day on which it can be done or has happened.
    :ivar times: how often (``earn``).
    """

    kind: str
    on: date
    points: int = 0
    item: str = ""
    title: str = ""
    record_id: int | None = None
    document_no: str = ""
    times: int = 1
    level: str = ""


@dataclass(frozen=True, slots=True)
class Way:
    """Steps that together reach a grade.

    :ivar on: the earliest day on which the grade can be reached this way.
    """

    on: date
    steps: tuple[Step, ...]
    score: int
    grade: str


def ways_to(
    session: Session, subject: Subject, grade: str, on: date, *, city: str = "demo"
) -> list[Way]:
    """The honest ways to a grade, the earliest and shortest first; empty: none is known.

    Only waiting, only repairing and earning, or both: each is checked by computing the score it
    leads to. Positive items are counted on the day of the way.

    :param city: the setting ``CITY``; its law says from when what may be repaired.
    :raises Refusal: ``score.no_grade``: the rules know no such grade.
    """
    book = rule_book(session)
    entry = book.on(subject.kind, on)
    if grade not in entry.compiled.rank_of:
        raise Refusal("score.no_grade", grade=grade)
    search = _Search(
        entry=entry,
        standing=standing(session, subject, entry, on),
        records=_records(session, subject),
        grade=entry.compiled.rank_of[grade],
        on=on,
        law=lambda made: by_law(made, book, city=city),
    )
    ways = [way for way in (search.now(), search.waiting(), search.repairing()) if way is not None]
    found: dict[tuple[Step, ...], Way] = {way.steps: way for way in ways}
    return sorted(found.values(), key=lambda way: (way.on, len(way.steps)))


@dataclass(slots=True)
class _Search:
    entry: Entry
    standing: Standing
    records: list[Record]
    grade: int
    on: date
    law: Callable[[Score], Score]

    def _score(self, on: date, records: Sequence[Record], standing_: Standing) -> Score:
        return evaluate(self.entry, standing_, records, on)

    def _reached(self, made: Score) -> bool:
        return made.grade is not None and self.entry.compiled.rank_of[made.grade] <= self.grade

    def _asked(self) -> tuple[list[Step], Standing]:
        """Conditions of the grade that a signature or a check of identity fulfils."""
        steps, better = [], self.standing
        conditions = self.entry.compiled.grades[self.grade].conditions
        if "commitment" in conditions and not self.standing.committed:
            steps.append(Step("sign", self.on))
            better = replace(better, committed=True)
        if "identity_verified" in conditions and not self.standing.identity_verified:
            steps.append(Step("verify", self.on))
            better = replace(better, identity_verified=True)
        return steps, better

    def now(self) -> Way | None:
        """Without waiting for anything: signing and earning only."""
        return self._complete(self.on, [], self.records)

    def waiting(self) -> Way | None:
        """Let negative records run out, one after the other, until it is enough."""
        return self._ending(use_repair=False)

    def repairing(self) -> Way | None:
        """Repair what may be repaired earlier than it runs out."""
        return self._ending(use_repair=True)

    def _ending(self, *, use_repair: bool) -> Way | None:
        made = self.law(self._score(self.on, self.records, self.standing))
        ends = [
            step
            for line in made.lines
            if line.negative and (step := _end_step(line, self.on, use_repair=use_repair))
        ]
        if not ends:
            return None
        # What weighs most per day of waiting goes first.
        ends.sort(key=lambda step: (step.on, -step.points))
        best: Way | None = None
        for count in range(1, len(ends) + 1):
            chosen = ends[:count]
            day = max(step.on for step in chosen)
            repaired = {step.record_id for step in chosen if step.kind == "repair"}
            records = _repaired(self.records, {one for one in repaired if one is not None}, day)
            way = self._complete(day, chosen, records)
            if way is not None and (best is None or _effort(way) < _effort(best)):
                best = way
        return best

    def _complete(self, day: date, steps: list[Step], records: Sequence[Record]) -> Way | None:
        """Add signatures and earned points to what was done; None: still not enough."""
        asked, better = self._asked()
        made = self._score(day, records, better)
        earned: list[Step] = []
        if not self._reached(made) and made.score is not None:
            gap = self.entry.compiled.grades[self.grade].at_least - made.score
            earned = list(self._earn(gap, made, day))
            if gap > 0 and not earned:
                return None
            added = [
                _plus(step, -(100 * place + number + 1), day)
                for place, step in enumerate(earned)
                for number in range(step.times)
            ]
            made = self._score(day, [*records, *added], better)
        if not self._reached(made) or made.score is None or made.grade is None:
            return None
        return Way(day, (*steps, *asked, *earned), made.score, made.grade)

    def _earn(self, gap: int, made: Score, day: date) -> Iterable[Step]:
        """Positive items that fill a gap with the fewest records, within their limits."""
        if gap <= 0:
            return []
        steps = []
        cells = self.entry.compiled.cells
        rooms = self._rooms(made)
        for number in sorted(
            rooms, key=lambda n: (not cells[n].item.self_help, -cells[n].counted(None))
        ):
            cell, room = cells[number], rooms[number]
            points = cell.counted(None)
            most = min(-(-room // points), cell.item.monthly_limit or room)
            times = min(most, -(-gap // points))
            worth = min(times * points, room)
            gap -= worth
            steps.append(
                Step(
                    "earn", day, worth, cell.item.code, _name(cell),
                    times=times, level=cell.variant.level,
                )
            )  # fmt: skip
            if gap <= 0:
                return steps
        return []

    def _rooms(self, made: Score) -> dict[int, int]:
        """How many points each positive item can still bring: its best ordinary level."""
        compiled = self.entry.compiled
        used: dict[int, int] = {}
        for line in made.lines:
            cell = compiled.cell(line.item, line.level) if line.record_id is not None else None
            if cell is not None and cell.group != NO_GROUP:
                used[cell.group] = used.get(cell.group, 0) + line.points
        rooms: dict[int, int] = {}
        for cell in compiled.cells:
            if cell.negative or cell.counted(None) <= 0 or cell.item.lasts != "class":
                continue
            limit = compiled.group(cell.group).at_most if cell.group != NO_GROUP else None
            room = (limit if limit is not None else 10 * cell.counted(None)) - max(
                used.get(cell.group, 0), 0
            )
            taken = any(
                compiled.cells[other].item.code == cell.item.code
                or (cell.group != NO_GROUP and compiled.cells[other].group == cell.group)
                for other in rooms
            )
            if room > 0 and not taken:
                rooms[cell.number] = room
        return rooms


def _effort(way: Way) -> tuple[date, int]:
    return (way.on, sum(step.times for step in way.steps))


def _end_step(line: Line, on: date, *, use_repair: bool) -> Step | None:
    """The first way in which a line ends: by repair if asked for and earlier, else by itself."""
    days: list[tuple[date, str]] = []
    for end in line.ends_by:
        if end.way in {"expires", "new_year"} and end.on is not None:
            days.append((end.on + timedelta(days=1), "wait"))
        elif end.way == "repair" and end.on is not None and use_repair:
            days.append((max(end.on, on), "repair"))
    if not days:
        return None
    day, kind = min(days)
    return Step(kind, day, -line.points, line.item, line.title, line.record_id, line.document_no)


def _name(cell: Cell) -> str:
    level = cell.variant.level
    return f"{cell.item.title}（{level}）" if level else cell.item.title


def _plus(step: Step, row_id: int, day: date) -> Record:
    """A positive record that does not exist yet."""
    return Record(
        id=row_id,
        item=step.item,
        level=step.level,
        occurred_on=day,
        decided_on=day,
        document_no="",
        decision_key=row_id,
        source_unit="",
        basis="",
        severity=None,
        points=None,
        state=RecordState.ACTIVE,
        effective_from=day,
        effective_to=None,
        ended_on=None,
    )

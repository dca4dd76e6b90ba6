"""The honest ways to a wanted grade: waiting, repairing, earning. Nothing here is stored."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache

from sqlalchemy.orm import Session

from credit_core.errors import Refusal
from credit_core.records.models import Record
from credit_core.repair.ways import by_law
from credit_core.rules.book import Entry, rule_book
from credit_core.rules.compiled import NO_GROUP, Cell, Compiled
from credit_core.scoring.evaluate import Standing, evaluate
from credit_core.scoring.result import Line, Override, Score
from credit_core.scoring.service import standing
from credit_core.scoring.whatif import records_of, repaired_copies, supposed
from credit_core.subjects.models import Subject


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do or to wait for.

    :ivar kind: ``repair``, ``wait`` (for a record), ``list`` (for the end of an entry), ``start``
        (of the evaluation), ``rules`` (for those of a later day), ``earn``, ``sign`` (a
        commitment) or ``verify`` (identity).
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
    leads to, by the rules and lists of that day. Positive items are counted on the day of the way.

    :param city: the setting ``CITY``; its law says from when what may be repaired.
    :raises Refusal: ``score.no_grade``: the rules know no such grade.
    """
    book = rule_book(session)
    entry = book.on(subject.kind, on)
    if grade not in entry.compiled.rank_of:
        raise Refusal("score.no_grade", grade=grade)

    @cache
    def known(day: date) -> tuple[Entry, Standing]:
        rules = book.on(subject.kind, day)
        return rules, standing(session, subject, rules, day)

    search = _Search(
        known=known,
        records=records_of(session, subject),
        grade=grade,
        on=max(on, subject.evaluable_from or on),
        asked_on=on,
        other_rules=[one.rules.effective_from for one in book.entries[subject.kind]],
        law=lambda made: by_law(made, book, city=city),
    )
    ways = [way for way in (search.now(), search.waiting(), search.repairing()) if way is not None]
    found: dict[tuple[Step, ...], Way] = {way.steps: way for way in ways}
    return sorted(found.values(), key=lambda way: (way.on, len(way.steps)))


@dataclass(slots=True)
class _Search:
    """
    :ivar known: the rules of a day, and what is true of the subject then.
    :ivar on: first day with a score, from ``asked_on`` on.
    :ivar other_rules: days from which other rules hold.
    """

    known: Callable[[date], tuple[Entry, Standing]]
    records: list[Record]
    grade: str
    on: date
    asked_on: date
    other_rules: Sequence[date]
    law: Callable[[Score], Score]

    def _score(self, day: date, records: Sequence[Record], standing_: Standing) -> Score:
        return evaluate(self.known(day)[0], standing_, records, day)

    def _reached(self, made: Score) -> bool:
        rank_of = self.known(made.on)[0].compiled.rank_of
        wanted = rank_of.get(self.grade)
        return wanted is not None and made.grade is not None and rank_of[made.grade] <= wanted

    def _asked(self, day: date) -> tuple[list[Step], Standing]:
        """Conditions of the grade that a signature or a check of identity fulfils."""
        entry, better = self.known(day)
        steps = []
        conditions = {one.grade: one.conditions for one in entry.rules.grades}
        wanted = conditions.get(self.grade, ())
        if "commitment" in wanted and not better.committed:
            steps.append(Step("sign", self.asked_on))
            better = replace(better, committed=True)
        if "identity_verified" in wanted and not better.identity_verified:
            steps.append(Step("verify", self.asked_on))
            better = replace(better, identity_verified=True)
        return steps, better

    def now(self) -> Way | None:
        """Without waiting for anything: signing and earning only."""
        return self._complete(self.on, self._start(), self.records)

    def _start(self) -> list[Step]:
        """To wait until there is a score at all."""
        return [] if self.on == self.asked_on else [Step("start", self.on)]

    def waiting(self) -> Way | None:
        """Let negative records run out, one after the other, until it is enough."""
        return self._ending(use_repair=False)

    def repairing(self) -> Way | None:
        """Repair what may be repaired earlier than it runs out."""
        return self._ending(use_repair=True)

    def _ending(self, *, use_repair: bool) -> Way | None:
        made = self.law(self._score(self.on, self.records, self.known(self.on)[1]))
        ends = [
            step
            for line in made.lines
            if line.negative and (step := _end_step(line, self.on, use_repair=use_repair))
        ]
        ends += [step for override in made.overrides if (step := _list_step(override))]
        ends += [Step("rules", day) for day in set(self.other_rules) if day > self.on]
        # What weighs most per day of waiting goes first.
        ends.sort(key=lambda step: (step.on, -step.points))
        best: Way | None = None
        for count in range(1, len(ends) + 1):
            way = self._after(ends[:count])
            if way is not None and (best is None or _effort(way) < _effort(best)):
                best = self._without_needless(ends[:count], way)
        return best

    def _after(self, chosen: list[Step]) -> Way | None:
        day = max(step.on for step in chosen)
        repaired = {step.record_id for step in chosen if step.kind == "repair"}
        records = repaired_copies(self.records, {one for one in repaired if one is not None}, day)
        return self._complete(day, [*self._start(), *chosen], records)

    def _without_needless(self, chosen: list[Step], way: Way) -> Way:
        """The same grade no later, without repairs and days of new rules that it does not take.

        The lightest go first.
        """
        for step in sorted(chosen, key=lambda step: step.points):
            fewer = [one for one in chosen if one is not step]
            if step.kind not in {"repair", "rules"} or not fewer:
                continue
            shorter = self._after(fewer)
            if shorter is not None and _effort(shorter) < _effort(way):
                chosen, way = fewer, shorter
        return way

    def _complete(self, day: date, steps: list[Step], records: Sequence[Record]) -> Way | None:
        """Add signatures and earned points to what was done; None: still not enough."""
        asked, better = self._asked(day)
        made = self._score(day, records, better)
        earned: list[Step] = []
        floors = {one.grade: one.at_least for one in self.known(day)[0].rules.grades}
        if not self._reached(made) and made.score is not None and self.grade in floors:
            gap = floors[self.grade] - made.score
            earned = list(self._earn(gap, made, day))
            if gap > 0 and not earned:
                return None
            added = [
                supposed(step.item, step.level, -(100 * place + number + 1), day)
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
        compiled = self.known(day)[0].compiled
        cells = compiled.cells
        rooms = _rooms(compiled, made)
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


def _rooms(compiled: Compiled, made: Score) -> dict[int, int]:
    """How many points each positive item can still bring: its best ordinary level."""
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


def _list_step(override: Override) -> Step | None:
    """The end of an entry of the severe list, where it ends by itself."""
    if override.kind != "severe_list" or override.effective_to is None:
        return None
    over = override.effective_to + timedelta(days=1)
    return Step("list", over, title=override.title, document_no=override.document_no)


def _name(cell: Cell) -> str:
    level = cell.variant.level
    return f"{cell.item.title}（{level}）" if level else cell.item.title

"""The draw itself: a pure function of a seed and a snapshot, the same on every machine.

Chance is SHA-256 of the seed with what is drawn: whoever has seed and snapshot can repeat the
draw with any tool. Within a matter every object of a grade has the same chance, which is the
rate of its grade; grade D is always drawn. Where that would exceed the cap of a general matter,
the other grades give way first, then D is drawn by lot among itself.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from heapq import heapify, heappop, heappush
from typing import Any

from credit_core.inspection.plan import GRADES

_SCALE = 1 << 256
_FIRST_LOOK = 4


@dataclass(frozen=True, slots=True)
class DrawnObject:
    """An object of the library: its id, the grade it is drawn by, and its kind."""

    id: int
    grade: str
    kind: str


@dataclass(frozen=True, slots=True)
class DrawnInspector:
    """An inspector: specialities, and objects with which there is a conflict.

    :ivar titled: has an enforcement title; experts without one may join, but do not count.
    """

    id: int
    specialities: tuple[str, ...]
    conflicts: tuple[int, ...] = ()
    titled: bool = True


@dataclass(frozen=True, slots=True)
class MatterTerms:
    """What a draw needs of a matter: rates as exact fractions, written ``1/50``."""

    id: str
    kinds: tuple[str, ...]
    speciality: str
    cap: Fraction | None
    everybody: bool


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything that a draw depends on besides its seed."""

    objects: tuple[DrawnObject, ...]
    inspectors: tuple[DrawnInspector, ...]
    matters: tuple[MatterTerms, ...]
    rates: Mapping[str, Fraction]
    least: int

    def as_bytes(self) -> bytes:
        """Canonical JSON: the same snapshot gives the same bytes."""
        written: dict[str, Any] = {
            "objects": [[one.id, one.grade, one.kind] for one in self.objects],
            "inspectors": [
                [one.id, list(one.specialities), list(one.conflicts), one.titled]
                for one in self.inspectors
            ],
            "matters": [
                [
                    one.id,
                    list(one.kinds),
                    one.speciality,
                    None if one.cap is None else str(one.cap),
                    one.everybody,
                ]
                for one in self.matters
            ],
            "rates": {grade: str(rate) for grade, rate in self.rates.items()},
            "least": self.least,
        }
        return json.dumps(
            written, ensure_ascii=False, sort_keys=True, separators=(",", ":")
        ).encode()

    @classmethod
    def from_bytes(cls, written: bytes) -> Snapshot:
        read = json.loads(written)
        return cls(
            tuple(DrawnObject(*one) for one in read["objects"]),
            tuple(
                DrawnInspector(key, tuple(skills), tuple(conflicts), titled)
                for key, skills, conflicts, titled in read["inspectors"]
            ),
            tuple(
                MatterTerms(
                    key, tuple(kinds), skill, None if cap is None else Fraction(cap), everybody
                )
                for key, kinds, skill, cap, everybody in read["matters"]
            ),
            {grade: Fraction(rate) for grade, rate in read["rates"].items()},
            read["least"],
        )


@dataclass(frozen=True, slots=True)
class PlannedVisit:
    """One visit for all matters of one object.

    :ivar lacking: why no team could be matched: ``few`` or the speciality that is missing;
        empty when the team stands.
    """

    object_id: int
    matters: tuple[str, ...]
    inspectors: tuple[int, ...]
    lacking: str = ""


@dataclass(frozen=True, slots=True)
class DrawResult:
    visits: tuple[PlannedVisit, ...]

    def as_bytes(self) -> bytes:
        rows = [
            [one.object_id, list(one.matters), list(one.inspectors), one.lacking]
            for one in self.visits
        ]
        return json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode()


def draw(seed: str, snapshot: Snapshot) -> DrawResult:
    """Draw objects for every matter, join them to visits in random order, match inspectors."""
    matters_of: dict[int, list[str]] = defaultdict(list)
    for matter in snapshot.matters:
        for object_id in drawn_objects(seed, matter, snapshot):
            matters_of[object_id].append(matter.id)
    order = sorted(matters_of, key=lambda key: _ticket(seed, "visit", key))
    skills = {matter.id: matter.speciality for matter in snapshot.matters}
    roster = _Roster(seed, snapshot)
    visits = []
    for object_id in order:
        matters = tuple(sorted(matters_of[object_id]))
        wanted = tuple(dict.fromkeys(skills[matter] for matter in matters))
        team, lacking = roster.match(object_id, wanted)
        visits.append(PlannedVisit(object_id, matters, team, lacking))
    return DrawResult(tuple(visits))


def drawn_objects(seed: str, matter: MatterTerms, snapshot: Snapshot) -> list[int]:
    """Ids of the objects that one matter draws."""
    groups: dict[str, list[int]] = defaultdict(list)
    for one in snapshot.objects:
        if one.kind in matter.kinds:
            groups[one.grade].append(one.id)
    sizes = {grade: len(groups[grade]) for grade in GRADES}
    wanted = _numbers(seed, matter, sizes, snapshot.rates)
    found: list[int] = []
    for grade in GRADES:
        ranked = sorted(groups[grade], key=lambda key: _ticket(seed, matter.id, key))
        found += ranked[: wanted[grade]]
    return found


def _numbers(
    seed: str, matter: MatterTerms, sizes: Mapping[str, int], rates: Mapping[str, Fraction]
) -> dict[str, int]:
    """How many of each grade: the rate times the group, within the cap of the matter."""
    if matter.everybody:
        return dict(sizes)
    total = sum(sizes.values())
    room = total if matter.cap is None else int(total * matter.cap)
    numbers = {"D": min(sizes["D"], room)}
    room -= numbers["D"]
    expected = {grade: sizes[grade] * rates[grade] for grade in GRADES if grade != "D"}
    asked = sum(expected.values(), Fraction(0))
    part = min(Fraction(1), room / asked) if asked else Fraction(1)
    # The worst first, so that a cap that rounding would break spares the best.
    for grade in reversed(GRADES[:-1]):
        number = _rounded(seed, matter.id, grade, expected[grade] * part)
        numbers[grade] = min(number, sizes[grade], room)
        room -= numbers[grade]
    return numbers


def _rounded(seed: str, matter: str, grade: str, expected: Fraction) -> int:
    """Down or up by lot, so that the mean is exact: 0.2 objects are one object in five draws."""
    whole = int(expected)
    lot = Fraction(int.from_bytes(_ticket(seed, f"{matter}/{grade}", 0)), _SCALE)
    return whole + (lot < expected - whole)


class _Roster:
    """Inspectors in the order of their turns: the least burdened first, among them by lot.

    The lot is drawn anew for every round (number of visits that somebody has), so a draw of
    many thousand visits needs one lot for each assignment and not one for each pair.
    """

    def __init__(self, seed: str, snapshot: Snapshot) -> None:
        self._seed, self._least = seed, snapshot.least
        self._by_id = {one.id: one for one in snapshot.inspectors}
        self._conflicts = {one.id: frozenset(one.conflicts) for one in snapshot.inspectors}
        self._turns = [self._turn(0, one.id) for one in snapshot.inspectors]
        heapify(self._turns)

    def _turn(self, load: int, key: int) -> tuple[int, bytes, int]:
        return load, _ticket(self._seed, f"team/{load}", key), key

    def match(self, object_id: int, wanted: Sequence[str]) -> tuple[tuple[int, ...], str]:
        """A team without conflict, with every speciality and enough titles; or what lacks."""
        taken: list[tuple[int, bytes, int]] = []
        fit: list[DrawnInspector] = []
        team: list[DrawnInspector] | str = "few"
        size = _FIRST_LOOK
        while True:
            while self._turns and len(taken) < size:
                turn = heappop(self._turns)
                taken.append(turn)
                if object_id not in self._conflicts[turn[2]]:
                    fit.append(self._by_id[turn[2]])
            # What the first in order can do, the whole order would do alike.
            team = _team(fit, wanted, self._least, complete=not self._turns)
            if not isinstance(team, str) or not self._turns:
                break
            size *= 4
        chosen = set() if isinstance(team, str) else {one.id for one in team}
        for load, ticket, key in taken:
            turn = self._turn(load + 1, key) if key in chosen else (load, ticket, key)
            heappush(self._turns, turn)
        return ((), team) if isinstance(team, str) else (tuple(one.id for one in team), "")


def _team(
    fit: Sequence[DrawnInspector], wanted: Sequence[str], least: int, *, complete: bool
) -> list[DrawnInspector] | str:
    """The first specialist for each speciality, then related ones, until enough have titles.

    :param complete: nobody else can come; then people of other specialities may fill up.
    :returns: the team, or what lacks: a speciality, or ``few``.
    """
    team: list[DrawnInspector] = []
    for skill in wanted:
        if any(skill in one.specialities for one in team):
            continue
        specialist = next((one for one in fit if skill in one.specialities), None)
        if specialist is None:
            return skill
        team.append(specialist)
    related = set(wanted)
    order = [one for one in fit if one.titled and related & set(one.specialities)]
    if complete:
        order += [one for one in fit if one.titled and not related & set(one.specialities)]
    for one in order:
        if sum(member.titled for member in team) >= least:
            break
        if one not in team:
            team.append(one)
    return team if sum(member.titled for member in team) >= least else "few"


def _ticket(seed: str, purpose: str, key: int) -> bytes:
    """The lot of one thing in one drawing."""
    return hashlib.sha256(f"{seed}|{purpose}|{key}".encode()).digest()


def shares(snapshot: Snapshot, result: DrawResult) -> dict[str, tuple[int, int]]:
    """Grade → (drawn, in the library): what the dashboard compares top to bottom by."""
    drawn = {visit.object_id for visit in result.visits}
    counted = dict.fromkeys(GRADES, (0, 0))
    for one in snapshot.objects:
        hit, total = counted[one.grade]
        counted[one.grade] = (hit + (one.id in drawn), total + 1)
    return counted


def batches(result: DrawResult, size: int) -> Iterable[tuple[PlannedVisit, ...]]:
    """The visits, which stand in random order, in batches of at most ``size``."""
    for start in range(0, len(result.visits), size):
        yield result.visits[start : start + size]

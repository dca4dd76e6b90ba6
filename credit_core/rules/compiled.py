"""A rule set made ready for use: every (item, level) is a numbered cell.

The explained score reads the cells one by one, the vectorised one reads them as arrays; both
come from here, so there is one definition of every rule.
"""

from __future__ import annotations

from dataclasses import dataclass

from credit_core.rules.schema import Group, Item, RuleSet, Variant

NO_GROUP = -1


@dataclass(frozen=True, slots=True)
class Cell:
    """One variant of one item.

    :ivar number: position in :attr:`Compiled.cells`.
    :ivar weight: what decides which of several items of one decision counts (lowest wins).
    :ivar rank: position of the best possible grade; 0 when the cell limits nothing.
    """

    number: int
    item_number: int
    item: Item
    variant: Variant
    group: int
    negative: bool
    rank: int

    def counted(self, amount: int | None) -> int:
        """Points of a record alone; a sequence counts with its heaviest step."""
        if self.item.open is not None:
            given = self.item.open.default if amount is None else amount
            return (given or 0) * self.item.open.per_point
        if self.item.sequence is not None:
            return min(self.item.sequence)
        return self.variant.points


def heaviness(points: int) -> tuple[int, int]:
    """Sort key of the items of one decision: any minus before any plus, the larger first."""
    return (0, points) if points < 0 else (1, -points)


class Compiled:
    """Lookups over one rule set.

    :ivar grades: best first.
    :ivar group_names: names of the groups, by number.
    """

    def __init__(self, rules: RuleSet) -> None:
        self.rules = rules
        self.grades = rules.grades
        self.rank_of = {grade.grade: rank for rank, grade in enumerate(rules.grades)}
        self.group_names = list(rules.groups)
        numbers = {name: number for number, name in enumerate(self.group_names)}
        self.items = {item.code: item for item in rules.items}
        self.cells: list[Cell] = []
        self._cells: dict[tuple[str, str], Cell] = {}
        for item_number, item in enumerate(rules.items):
            for variant in item.variants:
                group = variant.group or item.group
                cell = Cell(
                    number=len(self.cells),
                    item_number=item_number,
                    item=item,
                    variant=variant,
                    group=NO_GROUP if group is None else numbers[group],
                    negative=variant.class_ is not None,
                    rank=0 if variant.at_most is None else self.rank_of[variant.at_most],
                )
                self.cells.append(cell)
                self._cells[item.code, variant.level] = cell
        self.closers = {item.code: frozenset(item.closes) for item in rules.items if item.closes}

    def cell(self, code: str, level: str) -> Cell | None:
        """The cell of a record; a level that this rule set no longer knows takes the default
        (or first) variant; an item that it does not know has none and counts nothing."""
        found = self._cells.get((code, level))
        if found is None and (item := self.items.get(code)) is not None:
            usual = next(iter(item.default_levels), item.variants[0].level)
            found = self._cells[code, usual]
        return found

    def group(self, number: int) -> Group:
        return self.rules.groups[self.group_names[number]]

    def grade_by_points(self, points: int) -> int:
        """Rank (0 is best) of the grade that the points alone give."""
        for rank, grade in enumerate(self.grades):
            if points >= grade.at_least:
                return rank
        return len(self.grades) - 1

"""Reading one rule set, and the faults that only show when its parts are seen together."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from config.texts import text
from credit_core.datafile import DataFileError, Place, fault_at, line_in, load_text, read_text
from credit_core.rules.schema import Item, RuleSet

Fault = tuple[Place, str]


def read_rule_set(path: Path) -> RuleSet:
    """Read one file.

    :raises DataFileError: the first fault, with file and line and what to do.
    """
    return parse_rule_set(read_text(path), path)


def parse_rule_set(content: str, name: Path | str) -> RuleSet:
    """Like :func:`read_rule_set`, for text that staff typed."""
    rules = load_text(content, RuleSet, name=name)
    for place, message in faults(rules):
        raise DataFileError(Path(name), line_in(content, place), fault_at(place, message))
    return rules


def faults(rules: RuleSet) -> Iterator[Fault]:
    """What is wrong between the parts, each with its place in the file."""
    yield from _frame_faults(rules)
    yield from _grade_faults(rules)
    yield from _item_faults(rules)
    yield from _counter_faults(rules)
    for name, group in rules.groups.items():
        loss = group.not_above_loss_of
        if loss is not None and loss not in rules.groups:
            yield ("groups", name, "not_above_loss_of"), _says("no_group", group=loss)
        if (
            group.at_most is None
            and group.at_least is None
            and loss is None
            and not any(name == used for used in _used_groups(rules))
        ):
            yield ("groups", name), _says("unused_group")


def _says(fault: str, /, **fields: object) -> str:
    return text("rules", f"faults.{fault}", **fields)


def _no_grade(rules: RuleSet, grade: str) -> str:
    known = "、".join(one.grade for one in rules.grades)
    return _says("no_grade", grade=grade, known=known)


def _used_groups(rules: RuleSet) -> set[str]:
    used = {item.group for item in rules.items if item.group}
    return used | {v.group for item in rules.items for v in item.variants if v.group}


def _frame_faults(rules: RuleSet) -> Iterator[Fault]:
    if not rules.floor <= rules.base <= rules.cap:
        yield ("base",), _says("base", floor=rules.floor, cap=rules.cap)
    last = rules.effective_to
    if last is not None and last < rules.effective_from:
        yield ("effective_to",), _says("ends_first", first=rules.effective_from)
    missing = [name for name in ("轻微", "一般", "严重") if name not in rules.classes]
    if missing:
        yield ("classes",), _says("classes", missing="、".join(missing))
    if rules.last_checked < date(2000, 1, 1):
        yield ("last_checked",), _says("last_checked")


def _grade_faults(rules: RuleSet) -> Iterator[Fault]:
    names: set[str] = set()
    above: int | None = None
    for number, grade in enumerate(rules.grades):
        place = ("grades", number)
        if grade.grade in names:
            yield (*place, "grade"), _says("grade_twice", grade=grade.grade)
        names.add(grade.grade)
        if above is not None and grade.at_least >= above:
            yield (*place, "at_least"), _says("grade_order", above=above)
        above = grade.at_least
    lowest = rules.grades[-1]
    if lowest.at_least > rules.floor:
        yield (
            ("grades", len(rules.grades) - 1, "at_least"),
            _says("grade_floor", floor=rules.floor),
        )
    if lowest.conditions:
        yield ("grades", len(rules.grades) - 1, "conditions"), _says("grade_last")
    if rules.severe_list.at_most not in names:
        yield ("severe_list", "at_most"), _no_grade(rules, rules.severe_list.at_most)


def _item_faults(rules: RuleSet) -> Iterator[Fault]:
    codes: set[str] = set()
    grades = {grade.grade for grade in rules.grades}
    known = {item.code for item in rules.items}
    for number, item in enumerate(rules.items):
        place: Place = ("items", number)
        if item.code in codes:
            yield (*place, "code"), _says("item_twice", code=item.code)
        codes.add(item.code)
        if item.group is not None and item.group not in rules.groups:
            yield (*place, "group"), _says("no_group", group=item.group)
        for closed in item.closes:
            if closed not in known:
                yield (*place, "closes"), _says("no_item", code=closed)
        yield from _shape_faults(place, item)
        for position, variant in enumerate(item.variants):
            here: Place = (*place, "variants", position)
            if variant.group is not None and variant.group not in rules.groups:
                yield (*here, "group"), _says("no_group", group=variant.group)
            if variant.at_most is not None and variant.at_most not in grades:
                yield (*here, "at_most"), _no_grade(rules, variant.at_most)
            if abs(variant.points) > rules.cap - rules.floor:
                yield (*here, "points"), _says("measure", most=rules.cap - rules.floor)
            if variant.points > 0 and variant.class_ is not None:
                yield (*here, "class"), _says("plus_class")
            if variant.points < 0 and variant.class_ is None:
                yield (*here, "points"), _says("minus_class")


def _shape_faults(place: Place, item: Item) -> Iterator[Fault]:
    levels = [variant.level for variant in item.variants]
    if len(set(levels)) != len(levels):
        yield (*place, "variants"), _says("level_twice")
    if len({variant.class_ is None for variant in item.variants}) > 1:
        yield (*place, "variants"), _says("plus_or_minus")
    for level in item.default_levels:
        if level not in levels:
            yield (*place, "default_levels"), _says("no_level", level=level)
    if item.open is not None:
        if len(item.variants) > 1:
            yield (*place, "open"), _says("open_one")
        if item.open.least > item.open.most:
            yield (*place, "open", "least"), _says("open_order", most=item.open.most)
        ends = {item.open.least * item.open.per_point, item.open.most * item.open.per_point}
        minus = item.variants[0].class_ is not None
        if any((end > 0) == minus and end != 0 for end in ends):
            yield (*place, "open"), _says("open_sign")
    if item.sequence is not None and (item.open is not None or len(item.variants) > 1):
        yield (*place, "sequence"), _says("sequence")


def _counter_faults(rules: RuleSet) -> Iterator[Fault]:
    counter = rules.counter
    if counter is None:
        return
    grades = {grade.grade for grade in rules.grades}
    for key, name in (("group", counter.group), ("reduced_by", counter.reduced_by)):
        if name is not None and name not in rules.groups:
            yield ("counter", key), _says("no_group", group=name)
    floor = 0
    for number, step in enumerate(counter.steps):
        if step.at_most not in grades:
            yield ("counter", "steps", number, "at_most"), _no_grade(rules, step.at_most)
        if step.at_least <= floor:
            yield ("counter", "steps", number, "at_least"), _says("steps", above=floor)
        floor = step.at_least
    known = {item.code for item in rules.items}
    for code in counter.governed_by:
        if code not in known:
            yield ("counter", "governed_by"), _says("no_item", code=code)
    yield from _reduction_faults(rules, counter.reduced_by)


def _reduction_faults(rules: RuleSet, group: str | None) -> Iterator[Fault]:
    """What takes points off the counter may only be plus items."""
    for number, item in enumerate(rules.items):
        for position, variant in enumerate(item.variants):
            inside = group is not None and (variant.group or item.group) == group
            if inside and variant.points < 0:
                place = ("items", number, "variants", position, "points")
                yield place, _says("reduces", group=group)

"""Reading one rule set, and the faults that only show when its parts are seen together."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import get_args

from config.texts import text
from credit_core.datafile import DataFileError, Place, fault_at, line_in, load_text, read_text
from credit_core.rules.schema import Class, Item, RuleSet, Variant

Fault = tuple[Place, str]
_CLASSES: tuple[Class, ...] = get_args(Class)
"""The lightest first."""


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
        if name not in _used_groups(rules):
            yield ("groups", name), _says("unused_group")


def _says(fault: str, /, **fields: object) -> str:
    return text("rules", f"faults.{fault}", **fields)


def _no_grade(rules: RuleSet, grade: str) -> str:
    known = "、".join(one.grade for one in rules.grades)
    return _says("no_grade", grade=grade, known=known)


def _used_groups(rules: RuleSet) -> set[str]:
    used = {v.group or item.group for item in rules.items for v in item.variants}
    return {group for group in used if group}


def _frame_faults(rules: RuleSet) -> Iterator[Fault]:
    if not rules.floor <= rules.base <= rules.cap:
        yield ("base",), _says("base", floor=rules.floor, cap=rules.cap)
    last = rules.effective_to
    if last is not None and last < rules.effective_from:
        yield ("effective_to",), _says("ends_first", first=rules.effective_from)
    missing = [name for name in _CLASSES if name not in rules.classes]
    if missing:
        yield ("classes",), _says("classes", missing="、".join(missing))
    else:
        yield from _class_faults(rules)
    if rules.last_checked < date(2000, 1, 1):
        yield ("last_checked",), _says("last_checked")


def _class_faults(rules: RuleSet) -> Iterator[Fault]:
    for name, period in rules.classes.items():
        if period.repair_after_months > period.months:
            place = ("classes", name, "repair_after_months")
            yield place, _says("repair_late", months=period.months)
    for lighter, heavier in pairwise(_CLASSES):
        if rules.classes[heavier].months < rules.classes[lighter].months:
            yield ("classes", heavier, "months"), _says("class_order", lighter=lighter)


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
    for number, (better, grade) in enumerate(pairwise(rules.grades), start=1):
        if grade.letter < better.letter:
            yield ("grades", number, "letter"), _says("letter_order", above=better.letter)
    if rules.grades[0].at_least > rules.cap:
        yield ("grades", 0, "at_least"), _says("grade_cap", cap=rules.cap)
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
            if closed == item.code:
                yield (*place, "closes"), _says("closes_itself")
        yield from _shape_faults(place, item)
        for position, variant in enumerate(item.variants):
            yield from _variant_faults(rules, (*place, "variants", position), variant)


def _variant_faults(rules: RuleSet, place: Place, variant: Variant) -> Iterator[Fault]:
    if variant.group is not None and variant.group not in rules.groups:
        yield (*place, "group"), _says("no_group", group=variant.group)
    if variant.at_most is not None and variant.at_most not in {g.grade for g in rules.grades}:
        yield (*place, "at_most"), _no_grade(rules, variant.at_most)
    if abs(variant.points) > rules.cap - rules.floor:
        yield (*place, "points"), _says("measure", most=rules.cap - rules.floor)
    if variant.points > 0 and variant.class_ is not None:
        yield (*place, "class"), _says("plus_class")
    if variant.points < 0 and variant.class_ is None:
        yield (*place, "points"), _says("minus_class")


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
        usual, least = item.open.default, item.open.least
        in_range = usual is None or least <= usual <= item.open.most
        if not in_range or ((usual or least) - least) % item.open.step:
            yield (*place, "open", "default"), _says("open_default")
        ends = {item.open.least * item.open.per_point, item.open.most * item.open.per_point}
        if any(_other_sign(item, end) for end in ends):
            yield (*place, "open"), _says("open_sign")
    if any(_other_sign(item, points) for points in item.sequence or ()):
        yield (*place, "sequence"), _says("open_sign")
    if item.sequence is not None and (item.open is not None or len(item.variants) > 1):
        yield (*place, "sequence"), _says("sequence")


def _other_sign(item: Item, points: int) -> bool:
    """Whether these points are a plus of a minus item, or a minus of a plus item."""
    minus = item.variants[0].class_ is not None
    return points != 0 and (points > 0) == minus


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

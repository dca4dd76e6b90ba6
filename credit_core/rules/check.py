"""Reading one rule set, and the faults that only show when its parts are seen together."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import yaml

from credit_core.datafile import DataFileError, line_of, load_text
from credit_core.rules.schema import Item, RuleSet

Place = tuple[int | str, ...]
Fault = tuple[Place, str]


def read_rule_set(path: Path) -> RuleSet:
    """Read one file.

    :raises DataFileError: the first fault, with file and line and what to do.
    """
    try:
        content = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise DataFileError(path, 1, "cannot be read as UTF-8 text") from None
    return parse_rule_set(content, path)


def parse_rule_set(content: str, name: Path | str) -> RuleSet:
    """Like :func:`read_rule_set`, for text that staff typed."""
    rules = load_text(content, RuleSet, name=name)
    for place, message in faults(rules):
        line = line_of(yaml.compose(content, yaml.SafeLoader), place)
        where = ".".join(str(part) for part in place)
        raise DataFileError(Path(name), line, f"{where}: {message}")
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
            yield ("groups", name, "not_above_loss_of"), f"no group {loss!r}; name one of groups"
        if (
            group.at_most is None
            and group.at_least is None
            and loss is None
            and not any(name == used for used in _used_groups(rules))
        ):
            yield ("groups", name), "is used by no item; remove it"


def _used_groups(rules: RuleSet) -> set[str]:
    used = {item.group for item in rules.items if item.group}
    return used | {v.group for item in rules.items for v in item.variants if v.group}


def _frame_faults(rules: RuleSet) -> Iterator[Fault]:
    if not rules.floor <= rules.base <= rules.cap:
        yield ("base",), f"must lie between floor {rules.floor} and cap {rules.cap}"
    last = rules.effective_to
    if last is not None and last < rules.effective_from:
        yield ("effective_to",), "lies before effective_from; it is the last day of the period"
    missing = [name for name in ("轻微", "一般", "严重") if name not in rules.classes]
    if missing:
        yield ("classes",), f"lacks {', '.join(missing)}; every class needs its months"
    if rules.last_checked < date(2000, 1, 1):
        yield ("last_checked",), "is not a believable day"


def _grade_faults(rules: RuleSet) -> Iterator[Fault]:
    names: set[str] = set()
    above: int | None = None
    for number, grade in enumerate(rules.grades):
        place = ("grades", number)
        if grade.grade in names:
            yield (*place, "grade"), f"{grade.grade} stands twice; keep one"
        names.add(grade.grade)
        if above is not None and grade.at_least >= above:
            yield (*place, "at_least"), f"must be below {above}; list the best grade first"
        above = grade.at_least
    lowest = rules.grades[-1]
    if lowest.at_least > rules.floor:
        yield (
            ("grades", len(rules.grades) - 1, "at_least"),
            f"the last grade must begin at the floor, {rules.floor}, or lower",
        )
    if lowest.conditions:
        yield ("grades", len(rules.grades) - 1, "conditions"), "the last grade takes none"
    if rules.severe_list.at_most not in names:
        yield ("severe_list", "at_most"), f"no grade {rules.severe_list.at_most}"


def _item_faults(rules: RuleSet) -> Iterator[Fault]:
    codes: set[str] = set()
    grades = {grade.grade for grade in rules.grades}
    known = {item.code for item in rules.items}
    for number, item in enumerate(rules.items):
        place: Place = ("items", number)
        if item.code in codes:
            yield (*place, "code"), f"{item.code} stands twice; an item has one entry"
        codes.add(item.code)
        if item.group is not None and item.group not in rules.groups:
            yield (*place, "group"), f"no group {item.group!r}; add it under groups"
        for closed in item.closes:
            if closed not in known:
                yield (*place, "closes"), f"no item {closed}"
        yield from _shape_faults(place, item)
        for position, variant in enumerate(item.variants):
            here: Place = (*place, "variants", position)
            if variant.group is not None and variant.group not in rules.groups:
                yield (*here, "group"), f"no group {variant.group!r}; add it under groups"
            if variant.at_most is not None and variant.at_most not in grades:
                yield (*here, "at_most"), f"no grade {variant.at_most}; use one of grades"
            if variant.points > 0 and variant.class_ is not None:
                yield (*here, "class"), "a plus has no class; remove it or make points negative"
            if variant.points < 0 and variant.class_ is None:
                yield (*here, "points"), "a minus needs a class: 轻微, 一般 or 严重"


def _shape_faults(place: Place, item: Item) -> Iterator[Fault]:
    levels = [variant.level for variant in item.variants]
    if len(set(levels)) != len(levels):
        yield (*place, "variants"), "two variants share a level; name them apart"
    if len({variant.class_ is None for variant in item.variants}) > 1:
        yield (*place, "variants"), "an item is a plus or a minus, not both; make two items"
    for level in item.default_levels:
        if level not in levels:
            yield (*place, "default_levels"), f"no variant has the level {level!r}"
    if item.open is not None:
        if len(item.variants) > 1:
            yield (*place, "open"), "an item with open points has one variant"
        if item.open.least > item.open.most:
            yield (*place, "open", "least"), "is above most"
        ends = {item.open.least * item.open.per_point, item.open.most * item.open.per_point}
        minus = item.variants[0].class_ is not None
        if any((end > 0) == minus and end != 0 for end in ends):
            yield (*place, "open"), "points have the wrong sign for this class of item"
    if item.sequence is not None and (item.open is not None or len(item.variants) > 1):
        yield (*place, "sequence"), "goes with one variant and without open points"


def _counter_faults(rules: RuleSet) -> Iterator[Fault]:
    counter = rules.counter
    if counter is None:
        return
    grades = {grade.grade for grade in rules.grades}
    for key, name in (("group", counter.group), ("reduced_by", counter.reduced_by)):
        if name is not None and name not in rules.groups:
            yield ("counter", key), f"no group {name!r}; add it under groups"
    floor = 0
    for number, step in enumerate(counter.steps):
        if step.at_most not in grades:
            yield ("counter", "steps", number, "at_most"), f"no grade {step.at_most}"
        if step.at_least <= floor:
            yield ("counter", "steps", number, "at_least"), "steps go upwards"
        floor = step.at_least
    known = {item.code for item in rules.items}
    for code in counter.governed_by:
        if code not in known:
            yield ("counter", "governed_by"), f"no item {code}"

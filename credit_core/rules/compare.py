"""What differs between two sets of rules, place by place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from credit_core.rules.book import KINDS, RuleBook
from credit_core.rules.schema import RuleSet


@dataclass(frozen=True, slots=True)
class Difference:
    """One value that differs; None: it does not stand there at all.

    :ivar place: for example ``resident/items/P-1/variants/严重/points``.
    """

    place: str
    before: Any
    after: Any


def differences(before: RuleSet, after: RuleSet, place: str = "") -> list[Difference]:
    """What differs between two rule sets, in the order of the first."""
    old, new = dict(_flat(_named(before), place)), dict(_flat(_named(after), place))
    keys = [*old, *(key for key in new if key not in old)]
    return [
        Difference(key, old.get(key), new.get(key)) for key in keys if old.get(key) != new.get(key)
    ]


def book_differences(before: RuleBook, after: RuleBook) -> list[Difference]:
    """What differs between two rule books; rule sets are matched by kind and first day."""
    found = []
    for kind in KINDS:
        old = {one.rules.effective_from: one.rules for one in before.entries[kind]}
        new = {one.rules.effective_from: one.rules for one in after.entries[kind]}
        for day in sorted({*old, *new}):
            place = f"{kind}" if len({*old, *new}) == 1 else f"{kind}@{day}"
            if day in old and day in new:
                found.extend(differences(old[day], new[day], place))
            else:
                gone, came = old.get(day), new.get(day)
                found.append(
                    Difference(
                        place, gone.version if gone else None, came.version if came else None
                    )
                )
    return found


def _named(rules: RuleSet) -> dict[str, Any]:
    """The rule set with its lists keyed by what they are known by."""
    plain = rules.model_dump(mode="json", by_alias=True)
    plain["grades"] = {grade["grade"]: grade for grade in plain["grades"]}
    for item in plain["items"]:
        item["variants"] = {variant["level"] or "-": variant for variant in item["variants"]}
    plain["items"] = {item["code"]: item for item in plain["items"]}
    return plain


def _flat(value: Any, place: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _flat(part, f"{place}/{key}" if place else str(key))
    elif isinstance(value, list):
        yield place, tuple(str(part) for part in value)
    else:
        yield place, value

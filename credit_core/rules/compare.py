"""What differs between two sets of rules, place by place."""

from __future__ import annotations

from typing import Any

from credit_core.rules.book import KINDS, RuleBook
from credit_core.rules.schema import RuleSet
from credit_core.versions.differences import Difference, changed


def differences(before: RuleSet, after: RuleSet, place: str = "") -> list[Difference]:
    """What differs between two rule sets, in the order of the first."""
    return changed(_named(before), _named(after), place)


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

"""Rule sets made at random: every shape that the schema allows, with any numbers."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

from credit_core.rules.check import faults
from credit_core.rules.schema import RuleSet

GRADES = ("AAA", "AA", "A", "B", "C", "D")
CLASSES = ("轻微", "一般", "严重")
# H is a loss, K makes it good, G takes either.
FITTING = {True: "GH", False: "GK"}
CONDITIONS = ("no_negative", "identity_verified", "commitment")
WORDS = {"title": "t", "basis": "b", "source_mark": "default"}


def random_rules(dice: Random, kind: str, effective_from: str = "2020-01-01") -> RuleSet:
    """A valid rule set of a kind; two groups, a counter and closing items among them at times."""
    names = GRADES[-dice.randint(2, 6) :]
    base = dice.randint(-50, 1100)
    # No item takes or gives more than lies between the lowest and the highest score.
    floor, cap = base - dice.randint(20, 300), base + dice.randint(40, 300)
    groups = _groups(dice)
    items = [_item(dice, number, names) for number in range(dice.randint(2, 8))]
    for name, minus in (("G", None), ("H", True), ("K", False)):
        items.append(_item(dice, len(items), names, minus) | {"group": name})
        items[-1]["variants"][0].pop("group", None)
    for item in items:
        others = [one["code"] for one in items if one is not item]
        if dice.randint(0, 6) == 0:
            item["closes"] = [dice.choice(others)]
    raw = {
        "id": f"random-{kind}-{effective_from}",
        "kind": kind,
        "title": "t",
        "effective_from": effective_from,
        "last_checked": "2026-01-01",
        "basis": "b",
        "base": base,
        "floor": floor,
        "cap": cap,
        "grades": list(_grades(dice, names, floor, cap)),
        "classes": {name: {"months": 6, "repair_after_months": 1} for name in CLASSES},
        "positive_months": dice.randint(1, 12),
        "archive_years": 5,
        "not_evaluated": {"after_end": "ended"},
        "severe_list": {"at_most": dice.choice(names), "title": "t", "basis": "b"},
        "groups": groups,
        "items": items,
    }
    if dice.random() < 0.5:
        raw["not_evaluated"]["before_start"] = "under_18"
    if dice.random() < 0.5:
        raw["counter"] = _counter(dice, names, items)
    rules = RuleSet.model_validate(raw)
    assert not list(faults(rules))
    return rules


def _groups(dice: Random) -> dict[str, Any]:
    groups: dict[str, Any] = {
        "G": {"title": "g", "at_most": dice.randint(1, 60)},
        "H": {"title": "h", "at_least": -dice.randint(1, 60)},
        "K": {"title": "k", "at_most": 40, "not_above_loss_of": "H"},
    }
    if dice.random() < 0.5:
        groups["H"]["at_most"] = dice.randint(1, 30)
    return groups


def _grades(dice: Random, names: tuple[str, ...], floor: int, cap: int) -> Iterator[dict[str, Any]]:
    edges = dice.sample(range(floor + 1, cap + 1), len(names) - 1)
    for name, at_least in zip(names, [*sorted(edges, reverse=True), floor], strict=True):
        conditions = dice.sample(CONDITIONS, dice.randint(0, 3)) if name != names[-1] else []
        yield {
            "grade": name, "at_least": at_least, "title": "t", "letter": "A",
            "conditions": sorted(conditions), "source_mark": "default",
        }  # fmt: skip


def _item(
    dice: Random, number: int, names: tuple[str, ...], minus: bool | None = None
) -> dict[str, Any]:
    minus = dice.random() < 0.5 if minus is None else minus
    shape = dice.choice(["plain", "plain", "levels", "open", "sequence"])
    item: dict[str, Any] = {**WORDS, "code": f"{'N' if minus else 'Y'}-{number}"}
    if dice.random() < 0.5:
        item["group"] = dice.choice(FITTING[minus])
    if dice.randint(0, 3) == 0:
        item["monthly_limit"] = dice.randint(1, 3)
    item["lasts"] = dice.choice(["class", "new_year", "always"])
    sign = -1 if minus else 1
    levels = ["一", "二", "三"][: dice.randint(2, 3)] if shape == "levels" else [""]
    item["variants"] = [_variant(dice, level, minus, names) for level in levels]
    if shape == "levels" and (dice.random() < 0.5):
        item["default_levels"] = [dice.choice(levels)]
    if shape == "open":
        least, most = sorted((dice.randint(0, 9), dice.randint(0, 9)))
        item["open"] = {"least": least, "most": most, "per_point": sign * dice.randint(1, 12)}
        if dice.random() < 0.5:
            item["open"]["default"] = dice.randint(least, most)
    if shape == "sequence":
        steps = [dice.randint(0, 50) for _ in range(dice.randint(1, 4))]
        item["sequence"] = [sign * step for step in steps]
    return item


def _variant(dice: Random, level: str, minus: bool, names: tuple[str, ...]) -> dict[str, Any]:
    variant: dict[str, Any] = {"level": level, "points": dice.randint(0, 60)}
    if minus:
        variant |= {"points": -variant["points"], "class": dice.choice(CLASSES)}
    if dice.randint(0, 5) == 0:
        variant["at_most"] = dice.choice(names)
    if dice.randint(0, 5) == 0:
        variant["group"] = dice.choice(FITTING[minus])
    return variant


def _counter(dice: Random, names: tuple[str, ...], items: list[dict[str, Any]]) -> dict[str, Any]:
    edges = sorted(dice.sample(range(1, 10), dice.randint(1, 3)))
    return {
        "group": dice.choice("GH"),
        "reduced_by": dice.choice([None, "K"]),
        "points_each": -dice.randint(1, 20),
        "steps": [
            {"at_least": edge, "at_most": dice.choice(names), "title": "t"} for edge in edges
        ],
        "governed_by": dice.choice([[], [items[0]["code"]]]),
        "basis": "b",
        "source_mark": "default",
    }

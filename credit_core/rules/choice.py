"""What an item makes of a reported record: its variant, its amount, and how long it counts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from credit_core.errors import Refusal
from credit_core.rules.periods import first_day_after, next_new_year
from credit_core.rules.schema import Item, RuleSet, Variant


@dataclass(frozen=True, slots=True)
class Choice:
    """The variant of an item that a record is; ``points`` only where the item is open."""

    item: Item
    variant: Variant
    points: int | None

    @property
    def severity(self) -> str | None:
        return self.variant.class_

    @property
    def counted(self) -> int:
        """Points of this record alone, before limits."""
        if self.item.open is not None and self.points is not None:
            return self.points * self.item.open.per_point
        if self.item.sequence is not None:
            return self.item.sequence[0]
        return self.variant.points


def choose(
    item: Item, *, severity: str | None = None, points: int | None = None, detail: str = ""
) -> Choice:
    """Find the variant by stated points, then severity, then words of the detail.

    A severity that the item does not know leaves the item's own class in force.

    :raises Refusal: ``record.points_missing``, ``record.points_range``,
        ``record.points_not_open`` or ``record.level_missing``.
    """
    if item.open is not None:
        return Choice(item, _by_severity(item.variants, severity)[0], _amount(item, points))
    found = item.variants
    if points is not None:
        found = tuple(variant for variant in found if variant.points == points)
        if not found:
            allowed = "、".join(str(p) for p in sorted({v.points for v in item.variants}))
            raise Refusal("record.points_not_open", item=item.code, allowed=allowed)
    found = _by_severity(found, severity)
    if len(found) > 1:
        spoken = [v for v in found if _speaks_of(v, detail)] or _by_percent(found, detail)
        usual = [v for level in item.default_levels for v in found if v.level == level]
        found = tuple(spoken[:1]) or tuple(usual[:1])
    if not found:
        allowed = "、".join(f"{v.points}（{v.level}）" for v in item.variants)
        raise Refusal("record.level_missing", item=item.code, allowed=allowed)
    return Choice(item, found[0], None)


_DENIED = re.compile("(?:未|没有|没|无|不|非|并未|尚未)(?:有|曾|能|是|属|以)?$")
_PERCENT = re.compile(r"(\d{1,3}(?:\.\d+)?)\s*[%％]|百分之(\d{1,3}(?:\.\d+)?)")


def _speaks_of(variant: Variant, detail: str) -> bool:
    """Whether the detail names a word of the variant and does not deny it.

    A number of a word is a whole one: ``暂停…2个月`` is not meant by 暂停12个月.
    """
    return any(
        not _DENIED.search(detail[: found.start()])
        for word in variant.words
        for found in _pattern(word).finditer(detail)
    )


_DIGIT = re.compile("[0-9一二两三四五六七八九]")


@lru_cache(maxsize=1_000)
def _pattern(word: str) -> re.Pattern[str]:
    parts = (
        f"(?<![0-9十.]){re.escape(part)}" if _DIGIT.match(part) else re.escape(part)
        for part in word.split("…")
    )
    return re.compile("[^。；;]*?".join(parts))


def _by_percent(variants: tuple[Variant, ...], detail: str) -> list[Variant]:
    """The variant with the highest percentage that the one in the detail reaches."""
    named = _PERCENT.search(detail)
    if named is None:
        return []
    share = float(named[1] or named[2])
    reached = [v for v in variants if v.percent is not None and share >= v.percent]
    return sorted(reached, key=lambda v: -(v.percent or 0))[:1]


def _by_severity(variants: tuple[Variant, ...], severity: str | None) -> tuple[Variant, ...]:
    if severity is None:
        return variants
    return tuple(v for v in variants if (v.severity or v.class_) == severity) or variants


def _amount(item: Item, points: int | None) -> int:
    limits = item.open
    if limits is None:
        raise ValueError(f"{item.code} is not open")
    if points is None:
        points = limits.default
    if points is None:
        raise Refusal("record.points_missing", item=item.code, least=limits.least, most=limits.most)
    if not limits.least <= points <= limits.most or (points - limits.least) % limits.step:
        raise Refusal(
            "record.points_range",
            item=item.code,
            least=limits.least,
            most=limits.most,
            step=limits.step,
        )
    return points


def effect_end(rules: RuleSet, item: Item, variant: Variant, start: date) -> date | None:
    """First day without effect of a record that takes effect on ``start``; None: no end."""
    if item.lasts == "always":
        return None
    if item.lasts == "new_year":
        return next_new_year(start)
    return first_day_after(start, variant.months or class_months(rules, variant))


def class_months(rules: RuleSet, variant: Variant) -> int:
    if variant.class_ is None:
        return rules.positive_months
    return rules.classes[variant.class_].months

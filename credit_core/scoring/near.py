"""When a falling score comes within reach of the next lower grade.

How near is near, and for whom, stands in ``config/notices/near.yaml``. It is told once per
crossing: not again while the score stays within reach of the same grade, and not when a rise
brought it there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from pydantic import BaseModel, ConfigDict, Field

from config.settings import DATA
from credit_core.datafile import Whole, load
from credit_core.rules.schema import Grade
from credit_core.subjects.models import SubjectKind

Standing = tuple[str | None, int | None]
"""Grade and score; None: not evaluated."""


class NearRule(BaseModel):
    """``config/notices/near.yaml``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    within: Whole = Field(ge=1, le=200)
    """Points whose loss would lower the grade, at most."""
    subjects: frozenset[SubjectKind]


@cache
def near_rule() -> NearRule:
    return load(DATA / "notices" / "near.yaml", NearRule)


@dataclass(frozen=True, slots=True)
class Near:
    """``points_left`` more points lost make the grade ``next_lower``."""

    next_lower: str
    points_left: int


def near(grades: Sequence[Grade], standing: Standing) -> Near | None:
    """How near a standing is to the next lower grade; None: not within reach.

    :param grades: of the rule set, best first.
    """
    grade, score = standing
    if score is None:
        return None
    for rank, one in enumerate(grades[:-1]):
        if one.grade == grade:
            left = score - one.at_least + 1
            return Near(grades[rank + 1].grade, left) if 0 < left <= near_rule().within else None
    return None


def came_near(grades: Sequence[Grade], kind: str, before: Standing, after: Standing) -> Near | None:
    """What there is to tell when a stored rating changes from ``before`` to ``after``."""
    if kind not in near_rule().subjects or before[1] is None or after[1] is None:
        return None
    found = near(grades, after) if after[1] < before[1] else None
    if found is None or (before[0] == after[0] and near(grades, before) is not None):
        return None
    return found

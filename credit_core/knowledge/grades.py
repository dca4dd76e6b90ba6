"""Grades written with letters, which a question and a passage must share: AA is not AAA."""

from __future__ import annotations

from credit_core.knowledge.rules import pattern
from credit_core.knowledge.terms import to_number

_MOST = 4
"""More letters than this are no grade; 5A is one with a figure."""


def grades_in(folded: str) -> frozenset[str]:
    """The grades that a folded text names: ``{"aaa"}`` for AAA级, 3A and 三个A alike.

    >>> sorted(grades_in("余杭评上a级的55家、b级的134家"))
    ['a', 'b']
    """
    return frozenset(
        _written(hit["times"] or "", hit["letters"]) for hit in pattern("grade").finditer(folded)
    )


def _written(times: str, letters: str) -> str:
    count = int(times) if times.isdigit() else to_number(times) if times else None
    if count is None:
        return letters
    return letters * count if len(letters) == 1 and count <= _MOST else f"{count}{letters}"


def shares_grade(asked: frozenset[str], folded: str) -> bool:
    """Whether a passage may answer for the grades asked: it names one of them, or none at all."""
    if not asked:
        return True
    here = grades_in(folded)
    return not here or bool(asked & here)

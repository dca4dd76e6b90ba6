"""Patterns of example messages: `{查|看}{一下|}我的<score>` stands for many messages.

`{a|b}` chooses, may nest and may hold an empty choice; `<name>` takes a phrase from the lexicon,
which may itself be a pattern. A line of plain text is a pattern with one reading.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence


class GrammarError(ValueError):
    """A pattern does not close its braces or names an unknown phrase."""


def samples(
    pattern: str, lexicon: Mapping[str, Sequence[str]], most: int, seed: str
) -> Iterator[str]:
    """Up to `most` different readings of the pattern; the same ones for the same seed."""
    if not any(mark in pattern for mark in "{<"):
        yield pattern
        return
    chance = random.Random(seed)
    seen: set[str] = set()
    for _ in range(most * 4):
        one = reading(pattern, lexicon, chance)
        if one not in seen:
            seen.add(one)
            yield one
        if len(seen) == most:
            return


def reading(pattern: str, lexicon: Mapping[str, Sequence[str]], chance: random.Random) -> str:
    """One reading of the pattern, as chance will have it."""
    out: list[str] = []
    at = 0
    while at < len(pattern):
        mark = pattern[at]
        if mark == "{":
            end = _close(pattern, at)
            out.append(reading(chance.choice(_choices(pattern[at + 1 : end])), lexicon, chance))
            at = end + 1
        elif mark == "<":
            end = pattern.index(">", at)
            name = pattern[at + 1 : end]
            if name not in lexicon:
                raise GrammarError(f"unknown phrase <{name}> in: {pattern}")
            out.append(reading(chance.choice(lexicon[name]), lexicon, chance))
            at = end + 1
        else:
            out.append(mark)
            at += 1
    return "".join(out)


def _close(pattern: str, start: int) -> int:
    depth = 0
    for at in range(start, len(pattern)):
        depth += {"{": 1, "}": -1}.get(pattern[at], 0)
        if depth == 0:
            return at
    raise GrammarError(f"brace not closed in: {pattern}")


def _choices(inner: str) -> list[str]:
    choices = [""]
    depth = 0
    for mark in inner:
        depth += {"{": 1, "}": -1}.get(mark, 0)
        if mark == "|" and depth == 0:
            choices.append("")
        else:
            choices[-1] += mark
    return choices

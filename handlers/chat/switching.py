"""不对，是卖药那个: a message that means another record than the one that a form is about."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from bot import commands
from bot.choosing import place
from bot.commands import plain
from bot.turn import Turn
from config.texts import topic
from credit_core.scoring import Line
from handlers.chat import which

LONGEST = 26
"""Signs of a message that names another record; a longer one tells what happened."""


def switched_to(turn: Turn, lines: Sequence[Line], now: object) -> Line | None:
    """The record that is meant instead of ``now``; None when none is, or none that is plain.

    A clause must name it and say nothing else. Beside other clauses it needs a word of
    changing: 三月那次，我在外地 is a story.
    """
    if len(plain(turn.text)) > LONGEST or not plain(turn.text):
        return None
    parts = [one for one in commands.all_clauses(turn.text) if plain(one)]
    found, excluded, changes = None, None, False
    for part in parts:
        match = _pattern("head").match(plain(part))
        head, rest = (match.group(), plain(part)[match.end() :]) if match else ("", plain(part))
        changes = changes or _pattern("sign").search(head) is not None
        line = _named(turn, rest, lines, now)
        if line is None:
            continue
        if _pattern("not").search(head):
            excluded = line
        else:
            found = line
    if found is None and excluded is not None and excluded.record_id == now:
        others = [line for line in lines if line.record_id != now]
        found = others[0] if len(others) == 1 else None
    if found is None or found.record_id == now:
        return None
    return found if changes or len(parts) == 1 else None


def _named(turn: Turn, said: str, lines: Sequence[Line], now: object) -> Line | None:
    if _pattern("other").fullmatch(said):
        others = [line for line in lines if line.record_id != now]
        return others[0] if len(others) == 1 else None
    at = place(said, len(lines), digits=False)
    if at is not None:
        return lines[at - 1] if 1 <= at <= len(lines) else None
    match = _pattern("pointer").fullmatch(said)
    return None if match is None else which.told(turn, match["what"], lines)


@cache
def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(topic("form")["switching"][name])

"""哪条先到期, 先修哪条, 哪条扣得最多: the records in the order that is asked for."""

from __future__ import annotations

import re
from datetime import date

from bot.reply import Reply, Text
from bot.turn import Handler, Turn
from config.texts import text
from credit_core.scoring import Line
from handlers.chat import which
from handlers.chat.phrases import choices, day, points_in_words
from handlers.chat.repair import days_of, repair_from, repairable

LONGEST = 30
_LAST = date.max


def ordering(turn: Turn) -> Handler | None:
    """Who answers a message that compares the records."""
    if len(turn.text) > LONGEST or turn.inbound.kind != "text":
        return None
    orders = which.record_words().order.items()
    asked = next(
        (key for key, listed in orders if any(re.search(one, turn.text) for one in listed)), None
    )
    if asked is None or not repairable(turn):
        return None
    return lambda turn: told(turn, asked)


def told(turn: Turn, asked: str) -> Reply:
    turn.context["topic"] = "repair_guide"
    lines = repairable(turn)
    if len(lines) == 1:
        return days_of(turn, lines[0])
    days = {line.record_id: _day(turn, line, asked) for line in lines}
    ordered = sorted(
        lines, key=lambda line: (days[line.record_id] or _LAST, line.points, line.record_id)
    )
    turn.context["records"] = [line.record_id for line in ordered]
    turn.context["record"] = ordered[0].record_id
    rows = [
        text(
            "score",
            f"order.{_row(turn, asked, days[line.record_id])}",
            number=at,
            title=line.title,
            points=points_in_words(line.points),
            on=day(days[line.record_id] or turn.today),
        )
        for at, line in enumerate(ordered, 1)
    ]
    first = days[ordered[0].record_id]
    at_once = asked == "fix" and first is not None and first <= turn.today
    head = text("score", f"order.{'fix_now' if at_once else asked}_head", title=ordered[0].title)
    return Text("\n".join([head, *rows]), choices("repair", "lines"))


def _row(turn: Turn, asked: str, on: date | None) -> str:
    if asked == "most":
        return "most"
    if on is None:
        return "open"
    return "fix_now" if asked == "fix" and on <= turn.today else asked


def _day(turn: Turn, line: Line, asked: str) -> date | None:
    if asked == "most":
        return None
    if asked == "fix":
        return repair_from(turn, line)
    return next((end.on for end in line.ends_by if end.way in {"expires", "new_year"}), None)

"""八月那次又是加的什么, 去年那笔呢: the record of a month or a year, a plus or a minus."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date
from typing import Any

from bot.reply import Reply, Text
from bot.turn import Handler, Routes, Turn
from bot.understanding.dates import NamedPeriod, Period, find
from bot.understanding.numbers import NUMBER, whole
from config.texts import text, topic
from credit_core.scoring import Line
from handlers.chat.phrases import choices, points_in_words
from handlers.chat.score import about_line, records_of

ABOUT = frozenset({"score", "score_detail", "score_trend", "improve", "repair_guide"})
MOST, MONTHS = 5, 12


def register(routes: Routes) -> None:
    routes.pointing.append(asks_of_time)


def _words() -> dict[str, Any]:
    found: dict[str, Any] = topic("score")["of_time"]
    return found


def asks_of_time(turn: Turn) -> Handler | None:
    """Who answers a message that names a time and asks nothing but what happened then."""
    if (
        turn.context.get("topic") not in ABOUT
        or not turn.typed
        or len(turn.text) > _words()["longest"]
    ):
        return None
    named = _named(turn)
    if named is None or named.period in {None, (turn.today, turn.today)} or not turn.subject():
        return None
    left = re.sub(r"[\W_]", "", turn.text[: named.start] + turn.text[named.end :])
    if not re.search(_words()["asks"], left) or not re.fullmatch(_words()["left"], left):
        return None
    period, lines = named.period, records_of(turn)
    # 三月份 of a year that has no record of March may be that of another year.
    within = _within(lines, period) or _of_month(lines, period, named.words)
    meant = _of_sign(within, left)
    return lambda turn: _told(turn, meant, named.words)


def _named(turn: Turn) -> NamedPeriod | None:
    """The one time that is named; 八月 without more is the last August that has begun."""
    found = find(turn.text, turn.today)
    if found:
        return found[0] if len(found) == 1 else None
    match = re.search(rf"({NUMBER})月", turn.text)
    month = whole(match[1]) if match is not None else None
    if match is None or month is None or not 1 <= month <= MONTHS:
        return None
    year = turn.today.year - (month > turn.today.month)
    last = date(year, month, monthrange(year, month)[1])
    return NamedPeriod(match.start(), match.end(), match[0], (date(year, month, 1), last))


def _within(lines: list[Line], period: Period) -> list[Line]:
    first, last = period
    return [line for line in lines if first <= (line.decided_on or line.effective_from) <= last]


def _of_month(lines: list[Line], period: Period, words: str) -> list[Line]:
    """The records of that month in any year, where no year was named."""
    if not re.fullmatch(_words()["only_month"], words):
        return []
    month = period[0].month
    return [line for line in lines if (line.decided_on or line.effective_from).month == month]


def _of_sign(lines: list[Line], said: str) -> list[Line]:
    """Those that add for 加, those that take for 扣; all where none is so."""
    plus, minus = (re.search(_words()[key], said) is not None for key in ("plus", "minus"))
    fitting = [line for line in lines if (line.points > 0) == plus]
    return fitting if plus != minus and fitting else lines


def _told(turn: Turn, lines: list[Line], when: str) -> Reply:
    turn.context["topic"] = "score_detail"
    if len(lines) == 1:
        return about_line(turn, lines[0])
    if not lines:
        return Text(text("score", "of_time.none", when=when), choices("trend", "lines"))
    turn.context["records"] = [line.record_id for line in records_of(turn)]
    at = {record: number for number, record in enumerate(turn.context["records"], 1)}
    rows = [
        text(
            "score",
            "of_time.line",
            number=at.get(line.record_id, 1),
            title=line.title,
            points=points_in_words(line.points),
        )
        for line in lines[:MOST]
    ]
    head = text("score", "of_time.head", when=when, count=len(lines))
    return Text("\n".join([head, *rows]), choices("lines", "trend"))

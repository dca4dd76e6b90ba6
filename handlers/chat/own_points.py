"""没守承诺扣了我几分: how many points were taken, whatever else the words name."""

from __future__ import annotations

import re
from functools import cache

from bot.commands import plain
from bot.reply import Reply
from bot.turn import Routes, Turn
from config.texts import topic
from handlers.chat import which
from handlers.chat.score import about_line, records_of

LONGEST = 20
"""Signs of a question; a longer message tells a story."""


def register(routes: Routes) -> None:
    routes.named.append((_asks, own_points))


@cache
def _pattern() -> re.Pattern[str]:
    return re.compile(topic("score")["own_points"])


def _asks(turn: Turn) -> bool:
    said = plain(turn.text)
    return len(said) <= LONGEST and _pattern().search(said) is not None


def own_points(turn: Turn) -> Reply:
    """The record that is named, or all that was taken."""
    turn.context["topic"] = "score_detail"
    if turn.subject() is not None:
        line = which.told(turn, plain(turn.text), records_of(turn), least=which.PLAIN_ENOUGH)
        if line is not None:
            return about_line(turn, line)
    return turn.services.routes.intents["score_detail"](turn)

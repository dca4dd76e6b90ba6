"""把我的分改高点, 花钱买分, 帮我把那条删了: nobody can, and what does help is told kindly."""

from __future__ import annotations

import re
from functools import cache

from bot.reply import Reply, Text
from bot.turn import Routes, Turn
from config.texts import text, topic
from handlers.chat.phrases import choices


def register(routes: Routes) -> None:
    routes.named.append((lambda turn: asks_to_tamper(turn.text), refused))


def asks_to_tamper(said: str) -> bool:
    """Whether the service is told to change a score or take away a record, not asked how.

    >>> asks_to_tamper("那你把我的分偷偷改高点"), asks_to_tamper("怎么把分改高")
    (True, False)
    >>> asks_to_tamper("帮我把那条删了"), asks_to_tamper("帮我把那句删了")
    (True, False)
    """
    words = topic("tampering")
    plain = re.sub(r"[\s，。！？、,.!?~]+", "", said)
    if len(plain) > words["longest"] or re.search(words["unless"], plain):
        return False
    return _pattern().search(plain) is not None


@cache
def _pattern() -> re.Pattern[str]:
    return re.compile("|".join(topic("tampering")["says"]))


def refused(turn: Turn) -> Reply:
    key = "again" if turn.context.get("tampering") else "told"
    turn.context["tampering"] = True
    return Text(text("tampering", key), choices("objection", "repair", "improve"))

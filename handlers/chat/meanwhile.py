"""那眼下我能先干点啥: what can be done before a record may be repaired."""

from __future__ import annotations

import re

from bot.follow_up import bare
from bot.reply import Reply, Text
from bot.turn import Handler, Routes, Turn
from config.texts import text, topic
from handlers.chat import remind
from handlers.chat.phrases import choices, day
from handlers.chat.repair import how, repair_from, repairable, spoken_of

ABOUT = frozenset({"repair_guide", "repair_apply", "remind_on", "score_detail", "score", "improve"})
LONGEST = 20


def register(routes: Routes) -> None:
    routes.pointing.append(_asks)


def _asks(turn: Turn) -> Handler | None:
    said = bare(turn.text)
    typed = turn.typed and len(said) <= LONGEST
    if turn.context.get("topic") not in ABOUT or not typed or not repairable(turn):
        return None
    asks = any(re.fullmatch(one, said) for one in topic("repair_chat")["asks_meanwhile"])
    return meanwhile if asks else None


def meanwhile(turn: Turn) -> Reply:
    """What to make ready, and what need not wait; where nothing is to wait for, the steps."""
    turn.context["topic"] = "repair_guide"
    line = spoken_of(turn)
    lines = [line] if line is not None else repairable(turn)
    days = [on for one in lines if (on := repair_from(turn, one)) is not None]
    if days and min(days) <= turn.today:
        return how(turn)
    before = text("repair_chat", "before_day", on=day(min(days))) if days else ""
    reminds = remind.wish_of(turn).on
    reminded = text("repair_chat", "remind_is_on" if reminds else "remind_not_on")
    told = text("repair_chat", "meanwhile", before=before, remind=reminded)
    following = ("improve", "objection") if reminds else ("improve", "remind_on", "objection")
    return Text(told, choices(*following))

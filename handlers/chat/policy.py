"""规则问答: the passage that answers, with its source, or an honest 文件里没有写."""

from __future__ import annotations

from bot.reply import Reply, Text
from bot.turn import Routes, Turn
from credit_core.knowledge.library import Library
from handlers.chat.city import city_name
from handlers.chat.phrases import choices

LONGEST = 600
"""Characters of an answer in a chat bubble."""

_library = Library()


def register(routes: Routes) -> None:
    routes.intents["policy"] = policy


def policy(turn: Turn) -> Reply:
    city = city_name(turn).rstrip("市县")
    found = _library.ask(turn.session, turn.text, city=city, today=turn.today)
    if found.refused:
        return Text(found.answer[:LONGEST], choices("agent", "help"))
    return Text(_library.short(found)[:LONGEST])

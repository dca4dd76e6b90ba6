"""为什么别的我领不了, 咋就这两个: what is not open yet, and what is missing for each."""

from __future__ import annotations

import re

from bot.commands import plain
from bot.follow_up import in_plain_words
from bot.reply import Reply, Text
from bot.turn import Handler, Routes, Turn
from config.texts import text, topic
from handlers.chat import benefits
from handlers.chat.phrases import bind_first, choices

MOST = 5
LONGEST = 24
ABOUT = frozenset({"benefits", "coupons"})


def register(routes: Routes) -> None:
    routes.pointing.append(_asks)


def _asks(turn: Turn) -> Handler | None:
    """Who asks for what is closed, after the offers; of one that was named its own line tells."""
    said = in_plain_words(plain(turn.text))
    typed = turn.typed and len(said) <= LONGEST
    if turn.context.get("topic") not in ABOUT or not typed:
        return None
    if _fits("how_open", said):
        return turn.services.routes.intents["improve"]
    spoken_of = turn.context.get("offer") and turn.context.get("topic") == "benefits"
    of_all = _fits("why_closed", said) or (not spoken_of and _fits("why_not_me", said))
    return closed if of_all else None


def _fits(key: str, said: str) -> bool:
    return any(re.search(one, said) for one in topic("benefits")[key])


def closed(turn: Turn) -> Reply:
    """The closed ones by their numbers, each with what is missing and how far."""
    subject = turn.subject()
    if subject is None:
        return bind_first(turn, "benefits")
    turn.context["topic"] = "benefits"
    turn.context.pop("offer", None)
    states = benefits.states_of(turn, subject)
    shut = [(at, state) for at, state in enumerate(states, 1) if not state.open]
    if not shut:
        return Text(text("benefits", "all_open"), choices("benefits", "coupons"))
    shown = shut[:MOST]
    turn.context["offers_shown"] = shown[-1][0]
    lines = [text("benefits", "why_head", count=len(shut))]
    for at, state in shown:
        row = text("benefits", "closed_line", number=at, title=state.offer.title, why=state.why)
        missing = state.missing_text
        lines.append(row + text("benefits", "missing_too", missing=missing) if missing else row)
    lines.append(text("benefits", "why_end"))
    left = ("more_offers",) if len(shut) > len(shown) else ()
    return Text("\n".join(lines), choices(*left, "improve"))

"""我是冤枉的 该走哪个, 上哪说理去: objection or repair, said plainly; then 那就办这个 opens it."""

from __future__ import annotations

import re

from bot import wishes
from bot.follow_up import ask, bare, names_number, number
from bot.reply import Reply, Text
from bot.turn import Handler, Routes, Turn
from config.texts import text, topic
from handlers.chat.phrases import choices

TOPIC = "ways"
LONGEST, LONGEST_AFTER = 40, 20
NEAR = frozenset({TOPIC, "repair_guide", "repair_apply", "objection_file", "score_detail"})
OPENS = {"wronged": "objection_file", "mended": "repair_guide", "redress": "objection_file"}
"""What is spoken of after each answer, so that 那就办这个 means it."""
NEXT = {
    "wronged": ("objection", "agent"),
    "mended": ("repair", "agent"),
    "redress": ("objection", "agent"),
    "both": ("objection", "repair"),
}


def register(routes: Routes) -> None:
    routes.about_us.append((asks_redress, _teller("redress")))
    routes.about_us.append((asks_which, which_way))
    routes.pointing.append(goes_on)


def asks_which(said: str) -> bool:
    """修复跟申诉有啥不一样, 我是冤枉的 该走哪个."""
    return _fits("asks", bare(said))


def asks_redress(said: str) -> bool:
    """不服 上哪说理去, 我找谁评评理."""
    return _fits("redress_asked", bare(said))


def _fits(key: str, said: str) -> bool:
    return len(said) <= LONGEST and any(re.fullmatch(one, said) for one in topic("ways")[key])


def case_of(said: str) -> str:
    """``wronged``, ``mended``, or ``both`` where that is not told.

    >>> case_of("我是冤枉的"), case_of("钱我退了"), case_of("该走哪个")
    ('wronged', 'mended', 'both')
    """
    found = [key for key in ("wronged", "mended") if re.search(topic("ways")["words"][key], said)]
    return found[0] if len(found) == 1 else "both"


def which_way(turn: Turn) -> Reply:
    """The way for what was told; both, with the difference, where nothing was."""
    return _teller(case_of(turn.text))(turn)


def goes_on(turn: Turn) -> Handler | None:
    """Who answers 哪个适合我 near these matters, and 我没借过 once both ways were told."""
    about, said = turn.context.get("topic"), bare(turn.text)
    if not turn.typed or len(said) > LONGEST_AFTER:
        return None
    if about in NEAR and _fits("asks_near", said):
        return which_way
    if about != TOPIC:
        return None
    if names_number(turn.text):
        return numbered
    return which_way if case_of(said) != "both" or ask(said) == "do" else None


def numbered(turn: Turn) -> Reply:
    """第一个 after both: objection; 第二个: repair."""
    wishes.understand(turn)
    intent = {1: "objection_file", 2: "repair_apply"}.get(number(turn, 2) or 0)
    if intent is None:
        return _teller("both")(turn)
    turn.context["topic"] = intent
    return turn.services.routes.intents[intent](turn)


def _teller(key: str) -> Handler:
    def told(turn: Turn) -> Reply:
        turn.context["topic"] = OPENS.get(key, TOPIC)
        return Text(text("ways", key), choices(*NEXT[key]))

    return told

"""有人打电话让我转钱消记录: neither money nor a code is given; the police and the bank, at once."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

from bot import commands, follow_up
from bot.reply import Reply, Text
from bot.turn import Handler, Routes, Turn
from config.texts import text, topic
from handlers.chat.phrases import choices

OWN_FORMS = frozenset({"tip_off"})
"""Here it may be what is to be told."""
LONGEST_AFTER = 24


def register(routes: Routes) -> None:
    routes.urgent.append(warned)
    routes.named.append((lambda turn: _meant(turn) is not None, _answered))


def warned(turn: Turn) -> Handler | None:
    """Who answers outside a form, before anything else is looked for in the words."""
    return None if turn.open_form is not None else _meant(turn)


def _answered(turn: Turn) -> Reply:
    meant = _meant(turn)
    return _teller("told")(turn) if meant is None else meant(turn)


def _meant(turn: Turn) -> Handler | None:
    """Who answers, outside a form or inside one whose story it cannot be."""
    said = re.sub(r"[\s，。！？、,.!?~]+", "", turn.text)
    if not turn.typed or len(said) > topic("fraud")["longest"]:
        return None
    if turn.open_form is not None:
        asks = re.search(topic("fraud")["asks"], turn.text)
        if asks is None or follow_up.tells_of_then(said) or turn.open_form["name"] in OWN_FORMS:
            return None
    key = kind_of(said, spoken_of=turn.context.get("fraud") is True)
    return None if key is None else _teller(key)


def kind_of(said: str, *, spoken_of: bool = False) -> str | None:
    """Which answer fits: ``told``, ``fake`` (whether it is true is asked), ``never`` (whether we
    would ask so), ``given`` (it has happened), and of what is said next ``refuse``, ``safe``
    (nothing was given) or ``report``; None when it is about no swindle.

    >>> kind_of("有人打电话让我转两千块"), kind_of("修复要交钱吗")
    ('told', None)
    >>> kind_of("有人说交五百块包我修复，是真的吗"), kind_of("你们会打电话要验证码吗")
    ('fake', 'never')
    >>> kind_of("能给他不", spoken_of=True)
    'refuse'
    """
    words = topic("fraud")
    if _pattern("of_us").search(said):
        return "never"
    told = not re.search(words["beside"], said) and any(one.search(said) for one in _patterns())
    if spoken_of and len(said) <= LONGEST_AFTER:
        for key in ("report", "safe", "given"):
            if _after()[key](said):
                return key
        if told and re.search(words["truth"], said):
            return "fake"
        if _after()["refuse"](said):
            return "refuse"
    wants_report = any(commands.heads_for(said, name) for name in OWN_FORMS)
    if wants_report or re.search(words["beside"], said) or re.match(words["reports"], said):
        return None
    if re.search(words["gave"], said):
        return "given"
    if not told:
        return None
    return "fake" if re.search(words["truth"], said) else "told"


@cache
def _after() -> dict[str, Callable[[str], object]]:
    words = topic("fraud")
    patterns = {
        "report": words["reports"],
        "safe": words["not_yet"],
        "given": f"{words['gave']}|{words['gave_after']}",
        "refuse": f"{words['goes_on']}|{words['secret']}|{words['money']}",
    }
    return {key: re.compile(one).search for key, one in patterns.items()}


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    return tuple(_whole(row) for row in topic("fraud")["says"])


@cache
def _pattern(name: str) -> re.Pattern[str]:
    return _whole(topic("fraud")[name])


def _whole(row: str) -> re.Pattern[str]:
    """The pattern with the words for who asks and what for put in."""
    for name in ("by", "money", "secret"):
        row = row.replace(f"<{name}>", topic("fraud")[name])
    return re.compile(row)


def _teller(key: str) -> Handler:
    def told(turn: Turn) -> Reply:
        turn.context["fraud"] = True
        return Text(text("fraud", key), choices("score", "agent"))

    return told

"""给孩子绑, 替我妈绑: a binding for somebody else, which only they or a counter can do."""

from __future__ import annotations

import re
from typing import Any

from bot import commands, follow_up
from bot.reply import Reply, Text
from bot.turn import Routes, Turn
from config.texts import topic
from handlers.chat.phrases import choices

LEAVES = frozenset({"cancel", "stop", "later", "hold"})


def register(routes: Routes) -> None:
    routes.named.append((_goes_on, again))


def for_somebody_else(turn: Turn) -> Reply | None:
    """The answer to who wants to bind a child, or a parent who cannot do it."""
    words = topic("bind")
    if _sent(turn.text) or not any(word in turn.text for word in words["others_leads"]):
        return None
    return _answer(turn, "answer")


def again(turn: Turn) -> Reply:
    """是给孩子绑的，我是他妈妈, and 用我的手机行不行: in short, with the ways."""
    told = _answer(turn, "again")
    turn.context["topic"] = "bind"
    if told is not None:
        return told
    return Text(_rows()[int(turn.context["bind_for"])]["again"], choices("bind", "agent"))


def _goes_on(turn: Turn) -> bool:
    """Whether the message binds for another one, in words of its own or after it was told."""
    words = topic("bind")
    if commands.clause_command(turn.text, "bind", LEAVES) or _sent(turn.text):
        return False
    if commands.names(turn.text, "unbind"):
        return False  # 手机给孙子用了，我要解绑
    unbound = re.search(words["not_binding"], turn.text) is not None
    binds = not unbound and any(word in turn.text for word in words["bind_words"])
    named = any(word in turn.text for word in words["others_leads"]) and _row(turn.text) is not None
    if binds and named:
        return True
    if turn.context.get("topic") != "bind" or turn.context.get("bind_for") is None:
        return False
    asks = follow_up.ask(turn.text) in {"why", "how"}
    return asks or any(word in turn.text for word in words["others_again"])


def _sent(said: str) -> bool:
    """我女儿叫我来绑: it is oneself who binds."""
    return re.search(topic("bind")["sent_by"], said) is not None


def _answer(turn: Turn, key: str) -> Reply | None:
    at, before = _row(turn.text), turn.context.get("bind_for")
    if turn.context.get("topic") == "bind" and isinstance(before, int):
        # 我是她爸爸 after a child was named is still about the child.
        named = _named(turn.text)
        at = before if named is None else named
    if at is None:
        return None
    known = before == at
    turn.context["bind_for"] = at
    told = _rows()[at]["answer" if key == "answer" or not known else "again"]
    return Text(told, choices("bind", "agent"))


def _rows() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = topic("bind")["others"]
    return rows


def _named(said: str) -> int | None:
    """Whom the message plainly binds for: 那给我妈绑呢."""
    for at, row in enumerate(_rows()):
        kin = "|".join(re.escape(word) for word in row["words"] if word[0] not in "替帮给代")
        if re.search(rf"(?:给|替|帮|代)(?:我们?|俺)?(?:家)?(?:的)?(?:{kin})", said):
            return at
    return None


def _row(said: str) -> int | None:
    fitting = (at for at, row in enumerate(_rows()) if any(word in said for word in row["words"]))
    return next(fitting, None)

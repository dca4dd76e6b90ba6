"""谁查过我: every look at one's own data by somebody else."""

from __future__ import annotations

import re
from datetime import date

from bot import wishes
from bot.commands import plain
from bot.follow_up import in_plain_words
from bot.reply import Reply, Text
from bot.turn import Handler, Routes, Turn
from config.texts import text, topic
from credit_core.access.models import Purpose
from credit_core.access.service import looks_at
from credit_core.clock import local_day
from handlers.chat.phrases import bind_first, choices, day, shown_name

MOST, MOST_READ = 8, 200
LONGEST = 20


def register(routes: Routes) -> None:
    routes.intents["access_log"] = access_log
    routes.pointing.append(of_a_time)
    routes.pointing.append(_asks_basis)
    routes.asks["access_log", "why"] = why


def of_a_time(turn: Turn) -> Handler | None:
    """Who answers 只看最近一个月的, 那上个月呢, after the looks."""
    if turn.context.get("topic") != "access_log" or len(turn.text) > LONGEST:
        return None
    understood = wishes.understand(turn)
    other = understood.intent not in {*wishes.NOT_A_WISH, "access_log", "score_trend"}
    if _period(turn) is None or (other and understood.confidence >= wishes.SURE_OF_WORDS):
        return None
    return access_log


def _asks_basis(turn: Turn) -> Handler | None:
    """Who answers 他们凭什么能查, 谁允许的, 查错了怎么办, after the looks."""
    said, words = in_plain_words(plain(turn.text)), topic("access_chat")
    if turn.context.get("topic") != "access_log" or len(said) > LONGEST:
        return None
    if not turn.typed:
        return None
    asks = (("asks_wrong", wrong), ("asks_refusing", refusing), ("asks_others", others))
    for key, handler in (*asks, ("asks_basis", why)):
        if any(re.search(one, said) for one in words[key]):
            return handler
    return None


def why(_turn: Turn) -> Reply:
    """凭什么看我的: who may look, for which purposes, and what can be done about it."""
    purposes = "、".join(text("access", f"purposes.{one}") for one in Purpose if one != "other")
    return Text(text("access_chat", "why", purposes=purposes), choices("agent", "score"))


def wrong(_turn: Turn) -> Reply:
    """查错了怎么办: a look that should not have been."""
    return Text(text("access_chat", "wrong"), choices("agent"))


def refusing(_turn: Turn) -> Reply:
    """我不让查行不行: what the law prescribes needs no consent; all else does."""
    return Text(text("access_chat", "refusing"), choices("agent", "score"))


def others(_turn: Turn) -> Reply:
    """银行能查不: nobody else, unless one shows one's own report."""
    return Text(text("access_chat", "others"), choices("report", "agent"))


def _period(turn: Turn) -> tuple[date, date] | None:
    """The one period that the message names."""
    named = [one for one in turn.slots.get("dates") or [] if "to" in one]
    if len(named) != 1:
        return None
    return date.fromisoformat(named[0]["from"]), date.fromisoformat(named[0]["to"])


def access_log(turn: Turn) -> Reply:
    """Who looked, newest first; of the time that the message names."""
    subject = turn.subject()
    if subject is None:
        return bind_first(turn, "access_log")
    turn.context["topic"] = "access_log"
    period = _period(turn)
    rows = looks_at(turn.session, subject.id, most=MOST if period is None else MOST_READ)
    if period is not None:
        rows = [row for row in rows if period[0] <= local_day(row.at) <= period[1]][:MOST]
        if not rows:
            shown = {"name": shown_name(subject), "first": day(period[0]), "last": day(period[1])}
            return Text(text("access_chat", "none_then", **shown), choices("score"))
    if not rows:
        return Text(text("access_chat", "none", name=shown_name(subject)), choices("score"))
    lines = [text("access_chat", "head", name=shown_name(subject))]
    lines += [
        text(
            "access_chat",
            "line",
            on=day(row.at),
            who=row.actor_name,
            purpose=text("access", f"purposes.{row.purpose}"),
            matter=row.matter,
        )
        for row in rows
    ]
    lines.append(text("access_chat", "hint"))
    return Text("\n".join(lines), choices("agent"))

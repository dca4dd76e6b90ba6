"""加的那个分能管多久, 扣的那个怎么弄掉, 那个奖励: records that are told apart by their sign."""

from __future__ import annotations

import re
from functools import cache

from bot import follow_up
from bot.commands import names
from bot.form import start
from bot.reply import Reply, Text
from bot.turn import Handler, Routes, Turn
from config.texts import text
from credit_core.scoring import Line
from handlers.chat import one_record, record_facts, which
from handlers.chat.phrases import choices, points_in_words
from handlers.chat.score import records_of

LONGEST = 24
MOST = 5
ELSEWHERE = frozenset({"benefits", "coupons", "tip_off", "ways"})
"""After these 那个奖励 is no record, but 加的分 is."""


def register(routes: Routes) -> None:
    routes.pointing.append(pointing)


def pointing(turn: Turn) -> Handler | None:
    """Who answers a message that points at what was added or taken, and asks one thing of it."""
    typed = turn.typed and len(turn.text) <= LONGEST
    about = which.topic_of(turn)
    of_points = text("score", "points_word") in turn.text
    if not typed or (about in ELSEWHERE and not of_points) or turn.subject() is None:
        return None
    found = _head(turn.text, named=about is not None)
    if found is None:
        return None
    plus, rest, points = found
    asked = which.asked_of(rest) or follow_up.ask(rest) if rest else None
    if names(rest, "objection"):
        asked = "object"
    if (asked is None and rest) or (asked is None and not points):
        return None
    named = which.told(turn, turn.text, records_of(turn), least=which.WORD)
    lines = [line for line in records_of(turn) if (line.points > 0) == plus]
    lines = [line for line in lines if line.note != "ended"] or lines
    meant = [named] if named in lines and named is not None else lines
    return lambda turn: _told(turn, meant, asked, plus=plus)


def _head(said: str, *, named: bool) -> tuple[bool, str, bool] | None:
    """Whether what was added is meant, what follows, and whether it is truly pointed at.

    >>> _head("加的那个分能管多久", named=True)
    (True, '能管多久', True)
    >>> _head("加分怎么加", named=True) is None
    True
    """
    left = which.without_ends(said)
    told = _pattern("told").match(left)
    left = left[told.end() :] if told is not None else left
    for name in ("done", "named") if named else ("done",):
        match = _pattern(name).match(left)
        if match is not None:
            groups = match.groupdict()
            plus = bool(groups["plus"] or groups.get("plus2"))
            return plus, left[match.end() :], name == "named" or bool(groups["one"])
    return None


@cache
def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(which.record_words().by_sign[name])


def _told(turn: Turn, lines: list[Line], asked: str | None, *, plus: bool) -> Reply:
    turn.context["topic"] = "score_detail"
    turn.context["records"] = [line.record_id for line in records_of(turn)]
    if not lines:
        return Text(text("score", "no_plus" if plus else "no_minus"), choices("lines", "improve"))
    if len(lines) == 1 and asked == "object":
        turn.context["topic"] = "objection_file"
        return start(turn, "objection", {"record_id": lines[0].record_id})
    if len(lines) == 1:
        return one_record.answered(turn, lines[0], asked)
    if asked in record_facts.FACTS:
        return record_facts.told(turn, lines[:MOST], asked)
    if asked == "object":
        return turn.services.routes.intents["objection_file"](turn)
    if not plus and asked in {"fix", "how", "do"}:
        turn.context["topic"] = "repair_guide"
        turn.context.pop("record", None)
        return turn.services.routes.intents["repair_guide"](turn)
    turn.context.pop("record", None)
    rows = [_row(turn, line) for line in lines[:MOST]]
    head = text("score", "by_sign.plus" if plus else "by_sign.minus", count=len(lines))
    return Text("\n".join([head, *rows]), choices("lines", "objection"))


def _row(turn: Turn, line: Line) -> str:
    """Its number in the list, what it is, and until when it counts."""
    at = turn.context["records"].index(line.record_id) + 1
    until = one_record.until(line)
    key = "by_sign.open" if until is None else "by_sign.line"
    points = points_in_words(line.points)
    return text("score", key, number=at, title=line.title, points=points, on=until or "")

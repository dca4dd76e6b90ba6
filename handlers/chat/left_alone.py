"""要是我不管它，它自己好久消: the day on which a record ends where nothing is done about it."""

from __future__ import annotations

import re

from bot.commands import plain
from bot.follow_up import in_plain_words
from bot.reply import Reply, Text
from bot.turn import Handler, Routes, Turn
from config.texts import text, topic
from credit_core.scoring import Line
from handlers.chat import one_record, record_order, which
from handlers.chat.phrases import choices, day
from handlers.chat.repair import repair_from, repairable, spoken_of

ABOUT = frozenset(
    {"score", "score_detail", "score_trend", "improve", "repair_guide", "repair_apply", "remind_on"}
)
LONGEST = 30


def register(routes: Routes) -> None:
    routes.pointing.append(pointing)


def asks(said: str) -> bool:
    """Whether it is asked what becomes of a record that is left alone.

    >>> asks("不理它几时没得"), asks("不管怎么样先帮我申诉")
    (True, False)
    """
    left = in_plain_words(plain(said))
    listed = topic("repair_chat")["left_alone"]["asks"]
    return len(left) <= LONGEST and any(re.search(one, left) for one in listed)


def pointing(turn: Turn) -> Handler | None:
    """Who answers it: for the record that is meant, or for each."""
    about = which.topic_of(turn)
    if not turn.typed or about not in ABOUT | {None} or not asks(turn.text):
        return None
    lines = [line for line in repairable(turn) if line.note != "ended"]
    if not lines or (about is None and len(lines) > 1):
        return None
    found = which.pointed(turn, lines)
    line = found.line if found is not None else spoken_of(turn)
    if line is None or line not in lines:
        line = lines[0] if len(lines) == 1 else None
    return _order if line is None else lambda turn: _told(turn, line)


def _order(turn: Turn) -> Reply:
    return record_order.told(turn, "ends")


def _told(turn: Turn, line: Line) -> Reply:
    """When it ends by itself, and from when it need not be waited for."""
    turn.context["topic"], turn.context["record"] = "repair_guide", line.record_id
    shown = {"title": line.title, "points": abs(line.points)}
    on, early = one_record.until(line), repair_from(turn, line)
    key = "never" if on is None else "until"
    lines = [text("repair_chat", f"left_alone.{key}", on=on or "", **shown)]
    if early is not None:
        key = "now" if early <= turn.today else "early"
        lines.append(text("repair_chat", f"left_alone.{key}", on=day(early)))
    may = early is not None and early <= turn.today
    return Text("\n".join(lines), choices("repair_apply" if may else "remind_on", "objection"))

"""不可能，邻居说我被扣了; 放屁，我哪里犯过事: calm, what is recorded, and the ways to object."""

from __future__ import annotations

import re

from bot import commands, wishes
from bot.reply import Reply, Text
from bot.turn import Handler, Routes, Turn
from config.texts import text, topic
from credit_core.repair.ways import lawful_score
from handlers.chat.phrases import bind_first, choices
from handlers.chat.score import not_evaluated

LONGEST = 30


def register(routes: Routes) -> None:
    routes.pointing.append(denying)


def denying(turn: Turn) -> Handler | None:
    """Who answers somebody who will not believe it and wants nothing else plainly."""
    if not turn.typed or len(turn.text) > LONGEST:
        return None
    if not any(re.search(one, turn.text) for one in topic("score")["denies"]):
        return None
    understood = wishes.understand(turn)
    # 我从来没干过坏事 alone tells nothing about a record: no objection is begun with it.
    unmeant = understood.intent == "objection_file" and not commands.names(turn.text, "objection")
    if unmeant:
        return on_record
    plain = understood.intent not in wishes.NOT_A_WISH and not understood.ask_back
    return None if plain and understood.confidence >= wishes.SURE_OF_HALF else on_record


def on_record(turn: Turn) -> Reply:
    """What is on record, plainly, and what can be done about it."""
    subject = turn.subject()
    if subject is None:
        return bind_first(turn, "score_detail")
    found = lawful_score(turn.session, subject, turn.today, city=turn.services.settings.city)
    if not found.evaluated:
        return not_evaluated(turn, subject, found)
    turn.context["topic"] = "score_detail"
    bad = [line for line in found.lines if line.negative]
    if not bad:
        lines = [text("common", "calm"), text("score", "denied_none", score=found.score)]
        return Text("\n".join(lines), choices("lines", "agent"))
    titles = "、".join(f"“{line.title}”" for line in bad)
    told = text("score", "denied", count=len(bad), titles=titles)
    return Text("\n".join([text("common", "calm"), told]), choices("detail", "objection", "agent"))

"""修好了我能有多少分, 要是没有这条我该几分: the score as it would be, one record aside."""

from __future__ import annotations

import re

from bot.follow_up import bare
from bot.reply import Reply, Text
from bot.turn import Routes, Turn
from config.texts import text, topic
from credit_core.repair.ways import lawful_score
from credit_core.scoring import Line
from credit_core.scoring.whatif import what_if_all_repaired, what_if_repaired
from credit_core.subjects.models import Subject
from handlers.chat import which
from handlers.chat.phrases import bind_first, choices
from handlers.chat.repair import repairable, spoken_of

LONGEST = 30
ABOUT = frozenset(
    {"score", "score_detail", "score_trend", "improve", "repair_guide", "repair_apply", "acts"}
)


def register(routes: Routes) -> None:
    routes.named.append((_supposes, supposed))


def _supposes(turn: Turn) -> bool:
    """Whether the message asks for the score after a repair or an objection that succeeds, or
    without a record."""
    if len(turn.text) > LONGEST or not turn.typed:
        return False
    words = topic("repair_chat")
    leads = any(lead in turn.text for lead in words["if_leads"])
    if _brief(turn):
        return True
    return leads and _says("if_asks", turn) and (_says("if_words", turn) or _absent(turn))


def _brief(turn: Turn) -> bool:
    """两样都修好呢, 修好了会怎样: only what is supposed."""
    if turn.context.get("topic") not in ABOUT:
        return False
    data, told = topic("repair_chat"), (turn.context.get("said") or {}).get("content", "")
    if data["then"] in told and re.fullmatch(data["if_next"], bare(turn.text)):
        return True
    return any(re.fullmatch(one, turn.text) for one in topic("repair_chat")["if_brief"])


def _says(key: str, turn: Turn) -> bool:
    return any(re.search(one, turn.text) for one in topic("repair_chat")[key])


def _absent(turn: Turn) -> bool:
    """要是没有这条: as if it had never been."""
    return _says("if_absent_words", turn)


def supposed(turn: Turn) -> Reply:
    """The score now, and without the record that is meant; of several, each by itself."""
    subject = turn.subject()
    if subject is None:
        return bind_first(turn, "improve")
    lines = repairable(turn)
    if not lines:
        return Text(text("repair_chat", "none"), choices("score", "benefits"))
    together = len(lines) > 1 and _says("if_all_words", turn)
    meant = which.meant(turn, lines) or _of_form(turn, lines) or spoken_of(turn)
    wanted = [meant] if meant is not None and not together else lines
    told = [] if together else [_told(turn, subject, line) for line in wanted]
    if len(wanted) > 1:
        ids = {line.record_id for line in wanted if line.record_id is not None}
        then = what_if_all_repaired(turn.session, subject, ids, turn.today)
        key = "if_none_at_all" if _absent(turn) else "if_all"
        told.append(text("repair_chat", key, then=then.score, grade=then.grade))
    elif meant is not None:
        turn.context["record"] = meant.record_id
    return Text("\n".join(told), choices("repair", "objection"))


def _of_form(turn: Turn, lines: list[Line]) -> Line | None:
    """The record that the open form is about."""
    wanted = (turn.open_form or {}).get("answers", {}).get("record_id")
    return next((line for line in lines if line.record_id == wanted), None)


def _told(turn: Turn, subject: Subject, line: Line) -> str:
    city = turn.services.settings.city
    now = lawful_score(turn.session, subject, turn.today, city=city)
    then = what_if_repaired(turn.session, subject, line.record_id or 0, turn.today)
    revoked = any(word in turn.text for word in topic("repair_chat")["revoked_words"])
    repaired = "if_absent" if _absent(turn) else "if_repaired"
    return text(
        "repair_chat",
        "if_revoked" if revoked else repaired,
        title=line.title,
        points=-line.points,
        now=now.score,
        then=then.score,
        grade=then.grade,
    )

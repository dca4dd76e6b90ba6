"""A级是多少分往上, 那B是几分到几分: from which points to which a grade reaches, for anybody."""

from __future__ import annotations

import re

from bot import wishes
from bot.follow_up import bare
from bot.reply import Reply, Text
from bot.turn import Handler, Routes, Turn
from config.texts import text, topic
from credit_core.repair.ways import lawful_score
from credit_core.rules.book import rule_book
from credit_core.rules.schema import Grade
from credit_core.subjects.models import SubjectKind
from handlers.chat.phrases import choices

TOPIC = "grade_lines"
LONGEST, LONGEST_BRIEF = 24, 8


def register(routes: Routes) -> None:
    routes.named.append((_asks, told))
    routes.pointing.append(_another)


def _grades(turn: Turn) -> list[str]:
    wishes.understand(turn)
    found: list[str] = turn.slots.get("grades") or []
    return found


def _asks(turn: Turn) -> bool:
    """A grade is named, and from which points it reaches is asked, not how to get there."""
    if not turn.typed or len(turn.text) > LONGEST:
        return False
    words = topic("score")["grade_lines"]
    asks = re.search(words["asks"], turn.text) and not re.search(words["asks_else"], turn.text)
    return bool(asks) and bool(_grades(turn))


def _another(turn: Turn) -> Handler | None:
    """A呢, after the points of another grade were told."""
    if turn.context.get("topic") != TOPIC or len(bare(turn.text)) > LONGEST_BRIEF:
        return None
    return told if turn.typed and _grades(turn) else None


def told(turn: Turn) -> Reply:
    """The points of the grade that is named, and where one stands oneself."""
    turn.context["topic"] = TOPIC
    subject = turn.subject()
    kind = SubjectKind.RESIDENT if subject is None else subject.kind
    rules = rule_book(turn.session).on(kind, turn.today).rules
    ladder = sorted(rules.grades, key=lambda grade: grade.at_least)
    named = [grade for grade in ladder if grade.grade in _grades(turn)]
    lines = [_line(ladder, grade, rules.cap) for grade in named or ladder]
    if subject is not None:
        found = lawful_score(turn.session, subject, turn.today, city=turn.services.settings.city)
        if found.evaluated and found.score is not None:
            lines.append(
                text("score", "grade_lines.own", score=found.score, grade=found.grade or "")
            )
    return Text("\n".join(lines), choices("improve", "score"))


def _line(ladder: list[Grade], grade: Grade, cap: int) -> str:
    at = ladder.index(grade)
    shown = {"grade": grade.grade, "title": grade.title, "at_least": grade.at_least}
    if at + 1 == len(ladder):
        return text("score", "grade_lines.top", **shown, cap=cap)
    key = "grade_lines.lowest" if at == 0 else "grade_lines.one"
    return text("score", key, **shown, below=ladder[at + 1].at_least)

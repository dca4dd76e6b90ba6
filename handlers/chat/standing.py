"""九百分算好还是算差: what the score and the grade mean, and how far the next ones are."""

from __future__ import annotations

import re

from bot.follow_up import bare
from bot.reply import Reply, Text
from bot.turn import Routes, Turn
from bot.understanding.numbers import NUMBER, whole
from config.texts import text, topic
from credit_core.repair.ways import lawful_score
from credit_core.rules.book import rule_book
from handlers.chat.phrases import bind_first, choices, shown_name
from handlers.chat.score import not_evaluated

LONGEST = 20
_POINTS = re.compile(rf"({NUMBER})分")
ABOUT = frozenset({"score", "score_detail", "score_trend", "improve"})


def register(routes: Routes) -> None:
    routes.named.append((_asks, standing))


def _asks(turn: Turn) -> bool:
    if not turn.typed or len(turn.text) > LONGEST:
        return False
    words, said = topic("score")["standing"], bare(turn.text)
    if any(re.search(one, said) for one in words["asks"]):
        return True
    return turn.context.get("topic") in ABOUT and any(
        re.fullmatch(one, said) for one in words["brief"]
    )


def _number(said: str) -> int | None:
    """The points that a message names: 920分, 九百分."""
    found = _POINTS.search(said)
    return whole(found[1]) if found is not None else None


def standing(turn: Turn) -> Reply:
    """The grade with its name, where it begins, and what is missing for the next one."""
    subject = turn.subject()
    if subject is None:
        return bind_first(turn, "score")
    found = lawful_score(turn.session, subject, turn.today, city=turn.services.settings.city)
    if not found.evaluated or found.score is None:
        return not_evaluated(turn, subject, found)
    turn.context["topic"] = "score"
    rules = rule_book(turn.session).on(subject.kind, turn.today).rules
    ladder = sorted(rules.grades, key=lambda grade: -grade.at_least)
    own = next(grade for grade in ladder if grade.grade == found.grade)
    shown = {"name": shown_name(subject), "score": found.score, "grade": own.grade}
    lines = [text("score", "standing.is", title=own.title, **shown)]
    number = _number(turn.text)
    if number is not None and number != found.score:
        of = next(grade for grade in (*ladder, ladder[-1]) if grade.at_least <= number)
        named = {"number": number, "grade": of.grade, "title": of.title}
        lines.insert(0, text("score", "standing.of_number", **named))
    if any(word in turn.text for word in topic("score")["standing"]["asks_range"]):
        ends = {"base": rules.base, "cap": rules.cap, "floor": rules.floor}
        lines.insert(0, text("score", "standing.range", **ends))
    lines.append(
        text(
            "score",
            "standing.ladder",
            ladder="，".join(
                text("score", "standing.step", grade=grade.grade, at_least=grade.at_least)
                for grade in ladder[:-1]
            ),
            last=ladder[-1].grade,
        )
    )
    above = [grade for grade in ladder if grade.at_least > found.score]
    if above:
        gap = above[-1].at_least - found.score
        lines.append(text("score", "standing.gap", grade=above[-1].grade, gap=gap))
    return Text("\n".join(lines), choices("improve", "benefits"))

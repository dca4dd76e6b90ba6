"""这个报告怎么证明是真的, 里面会写我扣分那条吗: what is asked about a report; none is issued."""

from __future__ import annotations

import re

from bot.commands import plain
from bot.follow_up import in_plain_words
from bot.reply import Reply, Text
from bot.turn import Handler, Routes, Turn
from config.texts import text, topic
from credit_core.reports.content import NATURAL
from credit_core.reports.schema import section_file
from credit_core.scoring import Line
from handlers.chat import which
from handlers.chat.phrases import bind_first, choices
from handlers.chat.score import records_of

LONGEST = 26
ABOUT = frozenset({"report"})
MOST = 4


def register(routes: Routes) -> None:
    routes.pointing.append(_asks)


def _asks(turn: Turn) -> Handler | None:
    """Who answers a question about what a report holds or whether it is genuine."""
    said = in_plain_words(plain(turn.text))
    typed = turn.typed and len(said) <= LONGEST
    named = text("report_chat", "report_word") in said
    if not typed or not (named or turn.context.get("topic") in ABOUT):
        return None
    if _fits("asks_genuine", said):
        return genuine
    if _fits("asks_holds", said):
        return holds
    return None


def _fits(key: str, said: str) -> bool:
    return any(re.search(one, said) for one in topic("report_chat")[key])


def genuine(turn: Turn) -> Reply:
    """Its number, and the page that is fetched from us when it is opened."""
    turn.context["topic"] = "report"
    return Text(text("report_chat", "genuine"), choices("report", "agent"))


def holds(turn: Turn) -> Reply:
    """Whether the report says it: a plain thing of everybody's, or a record of one's own."""
    said = in_plain_words(plain(turn.text))
    subject = turn.subject()
    if subject is None:
        return bind_first(turn, "report")
    turn.context["topic"] = "report"
    things: list[dict[str, str]] = topic("report_chat")["things"]
    for thing in things:
        if re.search(thing["asked"], said):
            of_person = subject.kind in NATURAL or "of_organisation" not in thing
            told = thing["answer" if of_person else "of_organisation"]
            return Text(told, choices("report", "score"))
    lines = records_of(turn)
    named = which.told(turn, said, lines, least=which.WORD)
    spoken_of = which.pointed(turn, lines)
    meant = named or (spoken_of.line if spoken_of is not None else None)
    if meant is None and not _fits("of_records", said):
        titles = "、".join(section.title for section in section_file().sections)
        return Text(text("report_chat", "sections", titles=titles), choices("report", "lines"))
    return _of_records(said, [meant] if meant is not None else lines)


def _of_records(said: str, lines: list[Line]) -> Reply:
    plus, minus = (_fits(key, said) for key in ("of_plus", "of_minus"))
    if plus != minus:
        lines = [line for line in lines if (line.points > 0) == plus]
    inside = [line for line in lines if line.note != "ended"]
    if not lines:
        return Text(text("report_chat", "no_such"), choices("report", "lines"))
    if not inside:
        return Text(text("report_chat", "not_inside"), choices("report", "lines"))
    titles = {section.id: section.title for section in section_file().sections}
    rows = [
        text(
            "report_chat",
            "inside",
            title=line.title,
            section=titles[section_file().section_of(line.item, line.source_unit)],
        )
        for line in inside[:MOST]
    ]
    rows.append(text("report_chat", "inside_how"))
    mend = any(line.negative for line in inside)
    return Text("\n".join(rows), choices(*(["repair", "objection"] if mend else ["report"])))

"""How far the cases of a person are: the newest few, each with what comes next."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from sqlalchemy.orm import Session

from bot.reply import Reply, Text
from bot.turn import Turn
from config.texts import text
from handlers.chat.city import hotline
from handlers.chat.phrases import bind_first, choices

MOST_CASES = 5

Case = TypeVar("Case")


def has(cases_of: Callable[[Session, int], Sequence[Case]]) -> Callable[[Turn], bool]:
    """Whether the one who speaks has such a case."""

    def found(turn: Turn) -> bool:
        subject = turn.subject()
        return subject is not None and bool(cases_of(turn.session, subject.id))

    return found


def overdue(turn: Turn) -> Reply:
    """到那天还没结果我找谁."""
    return Text(text("common", "overdue", hotline=hotline(turn)), choices("agent"))


def of_cases(
    turn: Turn,
    topic: str,
    cases_of: Callable[[Session, int], Sequence[Case]],
    standing: Callable[[Turn, Case], list[str]],
    *,
    intent: str,
    begin: str,
) -> Reply:
    """The answer to 进度.

    :param topic: where ``status_head`` and ``status_none`` are worded.
    :param cases_of: cases of a subject, newest first.
    :param standing: the lines that tell one case.
    :param intent: what is answered after binding.
    :param begin: the choice that begins such a case.
    """
    subject = turn.subject()
    if subject is None:
        return bind_first(turn, intent)
    cases = cases_of(turn.session, subject.id)
    if not cases:
        return Text(text(topic, "status_none"), choices(begin, "score"))
    lines = [text(topic, "status_head")]
    for case in cases[:MOST_CASES]:
        lines += standing(turn, case)
    return Text("\n".join(lines), choices("score", "agent"))

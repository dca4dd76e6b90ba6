"""Photos inside a form: kept one by one, checked by content, until the person says 好了."""

from __future__ import annotations

from typing import Any

from bot import commands
from bot.form import Answers, Stay, WrongAnswer, choose
from bot.reply import Choice, Text
from bot.turn import Turn
from config.texts import text
from credit_core.cases.wording import explain
from credit_core.errors import Refusal

MOST = 9


def ask(question: str, answers: Answers, field: str = "photos", *, optional: bool = True) -> Text:
    """The question for photos, or how many there are already.

    :param optional: whether there may be none.
    """
    kept = answers.get(field) or []
    if kept:
        return Text(
            text("photos", "kept", count=len(kept)),
            (Choice("photos:done", text("photos", "finished")),),
        )
    if not optional:
        return Text(question)
    return Text(question, (Choice("photos:done", text("photos", "nothing")),))


def parse(turn: Turn, answers: Answers, field: str = "photos") -> Stay | list[dict[str, Any]]:
    """A photo more, or the list when the person has finished.

    :raises WrongAnswer: not a photo that can be kept, and not a word of finishing.
    """
    kept: list[dict[str, Any]] = list(answers.get(field) or [])
    if turn.inbound.kind == "image":
        return _keep(turn, kept)
    if choose(turn, "photos") == "done" or commands.finishes(turn.text):
        return kept
    raise WrongAnswer(text("photos", "wrong"))


def _keep(turn: Turn, kept: list[dict[str, Any]]) -> Stay:
    if len(kept) >= MOST:
        return Stay(kept, text("photos", "enough", most=MOST))
    try:
        if isinstance(turn.media, Refusal):
            raise turn.media
        stored = turn.services.evidence.put(turn.media or b"")
    except Refusal as refusal:
        raise WrongAnswer(explain(refusal)) from None
    if any(photo["sha256"] == stored.sha256 for photo in kept):
        return Stay(kept, text("photos", "twice", count=len(kept)))
    return Stay([*kept, stored.as_json()], text("photos", "kept", count=len(kept) + 1))

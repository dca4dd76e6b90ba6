"""The questions that several forms ask alike: which record, what happened, photos, are you sure.

Each form words them in its own topic of ``config/texts`` under the same keys: ``record``,
``record_line``, ``record_wrong``, ``none``; ``statement_short``, ``statement_long``; ``photos``;
``confirm_yes``, ``confirm_no``, ``confirm_wrong``; ``hints`` by field, and ``asked``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bot import commands
from bot.choosing import place
from bot.commands import plain
from bot.follow_up import is_question, number, words
from bot.form import (
    Answers,
    Asked,
    Field,
    Leave,
    Stay,
    WrongAnswer,
    choose,
    confirmed,
    yes_no_choices,
)
from bot.reply import Choice, Text
from bot.turn import Turn
from config.texts import text
from config.texts import topic as texts_of
from credit_core.scoring import Line
from handlers.chat import photos as kept_photos
from handlers.chat import switching, which
from handlers.chat.phrases import choices, points_in_words

SHORTEST, LONGEST = 6, 500
NO_PART = frozenset({"place", "digit"})
"""Where a part of a label could be its opposite: 同意 in 不同意."""
ONLY_LABEL: frozenset[str] = frozenset()
"""Where a number alone must not decide."""


def asked(
    topic: str, *, handed_in: bool = False, **shown: str | Callable[[Turn], str]
) -> tuple[Asked, ...]:
    """The questions that people ask about a form, with their answers: those of every form, which
    ``form.yaml`` holds, and its own.

    :param handed_in: what is told goes to staff, and only they can change it afterwards.
    :param shown: what the answers name, such as the days that can be chosen; told when asked
        where it hangs on who asks, and on which day.
    """
    of_every_form = [
        {**row, "answer": row["handed_in"], "anywhere": True}
        if handed_in and "handed_in" in row
        else row
        for row in texts_of("form")["asked"]
    ]
    return tuple(
        Asked(
            tuple(row["words"]),
            _teller(row["answer"], shown),
            bool(row.get("anywhere")),
            bool(row.get("plainly")),
            bool(row.get("first")),
        )
        for row in (
            *(row for row in of_every_form if row.get("first")),
            *texts_of(topic).get("asked", []),
            *(row for row in of_every_form if not row.get("first")),
        )
    )


def _teller(answer: str, shown: Mapping[str, str | Callable[[Turn], str]]) -> Callable[[Turn], str]:
    """Fills in what the answer names, and nothing else."""
    known = {"most": str(kept_photos.MOST), **shown}
    named = {name: value for name, value in known.items() if f"{{{name}}}" in answer}

    def tell(turn: Turn) -> str:
        return answer.format(
            **{name: one if isinstance(one, str) else one(turn) for name, one in named.items()}
        )

    return tell


def hint(topic: str, field: str) -> str:
    """What to answer in this field, for somebody who asks; ``""`` where nothing is written."""
    return str(texts_of(topic).get("hints", {}).get(field, ""))


def record(
    topic: str, lines: Callable[[Turn], list[Line]], *, otherwise: tuple[Choice, ...]
) -> Field:
    """Which record, of a numbered list, into ``record_id``.

    :param lines: the lines that can be chosen, each with a record.
    :param otherwise: what can be done when there is none; the form ends then.
    """

    def ask(turn: Turn, _answers: Answers) -> Text:
        found = lines(turn)
        if not found:
            raise Leave(Text(text(topic, "none"), otherwise))
        return Text(text(topic, "record", lines=listed(topic, found)), numbered(found, "record"))

    def parse(turn: Turn, _answers: Answers) -> int:
        found = lines(turn)
        chosen = _chosen(turn, found)
        if chosen is None and which.names_record(turn.text):
            shown = ask(turn, _answers).content
            raise WrongAnswer(f"{text(topic, 'record_none')}\n{shown}", plain=True)
        if chosen is None or chosen.record_id is None:
            raise WrongAnswer(text(topic, "record_wrong", count=len(found)))
        return chosen.record_id

    def switch(turn: Turn, answers: Answers) -> int | None:
        line = switching.switched_to(turn, lines(turn), answers.get("record_id"))
        return None if line is None else line.record_id

    return Field("record_id", ask, parse, hint=hint(topic, "record"), switch=switch)


def _chosen(turn: Turn, lines: Sequence[Line]) -> Line | None:
    """The line that was tapped, named or told by its words: 我要申诉第二条, 扣五十分的那个."""
    tapped = choose(turn, "record")
    for line in lines:
        if tapped == str(line.record_id):
            return line
    turn.understood = turn.services.understander.understand(turn.text, today=turn.today)
    named = place(turn.text, len(lines)) or number(turn, len(lines))
    if named is not None:
        return lines[named - 1] if 1 <= named <= len(lines) else None
    asks = any(word in turn.text for word in words().question)
    return None if asks else which.told(turn, plain(turn.text), lines)


def listed(topic: str, lines: Sequence[Line]) -> str:
    """The lines, numbered, one a row."""
    return "\n".join(
        text(
            topic,
            "record_line",
            number=at,
            title=line.title,
            points=points_in_words(line.points),
            document_no=line.document_no,
        )
        for at, line in enumerate(lines, 1)
    )


def numbered(lines: Sequence[Line], tap: str) -> tuple[Choice, ...]:
    """The same lines to tap; a tap carries ``tap:<record id>``."""
    return tuple(
        Choice(f"{tap}:{line.record_id}", f"{at}. {line.title}", also=(line.document_no,))
        for at, line in enumerate(lines, 1)
    )


def statement(
    topic: str,
    ask: Callable[[Turn, Answers], Text],
    *,
    shortest: int = SHORTEST,
    longest: int = LONGEST,
) -> Field:
    """What happened, in the person's own words, into ``statement``."""

    def parse(turn: Turn, _answers: Answers) -> str:
        length = len(turn.text)
        if length < shortest:
            raise WrongAnswer(text(topic, "statement_short", least=shortest))
        if length > longest:
            raise WrongAnswer(text(topic, "statement_long", length=length, most=longest))
        return turn.text

    return Field("statement", ask, parse, free=True, hint=hint(topic, "statement"))


def handed_in(_turn: Turn) -> Text:
    """刚才写错了, when the case is with the staff already."""
    return Text(text("form", "handed_in"), choices("agent", "help"))


def told_in(turn: Turn, form: str, *, least: int) -> str | None:
    """What happened, where the message that opens the form has told it already.

    The wish itself (我要申诉第二条), words of steering and of consent are left out.

    :param least: signs below which nothing was told.
    """
    if not turn.typed:
        return None
    kept = [
        one
        for one in commands.all_clauses(turn.text)
        if not (
            commands.names(one, form)
            or commands.command(one, form)
            or commands.agrees(one, form)
            or commands.finishes(one)
            or is_question(one)
        )
    ]
    story = "，".join(kept)
    return story if len(story) >= least else None


def photos(topic: str, *, optional: bool = True) -> Field:
    """Photos into ``photos``; where they are not optional, ``photos_none`` says so."""

    def ask(_turn: Turn, answers: Answers) -> Text:
        question = text(topic, "photos", most=kept_photos.MOST)
        return kept_photos.ask(question, answers, optional=optional)

    def parse(turn: Turn, answers: Answers) -> Stay | list[dict[str, Any]]:
        kept = kept_photos.parse(turn, answers)
        if not kept and not optional:
            raise WrongAnswer(text(topic, "photos_none"))
        return kept

    return Field(
        "photos",
        ask,
        parse,
        takes_photos=True,
        hint=hint(topic, "photos"),
        pick=NO_PART,
        joins="statement",
    )


def sure(
    topic: str,
    summary: Callable[[Turn, Answers], str],
    *,
    plain_word: bool = False,
    joins: str = "",
) -> Field:
    """The last look before it counts, into ``sure``.

    :param summary: what is about to be done.
    :param joins: the explanation that more can still be added to.
    :param plain_word: it cannot be undone, so that only 确定 or the label itself counts.
    """

    def ask(turn: Turn, answers: Answers) -> Text:
        return Text(
            summary(turn, answers),
            yes_no_choices(text(topic, "confirm_yes"), text(topic, "confirm_no")),
        )

    def parse(turn: Turn, _answers: Answers) -> bool:
        return confirmed(turn, wrong=text(topic, "confirm_wrong"), plain_word=plain_word)

    return Field(
        "sure",
        ask,
        parse,
        hint=hint(topic, "sure"),
        pick=ONLY_LABEL if plain_word else NO_PART,
        joins=joins,
    )

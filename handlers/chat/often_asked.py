"""What people often ask beside their main wish (会不会公示, 写错了怎么办), answered from
``config/often_asked``.

Each question stands there with many phrasings and one answer. A message that no handler plainly
answers is compared with all of them; the answer of the most alike is given.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from functools import cache
from itertools import chain
from typing import Literal

from pydantic import BaseModel, ConfigDict, RootModel, model_validator

from bot import commands, wishes
from bot.asides import Aside
from bot.form import choose
from bot.likeness import Likeness
from bot.reply import Choice, Reply, Text
from bot.turn import Handler, Routes, Turn, is_person
from bot.understanding import Understander
from bot.understanding.grammar import samples
from bot.wording import Wording, everyday_words
from config.settings import DATA
from config.texts import text
from credit_core.datafile import DataFileError, load
from credit_core.subjects.models import SubjectKind
from handlers.chat.city import hotline
from handlers.chat.phrases import choices

READINGS = 3
"""Readings of one pattern; more would not tell more."""
VERBATIM = 0.9
"""From here on the message is that very sentence, however else the question may be asked."""
OF_NEAREST, IN_SCOPE, SCARCELY_ALIKE = 0.2, 1.4, 0.15
"""Less alike is what merely shares a character or a number with a phrasing (41 with 第41条)."""
ALIKE, AHEAD, AHEAD_OF_WISHES, BASE = 1.9, 4.4, 14.9, -1.43
"""How sure it is that a question is meant: a logistic regression on 240 asides whose answers a
reader judged, and 800 plain wishes; by how like the best question is, and how far ahead of the
next and of the plain wishes."""
A_WISH = ""
"""Stands among the questions for all that has a handler of its own."""
NO_WISHES = frozenset({"unknown", "policy"})
BINDING = "bind"
"""Spoken of until it is done."""
MOST, SHORTEST, LONGEST, LONGEST_STORY, MOST_CLAUSES = 4, 3, 60, 400, 12
"""A longer message is a story, in which one clause may ask; a shorter one is like too many,
and one of the shortest is asked only by that very sentence."""


class OftenAsked(BaseModel):
    """One question of ``config/often_asked``.

    :ivar title: the question in short, to tap.
    :ivar asked: how it is asked, as patterns: ``{会|要}扣分吗``.
    :ivar about: what was spoken of, or the open form; empty: whatever it was.
    :ivar means: the plain wish that it stands for, instead of an answer.
    :ivar then: next steps to tap.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str
    asked: tuple[str, ...]
    about: frozenset[str] = frozenset()
    who: Literal["person", "institution"] | None = None
    answer: str = ""
    means: str = ""
    then: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _answers(self) -> OftenAsked:
        if not self.asked:
            raise ValueError(text("often_asked", "fault.asked"))
        if bool(self.answer) == bool(self.means):
            raise ValueError(text("often_asked", "fault.answer"))
        return self


class _File(RootModel[dict[str, OftenAsked]]):
    """A file of questions by their ids."""


@cache
def questions() -> dict[str, OftenAsked]:
    """All questions by their ids.

    :raises DataFileError: a file cannot be used.
    """
    found: dict[str, OftenAsked] = {}
    for path in sorted((DATA / "often_asked").glob("*.yaml")):
        for key, one in load(path, _File).root.items():
            if key in found:
                raise DataFileError(path, 1, text("often_asked", "fault.twice", key=key))
            found[key] = one
    return found


def phrasings() -> Iterator[tuple[str, str]]:
    """Every reading of every phrasing, with the id of its question."""
    for key, one in questions().items():
        for pattern in one.asked:
            for reading in samples(pattern, {}, READINGS, pattern):
                yield key, reading


def register(routes: Routes, understander: Understander) -> None:
    # At the start of the process, so that nobody who writes has to wait for it.
    known = _known(understander)

    def asides(turn: Turn) -> list[Aside]:
        if not SHORTEST <= len(turn.text) <= LONGEST_STORY:
            return []
        found, wish = _of_any_clause(turn, known)
        sure = sureness([alike for _key, alike in found[: MOST + 1]], wish)
        return [
            Aside(_choice(key), _teller(questions()[key]), one)
            for (key, _alike), one in zip(found[:MOST], sure, strict=False)
            if one == 1.0 or len(turn.text) > SHORTEST
        ]

    routes.asides = asides
    routes.taps["asked"] = tapped


def _choice(key: str) -> Choice:
    return Choice(f"asked:{key}", questions()[key].title)


def tapped(turn: Turn) -> Reply:
    """The answer to a question that was offered."""
    one = questions().get(choose(turn, "asked") or "")
    return Text(text("form", "stale"), choices("help")) if one is None else _teller(one)(turn)


@cache
def _known(understander: Understander) -> Likeness[str]:
    """All phrasings, and plain wishes beside them; made once, in about a second."""
    wishes_ = ((A_WISH, said) for intent, said in understander.as_said() if intent not in NO_WISHES)
    signs = Wording(everyday_words(), understander.plain).signs
    return Likeness(chain(phrasings(), wishes_), signs)


def _of_any_clause(turn: Turn, known: Likeness[str]) -> tuple[list[tuple[str, float]], float]:
    """As :func:`ranked`; of a story that clause which is most like a question."""
    if len(turn.text) <= LONGEST:
        return ranked(turn, turn.text, known)
    clauses = [one for one in commands.all_clauses(turn.text) if SHORTEST <= len(one) <= LONGEST]
    found = [ranked(turn, one, known) for one in clauses[-MOST_CLAUSES:]]
    asked = [one for one in found if one[0]]
    return max(asked, key=lambda one: one[0][0][1] - one[1], default=([], 0.0))


def ranked(turn: Turn, said: str, known: Likeness[str]) -> tuple[list[tuple[str, float]], float]:
    """The questions that could be meant here with how like each the message is, the most like
    first, and how like a plain wish it is.

    What is asked about just this is more likely; the very sentence is wholly alike.
    """
    scope, found, wish = _scope(turn), [], 0.0
    for key, alike, nearest in known.ranked(said):
        near = (1 - OF_NEAREST) * alike + OF_NEAREST * nearest
        if key == A_WISH:
            wish = near
            continue
        one = questions()[key]
        if near >= SCARCELY_ALIKE and _holds(turn, one, scope):
            near *= 1 if one.about.isdisjoint(scope) else IN_SCOPE
            found.append((key, 1.0 + nearest if nearest >= VERBATIM else near))
    return sorted(found, key=lambda one: -one[1]), wish


def sureness(alike: list[float], wish: float) -> list[float]:
    """The probability that each question is meant, of those found, the most like first.

    Only the first can be ahead of the next; above 1.0 it is the very sentence.
    """
    following = [*alike[1:], 0.0][: len(alike)]
    return [
        1.0 if one > 1.0 else _probability(one, one - next_, one - wish)
        for one, next_ in zip(alike, following, strict=True)
    ]


def _probability(alike: float, ahead: float, ahead_of_wishes: float) -> float:
    said = BASE + ALIKE * alike + AHEAD * ahead + AHEAD_OF_WISHES * ahead_of_wishes
    return 1 / (1 + math.exp(-said))


def _scope(turn: Turn) -> AbstractSet[str]:
    """What is spoken of: the topic, and the open form with its intents."""
    name = (turn.open_form or {}).get("name")
    if name is not None:
        return {name, *turn.services.routes.forms[name].intents}
    spoken_of = turn.context.get("topic")
    over = spoken_of == BINDING and "bind_for" not in turn.context and turn.subject() is not None
    return {spoken_of} if isinstance(spoken_of, str) and not over else set()


def _holds(turn: Turn, one: OftenAsked, scope: AbstractSet[str]) -> bool:
    if one.about and one.about.isdisjoint(scope):
        return False
    subject = turn.subject()
    if one.who == "institution":
        return subject is not None and subject.kind == SubjectKind.INSTITUTION
    return one.who is None or subject is None or is_person(subject)


def _teller(one: OftenAsked) -> Handler:
    def told(turn: Turn) -> Reply:
        if one.means:
            typed, turn.restated, turn.understood = turn.restated, one.means, None
            reply = wishes.answer(turn)
            turn.restated = typed
            return reply
        known = {"bind"} if turn.bindings() else frozenset()
        steps = choices(*(name for name in one.then if name not in known))
        return Text(one.answer.format(hotline=hotline(turn)), steps or choices("help"))

    return told

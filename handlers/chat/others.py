"""Somebody else's score, and an institution's that nobody here speaks for: why not, and the way."""

from __future__ import annotations

import re
from functools import cache

from pydantic import BaseModel, ConfigDict

from bot.follow_up import calm
from bot.reply import Choice, Reply, Text
from bot.turn import Handler, Routes, Turn
from config.settings import DATA
from config.texts import text
from credit_core.datafile import load
from handlers.chat.phrases import choices

_SIGNS = re.compile(r"[\s，。！？、,.!?~…“”\"']+")


def register(routes: Routes) -> None:
    routes.named.append((_asks_for_another, another))
    routes.named.append((_asks_for_unbound, unbound_organisation))
    routes.named.append(
        (lambda turn: fitting("each_alone", calm(turn.text)) is not None, each_alone)
    )
    routes.named.append((lambda turn: fitting("sees_mine", turn.text) is not None, who_sees))
    routes.pointing.append(names_them)


class Others(BaseModel):
    """``config/others.yaml``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    longest: int
    children: list[str]
    of_another: list[str]
    sees_mine: list[str]
    """Whether another can see one's own."""
    of_own_organisation: list[str]
    each_alone: list[str]
    """Whether another's wrong falls upon oneself, or one's own upon them."""
    their_name: list[str]
    own_instead: list[str]
    """Oneself, after another was asked for."""
    parts: dict[str, str]


@cache
def _others() -> Others:
    return load(DATA / "others.yaml", Others)


@cache
def _patterns(key: str) -> tuple[re.Pattern[str], ...]:
    """The patterns of a key, with the ``parts`` put in."""
    data = _others()
    made = []
    for row in getattr(data, key):
        whole = row
        while (found := re.search(r"(?<!P)<(\w+)>", whole)) is not None:
            whole = whole.replace(found[0], data.parts[found[1]])
        made.append(re.compile(whole))
    return tuple(made)


def fitting(key: str, said: str) -> re.Match[str] | None:
    """How a message fits one of the patterns as a whole, its punctuation aside."""
    said = _SIGNS.sub("", said)
    if len(said) > _others().longest:
        return None
    matches = (pattern.fullmatch(said) for pattern in _patterns(key))
    return next((match for match in matches if match is not None), None)


def begins_with_surname(name: str) -> bool:
    """Whether a name begins with one of the usual surnames."""
    return (
        re.match(rf"(?:{_others().parts['surname']}|{_others().parts['two_signs']})", name)
        is not None
    )


def _asks_for_another(turn: Turn) -> bool:
    """帮我查一下李建国的信用分, 我妈多少分."""
    return fitting("of_another", turn.text) is not None


def another(turn: Turn) -> Reply:
    """Only one's own is shown, and how the other one gets at it; one's own name is oneself."""
    turn.context["topic"] = "score"
    match, person = fitting("of_another", turn.text), turn.resident()
    if match is not None and person is not None and match["who"] == person.name:
        turn.context["whose"] = "person"
        return turn.services.routes.intents["score"](turn)
    child = any(word in turn.text for word in _others().children)
    turn.context["asked_for"] = "child" if child else "another"
    return _refused(turn)


def _refused(turn: Turn) -> Reply:
    own = choices("score") if turn.bindings() else choices("bind")
    return Text(text("others", turn.context["asked_for"]), (*own, *choices("agent")))


def names_them(turn: Turn) -> Handler | None:
    """他叫陈小明, after the score of another was asked for: still only their own business."""
    if turn.context.get("topic") != "score" or "asked_for" not in turn.context:
        return None
    if fitting("own_instead", turn.text) is not None:
        return turn.services.routes.intents["score"]
    return _refused if fitting("their_name", turn.text) is not None else None


def who_sees(_turn: Turn) -> Reply:
    """我妈能查我的吗: only oneself; whoever looks by office leaves a trace."""
    return Text(text("others", "who_sees"), choices("score", "agent"))


def _asks_whose_fault(turn: Turn) -> bool:
    """他要是犯了错会不会扣到我头上, without the swearing: 他妈 is nobody's mother."""
    return fitting("each_alone", calm(turn.text)) is not None


def each_alone(_turn: Turn) -> Reply:
    """他要是犯了错会不会扣到我头上."""
    return Text(text("others", "each_alone"), choices("score", "help"))


def _asks_for_unbound(turn: Turn) -> bool:
    """我们药店的分, from somebody who speaks for no institution."""
    if turn.organisation() is not None:
        return False
    return fitting("of_own_organisation", turn.text) is not None


def unbound_organisation(turn: Turn) -> Reply:
    bind = Choice("bind_organisation", text("bind", "organisation"))
    own = choices("score") if turn.resident() is not None else ()
    return Text(text("others", "unbound_organisation"), (bind, *own))

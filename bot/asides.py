"""Questions that people ask beside their main wish, where no handler plainly answers.

A message is compared with what is often asked (``handlers.chat.often_asked``); how sure one
question has to be depends on what the message is otherwise understood as. Where none is sure
enough and nothing else is understood, the likeliest are offered to tap.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot import commands, follow_up
from bot.reply import Choice
from bot.turn import Handler, Turn, Understood

SURE_OF_WORDS, WHOLLY_SURE, SURELY_ELSEWHERE = 0.8, 0.9, 0.85
BESIDE_SURE, BESIDE_PLAIN, BESIDE_RULES, BESIDE_NOTHING = 0.95, 0.8, 0.8, 0.42
"""How sure the question has to be: beside a wish that is wholly sure, beside a plain one, beside a
question about the rules, and where nothing is understood."""
INSIDE, SEVERAL, UNBOUND = 0.5, 0.7, 0.6
"""The same in a form, where the message asks several things, and of somebody not yet bound."""
NAMED_ELSEWHERE, MAYBE_ELSEWHERE, SURE_OF_ACT = 0.97, 0.6, 0.5
LEAST_OF_WISH = 5
WORTH_OFFERING, MOST_OFFERED = 0.3, 3
OF_OWN_CASE = frozenset(
    {"score", "score_detail", "score_trend", "improve", "repair_guide", "repair_status", "alerts"}
)
_NUMBER = re.compile(r"\d{6}")
"""Of a person or an institution: given, not asked."""
_CLAUSE = re.compile(r"[，。！？；,.!?;\s]+")


@dataclass(frozen=True, slots=True)
class Aside:
    """A question that may be meant, its answer, and how sure that is, 0 to 1."""

    choice: Choice
    handler: Handler
    sure: float


def meant(turn: Turn, least: float) -> Handler | None:
    """Who answers the question that is meant, where it is as sure as ``least``."""
    found = _found(turn)
    if follow_up.is_never_ours(turn.text):
        return None
    if follow_up.is_elsewhere(turn.text):
        least = max(least, NAMED_ELSEWHERE if least >= BESIDE_SURE else MAYBE_ELSEWHERE)
    if sum(map(follow_up.is_question, _CLAUSE.split(turn.text))) > 1:
        least = max(least, SEVERAL)
    return found[0].handler if found and found[0].sure >= least else None


def beside(turn: Turn, understood: Understood) -> Handler | None:
    """The same, where the message is understood as something else, or as nothing."""
    known = is_known(understood) or _acts(turn, understood)
    return None if known or ends_with_wish(turn) else meant(turn, _least(turn, understood))


def inside(turn: Turn, understood: Understood, least: float) -> Handler | None:
    """The same in a form that asks for something else."""
    known = is_known(understood) or _acts(turn, understood)
    if known:
        return None
    asks_of_form = follow_up.is_question(turn.text) and _is_of_form(turn, understood)
    return meant(turn, least if asks_of_form else max(least, _least(turn, understood)))


def ends_with_wish(turn: Turn) -> bool:
    """我就是把卡借给侄儿买了点药，你帮我看一哈现在还剩好多分嘛: the last clause says what is
    wanted, by itself."""
    last = commands.last_clause(turn.text)
    if len(last) < LEAST_OF_WISH or len(turn.text) <= follow_up.NOT_LONG:
        return False
    understood = turn.services.understander.understand(last, today=turn.today)
    return (
        understood.intent in OF_OWN_CASE
        and understood.confidence >= SURE_OF_WORDS
        and not understood.ask_back
    )


def _is_of_form(turn: Turn, understood: Understood) -> bool:
    """Whether what is understood is only what the open form is about."""
    name = (turn.open_form or {}).get("name")
    return name is not None and understood.intent in turn.services.routes.forms[name].intents


def _acts(turn: Turn, understood: Understood) -> bool:
    """Whether something is to be done: 给我解绑 asks nothing."""
    acting = understood.intent in turn.services.routes.acting and not understood.ask_back
    return acting and understood.confidence >= SURE_OF_ACT and not follow_up.is_question(turn.text)


def speaks(said: str) -> bool:
    """Whether a clause asks, or speaks to us, where a form awaits what happened.

    >>> speaks("座机行不，村口小卖部那个"), speaks("你给我起个头呗"), speaks("那天我没去")
    (True, True, False)
    """
    perhaps, parts = follow_up.words().perhaps_asks, _CLAUSE.split(said)
    asks = any(follow_up.is_question(one) or re.search(perhaps, one) for one in parts)
    return asks or follow_up.speaks_to_us(said)


def is_known(understood: Understood) -> bool:
    """Whether the message is known to the letter as a wish of its own."""
    return understood.intent not in {"unknown", "greet"} and understood.confidence == 1.0


def _least(turn: Turn, understood: Understood) -> float:
    asks_of_own = understood.intent in OF_OWN_CASE and follow_up.is_question(turn.text)
    if asks_of_own and not turn.bindings():
        # Nothing of their own can be told yet; what holds for everybody can.
        return UNBOUND
    if understood.intent == "unknown":
        # What the service is not for is told apart from what it merely does not understand.
        elsewhere = understood.confidence >= SURELY_ELSEWHERE
        return BESIDE_SURE if elsewhere else BESIDE_NOTHING
    if understood.intent == "policy" and understood.confidence >= SURE_OF_WORDS:
        return BESIDE_RULES
    if understood.ask_back or understood.confidence < SURE_OF_WORDS:
        return max(BESIDE_NOTHING, understood.confidence)
    return BESIDE_SURE if understood.confidence >= WHOLLY_SURE else BESIDE_PLAIN


def offered(turn: Turn, understood: Understood) -> tuple[Choice, ...]:
    """The questions that may be meant, to tap; none where the message is of something else."""
    strange = understood.intent == "unknown" and understood.confidence >= SURELY_ELSEWHERE
    elsewhere = strange or follow_up.is_elsewhere(turn.text)
    found = [] if elsewhere else _found(turn)
    if not found or found[0].sure < WORTH_OFFERING:
        return ()
    return tuple(one.choice for one in found[:MOST_OFFERED])


def _found(turn: Turn) -> list[Aside]:
    find = turn.services.routes.asides
    if find is None or not turn.typed or _NUMBER.search(turn.text):
        return []
    swears = any(word in turn.text for word in follow_up.words().abuse)
    return [] if swears else find(turn)

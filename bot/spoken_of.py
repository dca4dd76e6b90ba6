"""What was spoken of in this talk, and who answers a message that leans on it.

It stands in the turn's context and is forgotten after half an hour of silence. How such messages
sound is known to :mod:`bot.follow_up`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta

from bot import commands, follow_up
from bot.reply import Choice, Reply, Text
from bot.turn import Handler, Turn

FORGET_AFTER = timedelta(minutes=30)
_KEPT_LETTERS = 1200
_NEARLY = {
    "ends": "when",
    "why_wait": "why",
    "plead": "sooner",
    "sooner": "when",
    "then": "how",
    "begin": "how",
    "place": "how",
}
"""What a question means where nothing of its own is told: 什么时候到期 is 什么时候."""


def recall(turn: Turn) -> None:
    """Forget what was spoken of too long ago, and note for whom this message asks."""
    since = turn.context.get("at")
    if since and turn.now - datetime.fromisoformat(since) > FORGET_AFTER:
        kept = turn.context.get("after_bind") if turn.open_form else None
        turn.context.clear()
        if kept:
            turn.context["after_bind"] = kept
    if turn.open_form and turn.open_form.get("whose"):
        turn.context["whose"] = turn.open_form["whose"]
        return
    alone = follow_up.says_only_whose(turn.text)
    if any(word in turn.text for word in follow_up.words().organisation) or alone == "organisation":
        turn.context["whose"] = "organisation"
    elif any(word in turn.text for word in follow_up.words().person) or alone == "person":
        turn.context["whose"] = "person"


def keep(turn: Turn, reply: Reply) -> None:
    """Remember the answer, so that 再说一遍 can repeat it."""
    turn.context["at"] = turn.now.isoformat()
    if isinstance(reply, Text) and len(reply.content) <= _KEPT_LETTERS:
        turn.context["said"] = {
            "content": reply.content,
            "choices": [[choice.id, choice.label] for choice in reply.choices],
        }


def again(turn: Turn) -> Text | None:
    """The last answer once more."""
    said = turn.context.get("said")
    return Text(said["content"], offered(turn)) if isinstance(said, dict) else None


def offered(turn: Turn) -> tuple[Choice, ...]:
    """The choices of the last answer."""
    said = turn.context.get("said")
    rows = said["choices"] if isinstance(said, dict) else []
    return tuple(Choice(key, label) for key, label in rows)


def pointed(turn: Turn) -> Handler | None:
    """Who answers a message that points at something by its words."""
    found = (point(turn) for point in turn.services.routes.pointing)
    return next((one for one in found if one is not None), None)


def handler(turn: Turn) -> Handler | None:
    """Who answers a message that leans on what was spoken of; None when it stands alone."""
    routes = turn.services.routes
    by_pointing = pointed(turn)
    if by_pointing is not None:
        return by_pointing
    about = turn.context.get("topic")
    if follow_up.says_only_whose(turn.text) and turn.bindings():
        tells = about in routes.intents and about not in routes.acting
        return _of_intent(str(about) if tells else "score", routes.intents)
    if not isinstance(about, str):
        asked = follow_up.ask(follow_up.calm(turn.text))
        anyway = follow_up.words().anywhere.get(asked or "")
        if anyway is not None:
            return _of_intent(anyway, routes.intents)
        return standing(turn) if asked in {"status", "why_wait"} else None
    if about in routes.cases:
        other = follow_up.words().cases.get(
            re.sub(r"^那|(?:那个|那边|的)?(?:呢|的)?$", "", turn.text.strip("？?。 "))
        )
        if other in routes.intents:
            return _of_intent(other, routes.intents)
    if follow_up.names_number(turn.text) and about in routes.numbered:
        return routes.numbered[about]
    asked = follow_up.ask(turn.text) or follow_up.ask(follow_up.calm(turn.text))
    if asked is not None:
        return handler_of(turn, asked)
    place = routes.asks.get((about, "where"))
    return place if place is not None and follow_up.is_place(turn.text) else None


def at_last(turn: Turn) -> Handler | None:
    """Who answers what the last clause asks of what was spoken of: 还没申请过呀？那怎么申请."""
    clause = commands.last_clause(turn.text)
    asked = follow_up.ask(clause) if clause else None
    found = None if asked is None else handler_of(turn, asked)
    if found is None:
        return None

    def answered(turn: Turn) -> Reply:
        # What stood before it is no part of the wish.
        turn.restated, turn.understood = clause, None
        return found(turn)

    return answered


def standing(turn: Turn) -> Handler | None:
    """Who tells how far it is, where only one kind of case was ever handed in."""
    routes = turn.services.routes
    kinds = [intent for intent, has in routes.cases.items() if has(turn)]
    return _of_intent(kinds[0], routes.intents) if len(kinds) == 1 else None


def handler_of(turn: Turn, asked: str) -> Handler | None:
    """Who answers this question about what was spoken of."""
    about, routes = turn.context.get("topic"), turn.services.routes
    if not isinstance(about, str):
        return None
    special = routes.asks.get((about, asked))
    if special is not None:
        return special
    intent = follow_up.words().topics.get(about, {}).get(asked) or follow_up.words().anywhere.get(
        asked
    )
    if intent is None and asked in _NEARLY:
        return handler_of(turn, _NEARLY[asked])
    return None if intent is None else _of_intent(intent, routes.intents)


def _of_intent(intent: str, intents: Mapping[str, Handler]) -> Handler:
    def answer(turn: Turn) -> Reply:
        turn.context["topic"] = intent
        return intents[intent](turn)

    return answer

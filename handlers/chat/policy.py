"""规则问答: the passage that answers, with its source, or an honest 文件里没有写."""

from __future__ import annotations

import re

from bot import asides, spoken_of, wishes
from bot.follow_up import bare
from bot.reply import Reply, Text
from bot.turn import Handler, Routes, Turn
from config.texts import text
from credit_core.knowledge.library import Library
from credit_core.knowledge.places import find_places, place_named
from credit_core.masking import holds_person_number
from handlers.chat import acts
from handlers.chat.city import city_name
from handlers.chat.phrases import choices

LONGEST = 600
"""Characters of an answer in a chat bubble."""
LONGEST_QUESTION = 120
LONGEST_FURTHER = 20
_FURTHER = re.compile(
    r"(?:那|要是|如果|假如|换成|换了|换)(?!我的?分)[^，。]{1,14}(?:呢|吗|么|的话|行不行|算不算)[？?]?$"
)

_library = Library()


def register(routes: Routes) -> None:
    routes.intents["policy"] = policy
    routes.asks["policy", "where"] = elsewhere
    routes.asks["policy", "source"] = source
    routes.asks[acts.TOPIC, "source"] = source
    routes.rules = written
    routes.pointing.append(further)


def policy(turn: Turn) -> Reply:
    return _answer(turn, turn.text)


def written(turn: Turn) -> Reply | None:
    """What the documents say about it; None when they say nothing."""
    city = city_name(turn).rstrip("市县")
    found = _library.ask(turn.session, turn.text, city=city, today=turn.today)
    return None if found.refused else policy(turn)


def source(turn: Turn) -> Reply:
    """这是哪个文件说的: the answer once more, with the document or the law that it names."""
    said = spoken_of.again(turn)
    if said is None:
        return policy(turn)
    return Text(f"{text('knowledge', 'answer.source_above')}\n{said.content}", said.choices)


def elsewhere(turn: Turn) -> Reply:
    """茂名呢: the question that was asked last, for this place."""
    asked = turn.context.get("question")
    place = place_named(bare(turn.text).removesuffix("的"))
    if not isinstance(asked, str) or place is None:
        return policy(turn)
    for named in find_places(asked):
        asked = asked.replace(named.name, "")
    return _answer(turn, place.name + asked)


def further(turn: Turn) -> Handler | None:
    """Who answers 那借给我老伴呢, 要是外地的呢 after a question about a rule."""
    asked = turn.context.get("question")
    if turn.context.get("topic") != "policy" or not isinstance(asked, str):
        return None
    if len(turn.text) > LONGEST_FURTHER or not _FURTHER.match(turn.text):
        return None
    understood = wishes.understand(turn)
    other = understood.intent not in {*wishes.NOT_A_WISH, "policy"}
    if other and understood.confidence >= wishes.SURE_OF_WORDS and not understood.ask_back:
        return None
    return lambda turn: _answer(turn, f"{asked}，{turn.text}")


def _least_of_aside(turn: Turn) -> float:
    """What plainly asks for a rule that no document has is not answered beside the point."""
    understood = wishes.understand(turn)
    plainly = understood.intent == "policy" and not understood.ask_back
    if plainly and understood.confidence >= wishes.SURE_OF_WORDS:
        return asides.BESIDE_RULES
    return asides.INSIDE


def _answer(turn: Turn, question: str) -> Reply:
    # A question with a number of a person in it is not kept.
    if not holds_person_number(question):
        turn.context["question"] = question[:LONGEST_QUESTION]
    city = city_name(turn).rstrip("市县")
    found = _library.ask(turn.session, question, city=city, today=turn.today)
    elsewhere_asked = bool(find_places(question))
    if found.refused:
        rule = None if elsewhere_asked else acts.rule_of(turn, question)
        if rule is not None:
            turn.context["topic"] = acts.TOPIC
            return rule
        asked = asides.meant(turn, _least_of_aside(turn))
        if asked is not None:
            return asked(turn)
        # That no document was brought in yet is the bureau's matter, not the asker's.
        nothing = found.answer == text("knowledge", "answer.empty")
        told = text("knowledge", "answer.refused") if nothing else found.answer
        perhaps = asides.offered(turn, wishes.understand(turn))
        return Text(told[:LONGEST], (*perhaps, *choices("agent", "help")))
    told = _library.short(found, today=turn.today)[:LONGEST]
    rule = None if elsewhere_asked else acts.rule_of(turn, question, brief=True)
    return Text(told if rule is None else f"{told}\n{rule.content}")

"""Which handler answers: an event, an answer inside an open form, or an understood intent.

Order for a message: a tapped choice; the words of the open form (取消, 上一步); an answer to its
field; a question in between; otherwise the intent. Everything here is a function of the turn.
"""

from __future__ import annotations

from bot import form
from bot.message import Inbound
from bot.models import NotUnderstood
from bot.reply import Choice, Nothing, Reply, Text
from bot.turn import Handler, Turn, Understood
from config.texts import text
from credit_core.masking import mask_free_text

SURE = 0.8
"""In a free-text field only a plain command counts as a question in between."""
SHORT = 14


def respond(turn: Turn) -> Reply:
    """The reply to one message or event."""
    inbound = turn.inbound
    if inbound.kind == "event":
        return _event(turn)
    if inbound.choice:
        handler = _tap(turn, inbound.choice)
        if handler is not None:
            return _in_between(turn, handler)
    if inbound.kind == "text":
        return _text(turn)
    return _other_kind(turn, inbound)


def _event(turn: Turn) -> Reply:
    inbound = turn.inbound
    if inbound.event == "click":
        handler = _tap(turn, inbound.event_key)
        if handler is not None:
            return _in_between(turn, handler)
    found = turn.services.routes.events.get(inbound.event)
    return found(turn) if found else Nothing()


def _tap(turn: Turn, key: str) -> Handler | None:
    routes = turn.services.routes
    if key in routes.taps:
        return routes.taps[key]
    head, _, value = key.partition(":")
    if head == "intent":
        return routes.intents.get(value)
    return routes.taps.get(head)


def _text(turn: Turn) -> Reply:
    if turn.text == "":
        return Text(text("common", "empty"))
    open_form = form.current(turn)
    command = form.said(turn)
    if command == "cancel" and open_form:
        return form.cancel(turn)
    if command == "back" and open_form:
        return form.back(turn)
    known = turn.services.routes.words.get(turn.text.strip("。.!！~ "))
    reply = known(turn) if known else None
    if reply is not None:
        return _in_between(turn, lambda _turn: reply)
    if open_form is None:
        for fits, handler in turn.services.routes.forms_of_text:
            if fits(turn.text):
                return handler(turn)
        return _intent(turn)
    return _inside(turn, *open_form)


def _inside(turn: Turn, opened: form.Form, waiting: form.Field) -> Reply:
    if waiting.free:
        if _plain_command(turn, opened):
            return _in_between(turn, _intent)
        return _answer(turn)
    try:
        return form.answer(turn)
    except form.WrongAnswer as wrong:
        understood = _understand(turn)
        if understood.intent not in {"unknown", "greet", *opened.intents} and (
            understood.confidence >= 0.5
        ):
            return _in_between(turn, _intent)
        return _try_again(turn, wrong)


def _answer(turn: Turn) -> Reply:
    try:
        return form.answer(turn)
    except form.WrongAnswer as wrong:
        return _try_again(turn, wrong)


def _try_again(turn: Turn, wrong: form.WrongAnswer) -> Reply:
    """Say what is wrong; from the second time on, also the ways out."""
    lines = [wrong.message]
    if turn.open_form is not None:
        failures = int(turn.open_form.get("failures", 0)) + 1
        turn.open_form["failures"] = failures
        if failures > 1:
            lines.append(text("form", "wrong_more"))
    return Text("\n".join(lines), form.prompt(turn).choices)


def _plain_command(turn: Turn, opened: form.Form) -> bool:
    understood = _understand(turn)
    return (
        understood.intent not in {"unknown", "greet", *opened.intents}
        and understood.confidence >= SURE
        and len(turn.text) <= SHORT
    )


def _in_between(turn: Turn, handler: Handler) -> Reply:
    """Answer a question, then come back to the open form, if there is one."""
    held = turn.open_form
    reply = handler(turn)
    if held is None or turn.open_form is not held:
        if held is not None and turn.open_form is not None:
            # A second form was asked for; the first one is worth more than a fresh start.
            title = turn.services.routes.forms[held["name"]].title
            turn.open_form = held
            question = form.prompt(turn)
            line = text("form", "other_form", title=title)
            return Text(f"{line}\n{question.content}", question.choices)
        return reply
    if not isinstance(reply, Text):
        return reply
    question = form.prompt(turn)
    title = turn.services.routes.forms[held["name"]].title
    lines = [
        reply.content,
        "",
        text("form", "still_open", title=title),
        question.content,
        text("form", "still_open_hint"),
    ]
    return Text("\n".join(lines), question.choices)


def _understand(turn: Turn) -> Understood:
    if turn.understood is None:
        turn.understood = turn.services.understander.understand(turn.text, today=turn.today)
    return turn.understood


def _intent(turn: Turn) -> Reply:
    understood = _understand(turn)
    routes = turn.services.routes
    if understood.ask_back:
        choices = tuple(
            Choice(f"intent:{intent}", routes.titles[intent])
            for intent, _confidence in understood.alternatives[:3]
            if intent in routes.intents and intent in routes.titles
        )
        if len(choices) > 1:
            _remember(turn, understood.intent)
            return Text(text("common", "ask_back"), choices)
    if understood.intent == "unknown":
        best = understood.alternatives[0][0] if understood.alternatives else ""
        _remember(turn, best)
    handler = routes.intents.get(understood.intent, routes.intents["unknown"])
    reply = handler(turn)
    turn.context["last_intent"] = understood.intent
    return reply


def _remember(turn: Turn, best: str) -> None:
    """Keep what was not understood, masked, so that staff can label it."""
    turn.session.add(
        NotUnderstood(at=turn.now, text=mask_free_text(turn.text)[:500], best_intent=best)
    )


def _other_kind(turn: Turn, inbound: Inbound) -> Reply:
    found = form.current(turn)
    if found is not None:
        _opened, waiting = found
        if waiting.takes_photos and inbound.kind == "image":
            if turn.media is None:
                return Text(text("form", "photo_lost"))
            return _answer(turn)
        if inbound.kind == "image":
            question = form.prompt(turn)
            line = text("form", "photo_not_now")
            return Text(f"{line}\n{question.content}", question.choices)
    handler = turn.services.routes.kinds.get(inbound.kind)
    if handler is None:
        return Nothing()
    return handler(turn)

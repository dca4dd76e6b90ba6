"""Which handler answers: an event, an answer inside an open form, or an understood intent.

Order for a message: a tapped choice; the words of the open form (取消, 上一步); an answer to its
field; a question in between; otherwise a follow-up to what was spoken of, then the intent.
Everything here is a function of the turn.
"""

from __future__ import annotations

from bot import follow_up, form
from bot.message import Inbound
from bot.models import NotUnderstood
from bot.reply import Choice, Nothing, Reply, Text
from bot.turn import Handler, Turn, Understood
from config.texts import text, topic
from credit_core.masking import mask_free_text

SURE = 0.8
"""In a free-text field only a plain command counts as a question in between."""
SHORT = 14
SURE_OF_QUESTION = 0.5
MOST_CHOICES = 3


def respond(turn: Turn) -> Reply:
    """The reply to one message or event."""
    if turn.inbound.kind == "event" and turn.inbound.event != "click":
        found = turn.services.routes.events.get(turn.inbound.event)
        return found(turn) if found else Nothing()
    follow_up.recall(turn)
    before = turn.open_form
    reply = _gone_on(turn, before, _respond(turn))
    for finish in turn.services.routes.finishing:
        reply = finish(turn, reply)
    follow_up.keep(turn, reply)
    return reply


def _respond(turn: Turn) -> Reply:
    inbound = turn.inbound
    key = inbound.choice or (inbound.event_key if inbound.kind == "event" else "")
    if key:
        handler = _tap(turn, key)
        if handler is not None:
            return _in_between(turn, handler)
        listening = turn.services.routes.events.get(inbound.event)
        if inbound.kind == "event" and listening is not None:
            return listening(turn)
        if inbound.kind == "event" or _is_stale(turn):
            return Text(text("form", "stale"), _offered(turn, "help"))
    if inbound.kind == "text":
        return _text(turn)
    return _other_kind(turn, inbound)


def _tap(turn: Turn, key: str) -> Handler | None:
    routes = turn.services.routes
    if key in routes.taps:
        return routes.taps[key]
    head, _, value = key.partition(":")
    if head == "intent":
        return _about(value, routes.intents[value]) if value in routes.intents else None
    return routes.taps.get(head)


def _about(intent: str, handler: Handler) -> Handler:
    """The handler, with its intent noted as what is spoken of."""

    def answer(turn: Turn) -> Reply:
        turn.context["topic"] = intent
        return handler(turn)

    return answer


def _is_stale(turn: Turn) -> bool:
    """A choice of a form that has ended: its words alone would mean nothing."""
    if turn.open_form is not None:
        return False
    head = turn.inbound.choice.partition(":")[0]
    return head in {"answer", "who", "record", "binding", "photos", "commitment", "pick", "form"}


def _gone_on(turn: Turn, before: dict[str, object] | None, reply: Reply) -> Reply:
    """When a form inside a form has ended, the outer one goes on with its question."""
    held = (before or {}).get("held")
    if turn.context.pop("forget_form", False) or not isinstance(held, dict):
        return reply
    if turn.open_form is not None:
        if turn.open_form is not held and turn.open_form["name"] != held["name"]:
            turn.open_form.setdefault("held", held)
        return reply
    turn.open_form = held
    return _with_question(turn, reply)


def _text(turn: Turn) -> Reply:
    if turn.text == "":
        return Text(text("common", "empty"))
    open_form = form.current(turn)
    command = form.said(turn) if open_form else None
    if command == "cancel":
        return form.cancel(turn)
    if command == "back":
        return form.back(turn)
    reply = _by_words(turn, open_form)
    if reply is not None:
        return reply
    if open_form is None:
        return _alone(turn)
    if follow_up.says(turn, "again"):
        return form.prompt(turn)
    if follow_up.says(turn, "lost"):
        return _with_line(turn, open_form[0].hint or text("form", "lost"))
    return _inside(turn, *open_form)


def _by_words(turn: Turn, open_form: tuple[form.Form, form.Field] | None) -> Reply | None:
    """What whole words or plain wishes about the talk mean, inside a form as well."""
    routes = turn.services.routes
    plain = turn.text.strip("。.!！~ ")
    known = routes.words.get(plain)
    reply = known(turn) if known else None
    if reply is not None:
        return _in_between(turn, lambda _turn: reply)
    meant = follow_up.words().plain.get(plain)
    if meant in routes.intents:
        return _in_between(turn, _about(meant, routes.intents[meant]))
    if open_form is not None and open_form[1].free and len(turn.text) > SHORT:
        return None
    wanted = (handler for fits, handler in routes.words_in_text if fits(turn.text))
    handler = next(wanted, None)
    return None if handler is None else _in_between(turn, handler)


def _alone(turn: Turn) -> Reply:
    """A text outside any form."""
    repeated = follow_up.again(turn) if follow_up.says(turn, "again") else None
    if repeated is not None:
        return repeated
    if form.plainly(turn.text) in topic("form")["words"]["of_forms"]:
        return Text(text("form", "nothing_open"), _offered(turn, "help"))
    for fits, handler in turn.services.routes.forms_of_text:
        if fits(turn.text):
            return handler(turn)
    return _intent(turn)


def _inside(turn: Turn, opened: form.Form, waiting: form.Field) -> Reply:
    if waiting.free:
        if _plain_command(turn, opened):
            return _in_between(turn, _intent)
        if _plain_question(turn):
            return _question_about_form(turn, opened)
        return _answer(turn)
    try:
        return form.answer(turn)
    except form.WrongAnswer as wrong:
        understood = _understand(turn)
        if understood.intent not in {"unknown", "greet", *opened.intents} and (
            understood.confidence >= SURE_OF_QUESTION
        ):
            return _in_between(turn, _intent)
        if opened.hint and _plain_question(turn):
            return _with_line(turn, opened.hint)
        return _try_again(turn, wrong)


def _answer(turn: Turn) -> Reply:
    try:
        return form.answer(turn)
    except form.WrongAnswer as wrong:
        return _try_again(turn, wrong)


def _try_again(turn: Turn, wrong: form.WrongAnswer) -> Reply:
    """Say what is wrong; from the second time on, also the ways out."""
    lines = [wrong.message]
    choices = form.prompt(turn).choices
    if turn.open_form is not None:
        failures = int(turn.open_form.get("failures", 0)) + 1
        turn.open_form["failures"] = failures
        if failures > 1:
            lines.append(text("form", "wrong_more"))
            choices = (*choices, *_ways_out(turn))
    return Text("\n".join(lines), choices)


def _ways_out(turn: Turn) -> tuple[Choice, ...]:
    back = (Choice("form:back", text("form", "back")),)
    ways = back if turn.open_form and turn.open_form["path"] else ()
    agent = _offered(turn, "agent")
    return (*ways, Choice("form:cancel", text("form", "cancel")), *agent)


def _offered(turn: Turn, *intents: str) -> tuple[Choice, ...]:
    """Choices of these intents, as far as there is somebody to answer them."""
    routes = turn.services.routes
    return tuple(
        Choice(f"intent:{intent}", routes.titles[intent])
        for intent in intents
        if intent in routes.intents and intent in routes.titles
    )


def _plain_command(turn: Turn, opened: form.Form) -> bool:
    understood = _understand(turn)
    return (
        understood.intent not in {"unknown", "greet", *opened.intents}
        and understood.confidence >= SURE
        and len(turn.text) <= SHORT
    )


def _plain_question(turn: Turn) -> bool:
    """A short question where a statement is awaited, such as 要带什么材料."""
    return len(turn.text) <= SHORT and any(
        turn.text.rstrip("。！!").endswith(word)
        if word in {"吗", "么", "？", "?"}
        else word in turn.text
        for word in follow_up.words().question
    )


def _question_about_form(turn: Turn, opened: form.Form) -> Reply:
    understood = _understand(turn)
    if understood.intent not in {"unknown", "greet", *opened.intents}:
        return _in_between(turn, _intent)
    return _with_line(turn, opened.hint or text("form", "question"))


def _in_between(turn: Turn, handler: Handler) -> Reply:
    """Answer a question, then come back to the open form, if there is one.

    Another form that is asked for is filled in first; the open one is held.
    """
    held = turn.open_form
    reply = handler(turn)
    if held is None or turn.open_form is None or not isinstance(reply, Text):
        return reply
    if turn.open_form is held:
        return _with_question(turn, reply)
    if turn.open_form.get("held") is None:
        return reply
    title = turn.services.routes.forms[held["name"]].title
    return Text(f"{text('form', 'held', title=title)}\n{reply.content}", reply.choices)


def _with_question(turn: Turn, reply: Reply) -> Reply:
    """An answer, and below it the question that the open form waits with."""
    found = form.current(turn)
    if found is None or not isinstance(reply, Text):
        return reply
    try:
        question = form.prompt(turn)
    except form.Leave as leaving:
        turn.open_form = None
        question = leaving.reply if isinstance(leaving.reply, Text) else Text("")
    lines = [reply.content, "", text("form", "still_open", title=found[0].title), question.content]
    return Text("\n".join(lines), question.choices)


def _with_line(turn: Turn, line: str) -> Text:
    question = form.prompt(turn)
    return Text(f"{line}\n{question.content}", (*question.choices, *_ways_out(turn)))


def _understand(turn: Turn) -> Understood:
    if turn.understood is None:
        turn.understood = turn.services.understander.understand(turn.text, today=turn.today)
    return turn.understood


def _intent(turn: Turn) -> Reply:
    understood = _understand(turn)
    leaning = follow_up.handler(turn)
    if leaning is not None:
        return leaning(turn)
    routes = turn.services.routes
    reply = _asked_back(turn, understood)
    if reply is None:
        if understood.intent == "unknown":
            best = understood.alternatives[0][0] if understood.alternatives else ""
            _remember(turn, best)
        elif understood.intent != "greet":
            turn.context["topic"] = understood.intent
        reply = routes.intents.get(understood.intent, routes.intents["unknown"])(turn)
    abusive = any(word in turn.text for word in follow_up.words().abuse)
    if abusive and isinstance(reply, Text) and understood.intent != "unknown":
        return Text(f"{text('common', 'calm')}\n{reply.content}", reply.choices)
    return reply


def _asked_back(turn: Turn, understood: Understood) -> Reply | None:
    """Two or three choices when the message may mean either; None when it is plain."""
    if not understood.ask_back:
        return None
    routes = turn.services.routes
    near = [name for name, _share in understood.alternatives if name != "unknown"]
    choices = _offered(turn, *near[:MOST_CHOICES])
    doubtful = understood.intent == "unknown"
    if len(choices) < (1 if doubtful else 2):
        return None
    _remember(turn, understood.intent)
    if "none_of_these" in routes.taps:
        choices = (*choices, Choice("none_of_these", text("common", "none_of_these")))
    return Text(text("common", "near" if doubtful else "ask_back"), choices)


def was_only_an_answer(turn: Turn) -> bool:
    """Whether the message meant something only inside a form that has ended by now."""
    if turn.inbound.choice:
        return _tap(turn, turn.inbound.choice) is None
    if turn.inbound.kind != "text" or turn.understood is None:
        return turn.inbound.kind == "text"
    return turn.understood.intent in {"unknown", "greet"} or turn.understood.ask_back


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
                return Text(text("form", "photo_lost"), form.prompt(turn).choices)
            return _answer(turn)
        if inbound.kind == "image":
            question = form.prompt(turn)
            line = text("form", "photo_not_now")
            return Text(f"{line}\n{question.content}", question.choices)
    handler = turn.services.routes.kinds.get(inbound.kind)
    if handler is None:
        return Nothing()
    return _in_between(turn, handler)

"""Which handler answers: an event, an answer inside an open form, or an understood intent.

Order for a message: a tapped choice; inside a form what :mod:`bot.filling` makes of it; otherwise
a typed choice of the last answer, a follow-up to what was spoken of, then the intent. Everything
here is a function of the turn.
"""

from __future__ import annotations

import re

from bot import (
    asides,
    between,
    choosing,
    commands,
    filling,
    follow_up,
    form,
    leaving,
    slips,
    spoken_of,
    steering,
    taking_up,
    wishes,
)
from bot.message import Inbound
from bot.reply import Nothing, Reply, Text
from bot.turn import Handler, Turn
from config.texts import text, topic

_ALONE = {
    "later": "civil.later_alone",
    "hurry": "civil.later_alone",
    "hold": "civil.later_alone",
    "asking": "civil.asking_alone",
}
"""What is said to words of steering where nothing is being filled in."""


def respond(turn: Turn) -> Reply:
    """The reply to one message or event."""
    if turn.inbound.kind == "event" and turn.inbound.event != "click":
        found = turn.services.routes.events.get(turn.inbound.event)
        return found(turn) if found else Nothing()
    spoken_of.recall(turn)
    asking = bool(turn.context.pop("asking", False))
    before = turn.open_form
    reply = _gone_on(turn, before, _respond(turn, asking=asking))
    for finish in turn.services.routes.finishing:
        reply = finish(turn, reply)
    spoken_of.keep(turn, reply)
    return reply


def _respond(turn: Turn, *, asking: bool) -> Reply:
    inbound = turn.inbound
    key = inbound.choice or (inbound.event_key if inbound.kind == "event" else "")
    if key:
        handler = _tap(turn, key)
        if handler is not None:
            return between.in_between(turn, handler)
        listening = turn.services.routes.events.get(inbound.event)
        if inbound.kind == "event" and listening is not None:
            return listening(turn)
        if inbound.kind == "event" or _is_stale(turn):
            return Text(text("form", "stale"), wishes.offered(turn, "help"))
    if inbound.kind == "text":
        return _text(turn, asking=asking)
    return _other_kind(turn, inbound)


def _tap(turn: Turn, key: str) -> Handler | None:
    routes = turn.services.routes
    if key in routes.taps:
        return routes.taps[key]
    head, _, value = key.partition(":")
    if head == "intent":
        found = routes.intents.get(value)
        return None if found is None else between.about(value, found)
    return routes.taps.get(head)


def _is_stale(turn: Turn) -> bool:
    """A choice of a form that has ended: its words alone would mean nothing."""
    if turn.open_form is not None:
        return False
    head = turn.inbound.choice.partition(":")[0]
    return head in {"answer", "who", "record", "binding", "photos", "commitment", "pick", "form"}


def _gone_on(turn: Turn, before: dict[str, object] | None, reply: Reply) -> Reply:
    """When a form inside a form has ended, the outer one goes on with its question.

    A form that gives way was put off for the inner one; who cancels that wants no more of either.
    """
    held = (before or {}).get("held")
    if turn.context.pop("forget_form", False) or not isinstance(held, dict):
        return reply
    if turn.open_form is not None:
        if turn.open_form is not held and turn.open_form["name"] != held["name"]:
            turn.open_form.setdefault("held", held)
        return reply
    turn.open_form = held
    found = form.current(turn)
    cancelled = turn.context.get("left", {}).get("name") == (before or {}).get("name")
    if cancelled and found is not None and found[0].gives_way:
        turn.open_form = None
        return reply
    return between.with_question(turn, reply)


def _text(turn: Turn, *, asking: bool) -> Reply:
    open_form = form.current(turn)
    if turn.text == "":
        empty = Text(text("common", "empty"))
        return between.with_question(turn, empty) if open_form else empty
    urgent = next(filter(None, (one(turn) for one in turn.services.routes.urgent)), None)
    if urgent is not None:
        return urgent(turn)
    picked = _picked(turn, asking=asking)
    if picked is not None:
        return between.in_between(turn, picked)
    if open_form is not None:
        return filling.text_inside(turn, *open_form)
    after = taking_up.taken_up(turn) or taking_up.agreed(turn) or taking_up.what_became(turn)
    if after is not None:
        return after
    if not turn.inbound.choice:
        meant = commands.after_going_on(slips.corrected(turn.text) or turn.text)
        turn.restated, turn.understood = slips.unslipped(meant), None
    return filling.by_words(turn, None, None) or _alone(turn)


def _picked(turn: Turn, *, asking: bool) -> Handler | None:
    """The choice of the last answer whose label is typed; of a question back also 第二个 or a
    part of the label."""
    if turn.inbound.choice:
        return None
    offered = spoken_of.offered(turn)
    if turn.open_form is not None:
        # Inside a form a number is the form's.
        offered = tuple(one for one in offered if _tap(turn, one.id) is not None)
    chosen = choosing.exact(offered, turn.text)
    if chosen is None and asking and commands.command(turn.text) == "none":
        chosen = next((one for one in offered if one.id == "none_of_these"), None)
    if chosen is None and asking:
        chosen = choosing.by_part(offered, turn.text)
    if chosen is None and asking and turn.open_form is None:
        chosen = choosing.by_number(offered, turn.text)
    handler = _tap(turn, chosen.id) if chosen else None
    if chosen is not None and handler is not None:
        turn.picked = chosen.id
    return handler


def _alone(turn: Turn) -> Reply:
    """A text outside any form."""
    if follow_up.says(turn, "again"):
        # 上一条 is the record before, where a record was spoken of.
        pointed = spoken_of.pointed(turn)
        repeated = pointed(turn) if pointed is not None else spoken_of.again(turn)
        if repeated is not None:
            return repeated
    routes = turn.services.routes
    for fits, handler in (*routes.forms_of_text, *routes.about_us):
        if fits(turn.text):
            return handler(turn)
    leans = wishes.named(turn) is not None or spoken_of.handler(turn) is not None
    if not leans and not asides.is_known(wishes.understand(turn)):
        stray = _stray(turn)
        if stray is not None:
            return stray
    return wishes.answer(turn)


def _stray(turn: Turn) -> Reply | None:
    """取消, 上一步 or 提交 where nothing is being filled in: nothing is opened or changed."""
    name = _form_spoken_of(turn)
    said = commands.command(turn.text, name) or commands.step(turn.text, name or "", steering.STEPS)
    said = said or leaving.pause(turn.text, name or "", free=False)
    if said is None and leaving.ends_cancelling(turn.text, name or ""):
        said = "cancel"
    if said is None and leaving.declines_for_now(turn.text):
        return Text(text("form", "nothing_wanted"), wishes.offered(turn, "help"))
    if said in taking_up.GOES_ON and _thanks(turn.text) and turn.services.routes.courtesy:
        return turn.services.routes.courtesy(turn)  # 好了谢谢
    told = spoken_of.standing(turn) if said == "where" else None
    done = turn.services.routes.forms.get(str(turn.context.get("done")))
    corrects = said == "back" or commands.added(turn.text) is not None
    if corrects and done is not None and done.redo is not None:
        told = done.redo
    if told is not None:
        return told(turn)
    if said in taking_up.GOES_ON:
        first = "score" if turn.bindings() else "bind"
        alone = Text(text("form", "civil.go_on_alone"), wishes.offered(turn, first, "help"))
        return taking_up.begun(turn) or alone
    if said in {"cancel", "back", "where", "later", "hurry", "hold", "asking"}:
        # 先不签 wants nothing; 取消 looks for something to end.
        key = "nothing_wanted" if commands.refuses(turn.text) else "nothing_open"
        key = _ALONE.get(said, key)
        return Text(text("form", key), wishes.offered(turn, "help"))
    if said == "nod" and turn.services.routes.courtesy is not None:
        return turn.services.routes.courtesy(turn)
    if said in {"nod", "greet", "thanks"} or not commands.agrees(turn.text):
        return None
    status = spoken_of.handler_of(turn, "status")
    if status is None:
        return Text(text("form", "nothing_to_hand_in"), wishes.offered(turn, "help"))
    return status(turn)


def _thanks(said: str) -> bool:
    return re.search(topic("welcome")["thanks_like"], said) is not None


def _form_spoken_of(turn: Turn) -> str | None:
    """The form that was left, or that the talk is about: 先不签 after a word on commitments."""
    left, about = taking_up.left_form(turn), turn.context.get("topic")
    if left is not None:
        return left.name
    forms = turn.services.routes.forms.items()
    return next((name for name, one in forms if about in one.intents), None)


def was_only_an_answer(turn: Turn) -> bool:
    """Whether the message meant something only inside a form that has ended by now."""
    if turn.inbound.choice:
        return _tap(turn, turn.inbound.choice) is None
    if turn.inbound.kind != "text" or turn.understood is None:
        return turn.inbound.kind == "text"
    return turn.understood.intent in wishes.NOT_A_WISH or turn.understood.ask_back


def _other_kind(turn: Turn, inbound: Inbound) -> Reply:
    found = form.current(turn)
    if found is not None:
        opened, waiting = found
        outer = between.waiting_for(turn, opened) if inbound.kind == "image" else None
        if outer is not None and outer[1].takes_photos:
            return between.in_outer(turn, lambda turn: _other_kind(turn, inbound))
        if waiting.takes_photos and inbound.kind == "image":
            if turn.media is None:
                return Text(text("form", "photo_lost"), form.prompt(turn).choices)
            return filling.answer(turn)
        later = next((one for one in opened.fields if one.takes_photos), None)
        past = later is not None and later.name in (turn.open_form or {}).get("path", [])
        if inbound.kind == "image" and later is not None and past and turn.media is not None:
            return form.one_more(turn, later)
        if inbound.kind == "image":
            question = form.prompt(turn)
            line = text("form", "photo_not_now")
            return Text(f"{line}\n{question.content}", question.choices)
    handler = turn.services.routes.kinds.get(inbound.kind)
    if handler is None:
        return Nothing()
    return between.in_between(turn, handler)

"""A form that was left and is wanted after all (还是接着申诉吧), or that was offered and is begun
(那行，开始吧)."""

from __future__ import annotations

import re

from bot import commands, follow_up, form, spoken_of, story, wishes
from bot.reply import Reply, Text
from bot.turn import Turn
from config.texts import text

WANTS = frozenset({"go_on", "wish"})
GOES_ON = frozenset({"go_on", "next"})
NOT_BEGUN = frozenset({"agent", "privacy", "remind_on", "remind_off"})
"""Offered beside nearly everything, or a change of what was set: these are wanted in words."""


def left_form(turn: Turn) -> form.Form | None:
    """The form that was left just now."""
    left = turn.context.get("left")
    return turn.services.routes.forms.get(left["name"]) if isinstance(left, dict) else None


def taken_up(turn: Turn) -> Reply | None:
    """The form again, with what was told by then; None when the message does not want it."""
    left = left_form(turn)
    if left is None or not left.intents or commands.command(turn.text, left.name) not in WANTS:
        return None
    answers = dict(turn.context.pop("left")["answers"])
    intent = next(iter(left.intents))
    turn.context["topic"] = intent
    if not answers:
        return turn.services.routes.intents[intent](turn)
    told = {one.joins for one in left.fields if one.joins} & set(answers)
    old = {name: answers.pop(name) for name in told}
    reply = form.start(turn, left.name, answers)
    if turn.open_form is None:
        return reply
    turn.open_form["old"] = old
    return story.asked_again(turn, reply)


def agreed(turn: Turn) -> Reply | None:
    """好，接着: what was explained is begun; 行, after 要先绑定身份: what was asked for needs it,
    so that a nod is enough."""
    if turn.inbound.choice or turn.context.get("left"):
        return None
    agrees = commands.agrees(turn.text) and not commands.thanks(turn.text)
    if turn.context.get("after_bind") and (agrees or commands.command(turn.text) in GOES_ON):
        return begun(turn)
    return (
        begun(turn) if commands.step(turn.text, "", tuple(GOES_ON | {"nod"})) in GOES_ON else None
    )


def begun(turn: Turn) -> Reply | None:
    """那行，开始吧: the form that the last answer offers first, or its question once more; None
    when it offers none. What cannot be undone, and settings, are not begun so."""
    routes, choices = turn.services.routes, spoken_of.offered(turn)
    if any(choice.id == "none_of_these" for choice in choices):
        turn.context["asking"] = True
        return spoken_of.again(turn)
    intent = choices[0].id.removeprefix("intent:") if choices else ""
    forms = {wish for _name, wish, _one in routes.wishes()}
    if intent not in forms - routes.destructive - NOT_BEGUN or turn.context.get("left"):
        return None
    turn.context["topic"] = intent
    return routes.intents[intent](turn)


def what_became(turn: Turn) -> Reply | None:
    """刚才说的没存下来吧: what became of a form that was left or handed in, and whether it can
    still be changed; None when it is not asked."""
    done = _done(turn)
    told = None if done is None else form.told_first(turn, done, outside=True)
    if told is not None:
        return Text(told, wishes.offered(turn, "agent"))
    if not re.search(follow_up.words().asks_left, turn.text.rstrip("？?。！! ")):
        return None
    left = left_form(turn)
    if left is None:
        return None if done is None else _handed_in(turn, done)
    key = "left_kept" if turn.context["left"]["answers"] else "left_nothing"
    return Text(text("form", key, title=left.title), left.elsewhere)


def _done(turn: Turn) -> form.Form | None:
    """The form that was handed in to staff just now."""
    done = turn.services.routes.forms.get(str(turn.context.get("done")))
    return done if done is not None and done.redo is not None and done.about else None


def _handed_in(turn: Turn, done: form.Form) -> Reply | None:
    """没交上去吧, right after it was: the case, with its number."""
    turn.context["topic"] = done.about
    status = spoken_of.handler_of(turn, "status")
    told = None if status is None else status(turn)
    if not isinstance(told, Text):
        return told
    return Text(f"{text('form', 'was_handed_in')}\n{told.content}", told.choices)

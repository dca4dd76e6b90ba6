"""What a text means while a form is open.

In this order: a label of the screen; words that steer the talk (取消, 上一步, 说到哪了 …); a
choice by number or part; wishes of the whole service; the answer to the field; a question in
between. What is a statement in a field of free text is decided in :mod:`bot.stating`.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from bot import (
    choosing,
    commands,
    follow_up,
    form,
    leaving,
    spoken_of,
    stating,
    steering,
    story,
    wishes,
)
from bot.between import (
    about,
    in_between,
    in_outer,
    try_again,
    waiting_for,
    with_line,
)
from bot.reply import Reply
from bot.turn import Routes, Turn
from config.texts import text

SHORT = 14
SURE_OF_QUESTION = 0.5
LEAVING = frozenset({"cancel", "stop", "back"})
"""Beside these no answer is looked for; 下午再打 may stand beside a number."""
WORTH_KEEPING = 6


def text_inside(turn: Turn, opened: form.Form, waiting: form.Field) -> Reply:
    """The reply to a text, with the form still open before it."""
    steering.past_waiting(turn, opened)
    reply = _take_up_what_was_said(turn, opened, waiting) or _chosen(turn, opened, waiting)
    if reply is None and leaving.ends_stopping(turn.text, opened.name):
        return steering.left_for(turn, opened)
    reply = reply or _told_first(turn, opened) or _led_on(turn, opened, waiting)
    if reply is not None:
        return reply
    if not waiting.free:
        left = commands.unhurried(turn.text)
        says_more = left not in {"", turn.text}
        if says_more and not commands.only_steers(turn.text, opened.name):
            turn.restated = left
    if form.match(turn):
        return _answered(turn, opened, waiting)
    reply = by_words(turn, opened, waiting) or _left(turn, opened, waiting)
    if reply is not None:
        return reply
    whole = waiting.free or turn.text in opened.own_words
    whole = whole or commands.agrees(turn.text, opened.name)
    partly = None if whole else commands.clause_command(turn.text, opened.name, LEAVING)
    if partly is not None:
        right = steering.set_right(turn, opened, waiting)
        obeyed = right or steering.obeyed(turn, partly, opened, waiting)
        return obeyed or form.prompt(turn)
    return stating.free(turn, opened, waiting) if waiting.free else _answered(turn, opened, waiting)


def _chosen(turn: Turn, opened: form.Form, waiting: form.Field) -> Reply | None:
    """A choice that was tapped, or whose label was typed."""
    tapped = turn.inbound.choice and form.choose(turn, "form") is None
    if tapped or form.match(turn, only_label=True):
        return _answered(turn, opened, waiting)
    return None


def _told_first(turn: Turn, opened: form.Form) -> Reply | None:
    """What is asked of this form, or of what is done elsewhere, before it could be an answer."""
    if follow_up.asks_elsewhere(turn.text) and not follow_up.tells_of_then(turn.text):
        return story.kept(turn, in_between(turn, turn.services.routes.intents["unknown"]))
    told = form.told_first(turn, opened)
    if told is None:
        return None
    return story.kept(turn, with_line(turn, told, leaving=False))


def _led_on(turn: Turn, opened: form.Form, waiting: form.Field) -> Reply | None:
    """加一句 where something else is asked for; words that steer; another one that is meant."""
    adds = commands.added(turn.text) is not None
    reply = _added(turn, opened, waiting) if adds else None
    reply = reply or steering.steered(turn, opened, waiting)
    return reply or steering.for_another(turn, opened)


def _left(turn: Turn, opened: form.Form, waiting: form.Field) -> Reply | None:
    """The form is left in plain words: 我不申诉了; 都是一家人，取消吧."""
    if leaving.leaves(turn.text, opened.name):
        return steering.left_for(turn, opened)
    if leaving.opens_cancelling(turn.text, opened.name):
        return form.cancel(turn)
    if waiting.free and leaving.ends_cancelling(turn.text, opened.name):
        return form.cancel(turn)
    return None


def _take_up_what_was_said(turn: Turn, opened: form.Form, waiting: form.Field) -> Reply | None:
    """就写这句话: what was said before becomes the answer, or part of it, after all."""
    if turn.open_form is None:
        return None
    said = turn.open_form.pop("said", None)
    wanted = text("form", "keep")
    if not isinstance(said, str) or not (
        turn.inbound.choice == "form:keep" or commands.core(turn.text) == commands.core(wanted)
    ):
        return None
    turn.restated = said
    if waiting.joins:
        try:
            return story.add(turn, opened, waiting)
        except form.WrongAnswer as wrong:
            return try_again(turn, wrong)
    return stating.stated(turn, waiting)


def _added(turn: Turn, opened: form.Form, waiting: form.Field) -> Reply | None:
    """More of the story where something else is asked for: it joins the explanation."""
    if not story.tells_more(turn, waiting):
        return None
    other = steering.elsewhere(turn, opened)
    if other is not None:
        return other
    try:
        return story.add(turn, opened, waiting)
    except form.WrongAnswer as wrong:
        turn.restated = None
        return with_line(turn, wrong.message, leaving=False)


def by_words(turn: Turn, opened: form.Form | None, waiting: form.Field | None) -> Reply | None:
    """What whole words or plain wishes about the talk mean, inside a form as well."""
    routes = turn.services.routes
    bare = turn.text.strip("。.!！~ ")
    known = _meant_by(routes, bare)
    if opened is not None and bare in opened.own_words:
        known = None
    reply = known(turn) if known else None
    if reply is not None:
        return in_between(turn, lambda _turn: reply)
    meant = follow_up.words().plain.get(bare)
    if meant in routes.intents:
        return in_between(turn, about(meant, routes.intents[meant]))
    if waiting is not None and waiting.free and len(turn.text) > SHORT:
        return None
    wanted = (handler for fits, handler in routes.words_in_text if fits(turn.text))
    handler = next(wanted, None)
    return None if handler is None else in_between(turn, handler)


def _meant_by(routes: Routes, said: str) -> Callable[[Turn], Reply | None] | None:
    """Who answers known words, alone or several that say the same (好的，收到，知道了)."""
    clauses = [said] if said in routes.words else re.findall(r"[^，,。；;！!？?\s]+", said)
    meant = {routes.words.get(clause) for clause in clauses}
    if len(meant) > 1:
        meant.discard(routes.courtesy)
    return meant.pop() if len(meant) == 1 else None


def _answered(turn: Turn, opened: form.Form, waiting: form.Field) -> Reply:
    try:
        return form.answer(turn)
    except form.WrongAnswer as wrong:
        if turn.choice and form.choose(turn, "form") is None:
            return try_again(turn, wrong)
        asks = follow_up.is_question(turn.text)
        if waiting.takes_photos and commands.finishes(turn.text) and not asks:
            return try_again(turn, wrong)
        if wishes.is_only_abuse(turn.text) and not follow_up.is_question(turn.text):
            return with_line(turn, text("common", "calm"))
        if choosing.QUANTITY.fullmatch(commands.core(turn.text)):
            # 两个月 is an answer that does not fit, not a wish for two months of something.
            return try_again(turn, wrong)
        told = None
        if asks and wishes.named(turn) is not None and not waiting.joins:
            told = in_between(turn, wishes.answer)
        told = told or stating.told_about_form(turn, opened, no_answer=not waiting.joins)
        told = told or stating.aside_told(turn, waiting)
        told = told or _give_way(turn, opened)
        told = told or _said_besides(turn, opened, waiting)
        if wrong.plain:
            return told or try_again(turn, wrong)
        told = told or _added(turn, opened, waiting)
        told = told or _wanted(turn, opened, waiting)
        if told is None and waiting.joins:
            return story.kept(turn, try_again(turn, wrong))
        return told or try_again(turn, wrong)


def _said_besides(turn: Turn, opened: form.Form, waiting: form.Field) -> Reply | None:
    """等下，我找找 beside no answer; 没有照片 where the photos are past."""
    said = commands.clause_command(turn.text, opened.name, frozenset({"later", "hurry", "hold"}))
    if said is None and not waiting.takes_photos and commands.finishes(turn.text):
        said = "nod"
    return None if said is None else steering.civilly(turn, said)


def _wanted(turn: Turn, opened: form.Form, waiting: form.Field) -> Reply | None:
    """What a message that is no answer wants instead; None when it wants nothing."""
    if wishes.named(turn) is not None:
        return in_between(turn, wishes.answer)
    understood = wishes.understand(turn)
    hint, asks = waiting.hint or opened.hint, follow_up.is_question(turn.text)
    if understood.intent in opened.intents and len(turn.text) <= SHORT:
        return with_line(turn, hint, leaving=False) if hint and asks else form.prompt(turn)
    wanted = understood.intent not in {*wishes.NOT_A_WISH, *opened.intents}
    if wanted and understood.confidence >= SURE_OF_QUESTION:
        return in_between(turn, wishes.answer)
    if wishes.is_abusive(turn.text):
        return with_line(turn, text("common", "calm"))
    leaning = spoken_of.handler(turn) if asks else None
    if leaning is not None and turn.context.get("topic") not in opened.intents:
        return in_between(turn, leaning)
    if hint and asks:
        hinted = with_line(turn, hint)
        return story.kept(turn, hinted) if len(turn.text) > SHORT else hinted
    return in_between(turn, wishes.answer) if wanted and understood.ask_back else None


def _give_way(turn: Turn, opened: form.Form) -> Reply | None:
    """The reply of the form that waits, where the message is plainly an answer to it."""
    held = waiting_for(turn, opened)
    if held is None or len(turn.text) < WORTH_KEEPING or not held[1].free:
        return None
    understood = wishes.understand(turn)
    wanted = understood.intent not in {*wishes.NOT_A_WISH, *held[0].intents}
    if wanted and understood.confidence >= SURE_OF_QUESTION and not understood.ask_back:
        return None
    return in_outer(turn, lambda turn: text_inside(turn, *held))


def answer(turn: Turn) -> Reply:
    """Take the message, or the photo, as the answer."""
    try:
        return form.answer(turn)
    except form.WrongAnswer as wrong:
        return try_again(turn, wrong)

"""What a text means while a form is open.

In this order: a label of the screen; words that steer the talk (取消, 上一步, 说到哪了 …); a
choice by number or part; wishes of the whole service; the answer to the field; a question in
between. In a field of free text, what is plainly a command, a question or anger is not taken for
the statement; where that is not plain the person is asked, and what was said is kept meanwhile.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from bot import (
    asides,
    choosing,
    commands,
    follow_up,
    form,
    leaving,
    spoken_of,
    steering,
    story,
    wishes,
)
from bot.between import (
    about,
    in_between,
    in_outer,
    waiting_for,
    way_back_or_out,
    ways_out,
    with_line,
)
from bot.reply import Choice, Reply, Text
from bot.turn import Routes, Turn
from config.texts import text

SURE = 0.8
"""In a free-text field only a plain command counts as a wish in between."""
SHORT = 14
SURE_OF_QUESTION = 0.5
SURE_OF_HELP = 0.9
LEAST_TOLD = 5
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
    return _free(turn, opened, waiting) if waiting.free else _answered(turn, opened, waiting)


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
            return _try_again(turn, wrong)
    return _stated(turn, waiting)


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


# --- a field with choices or of a certain form ---------------------------------------------------


def _answered(turn: Turn, opened: form.Form, waiting: form.Field) -> Reply:
    try:
        return form.answer(turn)
    except form.WrongAnswer as wrong:
        if turn.choice and form.choose(turn, "form") is None:
            return _try_again(turn, wrong)
        asks = follow_up.is_question(turn.text)
        if waiting.takes_photos and commands.finishes(turn.text) and not asks:
            return _try_again(turn, wrong)
        if wishes.is_only_abuse(turn.text) and not follow_up.is_question(turn.text):
            return with_line(turn, text("common", "calm"))
        if choosing.QUANTITY.fullmatch(commands.core(turn.text)):
            # 两个月 is an answer that does not fit, not a wish for two months of something.
            return _try_again(turn, wrong)
        told = None
        if asks and wishes.named(turn) is not None and not waiting.joins:
            told = in_between(turn, wishes.answer)
        told = told or _told_about_form(turn, opened, no_answer=not waiting.joins)
        told = told or _aside_told(turn, waiting)
        told = told or _give_way(turn, opened)
        told = told or _said_besides(turn, opened, waiting)
        if wrong.plain:
            return told or _try_again(turn, wrong)
        told = told or _added(turn, opened, waiting)
        told = told or _wanted(turn, opened, waiting)
        if told is None and waiting.joins:
            return story.kept(turn, _try_again(turn, wrong))
        return told or _try_again(turn, wrong)


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
            choices = (*choices, *ways_out(turn))
    return Text("\n".join(lines), choices)


# --- a field of free text -----------------------------------------------------------------------


def _aside(turn: Turn, opened: form.Form) -> Reply | None:
    """The reply to what is surely no statement: anger, 那你帮我弄, a word about the service."""
    if wishes.is_only_abuse(turn.text):
        return with_line(turn, text("common", "calm"))
    if len(turn.text) <= follow_up.NOT_LONG and wishes.named(turn) is not None:
        return story.kept(turn, in_between(turn, wishes.answer))
    if follow_up.ask(turn.text) == "do" or _only_wishes(turn, opened):
        return form.prompt(turn)
    known = _about_us(turn)
    if known is None and follow_up.is_order(turn.text):
        known = with_line(turn, text("form", "no_order"))
    return None if known is None else story.kept(turn, known)


def _only_wishes(turn: Turn, opened: form.Form) -> bool:
    """那我举报它: only that this form is wanted, which is open."""
    said, asks = commands.core(turn.text), follow_up.is_question(turn.text)
    return not asks and commands.names(said, opened.name) and len(said) <= LEAST_TOLD


def _stated(turn: Turn, waiting: form.Field) -> Reply:
    """Take the message as the statement, after what waits for it; too short, it waits itself."""
    said = turn.text
    turn.restated = story.whole(turn, waiting)
    try:
        reply = form.answer(turn)
    except form.WrongAnswer as wrong:
        found = form.current(turn)
        if found is not None and story.is_story(*found):
            story.keep_draft(turn, waiting, said)
        return _try_again(turn, wrong)
    story.taken(turn, waiting)
    return reply


def _free(turn: Turn, opened: form.Form, waiting: form.Field) -> Reply:
    aside = _aside(turn, opened)
    if aside is None and form.told(turn, opened) is None:
        aside = _aside_told(turn, waiting)
    if aside is not None:
        return aside
    other = steering.elsewhere(turn, opened)
    if other is not None:
        return other
    if follow_up.is_question(turn.text):
        return _question(turn, opened, waiting)
    asked = follow_up.asked_at_last(turn.text)
    if asked is not None:
        return _asked_at_last(turn, asked)
    told = _told_about_form(turn, opened)
    if told is not None:
        return story.kept(turn, told)
    understood = wishes.understand(turn)
    wanted = understood.intent not in {*wishes.NOT_A_WISH, *opened.intents}
    tells = follow_up.tells_of_then(turn.text)
    if wanted and understood.confidence >= SURE and len(turn.text) <= SHORT and not tells:
        if _only_tells(turn, understood.intent) or _is_wish(turn, understood.intent):
            return story.kept(turn, in_between(turn, wishes.answer))
        return _doubt(turn, wishes.offered(turn, understood.intent))
    if not wanted and len(turn.text) <= SHORT and follow_up.asks_for_elsewhere(turn.text):
        return story.kept(turn, in_between(turn, wishes.answer))
    perhaps = (
        len(turn.text) <= SHORT
        and not tells
        and any(word in turn.text for word in follow_up.words().perhaps_leaving)
    )
    right = steering.set_right(turn, opened, waiting)
    if right is not None:
        return right
    if perhaps or commands.clause_command(turn.text, opened.name) is not None:
        return _doubt(turn, way_back_or_out(turn))
    return _stated(turn, waiting)


def _asked_at_last(turn: Turn, asked: str) -> Reply:
    """What a story asks us at its end is answered; the story can still become the statement."""
    said, turn.restated, turn.understood = turn.text, asked, None
    handler = asides.meant(turn, asides.INSIDE)
    told = None if handler is None else in_between(turn, handler)
    turn.restated, turn.understood = said, None
    return _doubt(turn, way_back_or_out(turn)) if told is None else story.kept(turn, told)


def _question(turn: Turn, opened: form.Form, waiting: form.Field) -> Reply:
    """A question where a statement is awaited; it can still become the statement."""
    rules = turn.services.routes.rules
    if rules is not None and follow_up.asks_of_rules(turn.text):
        found = rules(turn)
        if found is not None:
            return story.kept(turn, in_between(turn, lambda _turn: found))
    told = _told_about_form(turn, opened)
    if told is not None:
        return story.kept(turn, told)
    understood = wishes.understand(turn)
    wanted = understood.intent not in {*wishes.NOT_A_WISH, *opened.intents}
    if wanted and not _only_tells(turn, understood.intent):
        # 谁能替我刷卡 may be part of what happened.
        if _is_wish(turn, understood.intent) or len(turn.text) < WORTH_KEEPING:
            return in_between(turn, wishes.answer)
        return _doubt(turn, wishes.offered(turn, understood.intent))
    if wanted and (understood.confidence >= SURE_OF_QUESTION or len(turn.text) <= SHORT):
        return story.kept(turn, in_between(turn, wishes.answer))
    if follow_up.is_plainly_elsewhere(turn.text):
        return story.kept(turn, in_between(turn, wishes.answer))
    if len(turn.text) > SHORT and follow_up.ends_asking(turn.text):
        return _doubt(turn, way_back_or_out(turn))
    if len(turn.text) > SHORT:
        return _stated(turn, waiting)
    hint = waiting.hint or opened.hint or text("form", "question")
    return story.kept(turn, with_line(turn, hint))


def _told_about_form(turn: Turn, opened: form.Form, *, no_answer: bool = False) -> Reply | None:
    """The answer to a question or a worry about this form.

    :param no_answer: the message is none to the field, so that it need not look like a question.
    """
    worries = len(turn.text) <= SHORT and any(word in turn.text for word in follow_up.words().worry)
    asks = worries or follow_up.is_question(turn.text)
    if not asks and not (no_answer and len(turn.text) <= follow_up.NOT_LONG):
        return None
    told = form.told(turn, opened)
    if told is not None:
        return with_line(turn, told, leaving=False)
    if follow_up.only_asks(turn.text):
        found = form.current(turn)
        hint = (found[1].hint if found else "") or opened.hint
        return with_line(turn, hint or text("form", "question"))
    return _about_us(turn)


def _aside_told(turn: Turn, waiting: form.Field) -> Reply | None:
    """The answer to a question that is often asked, and then the form's own question again.

    Where what happened is told, only what asks or speaks to us is no part of it.
    """
    speaks = asides.speaks(turn.text)
    tells = waiting.free or bool(waiting.joins) or follow_up.tells_of_then(turn.text)
    known = wishes.named(turn) or spoken_of.pointed(turn)
    told_then = follow_up.tells_of_then(turn.text) and not follow_up.is_question(turn.text)
    if known is not None or (tells and (told_then or not speaks)):
        return None
    least = asides.INSIDE if speaks else asides.BESIDE_PLAIN
    asked = asides.inside(turn, wishes.understand(turn), least)
    return None if asked is None else story.kept(turn, in_between(turn, asked))


def _about_us(turn: Turn) -> Reply | None:
    for fits, handler in turn.services.routes.about_us:
        if fits(turn.text):
            return in_between(turn, handler)
    return None


def _only_tells(turn: Turn, intent: str) -> bool:
    """Whether the answer to this intent neither opens a form nor changes anything."""
    return intent not in turn.services.routes.acting


def _is_wish(turn: Turn, intent: str) -> bool:
    """Whether the message asks for this and says nothing else: 我要举报, 转人工."""
    said = (turn.text, *commands.clauses(turn.text)[-1:])
    for name, one in turn.services.routes.forms.items():
        if intent in one.intents and any(commands.is_wish_for(part, name) for part in said):
            return True
    if intent == "agent":
        return wishes.understand(turn).confidence >= SURE_OF_HELP
    named = follow_up.words().settings.get(intent)
    return named is not None and any(word in turn.text for word in named)


def _doubt(turn: Turn, instead: tuple[Choice, ...]) -> Reply:
    return story.doubt(turn, instead) or form.prompt(turn)

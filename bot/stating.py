"""A field of free text: whether a message is the statement, or a question, a command, anger.

In this order: what is surely no statement; another form that is meant; a question, or what a
story asks at its end; a wish. What is not plain is asked, and what was said is kept meanwhile.
"""

from __future__ import annotations

from bot import asides, commands, follow_up, form, spoken_of, steering, story, wishes
from bot.between import in_between, try_again, way_back_or_out, with_line
from bot.reply import Choice, Reply
from bot.turn import Turn
from config.texts import text

SURE = 0.8
"""Only a plain command counts as a wish in between."""
SHORT = 14
SURE_OF_QUESTION = 0.5
SURE_OF_HELP = 0.9
LEAST_TOLD = 5
WORTH_KEEPING = 6


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


def stated(turn: Turn, waiting: form.Field) -> Reply:
    """Take the message as the statement, after what waits for it; too short, it waits itself."""
    said = turn.text
    turn.restated = story.whole(turn, waiting)
    try:
        reply = form.answer(turn)
    except form.WrongAnswer as wrong:
        found = form.current(turn)
        if found is not None and story.is_story(*found):
            story.keep_draft(turn, waiting, said)
        return try_again(turn, wrong)
    story.taken(turn, waiting)
    return reply


def free(turn: Turn, opened: form.Form, waiting: form.Field) -> Reply:
    """The reply to a text where a statement is awaited."""
    reply = _no_statement(turn, opened, waiting) or _wished(turn, opened)
    if reply is not None:
        return reply
    perhaps = (
        len(turn.text) <= SHORT
        and not follow_up.tells_of_then(turn.text)
        and any(word in turn.text for word in follow_up.words().perhaps_leaving)
    )
    right = steering.set_right(turn, opened, waiting)
    if right is not None:
        return right
    if perhaps or commands.clause_command(turn.text, opened.name) is not None:
        return _doubt(turn, way_back_or_out(turn))
    return stated(turn, waiting)


def _no_statement(turn: Turn, opened: form.Form, waiting: form.Field) -> Reply | None:
    """The reply to anger, to another form that is meant, to a question about this one or any."""
    aside = _aside(turn, opened)
    if aside is None and form.told(turn, opened) is None:
        aside = aside_told(turn, waiting)
    reply = aside or steering.elsewhere(turn, opened)
    if reply is not None:
        return reply
    if follow_up.is_question(turn.text):
        return _question(turn, opened, waiting)
    asked = follow_up.asked_at_last(turn.text)
    if asked is not None:
        return _asked_at_last(turn, asked)
    told = told_about_form(turn, opened)
    return None if told is None else story.kept(turn, told)


def _wished(turn: Turn, opened: form.Form) -> Reply | None:
    """The reply to a short plain wish; None where it may be part of what happened."""
    understood = wishes.understand(turn)
    if len(turn.text) > SHORT:
        return None
    wanted = understood.intent not in {*wishes.NOT_A_WISH, *opened.intents}
    tells = follow_up.tells_of_then(turn.text)
    if wanted and understood.confidence >= SURE and not tells:
        if _only_tells(turn, understood.intent) or _is_wish(turn, understood.intent):
            return story.kept(turn, in_between(turn, wishes.answer))
        return _doubt(turn, wishes.offered(turn, understood.intent))
    if not wanted and follow_up.asks_for_elsewhere(turn.text):
        return story.kept(turn, in_between(turn, wishes.answer))
    return None


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
    told = told_about_form(turn, opened)
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
    asks = follow_up.ends_asking(turn.text) or follow_up.supposes(turn.text)
    if len(turn.text) > SHORT and asks:
        return _doubt(turn, way_back_or_out(turn))
    if len(turn.text) > SHORT:
        return stated(turn, waiting)
    hint = waiting.hint or opened.hint or text("form", "question")
    return story.kept(turn, with_line(turn, hint))


def told_about_form(turn: Turn, opened: form.Form, *, no_answer: bool = False) -> Reply | None:
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


def aside_told(turn: Turn, waiting: form.Field) -> Reply | None:
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

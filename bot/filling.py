"""What a text means while a form is open.

In this order: a label of the screen; words that steer the talk (取消, 上一步, 说到哪了 …); a
choice by number or part; wishes of the whole service; the answer to the field; a question in
between. In a field of free text, what is plainly a command, a question or anger is not taken for
the statement; where that is not plain the person is asked, and what was said is kept meanwhile.
"""

from __future__ import annotations

from bot import choosing, commands, follow_up, form, wishes
from bot.reply import Article, Articles, Choice, Reply, Text, ToAgent
from bot.turn import Handler, Turn
from config.texts import text

SURE = 0.8
"""In a free-text field only a plain command counts as a wish in between."""
SHORT, NOT_LONG = 14, 26
SURE_OF_QUESTION = 0.5
SURE_OF_HELP = 0.9
WORTH_KEEPING = 6
MOST_LETTERS, MOST_STEPS = 320, 4
STEPS = ("later", "hold", "greet", "thanks", "nod")
"""Words that only need a civil line before the question comes again."""


def text_inside(turn: Turn, opened: form.Form, waiting: form.Field) -> Reply:
    """The reply to a text, with the form still open before it."""
    kept = _take_up_what_was_said(turn)
    if kept is not None:
        return kept
    if turn.inbound.choice and form.choose(turn, "form") is None:
        return _answered(turn, opened, waiting)
    if form.match(turn, only_label=True):
        return _answered(turn, opened, waiting)
    reply = _steered(turn, opened, waiting)
    if reply is not None:
        return reply
    if form.match(turn):
        return _answered(turn, opened, waiting)
    reply = by_words(turn, opened, waiting)
    if reply is not None:
        return reply
    whole = waiting.free or turn.text in opened.own_words
    partly = None if whole else commands.clause_command(turn.text, opened.name)
    if partly is not None:
        return _obeyed(turn, partly, opened, waiting) or form.prompt(turn)
    return _free(turn, opened) if waiting.free else _answered(turn, opened, waiting)


def _take_up_what_was_said(turn: Turn) -> Reply | None:
    """就写这句话: what was said before becomes the answer after all."""
    if turn.open_form is None:
        return None
    said = turn.open_form.pop("said", None)
    wanted = text("form", "keep")
    if not isinstance(said, str) or not (
        turn.inbound.choice == "form:keep" or commands.core(turn.text) == commands.core(wanted)
    ):
        return None
    turn.restated = said
    return answer(turn)


def _steered(turn: Turn, opened: form.Form, waiting: form.Field) -> Reply | None:
    """What the words that steer a talk do; None when the message is none of them."""
    if follow_up.says(turn, "again"):
        return form.prompt(turn)
    if follow_up.says(turn, "lost"):
        return with_line(turn, waiting.hint or opened.hint or text("form", "lost"))
    if opened.own_words and turn.text in opened.own_words:
        return None
    said = commands.command(turn.text, opened.name)
    return None if said is None else _obeyed(turn, said, opened, waiting)


def _obeyed(turn: Turn, said: str, opened: form.Form, waiting: form.Field) -> Reply | None:
    """What the steering word does; None where it may be the answer."""
    if said in {"cancel", "stop"}:
        return form.cancel(turn)
    if said == "back":
        return form.back(turn, commands.field_named(turn.text))
    if said in {"go_on", "wish"}:
        return form.prompt(turn)
    if said == "where":
        return with_line(turn, text("form", "where", title=opened.title))
    if said == "none" and form.prompt(turn).choices:
        return with_line(turn, text("form", "none_fits"))
    # 好的 and 明天再来 may be an answer where no free text is awaited.
    if said in STEPS and (waiting.free or said != "nod"):
        return _civilly(turn, said)
    return None


def _civilly(turn: Turn, said: str) -> Reply:
    line, question = text("form", f"civil.{said}"), form.prompt(turn)
    return Text(f"{line}\n{question.content}", question.choices)


def by_words(turn: Turn, opened: form.Form | None, waiting: form.Field | None) -> Reply | None:
    """What whole words or plain wishes about the talk mean, inside a form as well."""
    routes = turn.services.routes
    bare = turn.text.strip("。.!！~ ")
    known = routes.words.get(bare)
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


def about(intent: str, handler: Handler) -> Handler:
    """The handler, with its intent noted as what is spoken of."""

    def answered(turn: Turn) -> Reply:
        turn.context["topic"] = intent
        return handler(turn)

    return answered


# --- a field with choices or of a certain form ---------------------------------------------------


def _answered(turn: Turn, opened: form.Form, waiting: form.Field) -> Reply:
    try:
        return form.answer(turn)
    except form.WrongAnswer as wrong:
        if turn.choice and form.choose(turn, "form") is None:
            return _try_again(turn, wrong)
        if wishes.is_only_abuse(turn.text):
            return with_line(turn, text("common", "calm"))
        if choosing.QUANTITY.fullmatch(commands.core(turn.text)):
            # 两个月 is an answer that does not fit, not a wish for two months of something.
            return _try_again(turn, wrong)
        told = _told_about_form(turn, opened)
        if told is not None:
            return told
        understood = wishes.understand(turn)
        if understood.intent in opened.intents and len(turn.text) <= SHORT:
            return form.prompt(turn)
        wanted = understood.intent not in {*wishes.NOT_A_WISH, *opened.intents}
        if wanted and understood.confidence >= SURE_OF_QUESTION:
            return in_between(turn, wishes.answer)
        if (waiting.hint or opened.hint) and _is_question(turn):
            return with_line(turn, waiting.hint or opened.hint)
        if wanted and understood.ask_back:
            return in_between(turn, wishes.answer)
        return _try_again(turn, wrong)


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
            choices = (*choices, *_ways_out(turn))
    return Text("\n".join(lines), choices)


# --- a field of free text -----------------------------------------------------------------------


def _free(turn: Turn, opened: form.Form) -> Reply:
    if wishes.is_only_abuse(turn.text):
        return with_line(turn, text("common", "calm"))
    if _is_question(turn):
        return _question(turn, opened)
    told = _told_about_form(turn, opened)
    if told is not None:
        return _kept(turn, told)
    understood = wishes.understand(turn)
    wanted = understood.intent not in {*wishes.NOT_A_WISH, *opened.intents}
    if wanted and understood.confidence >= SURE and len(turn.text) <= SHORT:
        if _only_tells(turn, understood.intent) or _is_wish(turn, understood.intent):
            return _kept(turn, in_between(turn, wishes.answer))
        return _doubt(turn, wishes.offered(turn, understood.intent))
    perhaps = len(turn.text) <= SHORT and any(
        word in turn.text for word in follow_up.words().perhaps_leaving
    )
    if perhaps or commands.clause_command(turn.text, opened.name) is not None:
        return _doubt(turn, _way_back_or_out(turn))
    return answer(turn)


def _question(turn: Turn, opened: form.Form) -> Reply:
    """A question where a statement is awaited; it can still become the statement."""
    told = _told_about_form(turn, opened)
    if told is not None:
        return _kept(turn, told)
    understood = wishes.understand(turn)
    wanted = understood.intent not in {*wishes.NOT_A_WISH, *opened.intents}
    if wanted and not _only_tells(turn, understood.intent):
        # 谁能替我刷卡 may be part of what happened.
        if _is_wish(turn, understood.intent) or len(turn.text) < WORTH_KEEPING:
            return in_between(turn, wishes.answer)
        return _doubt(turn, wishes.offered(turn, understood.intent))
    if wanted and (understood.confidence >= SURE_OF_QUESTION or len(turn.text) <= SHORT):
        return _kept(turn, in_between(turn, wishes.answer))
    if len(turn.text) > SHORT:
        return answer(turn)
    waiting = form.current(turn)
    hint = waiting[1].hint if waiting else ""
    return _kept(turn, with_line(turn, hint or opened.hint or text("form", "question")))


def _is_question(turn: Turn) -> bool:
    """A short question where an answer is awaited, such as 要带什么材料."""
    said = turn.text.rstrip("。！!~ ")
    return len(said) <= NOT_LONG and any(
        said.endswith(word) if word in {"吗", "么", "？", "?", "不", "没", "吧"} else word in said
        for word in follow_up.words().question
    )


def _told_about_form(turn: Turn, opened: form.Form) -> Reply | None:
    """The answer to a question or a worry about this form."""
    worries = len(turn.text) <= SHORT and any(word in turn.text for word in follow_up.words().worry)
    if not worries and not _is_question(turn):
        return None
    for asked in opened.asked:
        if any(word in turn.text for word in asked.words):
            return with_line(turn, asked.answer, ways_out=False)
    for fits, handler in turn.services.routes.about_us:
        if fits(turn.text):
            return in_between(turn, handler)
    return None


def _only_tells(turn: Turn, intent: str) -> bool:
    """Whether the answer to this intent neither opens a form nor changes anything."""
    return intent not in turn.services.routes.acting


def _is_wish(turn: Turn, intent: str) -> bool:
    """Whether the message asks for this and says nothing else: 我要举报, 转人工."""
    for name, one in turn.services.routes.forms.items():
        if intent in one.intents and commands.is_wish_for(turn.text, name):
            return True
    if intent == "agent":
        return wishes.understand(turn).confidence >= SURE_OF_HELP
    named = follow_up.words().settings.get(intent)
    return named is not None and any(word in turn.text for word in named)


def _doubt(turn: Turn, instead: tuple[Choice, ...]) -> Reply:
    """Ask whether the message is the statement or something else; it is kept meanwhile."""
    if turn.open_form is None:
        return answer(turn)
    turn.open_form["said"] = turn.text
    return Text(
        text("form", "doubt", said=turn.text),
        (Choice("form:keep", text("form", "keep")), *instead),
    )


def _kept(turn: Turn, reply: Reply) -> Reply:
    """The reply, and below it the way to take the message as the statement after all."""
    if turn.open_form is None or not isinstance(reply, Text) or len(turn.text) < WORTH_KEEPING:
        return reply
    found = form.current(turn)
    if found is None or not found[1].free:
        return reply
    turn.open_form["said"] = turn.text
    return Text(reply.content, (*reply.choices, Choice("form:keep", text("form", "keep"))))


def _way_back_or_out(turn: Turn) -> tuple[Choice, ...]:
    back = (Choice("form:back", text("form", "back")),)
    ways = back if turn.open_form and turn.open_form["path"] else ()
    return (*ways, Choice("form:cancel", text("form", "cancel")))


# --- something in between ------------------------------------------------------------------------


def in_between(turn: Turn, handler: Handler) -> Reply:
    """Answer a question, then come back to the open form, if there is one.

    Another form that is asked for is filled in first; the open one is held.
    """
    held = turn.open_form
    reply = handler(turn)
    if held is None or turn.open_form is None:
        return reply
    if turn.open_form is held:
        return with_question(turn, reply)
    if turn.open_form.get("held") is None or not isinstance(reply, Text):
        return reply
    title = turn.services.routes.forms[held["name"]].title
    return Text(f"{text('form', 'held', title=title)}\n{reply.content}", reply.choices)


def with_question(turn: Turn, reply: Reply) -> Reply:
    """An answer, and below it the question that the open form waits with; the choices of both."""
    found = form.current(turn)
    if found is not None and isinstance(reply, Articles):
        reply = Text("\n".join(_linked(one) for one in reply.items))
    if found is None or not isinstance(reply, Text | ToAgent):
        return reply
    try:
        question = form.prompt(turn)
    except form.Leave as leaving:
        turn.open_form = None
        question = leaving.reply if isinstance(leaving.reply, Text) else Text("")
    again = [text("form", "still_open", title=found[0].title), question.content]
    if isinstance(reply, ToAgent):
        return ToAgent("\n".join([reply.notice, "", *again]))
    if len(reply.content) + len(question.content) > MOST_LETTERS:
        # The list stands in the choices anyway.
        again[1] = question.content.partition("\n")[0]
    own = {f"intent:{intent}" for intent in found[0].intents}
    steps = tuple(choice for choice in reply.choices if choice.id not in own)
    return Text("\n".join([reply.content, "", *again]), _both(steps[:MOST_STEPS], question.choices))


def _linked(article: Article) -> str:
    """A card as a line of text: a card has no room for the question below it."""
    return f'<a href="{article.url}">{article.title}</a>\n{article.description}'


def _both(first: tuple[Choice, ...], second: tuple[Choice, ...]) -> tuple[Choice, ...]:
    """The choices of the question, then those of the answer before it, none of them twice."""
    labels = {choice.label for choice in second}
    return (*second, *(choice for choice in first if choice.label not in labels))


def with_line(turn: Turn, line: str, *, ways_out: bool = True) -> Text:
    """A line, and below it the question again."""
    question = form.prompt(turn)
    ways = _ways_out(turn) if ways_out else ()
    return Text(f"{line}\n{question.content}", _both(ways, question.choices))


def _ways_out(turn: Turn) -> tuple[Choice, ...]:
    agent = wishes.offered(turn, "agent")
    found = form.current(turn)
    # 转人工 is no way out of the form that it opens.
    if found is not None and "agent" in found[0].intents:
        agent = ()
    return (*_way_back_or_out(turn), *agent)

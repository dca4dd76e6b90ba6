"""A question or another wish while a form is open: answered, and then the form goes on."""

from __future__ import annotations

from bot import form, wishes
from bot.reply import Article, Articles, Choice, Reply, Text, ToAgent
from bot.turn import Handler, Turn
from config.texts import text

MOST_LETTERS, MOST_STEPS = 320, 4


def in_between(turn: Turn, handler: Handler) -> Reply:
    """Answer a question, then come back to the open form, if there is one.

    Another form that is asked for is filled in first; the open one is held.
    """
    held = turn.open_form
    reply = handler(turn)
    if held is None or turn.open_form is None:
        return reply
    if turn.open_form["answers"] is held["answers"]:
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
    return Text("\n".join([reply.content, "", *again]), both(steps[:MOST_STEPS], question.choices))


def _linked(article: Article) -> str:
    """A card as a line of text: a card has no room for the question below it."""
    return f'<a href="{article.url}">{article.title}</a>\n{article.description}'


def both(first: tuple[Choice, ...], second: tuple[Choice, ...]) -> tuple[Choice, ...]:
    """The choices of the question, then those of the answer before it, none of them twice."""
    labels = {choice.label for choice in second}
    return (*second, *(choice for choice in first if choice.label not in labels))


def with_line(turn: Turn, line: str, *, leaving: bool = True) -> Text:
    """A line, and below it the question again."""
    question = form.prompt(turn)
    ways = ways_out(turn) if leaving else ()
    return Text(f"{line}\n{question.content}", both(ways, question.choices))


def ways_out(turn: Turn) -> tuple[Choice, ...]:
    """Back, out, or to a person."""
    agent = wishes.offered(turn, "agent")
    found = form.current(turn)
    # 转人工 is no way out of the form that it opens.
    if found is not None and "agent" in found[0].intents:
        agent = ()
    return (*way_back_or_out(turn), *agent)


def waiting_for(turn: Turn, opened: form.Form) -> tuple[form.Form, form.Field] | None:
    """The form behind one that gives way, and the field that it waits with."""
    state = (turn.open_form or {}).get("held")
    if not opened.gives_way or not isinstance(state, dict):
        return None
    inner, turn.open_form = turn.open_form, state
    found = form.current(turn)
    turn.open_form = inner
    return found


def in_outer(turn: Turn, handler: Handler) -> Reply:
    """The reply of the outer form; the one in between has gone."""
    turn.open_form = (turn.open_form or {}).get("held")
    reply = handler(turn)
    if turn.open_form is None:
        turn.context["forget_form"] = True
    return reply


def about(intent: str, handler: Handler) -> Handler:
    """The handler, with its intent noted as what is spoken of."""

    def answered(turn: Turn) -> Reply:
        turn.context["topic"] = intent
        return handler(turn)

    return answered


def way_back_or_out(turn: Turn) -> tuple[Choice, ...]:
    back = (Choice("form:back", text("form", "back")),)
    ways = back if turn.open_form and turn.open_form["path"] else ()
    return (*ways, Choice("form:cancel", text("form", "cancel")))


def try_again(turn: Turn, wrong: form.WrongAnswer) -> Reply:
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

"""The explanation in a form: told in several messages, and nothing of it lost.

What is told more, where photos or the last look are awaited, joins it. What was too short, or was
told in the message that opened the form, waits as a draft for the rest. What was written before
上一步 can be taken again, added to, or written anew.
"""

from __future__ import annotations

from bot import commands, follow_up, form, wishes
from bot.between import way_back_or_out, with_line
from bot.form import Field, Form
from bot.reply import Choice, Reply, Text
from bot.turn import Turn
from config.texts import text

LEAST_OF_MORE = 5
LEAST_OF_DRAFT, MOST_OF_DRAFT = 2, 20
SHORT = 14
SURE = 0.8
SHOWN = 60


def is_story(opened: Form, field: Field) -> bool:
    """Whether this field holds the explanation that more can be added to."""
    return any(one.joins == field.name for one in opened.fields)


def tells_more(turn: Turn, waiting: Field) -> bool:
    """Whether a message that is no answer here goes on with the story.

    A question, an order, anger, a courtesy and a wish do not.
    """
    said = turn.text
    if not waiting.joins or len(_without_lead(said)) < LEAST_OF_MORE:
        return False
    if follow_up.is_question(said) or follow_up.is_order(said) or wishes.is_abusive(said):
        return False
    if commands.only_steers(said):
        return False
    if _adds(said):
        return True
    if said.startswith(tuple(follow_up.words().to_us)):
        return False
    understood = wishes.understand(turn)
    wanted = understood.intent not in wishes.NOT_A_WISH and understood.confidence >= SURE
    asked = len(said) <= SHORT or said.startswith(tuple(follow_up.words().request))
    return not (wanted and asked)


def add(turn: Turn, opened: Form, waiting: Field) -> Reply:
    """The message joins the explanation, and the open field asks again.

    :raises form.WrongAnswer: the explanation would be too long.
    """
    if turn.open_form is None:
        return Text("")
    answers = turn.open_form["answers"]
    told = opened.field(waiting.joins)
    turn.restated = joined(answers.get(told.name), _without_lead(turn.text))
    answers[told.name] = told.parse(turn, answers)
    turn.restated = None
    return with_line(turn, text("form", "added"), leaving=False)


def whole(turn: Turn, waiting: Field) -> str:
    """The explanation that this message completes: after what waits for it."""
    state = turn.open_form or {}
    old = state.get("old", {}).get(waiting.name)
    before = state.get("draft", {}).get(waiting.name)
    if before is not None and len(turn.text) < LEAST_OF_MORE:
        return turn.text  # 有家诊所 adds nothing yet.
    if before is None and old is not None and _adds(turn.text):
        before = old
    said = commands.after_going_on(turn.text)
    return said if before is None else joined(before, _without_lead(said))


def taken(turn: Turn, waiting: Field) -> None:
    """The explanation stands: nothing waits for it any more."""
    for kept in ("old", "draft"):
        if turn.open_form is not None:
            turn.open_form.get(kept, {}).pop(waiting.name, None)


def keep_draft(turn: Turn, waiting: Field, said: str) -> None:
    """What was told too shortly is not typed again."""
    if commands.only_steers(said):
        return
    if turn.open_form is not None and LEAST_OF_DRAFT <= len(said) <= MOST_OF_DRAFT:
        drafts = turn.open_form.setdefault("draft", {})
        drafts[waiting.name] = joined(drafts.get(waiting.name), said)


def asked_again(turn: Turn, reply: Reply) -> Reply:
    """After 上一步: what was written stands above, and can be taken as it is."""
    found = form.current(turn)
    if found is None or turn.open_form is None or not isinstance(reply, Text):
        return reply
    old = turn.open_form.get("old", {}).get(found[1].name)
    if not isinstance(old, str):
        return reply
    turn.open_form["said"] = old
    shown = old if len(old) <= SHOWN else f"{old[:SHOWN]}…"
    line = text("form", "written_before", said=shown)
    keep = Choice("form:keep", text("form", "keep"))
    return Text(f"{line}\n{reply.content}", (*reply.choices, keep))


def doubt(turn: Turn, instead: tuple[Choice, ...] | None = None) -> Reply | None:
    """Ask whether the message is part of the statement or something else; it is kept meanwhile."""
    if turn.open_form is None:
        return None
    turn.open_form["said"] = turn.text
    others = way_back_or_out(turn) if instead is None else instead
    return Text(
        text("form", "doubt", said=turn.text),
        (Choice("form:keep", text("form", "keep")), *others),
    )


def kept(turn: Turn, reply: Reply) -> Reply:
    """The reply, and below it the way to take the message as part of the statement after all."""
    if turn.open_form is None or not isinstance(reply, Text) or len(turn.text) < LEAST_OF_MORE:
        return reply
    found = form.current(turn)
    if found is None or not (found[1].free or found[1].joins):
        return reply
    turn.open_form["said"] = turn.text
    return Text(reply.content, (*reply.choices, Choice("form:keep", text("form", "keep"))))


def joined(before: object, more: str) -> str:
    """Two parts of a story as one."""
    head = str(before or "").rstrip("。；，、,.;!！ ")
    return f"{head}；{more}" if head else more


def _adds(said: str) -> bool:
    return commands.added(said) is not None


def _without_lead(said: str) -> str:
    """加一句，医院更正了: what is added."""
    found = commands.added(said)
    return commands.after_going_on(said) if found is None else found

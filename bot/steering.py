"""Words that steer a talk while a form is open: 取消, 上一步, 说到哪了, 等等, 不对，是那一条.

They are looked for before anything is taken for an answer.
"""

from __future__ import annotations

from itertools import dropwhile

from bot import commands, follow_up, form, leaving, story, wishes
from bot.between import about, in_between, with_line
from bot.reply import Reply, Text
from bot.turn import Handler, Turn
from config.texts import text

SURE_OF_QUESTION = 0.5
WORTH_KEEPING = 6
STEPS = ("later", "hurry", "asking", "hold", "where", "next", "go_on", "greet", "thanks", "nod")
"""Words that only need a civil line before the question comes again."""


def past_waiting(turn: Turn, opened: form.Form) -> None:
    """等下，我先问一下，我那条哪天能修复来着: they do not wait, they ask."""
    parts = commands.clauses(turn.text)
    asked = list(
        dropwhile(lambda one: commands.command(one, opened.name) in {"hold", "asking"}, parts)
    )
    if not asked or len(asked) == len(parts) or turn.inbound.choice:
        return
    if follow_up.is_question(asked[-1]):
        turn.restated, turn.understood = "，".join(asked), None


def steered(turn: Turn, opened: form.Form, waiting: form.Field) -> Reply | None:
    """What the words that steer a talk do; None when the message is none of them."""
    if follow_up.says(turn, "again"):
        return form.prompt(turn)
    # 行，撤回吧 agrees, where taking back is what is asked.
    if leaving.stops(turn.text, opened.name) and not commands.agrees(turn.text, opened.name):
        only_waits = leaving.only_waits(turn.text, opened.name)
        return form.cancel(turn) if only_waits else left_for(turn, opened)
    if follow_up.says(turn, "lost"):
        return with_line(turn, waiting.hint or opened.hint or text("form", "lost"))
    if opened.own_words and turn.text in opened.own_words:
        return None
    if waiting.joins and commands.deletes(turn.text):
        return story.asked_again(turn, form.back(turn, waiting.joins))
    said = commands.command(turn.text, opened.name) or commands.step(turn.text, opened.name, STEPS)
    hurried = said == "hurry" and not waiting.free
    if hurried and commands.unhurried(turn.text) not in {"", turn.text}:
        return None  # 嗯，快点 is the answer with hurry beside it.
    if said == "next" and (waiting.takes_photos or commands.agrees(turn.text, opened.name)):
        return None  # 下一步, where photos are awaited: no more of them come.
    if said is None:
        return switched(turn, opened) or paused(turn, opened, waiting) or _other(turn, opened)
    return obeyed(turn, said, opened, waiting)


def _other(turn: Turn, opened: form.Form) -> Reply | None:
    """说回申诉, while a repair is filled in: the other one is opened, and this one waits."""
    for name, intent, _one in turn.services.routes.wishes():
        if name == opened.name or not commands.names(turn.text, name):
            continue
        goes_on = commands.step(turn.text, name, STEPS) or commands.command(turn.text, name)
        if goes_on == "go_on":
            return in_between(turn, about(intent, turn.services.routes.intents[intent]))
    return None


def switched(turn: Turn, opened: form.Form) -> Reply | None:
    """不对，是卖药那个: an earlier choice becomes another one, and the form goes on from there."""
    if turn.open_form is None or turn.inbound.choice:
        return None
    path, answers = turn.open_form["path"], turn.open_form["answers"]
    for field in opened.fields:
        if field.switch is None or field.name not in path:
            continue
        value = field.switch(turn, answers)
        if value is not None:
            return story.asked_again(turn, form.changed(turn, field.name, value))
    return None


def paused(turn: Turn, opened: form.Form, waiting: form.Field) -> Reply | None:
    """稍等，来顾客了: they only wait; 先不交，等我问问: the form is kept."""
    said = leaving.pause(turn.text, opened.name, free=waiting.free)
    return None if said is None else civilly(turn, said)


def _is_spared(turn: Turn, said: str) -> bool:
    """算了，留着吧, where the question is whether to unbind or delete: it is kept, and not asked
    again."""
    found = form.current(turn)
    destructive = turn.services.routes.destructive
    return said == "later" and found is not None and not destructive.isdisjoint(found[0].intents)


def set_right(turn: Turn, opened: form.Form, waiting: form.Field) -> Reply | None:
    """名字写错了，是赵丽: back to that field, with what is right taken at once; None when the
    message tells no more than that something is wrong."""
    if turn.open_form is None or commands.clause_command(turn.text, opened.name) != "back":
        return None
    if commands.steps_back(turn.text):
        return None
    right = commands.corrected(turn.text, opened.name)
    named = commands.field_named(turn.text)
    stays = named == waiting.name or (named is None and waiting.free)
    if not right or (waiting.free and len(right) < WORTH_KEEPING):
        return None
    before = None if stays else form.back(turn, named)
    found = form.current(turn)
    if found is None or turn.open_form is None:
        return before
    told = turn.open_form.get("old", {}).get(found[1].name)
    again = story.is_story(opened, found[1]) and not stays
    turn.restated = story.joined(told, right) if again else right
    try:
        reply = form.answer(turn)
    except form.WrongAnswer:
        turn.restated = None
        return None if before is None else story.asked_again(turn, before)
    story.taken(turn, found[1])
    return reply


def elsewhere(turn: Turn, opened: form.Form) -> Reply | None:
    """不是，我是要举报我妹夫: this form is left for the other one; without 不是 it is asked."""
    parts = commands.all_clauses(turn.text)
    for name, intent, _one in turn.services.routes.wishes():
        at = next((at for at, part in enumerate(parts) if commands.heads_for(part, name)), None)
        if name == opened.name or at is None:
            continue
        denied = any(
            commands.declines(part) or commands.command(part, opened.name) in {"back", "cancel"}
            for part in parts[:at]
        )
        if not denied and commands.is_wish_for(turn.text, name):
            return None  # Nothing else is said: it is opened.
        if not denied:
            return story.doubt(turn, wishes.offered(turn, intent))
        left = form.cancel(turn)
        turn.restated, turn.understood = "，".join(parts[at:]), None
        turn.context["topic"] = intent
        return _after_leaving(left, turn.services.routes.intents[intent](turn))
    return None


def _after_leaving(left: Reply, reply: Reply) -> Reply:
    if not isinstance(reply, Text) or not isinstance(left, Text):
        return reply
    return Text(f"{left.content.partition('。')[0]}。\n{reply.content}", reply.choices)


def obeyed(turn: Turn, said: str, opened: form.Form, waiting: form.Field) -> Reply | None:
    """What the steering word does; None where it may be the answer."""
    if said in {"cancel", "stop"}:
        return form.cancel(turn)
    if said == "back":
        named = commands.field_named(turn.text)
        if named == waiting.name:
            # 还有一张照片没发, where photos are asked for; 日期写错了 may be what is wrong.
            keeps = waiting.free and len(turn.text) >= WORTH_KEEPING
            return (story.doubt(turn) or form.prompt(turn)) if keeps else form.prompt(turn)
        return story.asked_again(turn, form.back(turn, named))
    if said == "wish" and not waiting.free and commands.confirms(turn.text, opened.name):
        return None  # 那就解吧 is the plain word.
    if said in {"go_on", "next", "wish"}:
        return with_line(turn, text("form", "go_on", title=opened.title), leaving=False)
    if said == "where":
        return with_line(turn, text("form", "where", title=opened.title))
    if said == "none" and form.prompt(turn).choices:
        return with_line(turn, text("form", "none_fits"))
    # 好的 and 明天再来 may be an answer where no free text is awaited.
    if said in STEPS and (waiting.free or said != "nod"):
        return civilly(turn, said)
    return None


def for_another(turn: Turn, opened: form.Form) -> Reply | None:
    """我个人那条，不是店里的: the form begins again with the records of the other one."""
    person, organisation = turn.resident(), turn.organisation()
    if not opened.of_subject or person is None or organisation is None:
        return None
    wanted = follow_up.whose_alone(turn.text)
    now = "person" if turn.subject() is person else "organisation"
    if wanted in {None, now}:
        return None
    turn.open_form = (turn.open_form or {}).get("held")
    turn.context["whose"] = wanted
    turn.context.pop("records", None)
    return turn.services.routes.intents[next(iter(opened.intents))](turn)


def left_for(turn: Turn, opened: form.Form) -> Reply:
    """不申诉了，我要申请修复: the form is left, and what else is wanted is answered at once."""
    left = form.cancel(turn)
    rest = leaving.without_leaving(turn.text, opened.name)
    if not rest or not isinstance(left, Text):
        return left
    turn.restated, turn.understood = rest, None
    wish = plain_wish(turn, opened)
    if wish is None:
        return left
    return _after_leaving(left, wish(turn))


def plain_wish(turn: Turn, opened: form.Form) -> Handler | None:
    """Who answers what is left of a message, where that is plain."""
    routes = turn.services.routes
    last = commands.clauses(turn.text)[-1:]
    for name, intent, _one in routes.wishes():
        if name != opened.name and any(commands.is_wish_for(part, name) for part in last):
            return about(intent, routes.intents[intent])
    understood = wishes.understand(turn)
    wanted = understood.intent not in {*wishes.NOT_A_WISH, *opened.intents}
    sure = understood.confidence >= SURE_OF_QUESTION and not understood.ask_back
    return wishes.answer if wanted and sure else None


def civilly(turn: Turn, said: str) -> Reply:
    if _is_spared(turn, said):
        return form.cancel(turn)
    line, question = text("form", f"civil.{said}"), form.prompt(turn)
    return Text(f"{line}\n{question.content}", question.choices)

"""隐私与数据: what is kept, and the way to have it deleted."""

from __future__ import annotations

from bot.form import Answers, Field, Form, WrongAnswer, start, yes_no, yes_no_choices
from bot.reply import Choice, Reply, Text
from bot.turn import Routes, Turn
from config.texts import text, topic
from credit_core.accounts.binding import BINDING_PURPOSE, unbind_all, withdraw_consent
from handlers.chat.phrases import choices
from notices import reminders


def register(routes: Routes) -> None:
    routes.intents["privacy"] = privacy
    routes.taps["delete_data"] = delete
    routes.forms["delete_data"] = Form(
        "delete_data",
        text("privacy", "delete_title"),
        (Field("sure", _ask_sure, _parse_sure),),
        _deleted,
        intents=frozenset({"privacy"}),
        elsewhere=choices("score", "help"),
    )


def privacy(turn: Turn) -> Reply:
    if any(word in turn.text for word in topic("privacy")["delete_words"]):
        return delete(turn)
    return Text(text("privacy", "menu"), (Choice("delete_data", text("privacy", "delete_choice")),))


def delete(turn: Turn) -> Reply:
    return start(turn, "delete_data")


def _ask_sure(_turn: Turn, _answers: Answers) -> Text:
    return Text(
        text("privacy", "confirm"),
        yes_no_choices(text("privacy", "confirm_yes"), text("privacy", "confirm_no")),
    )


def _parse_sure(turn: Turn, _answers: Answers) -> bool:
    sure = yes_no(turn)
    if turn.text == text("privacy", "confirm_yes"):
        sure = True
    elif turn.text == text("privacy", "confirm_no"):
        sure = False
    if sure is None:
        raise WrongAnswer(text("privacy", "confirm_wrong"))
    return sure


def _deleted(turn: Turn, answers: Answers) -> Reply:
    """Everything of the WeChat user goes; statutory files belong to the subject and stay."""
    if not answers["sure"]:
        return Text(text("privacy", "kept"), choices("help"))
    count = unbind_all(turn.session, turn.follower.id, turn.now, by="self")
    withdraw_consent(turn.session, turn.follower.id, BINDING_PURPOSE, turn.now)
    reminders.forget(turn.session, turn.follower.id, now=turn.now)
    turn.follower.elderly_mode = False
    turn.context.clear()
    turn.context["forget_form"] = True
    return Text(text("privacy", "deleted", count=count), choices("bind", "help"))

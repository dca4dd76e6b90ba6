"""隐私与数据: what is kept, and the way to have it deleted."""

from __future__ import annotations

import re

from bot.follow_up import is_question
from bot.form import Answers, Form, start
from bot.reply import Choice, Reply, Text
from bot.turn import Routes, Turn
from config.texts import text, topic
from credit_core.accounts.binding import unbind_all, withdraw_consent
from credit_core.accounts.models import BindingRole
from handlers.chat import questions
from handlers.chat.phrases import choices
from notices import reminders


def register(routes: Routes) -> None:
    routes.intents["privacy"] = privacy
    routes.taps["delete_data"] = delete
    routes.forms["delete_data"] = Form(
        "delete_data",
        text("privacy", "delete_title"),
        (
            questions.sure(
                "privacy", lambda _turn, _answers: text("privacy", "confirm"), plain_word=True
            ),
        ),
        _deleted,
        intents=frozenset({"privacy"}),
        elsewhere=choices("score", "help"),
        asked=questions.asked("privacy"),
    )


def privacy(turn: Turn) -> Reply:
    if any(word in turn.text for word in topic("privacy")["delete_words"]):
        return delete(turn)
    asks = any(word in turn.text for word in topic("privacy")["asks_words"])
    if not asks and any(re.search(one, turn.text) for one in topic("privacy")["withdraw_words"]):
        # Consent ends with the binding, after it was confirmed.
        turn.context["topic"] = "unbind"
        return turn.services.routes.intents["unbind"](turn)
    if any(word in turn.text for word in topic("privacy")["export_words"]):
        return Text(text("privacy", "export"), choices("report", "help"))
    if is_question(turn.text) and re.search(topic("privacy")["seen_words"], turn.text):
        return Text(
            text("welcome", "about_us.safe"),
            (Choice("intent:access_log", text("privacy", "who_looked")), *choices("help")),
        )
    return Text(text("privacy", "menu"), (Choice("delete_data", text("privacy", "delete_choice")),))


def delete(turn: Turn) -> Reply:
    return start(turn, "delete_data")


def _deleted(turn: Turn, answers: Answers) -> Reply:
    """Everything of the WeChat user goes; statutory files belong to the subject and stay."""
    if not answers["sure"]:
        return Text(text("privacy", "kept"), choices("help"))
    count = unbind_all(turn.session, turn.follower.id, turn.now, by="self")
    for role in BindingRole:
        withdraw_consent(turn.session, turn.follower.id, role, turn.now)
    reminders.forget(turn.session, turn.follower.id, now=turn.now)
    turn.follower.elderly_mode = False
    turn.context.clear()
    turn.context["forget_form"] = True
    return Text(text("privacy", "deleted", count=count), choices("bind", "help"))

"""举报: what happened, photos, confirm; a receipt number, and the informant protected."""

from __future__ import annotations

from bot.form import Answers, Form, start
from bot.reply import Reply, Text
from bot.turn import Routes, Turn
from config.texts import text
from credit_core.evidence.store import Stored
from credit_core.tipoffs.service import receive
from handlers.chat import questions
from handlers.chat.phrases import choices

SHORTEST, LONGEST = 8, 1000


def register(routes: Routes) -> None:
    routes.intents["tip_off"] = tip_off
    routes.forms["tip_off"] = Form(
        "tip_off",
        text("tip_off", "title"),
        (
            questions.statement("tip_off", _ask, shortest=SHORTEST, longest=LONGEST),
            questions.photos("tip_off"),
            questions.sure("tip_off", _summary),
        ),
        _received,
        intents=frozenset({"tip_off"}),
        elsewhere=choices("help"),
        about="tip_off",
        hint=text("tip_off", "hint"),
    )


def tip_off(turn: Turn) -> Reply:
    return start(turn, "tip_off")


def _ask(_turn: Turn, _answers: Answers) -> Text:
    return Text(text("tip_off", "statement"))


def _summary(_turn: Turn, answers: Answers) -> str:
    return text("tip_off", "confirm", what=answers["statement"], photos=len(answers["photos"]))


def _received(turn: Turn, answers: Answers) -> Reply:
    if not answers["sure"]:
        return Text(text("tip_off", "kept_back"), choices("help"))
    clue = receive(
        turn.session,
        statement=answers["statement"],
        evidence=[Stored.from_json(photo) for photo in answers["photos"]],
        follower_id=turn.follower.id,
        now=turn.now,
    )
    return Text(text("tip_off", "done", case_no=clue.case_no), choices("help", "score"))

"""举报: what happened, photos, confirm; a receipt number, and the informant protected."""

from __future__ import annotations

from typing import Any

from bot.form import Answers, Field, Form, Stay, WrongAnswer, start, yes_no, yes_no_choices
from bot.reply import Reply, Text
from bot.turn import Routes, Turn
from config.texts import text
from credit_core.evidence.store import Stored
from credit_core.tipoffs.service import receive
from handlers.chat import photos
from handlers.chat.phrases import choices

SHORTEST, LONGEST = 8, 1000


def register(routes: Routes) -> None:
    routes.intents["tip_off"] = tip_off
    routes.forms["tip_off"] = Form(
        "tip_off",
        text("tip_off", "title"),
        (
            Field("what", lambda _turn, _answers: Text(text("tip_off", "what")), _what, free=True),
            Field("photos", _ask_photos, _photos, takes_photos=True),
            Field("sure", _ask_sure, _sure),
        ),
        _received,
        intents=frozenset({"tip_off"}),
        elsewhere=choices("help"),
        about="tip_off",
        hint=text("tip_off", "hint"),
    )


def tip_off(turn: Turn) -> Reply:
    return start(turn, "tip_off")


def _what(turn: Turn, _answers: Answers) -> str:
    if len(turn.text) < SHORTEST:
        raise WrongAnswer(text("tip_off", "what_short"))
    if len(turn.text) > LONGEST:
        raise WrongAnswer(text("tip_off", "what_long", most=LONGEST))
    return turn.text


def _ask_photos(_turn: Turn, answers: Answers) -> Text:
    return photos.ask(text("tip_off", "photos"), answers)


def _photos(turn: Turn, answers: Answers) -> Stay | list[dict[str, Any]]:
    return photos.parse(turn, answers)


def _ask_sure(_turn: Turn, answers: Answers) -> Text:
    return Text(
        text("tip_off", "confirm", what=answers["what"], photos=len(answers["photos"])),
        yes_no_choices(text("tip_off", "confirm_yes"), text("tip_off", "confirm_no")),
    )


def _sure(turn: Turn, _answers: Answers) -> bool:
    sure = yes_no(turn)
    if turn.text == text("tip_off", "confirm_no"):
        sure = False
    if sure is None:
        raise WrongAnswer(text("objection", "confirm_wrong"))
    return sure


def _received(turn: Turn, answers: Answers) -> Reply:
    if not answers["sure"]:
        return Text(text("tip_off", "kept_back"), choices("help"))
    clue = receive(
        turn.session,
        statement=answers["what"],
        evidence=[Stored.from_json(photo) for photo in answers["photos"]],
        follower_id=turn.follower.id,
        now=turn.now,
    )
    return Text(text("tip_off", "done", case_no=clue.case_no), choices("help", "score"))

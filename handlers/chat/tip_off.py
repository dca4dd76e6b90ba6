"""举报: what happened, photos, confirm; a receipt number, and the informant protected."""

from __future__ import annotations

from sqlalchemy import select

from bot.form import Answers, Form, start
from bot.reply import Reply, Text
from bot.turn import Routes, Turn
from config.texts import text
from credit_core.evidence.store import Stored
from credit_core.tipoffs.models import TipOff, TipOffState
from credit_core.tipoffs.service import receive
from handlers.chat import questions
from handlers.chat.phrases import choices

SHORTEST, LONGEST = 8, 1000


def register(routes: Routes) -> None:
    routes.intents["tip_off"] = tip_off
    for ask in ("status", "when", "inform"):
        routes.asks["tip_off", ask] = _after_status
    routes.asks["tip_off", "reward"] = _after_reward
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
        asked=questions.asked("tip_off"),
    )


def _after_status(turn: Turn) -> Reply:
    """查得怎么样了, right after a clue was handed in: its number stands in the talk."""
    case_no = turn.context.get("tip_off")
    clue = turn.session.scalar(select(TipOff).where(TipOff.case_no == case_no)) if case_no else None
    if clue is None:
        return start(turn, "tip_off")
    open_ = clue.state in {TipOffState.RECEIVED, TipOffState.INVESTIGATED}
    key = "status" if open_ else "status_closed"
    return Text(text("tip_off", f"after.{key}", case_no=clue.case_no), choices("help", "agent"))


def _after_reward(_turn: Turn) -> Reply:
    return Text(text("tip_off", "after.reward"), choices("help"))


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
    turn.context["tip_off"] = clue.case_no
    return Text(text("tip_off", "done", case_no=clue.case_no), choices("help", "score"))

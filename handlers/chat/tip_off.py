"""举报: what happened, photos, confirm; a receipt number, and the informant protected."""

from __future__ import annotations

from sqlalchemy import select

from bot import commands
from bot.follow_up import is_question
from bot.form import Answers, Form, prompt, start
from bot.reply import Reply, Text
from bot.turn import Routes, Turn
from config.texts import text, topic
from credit_core.evidence.store import Stored
from credit_core.tipoffs.models import TipOff, TipOffState
from credit_core.tipoffs.service import receive
from handlers.chat import questions
from handlers.chat.phrases import choices

SHORTEST, LONGEST = 8, 1000
LEAST_OF_DRAFT = 5
LEAST_OF_STORY = 16
"""Signs of an opening message that tells of somebody: enough to look at."""


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
            questions.sure("tip_off", _summary, joins="statement"),
        ),
        _received,
        intents=frozenset({"tip_off"}),
        elsewhere=choices("help"),
        about="tip_off",
        hint=text("tip_off", "hint"),
        redo=questions.handed_in,
        asked=questions.asked("tip_off", handed_in=True),
    )


def _after_status(turn: Turn) -> Reply:
    """查得怎么样了: the newest clue that this WeChat user handed in."""
    newest = select(TipOff).where(TipOff.follower_id == turn.follower.id)
    clue = turn.session.scalar(newest.order_by(TipOff.received_at.desc()).limit(1))
    if clue is None:
        return Text(text("tip_off", "after.none"), choices("help"))
    open_ = clue.state in {TipOffState.RECEIVED, TipOffState.INVESTIGATED}
    key = "status" if open_ else "status_closed"
    return Text(text("tip_off", f"after.{key}", case_no=clue.case_no), choices("help", "agent"))


def _after_reward(_turn: Turn) -> Reply:
    return Text(text("tip_off", "after.reward"), choices("help"))


def tip_off(turn: Turn) -> Reply:
    """Start a tip-off; a message that tells all of it at once is not asked for it again."""
    if _asks_for_status(turn):
        return _after_status(turn)
    story = _story(turn)
    if story is None:
        return _with_draft(turn, start(turn, "tip_off"))
    reply = start(turn, "tip_off", {"statement": story})
    if not isinstance(reply, Text):
        return reply
    return Text(f"{text('tip_off', 'told_already')}\n{reply.content}", reply.choices)


def _asks_for_status(turn: Turn) -> bool:
    """我举报的那个有消息没有."""
    asks = any(word in turn.text for word in topic("tip_off")["status_words"])
    return asks and is_question(turn.text) and turn.typed


def _story(turn: Turn) -> str | None:
    """Who did what, where the opening message tells it; what only steers is left out."""
    if not turn.typed or is_question(turn.text):
        return None
    kept = [
        one
        for one in commands.all_clauses(turn.text)
        if not (commands.is_wish_for(one, "tip_off") or commands.finishes(one))
    ]
    story = "，".join(kept)
    named = turn.slots.get("institution_names") or any(
        place in story for place in topic("tip_off")["places"]
    )
    return story[:LONGEST] if named and len(story) >= LEAST_OF_STORY else None


def _with_draft(turn: Turn, reply: Reply) -> Reply:
    """What the opening message tells already, too little to look at, is kept for the rest."""
    if not turn.typed or is_question(turn.text):
        return reply
    last = commands.all_clauses(turn.text)[-1:]
    told = commands.after_verb(last[0], "tip_off") if last else ""
    if len(told) < LEAST_OF_DRAFT or turn.open_form is None or not isinstance(reply, Text):
        return reply
    turn.open_form["draft"] = {"statement": told}
    return prompt(turn)


def _ask(turn: Turn, _answers: Answers) -> Text:
    told = (turn.open_form or {}).get("draft", {}).get("statement")
    if told:
        return Text(text("tip_off", "begun", told=told))
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

"""The two codes by which a clerk binds an organisation: its own, and one of the bureau for once."""

from __future__ import annotations

import re
import unicodedata

from bot.form import Answers, Leave, WrongAnswer
from bot.reply import Text
from bot.turn import Turn
from config.texts import text
from credit_core.accounts import binding as bindings
from credit_core.accounts.codes import redeem_code
from credit_core.errors import Refusal
from credit_core.subjects import identifiers
from credit_core.subjects.models import Subject
from handlers.chat.phrases import choices

CODE = re.compile(r"(?<![0-9A-Za-z])[0-9A-Za-z](?:[ \-]?[0-9A-Za-z]){9,}(?![0-9A-Za-z])")
_ONE_TIME = re.compile(r"(?<!\d)\d(?:[ \-]?\d){3,11}(?!\d)")


def ask_uscc(_turn: Turn, _answers: Answers) -> Text:
    return Text(text("bind", "code_asked"))


def parse_uscc(turn: Turn, answers: Answers) -> str:
    refuse_if_locked(turn)
    said = unicodedata.normalize("NFKC", turn.text)
    if not any(sign.isdigit() for sign in said):
        raise WrongAnswer(text("bind", "code_where"))
    found = CODE.search(said)
    try:
        code = identifiers.check_credit_code(found.group() if found else said).value
        subject = bindings.match_organisation(turn.session, code)
    except Refusal as refusal:
        if refusal.code == "bind.organisation_unknown":
            raise WrongAnswer(text("bind", "organisation_unknown")) from None
        raise WrongAnswer(identifiers.explain(refusal)) from None
    answers["subject_id"] = subject.id
    if found is not None:
        # The one-time code may stand beside it.
        turn.restated = f"{said[: found.start()]}，{said[found.end() :]}"
        if _ONE_TIME.search(turn.restated):
            answers["code"] = parse_code(turn, answers)
    return code


def ask_code(turn: Turn, answers: Answers) -> Text:
    subject = turn.session.get_one(Subject, answers["subject_id"])
    return Text(text("bind", "code", name=subject.name))


def parse_code(turn: Turn, answers: Answers) -> str:
    found = _ONE_TIME.search(unicodedata.normalize("NFKC", turn.text))
    if found is None:
        raise WrongAnswer(text("bind", "code_shape"))
    try:
        redeem_code(turn.session, answers["subject_id"], found.group(), turn.follower.id, turn.now)
    except Refusal as refusal:
        if refusal.code == "tries.locked":
            minutes = refusal.fields["minutes"]
            raise Leave(Text(text("bind", "locked", minutes=minutes))) from None
        raise WrongAnswer(text("bind", refusal.code.replace(".", "_"), **refusal.fields)) from None
    return "used"


def refuse_if_locked(turn: Turn) -> None:
    """:raises Leave: after too many wrong tries, until the time is over."""
    try:
        bindings.refuse_if_locked(turn.session, turn.follower.id, turn.now)
    except Refusal as locked:
        minutes = locked.fields["minutes"]
        raise Leave(Text(text("bind", "locked", minutes=minutes), choices("agent"))) from None

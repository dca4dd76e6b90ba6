"""承诺书: which kind, read it, sign it; the text, its version and a digest enter the file."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from bot import commands
from bot.follow_up import is_question
from bot.form import Answers, Field, Form, Leave, WrongAnswer, choose, start
from bot.reply import Choice, Reply, Text
from bot.turn import Routes, Turn
from config.texts import text, topic
from credit_core.accounts.binding import PERSONS
from credit_core.cases.wording import explain
from credit_core.clock import SHANGHAI
from credit_core.commitments.models import CommitmentKind, CommitmentState
from credit_core.commitments.service import commitments_of, show, sign
from credit_core.commitments.texts import commitment_book
from credit_core.errors import Refusal
from credit_core.subjects.models import Subject
from handlers.chat import questions
from handlers.chat.phrases import bind_first, choices, day

SHORTEST_MATTER = 4
SHOWN_DIGEST = 16


def register(routes: Routes) -> None:
    routes.intents["commitment"] = commitment
    routes.forms["commitment"] = Form(
        "commitment",
        text("commitment_chat", "title"),
        (
            Field("kind", _ask_kind, _parse_kind, hint=questions.hint("commitment_chat", "kind")),
            Field(
                "matter",
                _ask_matter,
                _parse_matter,
                free=True,
                skip=_needs_no_matter,
                hint=questions.hint("commitment_chat", "matter"),
            ),
            questions.sure("commitment_chat", _shown),
        ),
        _signed,
        intents=frozenset({"commitment"}),
        elsewhere=choices("score", "help"),
        about="commitment",
        hint=text("commitment_chat", "hint"),
        asked=questions.asked("commitment_chat", gist=_gist, unsigned=_unsigned),
    )


def commitment(turn: Turn) -> Reply:
    if turn.subject() is None:
        return bind_first(turn, "commitment")
    if any(word in turn.text for word in topic("commitment_chat")["look_words"]):
        return _signed_before(turn)
    kinds = _kinds(turn)
    known: dict[str, Any] = {"kind": kinds[0].value} if len(kinds) == 1 else {}
    return start(turn, "commitment", known)


def _kinds(turn: Turn) -> list[CommitmentKind]:
    """What this subject may sign here; the promise of a repair goes with its application."""
    subject = turn.subject()
    if subject is None:
        return []
    return [
        kind
        for kind, rule in commitment_book().kinds.items()
        if subject.kind in rule.signers and kind is not CommitmentKind.REPAIR
    ]


def _ask_kind(turn: Turn, _answers: Answers) -> Text:
    kinds, subject = _kinds(turn), turn.subject()
    if not kinds or subject is None:
        raise Leave(Text(text("commitment_chat", "none"), choices("score")))
    signed = _signing_days(turn, subject)
    lines, offered = [], []
    for number, kind in enumerate(kinds, 1):
        title = commitment_book().kinds[kind].title
        at = signed.get(kind)
        state = text("commitment_chat", "signed_already", on=day(at)) if at else ""
        lines.append(text("commitment_chat", "line", number=number, title=title, state=state))
        offered.append(Choice(f"commitment:{kind.value}", title))
    return Text(text("commitment_chat", "which", lines="\n".join(lines)), tuple(offered))


def _signing_days(turn: Turn, subject: Subject) -> dict[str, datetime]:
    """When each kind was signed last."""
    return {
        row.kind: row.signed_at
        for row in reversed(commitments_of(turn.session, subject.id))
        if row.state == CommitmentState.SIGNED and row.signed_at is not None
    }


def _signed_before(turn: Turn) -> Reply:
    """What was signed, and when."""
    subject = turn.subject()
    signed = _signing_days(turn, subject) if subject is not None else {}
    if not signed:
        return Text(text("commitment_chat", "signed_none"), choices("commitment", "score"))
    lines = [text("commitment_chat", "signed_head")]
    lines += [
        text(
            "commitment_chat",
            "signed_line",
            title=commitment_book().kinds[CommitmentKind(kind)].title,
            on=day(at),
        )
        for kind, at in signed.items()
    ]
    return Text("\n".join(lines), choices("score", "benefits"))


def _parse_kind(turn: Turn, _answers: Answers) -> str:
    tapped = choose(turn, "commitment")
    for kind in _kinds(turn):
        if tapped == kind.value:
            return kind.value
    raise WrongAnswer(text("commitment_chat", "which_wrong"))


def _needs_no_matter(_turn: Turn, answers: Answers) -> bool:
    return answers.get("kind") != CommitmentKind.INSTEAD_OF_APPROVAL


def _ask_matter(_turn: Turn, _answers: Answers) -> Text:
    usual = topic("commitment_chat")["matters"]
    taps = tuple(Choice(f"pick:{at}", matter) for at, matter in enumerate(usual))
    return Text(text("commitment_chat", "matter"), taps)


def _parse_matter(turn: Turn, _answers: Answers) -> str:
    usual: list[str] = topic("commitment_chat")["matters"]
    tapped = choose(turn, "pick")
    if tapped and tapped.isdecimal() and int(tapped) < len(usual):
        return usual[int(tapped)]
    if _is_no_proof(turn.text):
        raise WrongAnswer(text("commitment_chat", "matter_wrong"))
    if len(turn.text) < SHORTEST_MATTER:
        raise WrongAnswer(text("commitment_chat", "matter_short"))
    return turn.text[:120]


def _is_no_proof(said: str) -> bool:
    """我同意签, 签上没有, 昨天那个再给我看一眼: they name no proof."""
    words: list[str] = topic("commitment_chat")["proof_words"]
    consents = all(
        commands.agrees(one, "commitment")
        or commands.confirms(one, "commitment")
        or commands.is_wish_for(one, "commitment")
        for one in commands.all_clauses(said)
    )
    again = re.search(topic("commitment_chat")["show_again"], said) is not None
    return consents or again or is_question(said) or not any(word in said for word in words)


def _shown(turn: Turn, answers: Answers) -> str:
    try:
        shown = show(CommitmentKind(answers["kind"]), turn.today, matter=answers.get("matter", ""))
    except Refusal as refusal:
        raise Leave(Text(explain(refusal), choices("agent"))) from None
    return text(
        "commitment_chat", "read", title=shown.title, version=shown.version, text=shown.text
    )


def _gist(turn: Turn) -> str:
    """里头写的都是啥: the text that is being signed; of each in short where none is chosen yet."""
    state = turn.open_form or {}
    if state.get("field") == "sure":
        return text("commitment_chat", "gist.below")
    chosen = state.get("answers", {}).get("kind")
    if chosen is None:
        short: dict[str, str] = topic("commitment_chat")["gist"]["short"]
        titles = {kind: commitment_book().kinds[kind].title for kind in _kinds(turn)}
        rows = [
            text("commitment_chat", "gist.line", title=title, short=short[kind.value])
            for kind, title in titles.items()
        ]
        return "\n".join([*rows, text("commitment_chat", "gist.look")])
    matter = text("commitment_chat", "gist.matter")
    try:
        shown = show(CommitmentKind(chosen), turn.today, matter=matter)
    except Refusal as refusal:
        return explain(refusal)
    return text("commitment_chat", "gist.whole", title=shown.title, text=shown.text.rstrip())


def _unsigned(turn: Turn) -> str:
    """不签会扣分不: never a person's; an organisation that was asked to sign is listed."""
    subject = turn.subject()
    organisation = subject is not None and subject.kind not in PERSONS
    return text("commitment_chat", "unsigned.organisation" if organisation else "unsigned.person")


def _signed(turn: Turn, answers: Answers) -> Reply:
    subject = turn.subject()
    if subject is None:
        return bind_first(turn, "commitment")
    if not answers["sure"]:
        return Text(text("commitment_chat", "kept_back"), choices("score"))
    kind = CommitmentKind(answers["kind"])
    try:
        made = sign(
            turn.session,
            subject,
            kind,
            follower_id=turn.follower.id,
            now=turn.now,
            matter=answers.get("matter", ""),
        )
    except Refusal as refusal:
        return Text(explain(refusal), choices("agent"))
    digest = made.digest.hex()[:SHOWN_DIGEST] if made.digest else ""
    return Text(
        text(
            "commitment_chat",
            "signed",
            title=commitment_book().kinds[kind].title,
            at=turn.now.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M"),
            digest=digest,
        ),
        choices("score", "benefits"),
    )

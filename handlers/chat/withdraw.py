"""撤回申诉, 撤回修复: an application that is under way is taken back, after it was confirmed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from sqlalchemy.orm import Session

from bot.commands import plain
from bot.follow_up import is_question
from bot.form import Answers, Field, Form, Leave, WrongAnswer, choose, confirmed, start
from bot.reply import Choice, Reply, Text
from bot.turn import Routes, Turn
from config.texts import text, topic
from credit_core.cases.wording import explain
from credit_core.errors import Refusal
from credit_core.objections import service as objections
from credit_core.objections.models import UNDECIDED, Objection
from credit_core.records.models import Record
from credit_core.repair import service as repairs
from credit_core.repair.models import RUNNING, RepairCase
from handlers.chat import questions
from handlers.chat.phrases import bind_first, choices

SHORT, LONGEST = 12, 26
"""Signs of a message that wants it; a longer one tells of something."""
Case = Objection | RepairCase


@dataclass(frozen=True, slots=True)
class _Kind:
    """What can be taken back: how its cases are found, until when, and what does it."""

    cases: Callable[[Session, int], Sequence[Case]]
    open: frozenset[str]
    status: str
    """The choice that tells how far it is; its intent is spoken of, too."""


_KINDS: Mapping[str, _Kind] = {
    "objection": _Kind(objections.cases_of, frozenset(UNDECIDED), "objection_status"),
    "repair": _Kind(repairs.cases_of, frozenset(RUNNING), "repair_status"),
}


def register(routes: Routes) -> None:
    routes.named.append((_is_about_it, about_it))
    routes.taps["withdraw"] = tapped
    routes.forms["withdraw"] = Form(
        "withdraw",
        text("withdraw", "title"),
        (
            Field("case", _ask_which, _parse_which, switch=_other),
            Field(
                "sure",
                _ask_sure,
                _parse_sure,
                hint=questions.hint("withdraw", "sure"),
                pick=questions.ONLY_LABEL,
            ),
        ),
        _done,
        hint=questions.hint("withdraw", "sure"),
        asked=questions.asked("withdraw"),
        left=_kept,
    )


@cache
def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(topic("withdraw")[name])


def _is_about_it(turn: Turn) -> bool:
    """撤回我的申诉, 交错了能撤不, 不修了: by its words, or beside a case that was spoken of."""
    said = plain(turn.text)
    if not said or len(said) > LONGEST or _pattern("not_it").search(said):
        return False
    if turn.open_form is not None and turn.open_form["name"] == "withdraw":
        return False
    names = _pattern("case_words").search(said) is not None
    if _pattern("words").search(said):
        topics: dict[str, list[str]] = topic("withdraw")["topics"]
        spoken_of = any(turn.context.get("topic") in listed for listed in topics.values())
        # In another form it is more likely part of what is told there.
        return names or (turn.open_form is None and (spoken_of or bool(_open(turn))))
    given_up = _pattern("given_up").fullmatch(said) is not None
    return given_up and bool(_open(turn))


def about_it(turn: Turn) -> Reply:
    """A wish is confirmed, a question is answered; 别撤 leaves all as it is."""
    if turn.context.get("topic") == "tip_off" and not _pattern("case_words").search(turn.text):
        return Text(text("withdraw", "tip_off"), choices("agent", "help"))
    if turn.subject() is None:
        return bind_first(turn, "objection_status")
    wanted = _wanted(turn)
    if not wanted:
        return Text(text("withdraw", "none"), choices("objection_status", "repair_status"))
    turn.context["topic"] = _KINDS[_kind(wanted[0])].status
    if _pattern("rather_not").search(plain(turn.text)):
        return _kept(turn)
    if is_question(turn.text) or _pattern("asks").search(plain(turn.text)):
        numbers = "、".join(case.case_no for case in wanted)
        tap = Choice("withdraw", text("withdraw", "title"))
        return Text(text("withdraw", "how", case_no=numbers), (tap, *choices("agent")))
    return _begin(turn, wanted)


def tapped(turn: Turn) -> Reply:
    if turn.subject() is None:
        return bind_first(turn, "objection_status")
    wanted = _wanted(turn)
    if not wanted:
        return Text(text("withdraw", "none"), choices("score", "help"))
    return _begin(turn, wanted)


def _begin(turn: Turn, wanted: list[Case]) -> Reply:
    return start(turn, "withdraw", {"case": wanted[0].case_no} if len(wanted) == 1 else {})


def _open(turn: Turn) -> list[Case]:
    """What can still be taken back, newest first in each kind."""
    subject = turn.subject()
    if subject is None:
        return []
    return [
        case
        for kind in _KINDS.values()
        for case in kind.cases(turn.session, subject.id)
        if case.state in kind.open
    ]


def _wanted(turn: Turn) -> list[Case]:
    """Of these the ones that the message names, or that were spoken of."""
    found, said = _open(turn), plain(turn.text)
    by_number = [case for case in found if plain(case.case_no) in said]
    named = {kind for kind in _KINDS if _pattern(kind).search(said)}
    spoken_of = {
        kind for kind in _KINDS if turn.context.get("topic") in topic("withdraw")["topics"][kind]
    }
    if not named and len(found) > 1 and _pattern("all").search(said):
        return found
    for kinds in (named, spoken_of):
        of_kind = [case for case in found if _kind(case) in kinds]
        if len(kinds) == 1 and (of_kind or kinds is named):
            return by_number or of_kind
    return by_number or found


def _kind(case: Case) -> str:
    return "objection" if isinstance(case, Objection) else "repair"


def _case(turn: Turn, answers: Answers) -> Case:
    for case in _open(turn):
        if case.case_no == answers["case"]:
            return case
    raise Leave(Text(text("withdraw", "none"), choices("objection_status", "repair_status")))


def _ask_which(turn: Turn, _answers: Answers) -> Text:
    return Text(
        text("withdraw", "which"),
        tuple(
            Choice(
                f"pick:{case.case_no}",
                text("withdraw", f"named.{_kind(case)}", case_no=case.case_no),
            )
            for case in _wanted(turn)
        ),
    )


def _parse_which(turn: Turn, _answers: Answers) -> str:
    picked = choose(turn, "pick")
    for case in _open(turn):
        if case.case_no == picked or plain(case.case_no) in plain(turn.text):
            return case.case_no
    raise WrongAnswer(text("withdraw", "which"))


def _other(turn: Turn, answers: Answers) -> str | None:
    """申诉那个, where the repair is about to be taken back."""
    said = plain(turn.text)
    if len(said) > SHORT or is_question(turn.text):
        return None
    named = [
        case
        for case in _open(turn)
        if case.case_no != answers.get("case") and _pattern(_kind(case)).search(said)
    ]
    kinds = {kind for kind in _KINDS if _pattern(kind).search(said)}
    return named[0].case_no if len(named) == len(kinds) == 1 else None


def _ask_sure(turn: Turn, answers: Answers) -> Text:
    case = _case(turn, answers)
    record = turn.session.get_one(Record, case.record_id)
    return Text(
        text(
            "withdraw",
            f"confirm.{_kind(case)}",
            case_no=case.case_no,
            document_no=record.document_no,
        ),
        (
            Choice(
                "answer:yes", text("withdraw", "confirm_yes"), also=tuple(topic("withdraw")["also"])
            ),
            Choice("answer:no", text("withdraw", "confirm_no")),
        ),
    )


def _parse_sure(turn: Turn, _answers: Answers) -> bool:
    return confirmed(turn, wrong=text("withdraw", "confirm_wrong"), plain_word=True)


def _kept(turn: Turn) -> Reply:
    about = turn.context.get("topic")
    told = [kind.status for kind in _KINDS.values() if kind.status == about]
    return Text(text("withdraw", "kept"), choices(*(told or ["score"])))


def _done(turn: Turn, answers: Answers) -> Reply:
    if not answers["sure"]:
        return _kept(turn)
    case = _case(turn, answers)
    kind = _kind(case)
    turn.context["topic"] = _KINDS[kind].status
    try:
        if isinstance(case, Objection):
            objections.withdraw(turn.session, case, now=turn.now)
        else:
            repairs.withdraw(turn.session, case, now=turn.now)
    except Refusal as refusal:
        return Text(explain(refusal), choices(_KINDS[kind].status, "agent"))
    told = text("withdraw", f"done.{kind}", case_no=case.case_no)
    return Text(told, choices("score", "objection" if kind == "objection" else "repair"))

"""提醒设置, asked step by step: which kinds, how many days ahead, when not to disturb."""

from __future__ import annotations

import re
from typing import Any
from unicodedata import normalize

from bot.commands import core
from bot.form import Answers, Field, Form, Leave, WrongAnswer, choose
from bot.reply import Choice, Reply, Text
from bot.turn import Routes, Turn
from bot.understanding.numbers import NUMBER, whole
from config.texts import text, topic
from handlers.chat import questions
from handlers.chat.phrases import choices
from handlers.chat.remind import (
    allowed,
    days_allowed,
    hours,
    kinds_in,
    quiet_in,
    settings,
    switch_all_off,
    told,
)
from notices import reminders

_PLACES = re.compile(
    r"\d+(?![天日])|(?:(?<=[第选要和跟与及就把])|(?<![\u4e00-\u9fff]))[一二两三四五六]+"
    r"(?=[个号项条样]?(?:$|[\s。，、,.和跟与及就第吧的那都也]))"
)
_ONE = re.compile(r"\d+|[一二两三四五六]")
"""Places in the list: 1和5, 第一个和第三个, 二三; not the one of 一天 and 这一项."""


def register(routes: Routes) -> None:
    routes.forms["reminders"] = Form(
        "reminders",
        text("reminders_chat", "settings_title"),
        (
            Field(
                "kinds",
                _ask_kinds,
                _parse_kinds,
                hint=questions.hint("reminders_chat", "kinds"),
                pick=questions.ONLY_LABEL,
            ),
            Field(
                "days",
                _ask_days,
                _parse_days,
                hint=questions.hint("reminders_chat", "days"),
                pick=frozenset({"place"}),
            ),
            Field(
                "quiet", _ask_quiet, _parse_quiet, hint=questions.hint("reminders_chat", "quiet")
            ),
        ),
        _set,
        intents=frozenset({"remind_on"}),
        elsewhere=choices("remind_on", "help"),
        about="remind_on",
        redo=settings,
        asked=questions.asked("reminders_chat", allowed=allowed()),
        own_words=frozenset(
            (*topic("reminders_chat")["off_exactly"], *topic("reminders_chat")["none_words"])
        ),
    )


def _ask_kinds(_turn: Turn, _answers: Answers) -> Text:
    titles = reminders.titles()
    lines = [
        text("reminders_chat", "kind_line", number=at, title=title)
        for at, title in enumerate(titles.values(), 1)
    ]
    return Text(
        text("reminders_chat", "ask_kinds", lines="\n".join(lines)),
        (Choice("pick:all", text("reminders_chat", "all")),),
    )


def _refuse_all(turn: Turn) -> None:
    """都不要, 退订: who wants none leaves the form with all of them off."""
    data = topic("reminders_chat")
    if turn.text in data["off_exactly"] or core(turn.text) in data["none_words"]:
        raise Leave(switch_all_off(turn))


def _parse_kinds(turn: Turn, _answers: Answers) -> list[str]:
    _refuse_all(turn)
    plain, names = core(turn.text), list(reminders.titles())
    if choose(turn, "pick") == "all" or plain in topic("reminders_chat")["all_words"]:
        return names
    # 我那条哪天能修复来着 asks about what a kind names, and chooses none.
    asks = re.search(topic("reminders_chat")["asks_of_kind"], turn.text)
    named = [] if asks else kinds_in(turn.text)
    said = normalize("NFKC", turn.text)
    numbers = [whole(one) or 0 for found in _PLACES.findall(said) for one in _ONE.findall(found)]
    if any(not 1 <= number <= len(names) for number in numbers):
        raise WrongAnswer(text("reminders_chat", "kinds_wrong", count=len(names)))
    found = {*named, *(names[number - 1] for number in numbers)}
    if not found:
        raise WrongAnswer(text("reminders_chat", "kinds_wrong", count=len(names)))
    return [name for name in names if name in found]


def _ask_days(_turn: Turn, _answers: Answers) -> Text:
    offered = [
        one for one in reminders.rules().choices if one in topic("reminders_chat")["offered"]
    ]
    taps = tuple(
        Choice(f"pick:{days}", text("reminders_chat", "days_ahead", days=days)) for days in offered
    )
    return Text(
        text("reminders_chat", "ask_days"),
        (Choice("pick:usual", text("reminders_chat", "days_usual")), *taps),
    )


def _parse_days(turn: Turn, _answers: Answers) -> list[int]:
    """Days ahead; empty means those of each kind."""
    _refuse_all(turn)
    plain, tapped = core(turn.text), choose(turn, "pick")
    if tapped and tapped.isdecimal():
        return [int(tapped)]
    if tapped == "usual" or plain in topic("reminders_chat")["usual_words"]:
        return []
    said = normalize("NFKC", turn.text)
    for span, meant in topic("reminders_chat")["spans"].items():
        said = said.replace(span, f" {meant} ")
    numbers = [whole(one) for one in re.findall(NUMBER, said)]
    if text("reminders_chat", "same_day") in said:
        numbers.append(0)
    days = [one for one in numbers if one is not None]
    if not days or not set(days) <= set(reminders.rules().choices):
        raise WrongAnswer(days_allowed())
    return days


def _ask_quiet(_turn: Turn, _answers: Answers) -> Text:
    return Text(
        text("reminders_chat", "ask_quiet"),
        tuple(
            Choice(f"pick:{begin}-{end}", hours(begin, end))
            for begin, end in topic("reminders_chat")["quiet_offered"]
        ),
    )


def _parse_quiet(turn: Turn, _answers: Answers) -> list[int]:
    tapped = choose(turn, "pick")
    if tapped and "-" in tapped:
        begin, _, end = tapped.partition("-")
        return [int(begin), int(end)]
    _refuse_all(turn)
    plain = core(turn.text)
    if plain in topic("reminders_chat")["usual_words"]:
        usual = reminders.default_quiet()
        return [usual.start, usual.end]
    found = quiet_in(turn.text)
    if found is None:
        raise WrongAnswer(text("reminders_chat", "quiet_wrong"))
    return list(found)


def _set(turn: Turn, answers: dict[str, Any]) -> Reply:
    """As answered: the kinds that were not named go off."""
    if not turn.bindings():
        return Text(text("reminders_chat", "on_unbound"), choices("bind", "help"))
    chosen: list[str] = answers["kinds"]
    begin, end = answers["quiet"]
    reminders.switch_on(
        turn.session,
        turn.follower.id,
        chosen,
        now=turn.now,
        days_ahead=answers["days"],
        quiet=(begin, end),
    )
    unwanted = set(reminders.titles()) - set(chosen)
    if unwanted:
        reminders.switch_off(turn.session, turn.follower.id, unwanted, now=turn.now)
    return told(turn, "set")

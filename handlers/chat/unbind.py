"""解绑: which binding, are you sure; the consent goes with the last one."""

from __future__ import annotations

from bot.form import Answers, Field, Form, WrongAnswer, choose, start
from bot.reply import Choice, Reply, Text
from bot.turn import Routes, Turn
from config.texts import text, topic
from credit_core.accounts import binding as bindings
from handlers.chat import questions
from handlers.chat.phrases import choices, shown_name


def register(routes: Routes) -> None:
    routes.intents["unbind"] = unbind
    routes.forms["unbind"] = Form(
        "unbind",
        text("unbind", "title"),
        (
            Field("binding", _ask_which, _parse_which, skip=_has_only_one),
            questions.sure("unbind", _summary, plain_word=True),
        ),
        _unbound,
        intents=frozenset({"unbind"}),
        elsewhere=choices("score", "help"),
        asked=questions.asked("unbind"),
    )


def unbind(turn: Turn) -> Reply:
    if not turn.bindings():
        return Text(text("unbind", "nothing_bound"), choices("bind"))
    return start(turn, "unbind", _only_binding(turn))


def _only_binding(turn: Turn) -> Answers:
    rows = turn.bindings()
    return {"binding": rows[0][0].id} if len(rows) == 1 else {}


def _has_only_one(turn: Turn, answers: Answers) -> bool:
    return "binding" in answers and len(turn.bindings()) == 1


def _ask_which(turn: Turn, _answers: Answers) -> Text:
    return Text(
        text("unbind", "which"),
        tuple(
            Choice(
                f"binding:{binding.id}",
                shown_name(subject),
                also=(subject.name, *topic("unbind")["also"][binding.role]),
            )
            for binding, subject in turn.bindings()
        ),
    )


def _parse_which(turn: Turn, _answers: Answers) -> int:
    tapped = choose(turn, "binding")
    for binding, _subject in turn.bindings():
        if tapped == str(binding.id):
            return binding.id
    raise WrongAnswer(text("unbind", "which"))


def _summary(turn: Turn, answers: Answers) -> str:
    names = {binding.id: shown_name(subject) for binding, subject in turn.bindings()}
    return text("unbind", "confirm", name=names.get(answers["binding"], ""))


def _unbound(turn: Turn, answers: Answers) -> Reply:
    if not answers["sure"]:
        return Text(text("unbind", "kept"), choices("score"))
    for binding, subject in turn.bindings():
        if binding.id == answers["binding"]:
            bindings.unbind(turn.session, binding, turn.now)
            return Text(text("unbind", "done", name=shown_name(subject)), choices("bind"))
    return Text(text("unbind", "nothing_bound"), choices("bind"))

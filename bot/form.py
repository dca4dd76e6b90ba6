"""Forms: several messages that together make one request, declared as data.

A form is a list of fields. Each has a prompt, a parser that turns an answer into a value or
says what is wrong, and a way to be skipped. 取消 leaves, 上一步 goes back, a question in between
is answered and the form goes on; a day later it says where we were, a week later it has ended.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bot.reply import Choice, Nothing, Reply, Text
from bot.turn import Turn
from config.texts import text, topic

RESUME_AFTER = timedelta(days=1)
ENDS_AFTER = timedelta(days=7)
SHORT_MISTAKE = 10

Answers = dict[str, Any]


class WrongAnswer(Exception):
    """What was typed is not an answer to this field; carries the text that says why."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Leave(Exception):
    """The form ends here with this reply (locked, refused, nothing to choose from)."""

    def __init__(self, reply: Reply) -> None:
        super().__init__()
        self.reply = reply


@dataclass(frozen=True, slots=True)
class Stay:
    """A parsed value that is kept while the field goes on asking (photos)."""

    value: Any
    reply: str


@dataclass(frozen=True, slots=True)
class Field:
    """One question.

    :ivar prompt: the question, with tappable choices; may look at what was answered before.
    :ivar parse: value of the answer; raises :class:`WrongAnswer`, or returns :class:`Stay`.
    :ivar free: any text is an answer, so that only a plain command counts as a question.
    :ivar skip: when true, the field is passed over.
    :ivar takes_photos: image messages are answers.
    """

    name: str
    prompt: Callable[[Turn, Answers], Text]
    parse: Callable[[Turn, Answers], Any]
    free: bool = False
    skip: Callable[[Turn, Answers], bool] = lambda _turn, _answers: False
    takes_photos: bool = False


@dataclass(frozen=True, slots=True)
class Form:
    """:ivar intents: messages of these intents inside the form mean the form itself."""

    name: str
    title: str
    fields: tuple[Field, ...]
    done: Callable[[Turn, Answers], Reply]
    intents: frozenset[str] = frozenset()
    elsewhere: tuple[Choice, ...] = ()
    """What can be done next when the form was left."""
    about: str = ""
    """The intent that is spoken of when the form is done."""
    hint: str = ""
    """What to write, for somebody who asks instead of answering."""

    def field(self, name: str) -> Field:
        return next(item for item in self.fields if item.name == name)


def start(turn: Turn, name: str, answers: Mapping[str, Any] | None = None) -> Reply:
    """Open a form, with answers that are known already, and ask its first question.

    A form that is open already is held and goes on when this one has ended.
    """
    form = turn.services.routes.forms[name]
    held = turn.open_form
    known = dict(answers or {})
    path = [item.name for item in form.fields if item.name in known]
    turn.open_form = {"name": name, "answers": known, "field": "", "path": path}
    if turn.context.get("whose"):
        turn.open_form["whose"] = turn.context["whose"]
    if held is not None:
        kept = held.get("held") if held["name"] == name else held
        if kept is not None:
            turn.open_form["held"] = {key: kept[key] for key in kept if key != "held"}
    return _ask_next(turn, form)


def current(turn: Turn) -> tuple[Form, Field] | None:
    """The open form and the field that it waits for."""
    if turn.open_form is None:
        return None
    form = turn.services.routes.forms.get(turn.open_form["name"])
    names = {item.name for item in form.fields} if form else set()
    if form is None or turn.open_form["field"] not in names:
        turn.open_form = None  # A newer version of the service has no such form.
        return None
    return form, form.field(turn.open_form["field"])


def prompt(turn: Turn) -> Text:
    """The question that the open form waits with."""
    found = current(turn)
    if found is None or turn.open_form is None:
        return Text("")
    _form, waiting = found
    return waiting.prompt(turn, turn.open_form["answers"])


def answer(turn: Turn) -> Reply:
    """Take the message as the answer to the open field.

    :raises WrongAnswer: it is none; nothing has changed.
    """
    found = current(turn)
    if found is None or turn.open_form is None:
        return Nothing()
    form, waiting = found
    answers: Answers = turn.open_form["answers"]
    try:
        value = waiting.parse(turn, answers)
    except Leave as leaving:
        turn.open_form = None
        return leaving.reply
    if isinstance(value, Stay):
        answers[waiting.name] = value.value
        turn.open_form.pop("failures", None)
        return Text(value.reply, waiting.prompt(turn, answers).choices)
    answers[waiting.name] = value
    turn.open_form.pop("failures", None)
    turn.open_form["path"].append(waiting.name)
    return _ask_next(turn, form)


def back(turn: Turn) -> Reply:
    """上一步: ask the field before again."""
    found = current(turn)
    if found is None or turn.open_form is None:
        return Text(text("form", "nothing_open"))
    path: list[str] = turn.open_form["path"]
    if not path:
        return _with_line(text("form", "first_step"), prompt(turn))
    name = path.pop()
    if not found[0].field(name).takes_photos:
        turn.open_form["answers"].pop(name, None)
    turn.open_form["field"] = name
    turn.open_form.pop("failures", None)
    return prompt(turn)


def cancel(turn: Turn) -> Reply:
    found = current(turn)
    turn.open_form = None
    if found is None:
        return Text(text("form", "nothing_open"))
    return Text(text("form", "cancelled", title=found[0].title), found[0].elsewhere)


def said(turn: Turn) -> str | None:
    """``cancel`` or ``back`` when the message is one of their words."""
    words = topic("form")["words"]
    plain = plainly(turn.text)
    for command in ("cancel", "back"):
        if plain in words[command]:
            return command
    found = current(turn)
    mistaken = len(plain) <= SHORT_MISTAKE and any(word in plain for word in words["mistaken"])
    # In a free field it may be the statement itself: the record's name is 写错了.
    return "back" if mistaken and found is not None and not found[1].free else None


def plainly(said: str) -> str:
    """A short answer without punctuation and particles: ``好的呀。`` is ``好的``."""
    plain = unicodedata.normalize("NFKC", said).strip("。.!！?？,，、~ “”\"'").lower()
    for particle in topic("form")["words"]["particles"]:
        if len(plain) > len(particle):
            plain = plain.removesuffix(particle)
    return plain


def choose(turn: Turn, prefix: str) -> str | None:
    """The tapped choice ``prefix:<value>``, else None."""
    head, _, value = turn.inbound.choice.partition(":")
    return value if head == prefix else None


def yes_no(turn: Turn) -> bool | None:
    """是 or 否 in the words that people use; None when it is neither."""
    tapped = choose(turn, "answer")
    words = topic("form")["words"]
    plain = plainly(turn.text)
    if tapped == "yes" or plain in words["agree"]:
        return True
    if tapped == "no" or plain in words["decline"]:
        return False
    return None


def confirmed(turn: Turn, *, yes: str, no: str, wrong: str) -> bool:
    """Whether the person agreed, in the words of the two buttons or in any others for 是 and 否.

    :param wrong: the text that asks again.
    :raises WrongAnswer: it is neither.
    """
    said = turn.text.strip("。.!！~ ")
    sure = {yes: True, no: False}.get(said)
    if sure is None:
        sure = yes_no(turn)
    if sure is None:
        raise WrongAnswer(wrong)
    return sure


def yes_no_choices(yes: str, no: str) -> tuple[Choice, Choice]:
    return Choice("answer:yes", yes), Choice("answer:no", no)


def _ask_next(turn: Turn, form: Form) -> Reply:
    if turn.open_form is None:
        return Nothing()
    answers: Answers = turn.open_form["answers"]
    for item in form.fields:
        if item.name in turn.open_form["path"] or item.name in answers:
            continue
        if item.skip(turn, answers):
            continue
        turn.open_form["field"] = item.name
        try:
            return item.prompt(turn, answers)
        except Leave as leaving:
            turn.open_form = None
            return leaving.reply
    turn.open_form = None
    if form.about:
        turn.context["topic"] = form.about
    try:
        return form.done(turn, answers)
    except Leave as leaving:
        return leaving.reply


def _with_line(line: str, question: Text) -> Text:
    return Text(f"{line}\n{question.content}", question.choices)

"""Forms: several messages that together make one request, declared as data.

A form is a list of fields. Each has a prompt, a parser that turns an answer into a value or
says what is wrong, and a way to be skipped. 取消 leaves, 上一步 goes back, a question in between
is answered and the form goes on; a day later it says where we were, a week later it has ended.
What a text means while a form is open is decided in :mod:`bot.filling`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bot import choosing, commands, follow_up
from bot.reply import Choice, Nothing, Reply, Text
from bot.turn import Turn
from config.texts import text

RESUME_AFTER = timedelta(days=1)
ENDS_AFTER = timedelta(days=7)
ANY_WAY = frozenset({"place", "digit", "part"})

Answers = dict[str, Any]


class WrongAnswer(Exception):
    """What was typed is not an answer to this field; carries the text that says why.

    :ivar plain: it was meant as one, so that no other wish is looked for in it.
    """

    def __init__(self, message: str, *, plain: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.plain = plain


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
    :ivar skip: when true, the field is passed over; on the way back where it was never asked.
    :ivar takes_photos: image messages are answers.
    :ivar hint: what to answer, for somebody who asks instead.
    :ivar pick: how a choice may be typed besides its label: by ``place`` (第二个), by ``digit``
        (2), by ``part`` of its name.
    :ivar joins: the field of free text that more of the story is added to, told where something
        else is asked for (加一句，医院已经更正了, where photos are awaited).
    :ivar switch: another value of this field that a later message plainly means (不对，是卖药
        那个); None when it means none.
    """

    name: str
    prompt: Callable[[Turn, Answers], Text]
    parse: Callable[[Turn, Answers], Any]
    free: bool = False
    skip: Callable[[Turn, Answers], bool] = lambda _turn, _answers: False
    takes_photos: bool = False
    hint: str = ""
    pick: frozenset[str] = ANY_WAY
    joins: str = ""
    switch: Callable[[Turn, Answers], Any] | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that people ask about a form, and its answer.

    :ivar words: patterns, one of which is in the question.
    :ivar anywhere: also before and after the form, where the question names it or it was just
        spoken of.
    :ivar plainly: the words are enough, whether it sounds like a question or not: 捡要紧的讲.
    :ivar first: looked for before words of steering and before an answer: 写错了还能改吗 goes
        nowhere, and 怎么退出去 leaves nothing.
    """

    words: tuple[str, ...]
    answer: Callable[[Turn], str]
    anywhere: bool = False
    plainly: bool = False
    first: bool = False


@dataclass(frozen=True, slots=True)
class Form:
    """:ivar intents: messages of these intents inside the form mean the form itself."""

    name: str
    title: str
    fields: tuple[Field, ...]
    done: Callable[[Turn, Answers], Reply]
    intents: frozenset[str] = frozenset()
    near: frozenset[str] = frozenset()
    """Intents after which a question may be about this form as well, before it is opened."""
    elsewhere: tuple[Choice, ...] = ()
    """What can be done next when the form was left."""
    about: str = ""
    """The intent that is spoken of when the form is done."""
    hint: str = ""
    """What to write, for somebody who asks instead of answering; a field's own goes before."""
    asked: tuple[Asked, ...] = ()
    """Questions about the form itself."""
    gives_way: bool = False
    """Opened in between, it goes when the answer is plainly one to the form that waits."""
    redo: Callable[[Turn], Reply] | None = None
    """Who answers 刚才写错了 right after the form was handed in."""
    of_subject: bool = False
    """Its records are somebody's: of the person, or of the institution spoken for."""
    own_words: frozenset[str] = frozenset()
    """Words of the whole service that its fields understand themselves (退订)."""
    remembered: frozenset[str] = frozenset()
    """Fields whose answers still count when the form was left and is taken up again soon."""
    left: Callable[[Turn], Reply] | None = None
    """What is said when the form is left, where 已取消 alone would mislead."""
    outlived: Callable[[Turn], str | None] | None = None
    """Why nobody needs it any more by now, in a line; None while it goes on."""

    def field(self, name: str) -> Field:
        return next(item for item in self.fields if item.name == name)


def start(turn: Turn, name: str, answers: Mapping[str, Any] | None = None) -> Reply:
    """Open a form, with answers that are known already, and ask its first question.

    A form that is open already is held, with all that it holds itself, and goes on when this one
    has ended.
    """
    form = turn.services.routes.forms[name]
    turn.context.pop("done", None)
    turn.context.pop("left", None)
    held = turn.open_form
    known = dict(answers or {})
    path = [item.name for item in form.fields if item.name in known]
    turn.open_form = {
        "name": name,
        "answers": known,
        "field": "",
        "path": path,
        "given": list(path),
    }
    if turn.context.get("whose"):
        turn.open_form["whose"] = turn.context["whose"]
    kept = _without(held, name)
    if kept is not None:
        turn.open_form["held"] = kept
    return _ask_next(turn, form)


def _without(held: dict[str, Any] | None, name: str) -> dict[str, Any] | None:
    """The forms that wait, without an earlier one of the same name."""
    if held is None:
        return None
    outer = _without(held.get("held"), name)
    if held["name"] == name:
        return outer
    kept = {key: value for key, value in held.items() if key not in {"held", "said"}}
    return kept if outer is None else {**kept, "held": outer}


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


def told(turn: Turn, about: Form, *, outside: bool = False) -> str | None:
    """The answer to what the message asks about this form; None when nothing is written of it.

    :param outside: the form is not open.
    """
    return _told(turn, (one for one in about.asked if one.anywhere or not outside))


def told_first(turn: Turn, about: Form, *, outside: bool = False) -> str | None:
    """The same before the message is looked at otherwise: what needs no look of a question, and
    questions that hold words of steering."""
    asks = follow_up.is_question(turn.text)
    rows = (one for one in about.asked if one.plainly or (asks and one.first))
    return _told(turn, (one for one in rows if one.anywhere or not outside))


def _told(turn: Turn, rows: Iterable[Asked]) -> str | None:
    said = f"{turn.text}\n{follow_up.in_plain_words(turn.text)}"
    fitting = (one for one in rows if any(re.search(word, said) for word in one.words))
    found = next(fitting, None)
    return None if found is None else found.answer(turn)


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


def changed(turn: Turn, name: str, value: Any) -> Reply:
    """不对，是卖药那个: an earlier answer becomes another one, and what follows is asked again."""
    found = current(turn)
    back(turn, name)
    if found is None or turn.open_form is None:
        return Nothing()
    turn.open_form["answers"][name] = value
    turn.open_form["path"].append(name)
    return _ask_next(turn, found[0])


def one_more(turn: Turn, photos: Field) -> Reply:
    """A photo that comes after 好了 is added, and the open field asks again."""
    if turn.open_form is None:
        return Nothing()
    answers: Answers = turn.open_form["answers"]
    try:
        value = photos.parse(turn, answers)
    except WrongAnswer as wrong:
        return _with_line(wrong.message, prompt(turn))
    if not isinstance(value, Stay):
        return prompt(turn)
    answers[photos.name] = value.value
    return _with_line(text("form", "one_more", count=len(value.value)), prompt(turn))


def match(turn: Turn, *, only_label: bool = False) -> bool:
    """Whether the typed text names a choice of the open field; it then counts as tapped."""
    found = current(turn)
    if found is None or turn.inbound.choice:
        return False
    ways, offered = found[1].pick, prompt(turn).choices
    chosen = choosing.exact(offered, turn.text)
    if chosen is None and "place" in ways and not only_label:
        chosen = choosing.by_number(offered, turn.text, digits="digit" in ways)
    if chosen is None and "place" in ways and not only_label:
        # 不对，第二条
        named = (
            choosing.by_number(offered, one, digits=False) for one in commands.clauses(turn.text)
        )
        chosen = next((one for one in named if one is not None), None)
    if chosen is None and "part" in ways and not only_label:
        chosen = choosing.by_part(offered, turn.text)
    turn.picked = chosen.id if chosen else ""
    return chosen is not None


def back(turn: Turn, to: str | None = None) -> Reply:
    """上一步: ask the field before again, or the field ``to`` where that was answered."""
    found = current(turn)
    if found is None or turn.open_form is None:
        return Text(text("form", "nothing_open"))
    path: list[str] = turn.open_form["path"]
    answers: Answers = turn.open_form["answers"]
    given = turn.open_form.get("given", [])
    asked = [
        name for name in path if name not in given or not found[0].field(name).skip(turn, answers)
    ]
    if not asked:
        return _with_line(text("form", "first_step"), prompt(turn))
    wanted = to if to in asked else asked[-1]
    told = {one.joins for one in found[0].fields if one.joins}
    while path:
        name = path.pop()
        if name in told and isinstance(answers.get(name), str):
            turn.open_form.setdefault("old", {})[name] = answers[name]
        if not found[0].field(name).takes_photos:
            answers.pop(name, None)
        if name == wanted:
            break
    turn.open_form["field"] = wanted
    turn.open_form.pop("failures", None)
    return prompt(turn)


def cancel(turn: Turn) -> Reply:
    found = current(turn)
    state, turn.open_form = turn.open_form or {}, None
    if found is None:
        return Text(text("form", "nothing_open"))
    kept = {**state.get("draft", {}), **state.get("old", {}), **state["answers"]}
    turn.context["left"] = {
        "name": found[0].name,
        "answers": {name: kept[name] for name in found[0].remembered if name in kept},
    }
    if found[0].left is not None:
        return found[0].left(turn)
    return Text(text("form", "cancelled", title=found[0].title), found[0].elsewhere)


def outlived(turn: Turn) -> str | None:
    """End a form that nobody needs any more by now; the line that says why, else None."""
    found = current(turn)
    if found is None or found[0].outlived is None or turn.open_form is None:
        return None
    line = found[0].outlived(turn)
    if line is not None:
        turn.open_form = turn.open_form.get("held")
    return line


def choose(turn: Turn, prefix: str) -> str | None:
    """The value of the choice ``prefix:<value>`` that was tapped or named, else None."""
    head, _, value = turn.choice.partition(":")
    return value if head == prefix else None


def yes_no(turn: Turn, *, plain_word: bool = False) -> bool | None:
    """是 or 否 in the words that people use; None when it is neither.

    :param plain_word: what cannot be undone needs 确定: 嗯 and 好 are not enough.
    """
    tapped, name = choose(turn, "answer"), turn.open_form["name"] if turn.open_form else None
    agrees = commands.confirms if plain_word else commands.agrees
    if tapped == "yes" or (not tapped and agrees(turn.text, name)):
        return True
    if tapped == "no" or (not tapped and commands.declines(turn.text, name)):
        return False
    return None


def confirmed(turn: Turn, *, wrong: str, plain_word: bool = False) -> bool:
    """Whether the person agreed, in the words of the two buttons or in any others for 是 and 否.

    :param wrong: the text that asks again.
    :raises WrongAnswer: it is neither.
    """
    sure = yes_no(turn, plain_word=plain_word)
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
            # Refused at the door: what waited behind it goes on.
            turn.open_form = turn.open_form.get("held")
            return leaving.reply
    turn.open_form = None
    if form.about:
        turn.context["topic"] = form.about
    if answers.get("sure", True):
        turn.context["done"] = form.name
    try:
        return form.done(turn, answers)
    except Leave as leaving:
        return leaving.reply


def _with_line(line: str, question: Text) -> Text:
    return Text(f"{line}\n{question.content}", question.choices)

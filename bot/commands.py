"""Words that steer a talk: 取消, 上一步, 说到哪了, 继续, 等等, and the words for yes, no and done.

A message is one of them only as a whole: politeness and particles are taken off its ends, a word
said twice counts once, and what is left must fit a pattern of ``config/commands.yaml``. So a
statement that merely contains 取消 or 写错了 stays a statement.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cache

from pydantic import BaseModel, ConfigDict

from config.settings import DATA
from credit_core.datafile import load

_SIGNS = re.compile(r"[^\w]+|_")
_CLAUSES = re.compile(r"[，。！？；,.!?;\s]+")
_LEADING = frozenset({"cancel", "stop", "back", "later"})


class Grammar(BaseModel):
    """``config/commands.yaml``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    longest: int
    lead: list[str]
    tail: list[str]
    parts: dict[str, str]
    own: dict[str, list[str]]
    """By form: its verbs and names, longest first."""
    fields: dict[str, list[str]]
    """By field: the words that name it in 改一下说明."""
    commands: dict[str, list[str]]
    agree: list[str]
    decline: list[str]
    confirm: list[str]
    finished: list[str]


@cache
def grammar() -> Grammar:
    return load(DATA / "commands.yaml", Grammar)


def plain(said: str) -> str:
    """Letters and digits only, in one width and case.

    >>> plain("第 2 条！"), plain("②")
    ('第2条', '2')
    """
    return _SIGNS.sub("", unicodedata.normalize("NFKC", said)).lower()


def core(said: str) -> str:
    """What is left without politeness and particles, said once.

    >>> core("算了算了，谢谢！"), core("那个，不好意思，我不填了哈")
    ('算了', '我不填了')
    """
    left, before = plain(said), ""
    while left != before:
        before = left
        left = _once(_trimmed(left))
    return left


def _trimmed(left: str) -> str:
    for lead in grammar().lead:
        if left.startswith(lead) and len(left) > len(lead):
            left = left[len(lead) :]
    for tail in grammar().tail:
        if left.endswith(tail) and len(left) > len(tail):
            left = left[: -len(tail)]
    return left


def _once(left: str) -> str:
    """``算了算了`` is ``算了``; digits are never shortened."""
    for size in range(2, len(left) // 2 + 1):
        unit = left[:size]
        if len(left) % size == 0 and not unit.isdecimal() and unit * (len(left) // size) == left:
            return unit
    return left


def command(said: str, form: str | None = None) -> str | None:
    """``cancel``, ``back``, ``later``, ``hurry``, ``asking``, ``hold``, ``where``, ``go_on``,
    ``none``, ``greet``, ``thanks``, ``nod`` or ``wish`` when the message says just that.

    :param form: the form that is open, for 不申诉了 and 取消举报.
    """
    left = core(said)
    if not left or len(left) > grammar().longest:
        return None
    return next((name for name in grammar().commands if _fits(name, form, left)), None)


def step(said: str, form: str, steps: Sequence[str]) -> str | None:
    """The first of ``steps`` that is said, when every clause is one of them: 先等等，我找找再填."""
    found = [command(one, form) for one in clauses(said)]
    if len(found) < 2 or not set(found) <= set(steps):
        return None
    return next(name for name in steps if name in found)


def clause_command(
    said: str, form: str | None = None, among: frozenset[str] = _LEADING
) -> str | None:
    """The first steering word among the clauses of a short message: 不是这样的，我要重写."""
    found = (command(one, form) for one in clauses(said))
    return next((name for name in found if name in among), None)


def clauses(said: str) -> list[str]:
    """The clauses of a short message; a long one is not taken apart."""
    if len(plain(said)) > grammar().longest:
        return []
    return [one for one in _CLAUSES.split(said) if one]


def all_clauses(said: str) -> list[str]:
    """The clauses of a message of any length."""
    return [one for one in _CLAUSES.split(said) if one]


def last_clause(said: str) -> str:
    """The last clause, where there are several; else nothing."""
    parts = all_clauses(said)
    return parts[-1] if len(parts) > 1 else ""


def names(said: str, form: str) -> bool:
    """Whether a verb or name of this form is in the message: 申诉会不会多扣分."""
    return any(word in said for word in grammar().own.get(form, []) if len(word) > 1)


def after_verb(said: str, form: str) -> str:
    """What follows the verb of this form at the head of a message: 申诉借卡那条; else nothing."""
    left = core(said)
    found = _heading(form).match(left)
    return left[found.end() :] if found else ""


def before_verb(said: str, form: str) -> str:
    """What the verb of this form is done to: 把借卡那条申诉了; else nothing."""
    found = _closing(form).fullmatch(core(said))
    return found["what"] if found else ""


@cache
def _closing(form: str) -> re.Pattern[str]:
    verbs = "|".join(word for word in grammar().own.get(form, []))
    lead = "(?:我|要|想|先|就|来|去|再|帮我|给我|那|麻烦)*"
    return re.compile(rf"{lead}(?:把|将|对|给)(?P<what>.{{1,14}}?)(?:{verbs})(?:一下|了|掉|一?个)*")


@cache
def _heading(form: str) -> re.Pattern[str]:
    verbs = "|".join(word for word in grammar().own.get(form, []) if len(word) > 1)
    return re.compile(rf"(?:我|要|想|先|就|来|去|再|帮我|给我|把|那)*(?:{verbs})+(?:一下)?")


def leaves(said: str, form: str) -> bool:
    """Whether a clause leaves this form by its own verb: 确实是我错了，我不申诉了.

    Such a clause is plain in a message of any length; 算了 alone may be part of a story.
    """
    return any(
        len(left) <= grammar().longest
        and _fits("cancel", form, left)
        and not _fits("cancel", None, left)
        for left in map(core, _CLAUSES.split(said))
        if left
    )


def without_leaving(said: str, form: str) -> str:
    """What is said besides leaving the form."""
    kept = (one for one in _CLAUSES.split(said) if one and command(one, form) != "cancel")
    return "，".join(kept)


def is_wish_for(said: str, form: str) -> bool:
    """Whether the message asks for this form and says nothing else: 我要举报."""
    left = core(said)
    return len(left) <= grammar().longest and _fits("wish", form, left)


def agrees(said: str, form: str | None = None) -> bool:
    return _answers("agree", said, form) or _all_answer("agree", said, form)


def declines(said: str, form: str | None = None) -> bool:
    return _answers("decline", said, form) or _all_answer("decline", said, form)


def confirms(said: str, form: str | None = None) -> bool:
    """The plain word that a step needs which cannot be undone; 是的，确定 holds it."""
    if _answers("confirm", said, form):
        return True
    parts = clauses(said)
    return any(_answers("confirm", one, form) for one in parts) and all(
        _answers("confirm", one, form) or _answers("agree", one, form) for one in parts
    )


def finishes(said: str) -> bool:
    """好了, 就这两张, 没有照片: nothing more comes."""
    return _answers("finished", said, None)


def field_named(said: str) -> str | None:
    """The field that 改一下说明 wants to go back to."""
    left = plain(said)
    named = grammar().fields.items()
    return next((field for field, words in named if any(word in left for word in words)), None)


def _answers(kind: str, said: str, form: str | None) -> bool:
    left = core(said)
    return 0 < len(left) <= grammar().longest and _fits(kind, form, left)


def _all_answer(kind: str, said: str, form: str | None) -> bool:
    """是的，没错: every clause says it."""
    parts = clauses(said)
    return len(parts) > 1 and all(_answers(kind, one, form) for one in parts)


@cache
def _pattern(name: str, form: str | None) -> re.Pattern[str]:
    data = grammar()
    listed = data.commands.get(name) or getattr(data, name)
    own = data.own.get(form or "", [])
    parts = dict(data.parts)
    if own:
        parts["own"] = f"(?:{'|'.join(own)})"
    joined = "|".join(f"(?:{one})" for one in listed)
    while (found := re.search(r"<(\w+)>", joined)) is not None:
        part = parts[found[1]]
        joined = joined.replace(found[0], f"(?:{part})")
    return re.compile(joined)


def _fits(name: str, form: str | None, left: str) -> bool:
    return _pattern(name, form).fullmatch(left) is not None

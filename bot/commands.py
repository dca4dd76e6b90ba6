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
_SIGNS_BETWEEN = r"[，。！？；,.!?;\s]+"
_PARTS = re.compile(r"[，。！；,!;]+")
"""Between clauses, but not inside a number or a name with a space."""
COURTEOUS = frozenset({"nod", "thanks", "hold", "greet"})
_LEADING = frozenset({"cancel", "stop", "back", "later"})


class Grammar(BaseModel):
    """``config/commands.yaml``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    longest: int
    lead: list[str]
    no_more: str
    """What may follow a lead without being led to by it, as a pattern: 麻烦 in 麻烦你了."""
    tail: list[str]
    parts: dict[str, str]
    own: dict[str, list[str]]
    """By form: its verbs and names, longest first."""
    heads: dict[str, list[str]]
    """By form: the words after 我要 that plainly want it, whatever follows."""
    fields: dict[str, list[str]]
    """By field: the words that name it in 改一下说明."""
    commands: dict[str, list[str]]
    agree: list[str]
    decline: list[str]
    confirm: list[str]
    finished: list[str]
    nodding: str
    """A nod at the head of a message that goes on, as a pattern: 好那继续."""
    excuse: str
    """What stands before going on and tells only why one was away: 昨天店里忙."""
    seams: list[str]
    """Where a clause ends that is dictated without a sign, as patterns: 取消吧|我再想想."""
    stepping_back: str
    """How somebody goes back who has nothing to put right, as a pattern: 返回上一步."""
    deleting: str
    """How somebody asks to take a sentence out of what they told."""
    refusing: str
    vague: list[str]
    """Words of leaving that may as well end a story."""
    waits: str
    """How a clause begins, as a pattern, that only tells what is waited for."""
    has_stopped: str
    """What was cancelled before, as a pattern: 我取消了."""
    explicit: str
    explicit_alone: str
    puts_off: str
    """先不交: not now."""
    urged: str
    """How 先取消吧 sounds at the end of a long message, as a pattern."""
    haste: str
    """Words of hurry beside an answer: 同意，快."""
    adding: str
    """How a message begins that adds to what was told: 加一句."""
    correcting: str
    """What stands between an error and what is right: 写错了，应该是."""


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
        left = _once(_trimmed(_once(left)))
    return left


def _trimmed(left: str) -> str:
    for lead in grammar().lead:
        # 麻烦你 leads to what is wanted; 麻烦你了 is thanks.
        if left.startswith(lead) and not re.fullmatch(grammar().no_more, left[len(lead) :]):
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
    ``next``, ``none``, ``greet``, ``thanks``, ``nod`` or ``wish`` when the message says just that.

    :param form: the form that is open, for 不申诉了 and 取消举报.
    """
    left = core(said)
    if not left or len(left) > grammar().longest:
        return None
    found = next((name for name in grammar().commands if _fits(name, form, left)), None)
    return found or _after_nod(left, form)


def _after_nod(left: str, form: str | None) -> str | None:
    """好那继续, 行下一步, 行那我先申诉: a nod that goes on."""
    rest = re.sub(grammar().nodding, "", left)
    if rest in {"", left}:
        return None
    # 行，我承诺 agrees.
    names = ("go_on", "next") if agrees(left, form) else ("go_on", "next", "wish")
    return next((name for name in names if _fits(name, form, rest)), None)


def step(said: str, form: str, steps: Sequence[str]) -> str | None:
    """The first of ``steps`` that is said, when every clause is one of them: 先等等，我找找再填."""
    parts = clauses(said)
    found = [command(one, form) for one in parts]
    if found[-1:] == ["go_on"]:
        # 昨天店里忙，接着签
        pairs = zip(parts, found, strict=True)
        found = ["nod" if name is None and _excuses(one) else name for one, name in pairs]
    if set(found) - {None, *COURTEOUS} == {"back"} and None not in found:
        return "back"  # 选错了，上一步
    if {"go_on", "next"} & set(found):
        # 行，那接着来
        pairs = zip(parts, found, strict=True)
        found = ["nod" if name is None and agrees(one, form) else name for one, name in pairs]
    if len(found) < 2 or not set(found) <= set(steps):
        return None
    return next(name for name in steps if name in found)


def _excuses(clause: str) -> bool:
    return re.fullmatch(grammar().excuse, core(clause)) is not None


def thanks(said: str) -> bool:
    """好的谢谢: no consent, but an end."""
    return _fits("thanks", None, plain(said))


def only_steers(said: str, form: str | None = None) -> bool:
    """Whether every clause is a word of steering, of consent or of hurry."""
    return all(
        command(one, form) or agrees(one, form) or declines(one, form) or finishes(one)
        for one in all_clauses(said)
    )


def unhurried(said: str) -> str:
    """The message without its hurry; nothing where it says nothing else.

    >>> unhurried("同意，快"), unhurried("没有了，赶紧的"), unhurried("快点快点")
    ('同意', '没有了', '')
    """
    only, head, end = _haste()
    parts = [one for one in _PARTS.split(said) if one.strip()]
    kept = [one for one in parts if not only.fullmatch(plain(one))]
    bare = [end.sub("", head.sub("", one.strip())) for one in kept]
    return said if bare == parts else "，".join(one for one in bare if one)


@cache
def _haste() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """Nothing but hurry; hurry at the head; hurry at the end."""
    word = f"(?:{grammar().haste})(?:弄|办|搞|来|整|处理|查)?"
    ends = "[啊呀哦吧嘛哈的啦了]*"
    return (
        re.compile(rf"(?:(?:{word}){ends})+"),
        re.compile(rf"^(?:(?:{word})(?![递餐门诊进])[啊呀哦吧嘛哈的]*)+"),
        re.compile(rf"(?:(?:{word})[啊呀哦吧嘛哈的]*)+$"),
    )


def added(said: str) -> str | None:
    """What 加一句，… adds; None when the message does not begin so."""
    found = _adding().match(said)
    rest = said[found.end() :].strip(" ，,：:。；;") if found else ""
    return rest or None


def after_going_on(said: str) -> str:
    """哦，那我接着说，卡去年就丢了: what is gone on with; all of it where nothing leads to it."""
    parts = all_clauses(said)
    led = [command(one) for one in parts[:3]]
    if "go_on" not in led:
        return said
    at = led.index("go_on")
    if any(name != "nod" and core(one) for name, one in zip(led[:at], parts, strict=False)):
        return said
    rest = said.partition(parts[at])[2].lstrip(" ，,。；;：:")
    return rest or said


@cache
def _adding() -> re.Pattern[str]:
    return re.compile(grammar().adding)


def corrected(said: str, form: str | None = None) -> str:
    """What 名字写错了，是赵丽 tells besides the error; nothing when it tells no more."""
    kept = [one for one in all_clauses(said) if command(one, form) not in {"back", "hold"}]
    rest = re.sub(grammar().correcting, "", "，".join(kept))
    return "" if rest == said else rest


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
    return [one for one in _seams().split(said) if one]


def all_clauses(said: str) -> list[str]:
    """The clauses of a message of any length."""
    return [one for one in _seams().split(said) if one]


@cache
def _seams() -> re.Pattern[str]:
    return re.compile("|".join((_SIGNS_BETWEEN, *grammar().seams)))


def last_clause(said: str) -> str:
    """The last clause, where there are several; else nothing."""
    parts = all_clauses(said)
    return parts[-1] if len(parts) > 1 else ""


def forms() -> list[str]:
    """The forms whose verbs are known."""
    return list(grammar().own)


def names(said: str, form: str) -> bool:
    """Whether a verb or name of this form is in the message: 申诉会不会多扣分."""
    return any(word in said for word in grammar().own.get(form, []) if len(word) > 1)


def after_verb(said: str, form: str) -> str:
    """What follows the verb of this form at the head of a message: 申诉借卡那条; else nothing."""
    left = re.sub(grammar().nodding, "", core(said)) or core(said)
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
    return re.compile(rf"(?:我|是|要|想|先|就|来|去|再|帮我|给我|把|那)*(?:{verbs})+(?:一下)?")


def deletes(said: str) -> bool:
    """把走不了路那句去掉: a sentence is to be taken out of what was told."""
    return len(plain(said)) <= grammar().longest and bool(re.search(grammar().deleting, said))


def steps_back(said: str) -> bool:
    """等下我写得不好，返回上一步: nothing is put right by what stands beside it."""
    return any(re.search(grammar().stepping_back, core(one)) for one in all_clauses(said))


def refuses(said: str) -> bool:
    """先不签, 不弄了: not now, rather than 取消."""
    return re.search(grammar().refusing, plain(said)) is not None


def heads_for(said: str, form: str) -> bool:
    """Whether a clause begins as the wish for this form: 我是要举报我妹夫."""
    words = grammar().heads.get(form, [])
    return bool(words) and _heads(form).match(core(said)) is not None


@cache
def _heads(form: str) -> re.Pattern[str]:
    words = "|".join(grammar().heads[form])
    wants = "(?:我|是|就|真正|其实|还)*(?:要|想|来|打算|准备)(?:要|想|来|去)*"
    return re.compile(rf"{wants}(?:{words})")


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
    """好了, 就这两张, 没有照片: nothing more comes; 没照片，交吧 says it and agrees."""
    # 没照片赶紧下一步
    parts = clauses(re.sub(rf"(?:{grammar().haste})", "，", said))
    done = [_answers("finished", one, None) for one in parts]
    agreed = [_answers("agree", one, None) for one in parts]
    both = any(done) and all(map(max, zip(done, agreed, strict=True)))
    return _answers("finished", said, None) or both


def field_named(said: str) -> str | None:
    """The field that 改一下说明 wants to go back to."""
    left = plain(said)
    named = grammar().fields.items()
    return next((field for field, words in named if any(word in left for word in words)), None)


def _answers(kind: str, said: str, form: str | None) -> bool:
    return any(
        0 < len(left) <= grammar().longest and _fits(kind, form, left)
        for left in (core(said), core(unhurried(said)), core(unhurried(core(said))))
    )


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

"""A form is left, or put off, in plain words beside others: 取消吧，等我把票找到再说.

One clause must be the command by itself; beside it stand a reason, courtesy or a talk of waiting.
That something was cancelled before (那天的预约，我取消了) is a story.
"""

from __future__ import annotations

import re

from bot import commands

CIVIL = frozenset({"later", "hold", "asking", "thanks", "nod", "greet", "hurry", "cancel"})
PUTS_OFF = frozenset({"cancel", "later", "hold", "nod", "thanks", "asking"})
BESIDE_WAITING = 7


def stops(said: str, form: str) -> bool:
    """Whether a clause of the message stops this form, and nothing after it goes on telling."""
    parts = commands.all_clauses(said)
    at = next((at for at in reversed(range(len(parts))) if _stops(parts[at], form)), None)
    if at is None or len(parts) < 2:
        return False
    after = parts[at + 1 :]
    if not all(_adds_nothing(one, form) for one in after):
        return False
    if _has_done(parts[at]) and not after:
        return False
    waits = any(_adds_nothing(one, form) for one in (*parts[:at], *after))
    if waits and _puts_off(parts[at]):
        return False
    # In a long message 不办了 may be how the story ends.
    return bool(commands.clauses(said)) or waits or _is_urged(parts[at])


def only_waits(said: str, form: str) -> bool:
    """Whether nothing is said besides stopping, waiting and courtesy."""
    return all(_adds_nothing(one, form) for one in commands.all_clauses(said))


def _stops(clause: str, form: str) -> bool:
    said = commands.core(clause)
    vague = said.startswith(tuple(commands.grammar().vague))
    if vague and re.search(commands.grammar().explicit, said):
        vague = False  # 算了取消吧
    return commands.command(clause, form) == "cancel" and not vague


def _is_explicit(clause: str) -> bool:
    """算了取消吧: the word itself, by which nothing is put off."""
    said = commands.core(clause)
    return re.fullmatch(commands.grammar().explicit_alone, said) is not None


def _adds_nothing(clause: str, form: str) -> bool:
    if commands.command(clause, form) in CIVIL:
        return True
    return re.match(commands.grammar().waits, commands.core(clause)) is not None


def _has_done(clause: str) -> bool:
    """我取消了."""
    return re.fullmatch(commands.grammar().has_stopped, commands.core(clause)) is not None


def _puts_off(clause: str) -> bool:
    """先不交, beside 等我问问: it is kept."""
    return re.fullmatch(commands.grammar().puts_off, commands.core(clause)) is not None


def _is_urged(clause: str) -> bool:
    """先取消吧."""
    return re.match(commands.grammar().urged, commands.core(clause)) is not None


def leaves(said: str, form: str) -> bool:
    """Whether a clause leaves this form by its own verb: 确实是我错了，我不申诉了.

    Such a clause is plain in a message of any length; 算了 alone may be part of a story.
    """
    return any(
        commands.command(one, form) == "cancel" and commands.command(one) != "cancel"
        for one in commands.all_clauses(said)
    )


def without_leaving(said: str, form: str) -> str:
    """What is said besides leaving the form."""
    kept = (one for one in commands.all_clauses(said) if commands.command(one, form) != "cancel")
    return "，".join(kept)


def ends_cancelling(said: str, form: str) -> bool:
    """都是一家人，取消吧: a reason, and then the plain word; 算了 may end a story."""
    parts = commands.clauses(said)
    return len(parts) > 1 and _stops(parts[-1], form) and not _has_done(parts[-1])


def opens_cancelling(said: str, form: str) -> bool:
    """取消吧，我想起来了，是我自己报了两回: the plain word first, and then only why."""
    parts = commands.all_clauses(said)
    return len(parts) > 1 and _is_explicit(parts[0]) and _stops(parts[0], form)


def declines_for_now(said: str) -> bool:
    """不同意，我再想想: no, and nothing but waiting and courtesy beside it."""
    parts = commands.all_clauses(said)
    waits = all(commands.command(one) in CIVIL for one in parts[1:])
    return len(parts) > 1 and commands.declines(parts[0]) and waits


def ends_stopping(said: str, form: str) -> bool:
    """不举报了，万一冤枉人家咋办，取消: whatever is asked before, the last word is plain."""
    parts = commands.all_clauses(said)
    return stops(said, form) and _is_explicit(parts[-1]) and not _has_done(parts[-1])


def pause(said: str, form: str, *, free: bool) -> str | None:
    """``later`` or ``hold`` where several clauses only put off: 稍等，来顾客了; 先不交，等我问问.

    :param free: any text could be the answer, so that what stands beside 稍等 must be short.
    """
    parts = commands.clauses(said)
    found = [commands.command(one, form) for one in parts]
    if len(parts) < 2 or ends_cancelling(said, form) or any(map(_is_explicit, parts)):
        return None
    if {"later", "hold"} & set(found) and set(found) <= {*PUTS_OFF}:
        return "later" if set(found) & {"cancel", "later"} else "hold"
    pairs = zip(parts, found, strict=True)
    beside = sum(len(commands.plain(one)) for one, name in pairs if name is None)
    wished = any(commands.is_wish_for(one, name) for one in parts for name in commands.forms())
    if free and found[0] in {"hold", "later"} and beside <= BESIDE_WAITING and not wished:
        return found[0]
    return None

"""Which of the choices on the screen a typed message means.

People type the label, a part of it, its number (2, 二, 第二个, 选2, 最后一个) or another name of
the thing, such as the number of its document.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.commands import core, plain
from bot.reply import Choice
from bot.understanding.numbers import NUMBER, whole

_HEAD = r"[我就要想帮给是点看那嗯]*"
_UNIT = r"(?:个|条|项|种|款|家|张|份|步)?"
_NTH = re.compile(
    rf"{_HEAD}(?P<back>倒数)?(?:第|选择?第?|点第?)(?P<n>{NUMBER}){_UNIT}(?:那个|那条)?(?:的)?"
)
_BARE = re.compile(rf"(?P<n>{NUMBER})号?")
QUANTITY = re.compile(rf"(?:提前)?{NUMBER}(?:个)?(?:月|天|日|周|星期|礼拜|小时|年|元|块)?(?:前)?")
"""A number with or without a unit, and nothing else."""
_LAST = re.compile(rf"{_HEAD}选?(?:最后|最下面|最末)(?:面)?的?(?:那)?一?{_UNIT}的?")
_FIRST = re.compile(rf"{_HEAD}选?(?:最上面|最前面|头)(?:的)?(?:那)?一?{_UNIT}的?")
_FILLER_BEFORE = re.compile(r"^(?:我|就|要|想|选|选择|点|看|是|说的|关于|那个|这个|办|查|弄)+")
_FILLER_AFTER = re.compile(r"(?:的)?(?:那|这)?(?:一)?(?:个|条|项|种|款|家|份|件|张|事)?(?:的)?$")
_LABEL_NUMBER = re.compile(r"^\d+[.、]\s*")
_ASIDE = re.compile(r"[（(][^（）()]*[)）]")
_LEAST_OF_LABEL = 4
LONGEST = 16
"""Signs of a message that names a place; a longer one is no such thing."""


def exact(choices: Sequence[Choice], said: str) -> Choice | None:
    """The choice whose label was typed."""
    wanted = plain(said)
    fitting = [choice for choice in choices if wanted and wanted in _bodies(choice)]
    return fitting[0] if len(fitting) == 1 else None


def by_number(choices: Sequence[Choice], said: str, *, digits: bool = True) -> Choice | None:
    """The choice whose place in the list is named.

    :param digits: whether a number alone counts as well as 第二个.
    """
    at = place(said, len(choices), digits=digits)
    return choices[at - 1] if at is not None and 1 <= at <= len(choices) else None


def place(said: str, count: int, *, digits: bool = True) -> int | None:
    """The place that a message names, counted from 1; it may lie outside the list.

    >>> place("第二个", 3), place("选2", 3), place("最后一个", 3), place("二", 3, digits=False)
    (2, 2, 3, None)
    """
    left = core(said)
    if len(left) > LONGEST:
        return None
    if _LAST.fullmatch(left):
        return count
    if _FIRST.fullmatch(left):
        return 1
    found = _NTH.fullmatch(left)
    if found is None and digits:
        bare = _BARE.fullmatch(left)
        return whole(bare["n"]) if bare else None
    if found is None:
        return None
    number = whole(found["n"])
    return count + 1 - number if number is not None and found["back"] else number


def by_part(choices: Sequence[Choice], said: str) -> Choice | None:
    """The one choice that shares its name with the message: 欠费那条, 药店的."""
    whole_words, word = plain(said), _FILLER_AFTER.sub("", _FILLER_BEFORE.sub("", core(said)))
    named = [
        choice
        for choice in choices
        if any(len(body) >= _LEAST_OF_LABEL and body in whole_words for body in _bodies(choice))
    ]
    if not named and len(word) > 1:
        named = [choice for choice in choices if any(word in body for body in _bodies(choice))]
    return named[0] if len(named) == 1 else None


def _bodies(choice: Choice) -> set[str]:
    """What a choice may be called: label, label without its number or aside, other names."""
    bare = _LABEL_NUMBER.sub("", choice.label)
    names = {choice.label, bare, _ASIDE.sub("", bare), *choice.also}
    return {plain(name) for name in names} - {""}

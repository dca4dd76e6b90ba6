"""WeChat's typed template keywords: what fits, and how a long name is made to fit.

A keyword is a type and a number (``thing1``, ``phrase2``). The limits are those of the
official table of parameter types; a value outside them is answered by WeChat with 47003.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import cache, lru_cache

from config.settings import DATA
from config.texts import text
from credit_core.errors import CreditError

_KEY = re.compile(r"([a-z_]+?)(\d+)$")
_ELLIPSIS = "…"
_CHINESE = re.compile(r"[\u4e00-\u9fff\u3400-\u4dbf]+")
_DAY = r"(\d{4}年\d{1,2}月\d{1,2}日|\d{4}[-/.]\d{1,2}[-/.]\d{1,2})"
_CLOCK = r"\d{1,2}:\d{2}(:\d{2})?"
_TIME = re.compile(rf"({_DAY}( ?{_CLOCK})?|{_CLOCK})(~({_DAY}( ?{_CLOCK})?|{_CLOCK}))?")
_DATE = re.compile(rf"{_DAY}( ?{_CLOCK})?(~{_DAY}( ?{_CLOCK})?)?")
_AMOUNT = re.compile(r"[¥￥$€£]?\d{1,10}(\.\d{1,2})?元?")
_PHONE = re.compile(r"[\d+\-() ]{1,17}")
_SYMBOLS = re.compile(r"[\x21-\x7e]{1,32}")
_LETTERS = re.compile(r"[A-Za-z]{1,32}")
_NUMBER = re.compile(r"[\d.]{1,32}")


class FieldRefused(CreditError):
    """A value that WeChat would refuse (47003); names the keyword and its rule."""

    def __init__(self, key: str, rule: str) -> None:
        super().__init__(f"{key}：{rule}")
        self.key, self.rule = key, rule


def kind_of(key: str) -> str:
    """``thing`` of ``thing12``.

    :raises FieldRefused: not a keyword of a known type.
    """
    found = _KEY.fullmatch(key)
    if found is None or found.group(1) not in _RULES:
        raise FieldRefused(key, _says("type", types="、".join(sorted(_RULES))))
    return found.group(1)


def check(key: str, value: str, allowed: Sequence[str] | None = None) -> None:
    """Refuse what WeChat would refuse.

    :raises FieldRefused: with the rule that is broken.
    """
    kind = kind_of(key)
    if kind == "const":
        if value and (len(value) > 20 or value not in (allowed or ())):
            raise FieldRefused(key, _says("const"))
        return
    if not value.strip():
        raise FieldRefused(key, _says("empty"))
    if any(unicodedata.category(letter) in {"Cc", "Cs", "Co", "Cn"} for letter in value):
        raise FieldRefused(key, _says("control"))
    if not _RULES[kind](value):
        raise FieldRefused(key, _says(kind))


def fit(key: str, value: str, allowed: Sequence[str] | None = None) -> str:
    """The value made to fit: cleaned always, shortened where that keeps its sense.

    >>> fit("thing1", "威海市环翠区康宁大药房连锁有限责任公司东山路第十二分店")
    '环翠区康宁大药房连锁东山路第十二分店'

    :raises FieldRefused: it cannot be made to fit (an amount, a day, a const).
    """
    return _fit(key, value, None if allowed is None else tuple(allowed))


@lru_cache(maxsize=8192)
def _fit(key: str, value: str, allowed: tuple[str, ...] | None) -> str:
    kind = kind_of(key)
    value = clean(value)
    if kind in {"thing", "short_thing"}:
        value = shorten(value, 20) or "—"
    elif kind == "name":
        value = shorten(value, 10 if _CHINESE.search(value) else 20)
    elif kind == "character_string":
        value = value.replace(" ", "")
    check(key, value, allowed)
    return value


def clean(value: str) -> str:
    """One line without control characters and without pictures."""
    kept = (
        " " if letter in "\t\r\n" else letter
        for letter in value
        if letter in "\t\r\n"
        or unicodedata.category(letter) not in {"Cc", "Cf", "Cs", "Co", "Cn", "So", "Sk"}
    )
    return " ".join("".join(kept).split())


def shorten(name: str, limit: int) -> str:
    """A name in at most ``limit`` characters, still to be told from its neighbours.

    First legal forms and the leading province and city go; then the middle, since the end
    (分店, 分院) tells branches apart.
    """
    if len(name) <= limit:
        return name
    for step in (_without_forms, _without_province, _without_brackets):
        shorter = step(name)
        if shorter:
            name = shorter
        if len(name) <= limit:
            return name
    tail = limit // 3
    return name[: limit - tail - 1] + _ELLIPSIS + name[-tail:]


@cache
def _legal_forms() -> tuple[str, ...]:
    lines = (DATA / "notices" / "legal_forms.txt").read_text(encoding="utf-8").split()
    return tuple(sorted(lines, key=len, reverse=True))


def _without_forms(name: str) -> str:
    for form in _legal_forms():
        name = name.replace(form, "")
    return name


_REGION = re.compile(r"^(?:[\u4e00-\u9fff]{2,7}?(?:省|自治区))?(?:[\u4e00-\u9fff]{2,6}?市)?")
_BRACKETS = re.compile(r"[((][^()()]*[))]")


def _without_province(name: str) -> str:
    return _REGION.sub("", name, count=1)


def _without_brackets(name: str) -> str:
    return _BRACKETS.sub("", name)


def _is_name(value: str) -> bool:
    return len(value) <= (10 if _CHINESE.search(value) else 20)


_RULES: dict[str, Callable[[str], object]] = {
    "thing": lambda value: len(value) <= 20,
    "short_thing": lambda value: len(value) <= 20,
    "character_string": _SYMBOLS.fullmatch,
    "time": _TIME.fullmatch,
    "date": _DATE.fullmatch,
    "amount": _AMOUNT.fullmatch,
    "phone_number": _PHONE.fullmatch,
    "car_number": lambda value: len(value) <= 8,
    "phrase": lambda value: len(value) <= 5 and _CHINESE.fullmatch(value),
    "number": _NUMBER.fullmatch,
    "letter": _LETTERS.fullmatch,
    "symbol": lambda value: len(value) <= 5,
    "name": _is_name,
    "const": lambda value: len(value) <= 20,
}
"""What fits a keyword of each type; ``config/texts/notices.yaml`` says it in words."""


def _says(rule: str, /, **fields: object) -> str:
    return text("notices", f"keywords.{rule}", **fields)

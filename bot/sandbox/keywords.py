"""Keywords of templates: reading the content, checking the values by type."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from bot.sandbox.errors import ApiError
from bot.sandbox.fields import Fields
from bot.sandbox.models import Template

_LINE = re.compile(r"(?P<label>[^\n{}]*?)[:：]?\s*\{\{(?P<key>\w+)\.DATA\}\}")
_NAME = re.compile(r"[a-z_]+?(?=\d*$)")
_CLOCK = r"([01]?\d|2[0-4]):[0-5]\d(:[0-5]\d)?"
_DATE = r"(\d{4}年\d{1,2}月(\d{1,2}日)?|\d{4}[-/]\d{1,2}[-/]\d{1,2}|\d{1,2}月\d{1,2}日)"
_MOMENT = rf"({_DATE}(\s*{_CLOCK})?|{_CLOCK})"
_PATTERNS = {
    "character_string": re.compile(r"[\x20-\x7e]{1,32}"),
    "number": re.compile(r"-?\d[\d.]{0,31}"),
    "letter": re.compile(r"[A-Za-z]{1,32}"),
    "symbol": re.compile(r"[^\w\s]{1,5}"),
    "time": re.compile(rf"{_MOMENT}(\s*~\s*{_MOMENT})?"),
    "date": re.compile(rf"{_MOMENT}(\s*~\s*{_MOMENT})?"),
    "amount": re.compile(r"[¥￥$€£]?-?[\d,]{1,12}(\.\d+)?元?"),
    "phone_number": re.compile(r"[\d+\-() #*]{1,17}"),
    "car_number": re.compile(r"[\w·挂]{1,8}"),
    "phrase": re.compile(r"[\u3400-\u9fff]{1,5}"),
    "name": re.compile(r"[\u3400-\u9fff·]{1,10}|[A-Za-z .·'-]{1,20}"),
}
_LENGTHS = {"thing": 20, "const": 20, "short_thing": 10, "enum": 20}


@lru_cache(maxsize=512)
def keywords_of(content: str) -> tuple[tuple[str, str], ...]:
    """(key, label) of every keyword line of a template's content, in order."""
    return tuple(
        (found["key"], found["label"].strip(" :：\r\n")) for found in _LINE.finditer(content)
    )


def checked_values(template: Template, data: Fields) -> dict[str, str]:
    """The value of every keyword; 47003 names the first that is missing or does not fit."""
    values: dict[str, str] = {}
    for key, _label in keywords_of(template.content):
        member = data.raw.get(key)
        value = member.get("value") if isinstance(member, dict) else member
        if isinstance(value, int | float) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str) or not value.strip():
            if _kind(key) == "const" and value == "":
                values[key] = ""
                continue
            raise ApiError(47003, f"argument invalid! data.{key}.value is empty")
        if not fits(key, value) or value not in template.allowed.get(key, (value,)):
            raise ApiError(47003, f"argument invalid! data.{key}.value invalid")
        values[key] = value
    return values


def fits(key: str, value: str) -> bool:
    """Whether a value obeys the type that its key's prefix names."""
    kind = _kind(key)
    if any(unicodedata.category(letter) == "Cc" for letter in value):
        return False
    limit = _LENGTHS.get(kind)
    if limit is not None:
        return len(value) <= limit
    pattern = _PATTERNS.get(kind)
    return pattern is None or pattern.fullmatch(value) is not None


def _kind(key: str) -> str:
    found = _NAME.match(key)
    return found.group() if found else key

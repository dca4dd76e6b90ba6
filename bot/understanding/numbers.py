"""Numbers as people write and dictate them."""

from __future__ import annotations

_DIGITS = {one: at for at, one in enumerate("零一二三四五六七八九")} | {
    "〇": 0, "两": 2, "幺": 1, "俩": 2, "仨": 3, "壹": 1, "贰": 2, "叁": 3,
}  # fmt: skip
_UNITS = {"十": 10, "百": 100, "千": 1000}
NUMBER = r"(?:\d+|[零〇一二三四五六七八九十百千两俩仨壹贰叁幺]+)"


def digits_said(text: str) -> str:
    """A dictated number in digits; every sign that says none stays.

    >>> digits_said("幺三九零零")
    '13900'
    """
    return "".join(str(_DIGITS.get(sign, sign)) for sign in text)


def whole(text: str) -> int | None:
    """The number that digits or Chinese words say, or None.

    >>> whole("二十三"), whole("二零二五"), whole("12"), whole("十"), whole("一百零五")
    (23, 2025, 12, 10, 105)
    """
    if text.isascii() and text.isdigit():
        return int(text) if len(text) <= 9 else None
    if not text or any(one not in _DIGITS and one not in _UNITS for one in text):
        return None
    if not any(one in _UNITS for one in text):
        return int("".join(str(_DIGITS[one]) for one in text)) if len(text) <= 9 else None
    total, current = 0, 0
    for one in text:
        if one in _UNITS:
            total += (current or 1) * _UNITS[one]
            current = 0
        else:
            current = _DIGITS[one]
    return total + current

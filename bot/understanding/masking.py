"""Messages may be kept so that people can learn from them; numbers of persons may not."""

from __future__ import annotations

import re

# Digits that people part with blanks or dashes still make one number; a dot makes a figure.
_PARTED = r"[ \-—·]?"
_IDENTITY = re.compile(rf"(?<![\dA-Za-z])(?:\d{_PARTED}){{17}}[\dXx](?!\d)")
_OLD_IDENTITY = re.compile(r"(?<!\d)[1-9]\d{5}\d{2}(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])\d{3}(?!\d)")
_CREDIT_CODE = re.compile(
    r"(?<![0-9A-Za-z])[0-9A-HJ-NP-RTUW-Y]{2}\d{6}[0-9A-HJ-NP-RTUW-Y]{10}(?![0-9A-Za-z])"
)
_MOBILE = re.compile(rf"(?<!\d)(?:\+?86{_PARTED})?1[3-9](?:{_PARTED}\d){{9}}(?!\d)")
_LONG_RUN = re.compile(rf"(?<![\dA-Za-z-])\d(?:{_PARTED}\d){{6,}}(?!\d)")
_SPOKEN_DIGIT = "零〇一二三四五六七八九幺两"
_SPOKEN_RUN = re.compile(rf"[{_SPOKEN_DIGIT}]{{7,}}")
_MAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}")
_OWN_CASE = re.compile(r"(?<![A-Za-z])(?:YY|XF|JB)20\d{6}-\d{4,6}(?!\d)", re.IGNORECASE)


def mask_message(text: str) -> str:
    """The message without numbers that name a person; case numbers of ours stay readable.

    >>> mask_message("我的电话13912345678，单号XF20260102-00012")
    '我的电话139****5678，单号XF20260102-00012'
    """
    kept: list[str] = []

    def hold(match: re.Match[str]) -> str:
        kept.append(match[0])
        return f"\x00{len(kept) - 1}\x00"

    text = _OWN_CASE.sub(hold, text.replace("\x00", ""))
    text = _MAIL.sub("***", text)
    text = _IDENTITY.sub(_middle(4, 2), text)
    text = _CREDIT_CODE.sub(_middle(4, 2), text)
    text = _OLD_IDENTITY.sub(_middle(4, 2), text)
    text = _MOBILE.sub(_mobile, text)
    text = _LONG_RUN.sub(_middle(0, 2), text)
    text = _SPOKEN_RUN.sub(_middle(0, 1), text)
    return re.sub("\x00(\\d+)\x00", lambda match: kept[int(match[1])], text)


def holds_person_number(text: str) -> bool:
    """Whether a value looks like a number that must not be stored in the open."""
    return mask_message(text) != text


class _middle:  # noqa: N801
    """Replacement that keeps the first and last characters of a match."""

    def __init__(self, first: int, last: int) -> None:
        self._first = first
        self._last = last

    def __call__(self, match: re.Match[str]) -> str:
        found = match[0]
        hidden = max(len(found) - self._first - self._last, 3)
        return found[: self._first] + "*" * hidden + found[len(found) - self._last :]


def _mobile(match: re.Match[str]) -> str:
    digits = re.sub(r"\D", "", match[0])[-11:]
    return f"{digits[:3]}****{digits[-4:]}"

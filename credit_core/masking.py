"""The one place that masks private values, for people's eyes, messages that are kept, and logs.

Forms (domain-law §4): identity number ``371***********1234``, name keeps the family name,
phone ``138****1234``, bank card last four. Codes of organisations, our own case numbers, days and
amounts stay readable.
"""

from __future__ import annotations

import re

from config.settings import DATA

_COMPOUND = frozenset((DATA / "compound_surnames.txt").read_text(encoding="utf-8").split())

# Digits that people part with blanks or dashes still make one number; a dot makes a figure.
_PARTED = r"[ \-—·]?"
_SPOKEN = "零〇一二三四五六七八九幺两"
_WORTH_A_LOOK = re.compile(rf"[\d@{_SPOKEN}]")
# Open by themselves: our case numbers, codes of medical institutions (H or P, region, five
# digits) and of legal persons. A sole trader's code (92…) is masked like a person's number.
_OPEN = re.compile(
    r"(?<![A-Za-z\d])(?:"
    r"(?:YY|XF|JB|HD)20\d{6}-\d{4,6}"
    r"|[HP](?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[12])(?:[0-2]\d|3[0-4]|90)\d{7}"
    r"|(?!92|\d{17}|\d{15})[159ANY][0-9A-HJ-NP-RTUW-Y]\d{6}[0-9A-HJ-NP-RTUW-Y]{10}"
    r")(?![A-Za-z\d])",
    re.IGNORECASE,
)
_TRADER = re.compile(r"(?<![A-Za-z\d])92\d{6}[0-9A-HJ-NP-RTUW-Ya-z]{10}(?![A-Za-z\d])")
# Each pattern begins at a boundary, so that a long run is read once and not from every sign.
_MAIL = re.compile(
    r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]+@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,}"
)
_IDENTITY = re.compile(rf"(?<!\d)(?:\d{_PARTED}){{17}}[\dXxＸｘ](?!\d)")
_OLD_IDENTITY = re.compile(r"(?<!\d)[1-9]\d{7}(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])\d{3}(?!\d)")
_PHONE = re.compile(rf"(?<!\d)(?:\+?86{_PARTED})?[1１][3-9３-９](?:{_PARTED}\d){{9}}(?!\d)")
# Travel permits, passports, the codes of doctors and nurses.
_PERMIT = re.compile(r"(?<![A-Za-z\d])[A-Za-z]{1,2}\d{8,12}(?![A-Za-z\d]|-\d)")
_LONG_RUN = re.compile(
    rf"(?<![\dA-Za-z-])(?<!\*\*\*)\d(?:{_PARTED}\d){{6,}}(?!\d|(?:\.\d+)?\s?[元万亿条人笔户%])"
)
_SPOKEN_RUN = re.compile(rf"[{_SPOKEN}](?:{_PARTED}[{_SPOKEN}]){{6,}}|[\d{_SPOKEN}]{{9,}}")
_DAY = re.compile(r"(?<!\d)(?:19|20)\d\d([ \-]?)(?:0?[1-9]|1[0-2])\1(?:0?[1-9]|[12]\d|3[01])(?!\d)")
_CARD_DIGITS, _CLOCK_DIGITS = 15, 4


def mask_identity(number: str) -> str:
    return f"{number[:3]}{'*' * max(len(number) - 7, 0)}{number[-4:]}"


def mask_name(name: str) -> str:
    """``张三丰`` → ``张**``; ``欧阳锋`` → ``欧阳*``."""
    kept = 2 if name[:2] in _COMPOUND and len(name) > 2 else 1
    return name[:kept] + "*" * max(len(name) - kept, 1)


def mask_phone(phone: str) -> str:
    return f"{phone[:3]}****{phone[-4:]}"


def mask_free_text(text: str) -> str:
    """Free text with every number of a person masked: identity numbers, phones, cards, permits,
    mail addresses, also with blanks between the digits or spoken as 一三九….

    >>> mask_free_text("我的电话13912345678，单号XF20260102-00012，2026-03-05扣了20分")
    '我的电话139****5678，单号XF20260102-00012，2026-03-05扣了20分'
    """
    if _WORTH_A_LOOK.search(text) is None:
        return text
    parts: list[str] = []
    read_to = 0
    for found in _OPEN.finditer(text):
        parts += [_masked(text[read_to : found.start()]), found.group()]
        read_to = found.end()
    return "".join([*parts, _masked(text[read_to:])])


def holds_person_number(text: str) -> bool:
    """Whether a value holds a number that must not be stored in the open."""
    return mask_free_text(text) != text


def _masked(text: str) -> str:
    text = _MAIL.sub("***", text)
    text = _IDENTITY.sub(lambda found: mask_identity(_joined(found)), text)
    text = _TRADER.sub(lambda found: mask_identity(found.group()), text)
    text = _OLD_IDENTITY.sub(lambda found: mask_identity(found.group()), text)
    text = _PHONE.sub(lambda found: mask_phone(_joined(found)[-11:]), text)
    text = _PERMIT.sub(lambda found: _tail(found.group(), 2), text)
    text = _LONG_RUN.sub(_run, text)
    return _SPOKEN_RUN.sub(lambda found: _tail(found.group(), 1), text)


def _run(found: re.Match[str]) -> str:
    run, digits = found.group(), _joined(found)
    if len(_digits(_DAY.sub("", run))) <= _CLOCK_DIGITS:
        return run
    return _tail(digits, 4 if len(digits) >= _CARD_DIGITS else 2)


def _joined(found: re.Match[str]) -> str:
    return _digits(found.group())


def _digits(text: str) -> str:
    return re.sub(r"[^\dXxＸｘ]", "", text)


def _tail(text: str, shown: int) -> str:
    return "*" * (len(text) - shown) + text[-shown:]

"""The one place that masks private values for people's eyes and logs.

Forms (domain-law §4): identity number ``371***********1234``, name keeps the family name,
phone ``138****1234``, bank card last four, unified social credit codes of legal persons open.
"""

from __future__ import annotations

import re

from config.settings import DATA

_COMPOUND = frozenset((DATA / "compound_surnames.txt").read_text(encoding="utf-8").split())
_IDENTITY = re.compile(r"(?<!\d)[1-9]\d{5}(?:18|19|20)\d{9}[\dXx](?![\dXx])")
_PHONE = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")
_CARD = re.compile(r"(?<!\d)\d{15,19}(?!\d)")


def mask_identity(number: str) -> str:
    return f"{number[:3]}{'*' * max(len(number) - 7, 0)}{number[-4:]}"


def mask_name(name: str) -> str:
    """``张三丰`` → ``张**``; ``欧阳锋`` → ``欧阳*``."""
    kept = 2 if name[:2] in _COMPOUND and len(name) > 2 else 1
    return name[:kept] + "*" * max(len(name) - kept, 1)


def mask_phone(phone: str) -> str:
    return f"{phone[:3]}****{phone[-4:]}"


def mask_free_text(text: str) -> str:
    """Free text with every identity number, phone and card number masked."""
    text = _IDENTITY.sub(lambda found: mask_identity(found.group()), text)
    text = _PHONE.sub(lambda found: mask_phone(found.group()), text)
    return _CARD.sub(lambda found: "*" * (len(found.group()) - 4) + found.group()[-4:], text)

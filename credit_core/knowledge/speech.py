"""How people type: a question as everybody would write it.

Traditional characters become simplified ones, words of the dialects those of the written
language, and the gaps that many people type in place of commas become commas.
"""

from __future__ import annotations

import re

from credit_core.knowledge.rules import dialect, pattern
from credit_core.knowledge.terms import normalise, to_number

_GAP = re.compile(
    "(?<=[\u3400-\u9fff])\\s+(?=[\u3400-\u9fffa-zA-Z\\d])|(?<=[a-zA-Z\\d])\\s+(?=[\u3400-\u9fff])"
)
_SHORT_YEAR = re.compile(r"(?<![\d〔])[12]\d(?=年(?:[底初末]|\d{1,2}月))")
_STOPS = re.compile(r"[，,；;。？?！!：:\n]")
# How many signs make a clause, and how many some words.
_CLAUSE, _WORDS = 6, 3


def plain(text: str) -> str:
    """A question without dialect, in simplified characters, with its clauses parted.

    >>> plain("茂名罰咗之後 幾多日內要掛上網")
    '茂名罚了之后,多少日内要挂上网'
    """
    said = normalise(_parted(simplified(text))).strip()
    for spoken, written in dialect():
        said = spoken.sub(written, said)
    return _SHORT_YEAR.sub(r"20\g<0>", pattern("day_in_words").sub(_in_figures, said))


def _in_figures(day: re.Match[str]) -> str:
    month, number = to_number(day[1]), to_number(day[2] or "")
    if month is None:
        return day[0]
    return f"{month}月" if number is None else f"{month}月{number}日"


def simplified(text: str) -> str:
    """Traditional characters as simplified ones."""
    try:
        text.encode("gb2312")
    except UnicodeEncodeError:
        pass
    else:
        # The old standard has simplified characters alone: nothing to convert.
        return text
    import zhconv

    return str(zhconv.convert(text, "zh-cn"))


def _parted(text: str) -> str:
    """A gap ends a clause; after no more than a few words it only parts them."""
    pieces = _GAP.split(text.strip())
    parted = pieces[0]
    for piece in pieces[1:]:
        clause = _STOPS.split(parted)[-1]
        sign = "，" if len(clause) >= _CLAUSE else "、" if len(clause) >= _WORDS else " "
        parted += sign + piece
    return parted

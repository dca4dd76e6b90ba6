"""Words of texts and questions.

The index holds pairs of neighbouring characters (they survive cut words and unknown names),
longer words as jieba finds them, and figures and Latin words.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_HAN = re.compile(r"[\u3400-\u9fff]+")
_LATIN = re.compile(r"[a-z]+(?:[-_.]?[a-z0-9]+)*|\d+(?:\.\d+)?[a-z]*")
_BETWEEN = re.compile(r"[^\u4e00-\u9fff]+")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3})")
_BLANK = re.compile(r"[ \t](?<=[\u4e00-\u9fff][ \t])[ \t]*(?=[\u4e00-\u9fff\d])")
_SAYING = "vadcrmpqufyeoizl"
"""Tags of jieba's dictionary that do not name things."""
_CHINESE_DIGITS = {
    "零": 0, "〇": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4,
    "五": 5, "六": 6, "七": 7, "八": 8, "九": 9,
}  # fmt: skip
_CHINESE_UNITS = {"十": 10, "百": 100, "千": 1000}


@cache
def _jieba() -> tuple[object, dict[str, int]]:
    import jieba

    jieba.setLogLevel(60)
    jieba.initialize()
    return jieba.dt, jieba.dt.FREQ


def dictionary_frequency(word: str) -> int:
    """How common a word is in jieba's dictionary; 0 when it is no word."""
    return _jieba()[1].get(word, 0)


@cache
def _ways_of_saying() -> frozenset[str]:
    """Verbs, adjectives, adverbs and the like of jieba's dictionary."""
    import jieba

    with (Path(jieba.__file__).parent / "dict.txt").open(encoding="utf-8") as lines:
        entries = (line.split() for line in lines)
        return frozenset(word for word, _, tag in entries if tag[0] in _SAYING and tag != "vn")


def names_a_thing(word: str) -> bool:
    """Whether a word names something: nouns and what no dictionary has.

    Verbs and adjectives have many stand-ins (清掉 for 吊销); what is named has few.
    """
    return word not in _ways_of_saying()


def cut(text: str) -> list[str]:
    """Words of the dictionary in their order; what is in no word comes out sign by sign."""
    tokenizer = _jieba()[0]
    return [str(word) for word in tokenizer.cut(text, HMM=False)]  # type: ignore[attr-defined]


def word_edges(text: str) -> set[int]:
    """Where words of a text begin or end."""
    edges, position = {0}, 0
    for word in cut(text):
        position += len(word)
        edges.add(position)
    return edges


def normalise(text: str) -> str:
    """Full-width to half-width, lower case, figures without thousands separators."""
    # Chinese characters stay as they are; what stands between them is mostly the same few marks.
    folded = _BETWEEN.sub(lambda run: _folded(run[0]), text)
    if "," in folded:
        folded = _THOUSANDS.sub("", folded)
    return _BLANK.sub("", folded)


@lru_cache(maxsize=8192)
def _folded(run: str) -> str:
    return unicodedata.normalize("NFKC", run).lower()


def bigrams(text: str) -> Iterator[str]:
    """Pairs of neighbouring characters of each run of Chinese characters."""
    for run in _HAN.findall(text):
        for index in range(len(run) - 1):
            yield run[index : index + 2]


def figures(text: str) -> Iterator[str]:
    """Latin words and figures."""
    return iter(_LATIN.findall(text))


def index_terms(text: str) -> Counter[str]:
    """Everything under which a text is found, with counts."""
    folded = normalise(text)
    terms: Counter[str] = Counter(bigrams(folded))
    terms.update(figures(folded))
    terms.update(word for word in cut(folded) if len(word) > 2 and _HAN.fullmatch(word))
    return terms


def to_number(text: str) -> int | None:
    """A whole number in figures or Chinese words: 62, 六十二.

    >>> to_number("六十二"), to_number("两百"), to_number("十五")
    (62, 200, 15)
    """
    if text.isdigit():
        return int(text)
    total, current = 0, 0
    for sign in text:
        if sign in _CHINESE_DIGITS:
            current = _CHINESE_DIGITS[sign]
        elif sign in _CHINESE_UNITS:
            total += (current or 1) * _CHINESE_UNITS[sign]
            current = 0
        else:
            return None
    return total + current if text else None


def joined(words: Iterable[str]) -> str:
    return "".join(words)

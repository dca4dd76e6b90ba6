"""One spelling for many ways of typing, before anything is understood."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

# WeChat writes its own faces as [微笑] or /::) ; pictures and joiners are emoji proper.
_FACES = re.compile(r"\[[\u4e00-\u9fffA-Za-z]{1,4}\]|/:[:\-<>|@*()a-zA-Z~,!$^]{1,4}")
_EMOJI = re.compile(
    "[\U0001f000-\U0001faff\u2300-\u23ff\u2460-\u24ff\u2600-\u27bf\u2b00-\u2bff"
    "\ufe00-\ufe0f\u200b-\u200f\u2028-\u202f\u2060-\u2064\U000e0020-\U000e007f]+"
)
_BLANK = re.compile(r"\s+")
_UNIT = re.compile(r"[\u3400-\u9fff\U00020000-\U0002ffff]|[a-z]+|\d+(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class Normaliser:
    """Folds width, case, traditional characters and decoration; keeps punctuation for clauses."""

    simplified: dict[int, int]

    def __call__(self, text: str) -> str:
        folded = unicodedata.normalize("NFKC", text[:MAX_LENGTH])
        folded = _FACES.sub(" ", folded).lower()
        folded = _EMOJI.sub(" ", folded).translate(self.simplified)
        return _BLANK.sub(" ", folded).strip()


# A WeChat text holds at most 2048 bytes, about 680 characters.
MAX_LENGTH = 700


def units(text: str) -> list[str]:
    """Chinese characters one by one, Latin words and numbers whole: 查aa级20分 → 查 aa 级 20 分."""
    return _UNIT.findall(text)

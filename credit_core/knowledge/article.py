"""Documents and passages, and the marks of numbering that both are split by."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from credit_core.knowledge.joining import Paragraph
from credit_core.knowledge.rules import numbering, pattern
from credit_core.knowledge.terms import to_number


@dataclass
class Passage:
    """A piece of text that can answer.

    :ivar path: headings that it stands under, outermost first.
    """

    text: str
    path: tuple[str, ...] = ()


@dataclass
class Article:
    """One inner document of a file."""

    title: str
    paragraphs: list[Paragraph] = field(default_factory=list)
    level: int = 0
    byline: str = ""
    passages: list[Passage] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "\n".join(
            "，".join(filter(None, part.row)) if part.row else part.text for part in self.paragraphs
        )


def mark_of(text: str) -> str:
    """The style of numbering a paragraph begins with, or an empty string."""
    for name, mark in numbering():
        if mark.match(text):
            return name
    return ""


def is_section_heading(text: str) -> bool:
    return bool(
        mark_of(text) or pattern("region_part").match(text) or pattern("editor_note").match(text)
    )


def number_of(text: str, mark: str) -> int | None:
    style = next((sign for name, sign in numbering() if name == mark), None)
    found = style.match(text) if style else None
    digits = re.search("[一二三四五六七八九十百零〇两]+|\\d+", found[0]) if found else None
    return to_number(digits[0]) if digits else None


def sentences(text: str) -> list[str]:
    """Sentences with their stops; a line break ends a sentence too."""
    return [found for found in pattern("sentence").findall(text) if found.strip()]

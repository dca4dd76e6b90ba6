"""Texts that the platform itself brings, read from `pages/texts.json`."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from pydantic import BaseModel

_FILE = Path(__file__).parent / "pages" / "texts.json"


class Keyword(BaseModel):
    """A keyword of a title in the public template library."""

    kid: int
    rule: str
    name: str


class Title(BaseModel):
    """A title of the public template library."""

    tid: int
    title: str
    keywords: list[Keyword]


class Texts(BaseModel):
    """All texts."""

    oauth: dict[str, str]
    industry: tuple[str, str]
    template: str
    category: str
    library: list[Title]


@cache
def texts() -> Texts:
    """The texts, read once."""
    return Texts.model_validate_json(_FILE.read_bytes())

"""How a message is worded, as signs by which two messages can be compared.

Words that mean much the same stand for one idea (``config/everyday_words.yaml``): 儿子, 闺女 and
娃 are one, 挂网上 and 贴墙上 another. The signs of a message are its ideas, every two of them
together, and its characters, singly and in pairs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from itertools import pairwise

from pydantic import RootModel

from bot.understanding.normalise import units
from config.settings import DATA
from credit_core.datafile import load


class Wording:
    """Signs of messages.

    :param ideas: the words of each idea.
    :param plain: folds width, case and traditional characters.
    """

    def __init__(self, ideas: Mapping[str, list[str]], plain: Callable[[str], str]) -> None:
        self._plain = plain
        self._ideas: dict[str, set[str]] = {}
        for idea, words in ideas.items():
            for word in words:
                self._ideas.setdefault(word, set()).add(idea)
        self._beginning: dict[str, list[str]] = {}
        for word in self._ideas:
            self._beginning.setdefault(word[0], []).append(word)

    def signs(self, message: str) -> set[str]:
        """What it speaks of and how it is written."""
        plain = self._plain(message)
        ideas = sorted(self.ideas(plain))
        pairs = (f"{one}+{other}" for at, one in enumerate(ideas) for other in ideas[at + 1 :])
        written = ["^", *units(plain), "$"]
        return {
            *(f"i{one}" for one in ideas),
            *(f"p{one}" for one in pairs),
            *written[1:-1],
            *(f"{one} {other}" for one, other in pairwise(written)),
        }

    def ideas(self, plain: str) -> set[str]:
        """The ideas of a text; a word of one sign inside a longer one means nothing by itself."""
        found = [*self._words(plain)]
        inside = {
            at for start, word in found if len(word) > 1 for at in range(start, start + len(word))
        }
        return {
            idea
            for start, word in found
            if len(word) > 1 or start not in inside
            for idea in self._ideas[word]
        }

    def _words(self, plain: str) -> Iterator[tuple[int, str]]:
        for start, sign in enumerate(plain):
            for word in self._beginning.get(sign, ()):
                if plain.startswith(word, start):
                    yield start, word


class _Ideas(RootModel[dict[str, str]]):
    """By idea, its words with blanks between them."""


@cache
def everyday_words() -> dict[str, list[str]]:
    """``config/everyday_words.yaml``: by idea, its words.

    :raises DataFileError: the file cannot be used, or an idea stands twice.
    """
    loaded = load(DATA / "everyday_words.yaml", _Ideas).root
    return {idea: words.lower().split() for idea, words in loaded.items()}

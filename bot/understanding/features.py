"""What the model sees of a message: characters, sounds, words and ideas, as names of features."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

from bot.understanding.negation import Asserted
from bot.understanding.normalise import units
from bot.understanding.phonetics import Phonetics

_LONGEST_CHARACTERS = 3
_LONGEST_SOUNDS = 3
_MOST_IDEAS = 10
_SIZES = (2, 4, 7, 12, 20, 10_000)


class Cutter(Protocol):
    """The part of jieba that is used."""

    def lcut(self, sentence: str, *, HMM: bool = ...) -> list[str]: ...  # noqa: N803


@dataclass(frozen=True, slots=True)
class Ideas:
    """Words that stand for the same idea, found by their characters or else by their sound."""

    by_text: dict[str, str]
    by_sound: dict[str, str] = field(default_factory=dict)
    sizes: dict[str, tuple[int, ...]] = field(default_factory=dict)
    """By the first character or sound, how long the words are that begin so, the longest first."""

    @classmethod
    def of(cls, words: dict[str, list[str]], phonetics: Phonetics) -> Ideas:
        by_text: dict[str, str] = {}
        by_sound: dict[str, str] = {}
        sizes: dict[str, set[int]] = {}
        for idea, spellings in words.items():
            for word in spellings:
                by_text.setdefault(word, idea)
                parts = units(word)
                sizes.setdefault(parts[0], set()).add(len(parts))
                if len(parts) >= 2 and all(len(part) == 1 for part in parts):
                    sounds = [phonetics.sound(part) for part in parts]
                    by_sound.setdefault(" ".join(sounds), idea)
                    sizes.setdefault(sounds[0], set()).add(len(parts))
        ordered = {first: tuple(sorted(some, reverse=True)) for first, some in sizes.items()}
        return cls(by_text, by_sound, ordered)

    def find(self, parts: list[str], sounds: list[str]) -> list[str]:
        """Ideas in reading order; the longest word wins, exact characters before mere sound."""
        found: list[str] = []
        place, end = 0, len(parts)
        while place < end:
            step = 1
            for size in self._sizes(parts[place], sounds[place]):
                if size > end - place:
                    continue
                idea = self.by_text.get("".join(parts[place : place + size]))
                if idea is None and size > 1:
                    idea = self.by_sound.get(" ".join(sounds[place : place + size]))
                    # 提申诉 names 申诉; it is no slip of 提升.
                    if idea is not None and self._written_within(parts, place, size):
                        idea = None
                if idea is not None:
                    found.append(idea)
                    step = size
                    break
            place += step
        return found

    def _sizes(self, part: str, sound: str) -> Iterable[int]:
        written, heard = self.sizes.get(part, ()), self.sizes.get(sound, ())
        if not written or not heard or written == heard:
            return written or heard
        return sorted({*written, *heard}, reverse=True)

    def _written_within(self, parts: list[str], place: int, size: int) -> bool:
        """Whether a word written as it should be starts inside the span and reaches past it."""
        end = place + size
        return any(
            "".join(parts[start:stop]) in self.by_text
            for start in range(place + 1, end)
            for stop in (start + size for size in self.sizes.get(parts[start], ()))
            if end < stop <= len(parts)
        )


@dataclass(frozen=True, slots=True)
class Features:
    """Names of features of a message; a name says its kind by its first letter."""

    phonetics: Phonetics
    ideas: Ideas
    cutter: Cutter
    familiar: frozenset[str] = frozenset()

    def of(self, message: Asserted) -> set[str]:
        names: set[str] = set()
        parts, sounds = self._parts(message.wanted)
        _grams(names, "", ["^", *parts, "$"], 1, _LONGEST_CHARACTERS)
        _grams(names, "p", ["^", *sounds, "$"], 2, _LONGEST_SOUNDS)
        self._words(names, message.wanted)
        _combine(names, "i", self.ideas.find(parts, sounds))
        for scope in message.refused:
            parts, sounds = self._parts(scope)
            names.update("!" + idea for idea in self.ideas.find(parts, sounds))
            _grams(names, "!", parts, 2, 3)
        return names

    def ideas_of(self, text: str) -> list[str]:
        return self.ideas.find(*self._parts(text))

    def _parts(self, text: str) -> tuple[list[str], list[str]]:
        parts: list[str] = []
        sounds: list[str] = []
        for unit in units(text):
            if len(unit) == 1 and unit > "\u3000":
                parts.append(unit)
                sounds.append(self.phonetics.sound(unit))
            elif unit[0].isdigit():
                parts.append("#")
                sounds.append("#")
            elif spelled := self.phonetics.spelled(unit):
                parts.extend("~" + syllable for syllable in spelled)
                sounds.extend(self.phonetics.sound(syllable) for syllable in spelled)
            else:
                parts.append(unit)
                sounds.append(unit)
        return parts, sounds

    def _words(self, names: set[str], text: str) -> None:
        before = "^"
        count = strange = 0
        for word in self.cutter.lcut(text, HMM=False):
            if len(word) == 1 and not word.isalnum():
                continue
            names.add("w" + word)
            names.add(f"w{before}|{word}")
            before = word
            count += 1
            strange += len(word) > 1 and word not in self.familiar and not word.isascii()
        # Words that the service's own talk does not have are the mark of talk about other things,
        # but a long story has some of them in any case.
        size = next(at for at, most in enumerate(_SIZES) if count <= most)
        names.add(f"s{size}:{min(strange, 4)}")
        if strange:
            names.add(f"s{size}:+")


def _grams(names: set[str], kind: str, parts: list[str], shortest: int, longest: int) -> None:
    end = len(parts)
    for size in range(shortest, longest + 1):
        names.update(kind + " ".join(parts[at : at + size]) for at in range(end - size + 1))


def _combine(names: set[str], kind: str, ideas: Iterable[str]) -> None:
    distinct = list(dict.fromkeys(ideas))[-_MOST_IDEAS:]
    names.update(kind + idea for idea in distinct)
    for at, first in enumerate(distinct):
        for second in distinct[at + 1 :]:
            pair = (first, second) if first < second else (second, first)
            names.add(f"{kind}{pair[0]}+{pair[1]}")
    if distinct:
        names.add(kind + "=" + "+".join(sorted(distinct)))

"""The ways in which one wish is typed: accents, slips, dictation, lead-ins, anger, contrast.

Every example of every intent, `unknown` included, goes through the same mill, so that no manner of
speaking becomes a sign of an intent.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.understanding.data import HOME, IntentDataError
from bot.understanding.grammar import reading
from bot.understanding.phonetics import Phonetics
from config.data import read

_SLIPPED_AT_MOST = 2
_LONG = 60


@dataclass(frozen=True, slots=True)
class Manners:
    """Phrases and replacements from config/intents/variation.yaml."""

    openings: Sequence[str]
    endings: Sequence[str]
    stories: Sequence[str]
    selves: Sequence[str]
    happenings: Sequence[str]
    feelings: Sequence[str]
    closings: Sequence[str]
    fillers: Sequence[str]
    anger: Sequence[str]
    institutions: Sequence[str]
    refusals: Sequence[str]
    accents: Mapping[str, Mapping[str, Sequence[str]]]
    accent_endings: Mapping[str, Sequence[str]]

    @classmethod
    def read(cls, home: object = HOME) -> Manners:
        path = HOME.__class__(str(home)) / "variation.yaml"
        content = read(path)
        try:
            return cls(**content)
        except TypeError as wrong:
            raise IntentDataError(f"{path}: {wrong}") from wrong


class Variation:
    """Makes variants of an example, the same ones whenever the seed is the same."""

    def __init__(
        self, manners: Manners, phonetics: Phonetics, homophones: Mapping[str, str]
    ) -> None:
        self._manners = manners
        self._phonetics = phonetics
        self._homophones = homophones

    def of(self, text: str, refusable: Sequence[str], chance: random.Random) -> list[str]:
        """Variants in addition to the text itself; `refusable` are wishes it is *not* about."""
        manners = self._manners
        made: list[str] = []
        if chance.random() < 0.55:
            made.append(self.slipped(text, chance))
        if chance.random() < 0.45:
            made.append(self.accented(text, chance))
        if chance.random() < 0.2 and len(text) < _LONG:
            story = chance.choice(manners.stories)
            made.append(self.spoken(story + "，" + text, chance))
        if chance.random() < 0.3 and len(text) < _LONG:
            made.append(self.letter(text, chance))
        if chance.random() < 0.35:
            made.append(chance.choice(manners.openings) + text + chance.choice(manners.endings))
        if chance.random() < 0.16 and len(text) < _LONG:
            made.append(chance.choice(manners.institutions) + "，" + text)
        if chance.random() < 0.10:
            angry = chance.choice(manners.anger)
            made.append(angry + text if chance.random() < 0.5 else text + "，" + angry)
        if refusable and chance.random() < 0.30:
            refusal = chance.choice(manners.refusals).replace("…", chance.choice(refusable))
            made.append(refusal + text)
        if chance.random() < 0.05 and len(text) < 16:
            made.append(self.romanised(text))
        return [self.spoken(one, chance) if chance.random() < 0.2 else one for one in made]

    def slipped(self, text: str, chance: random.Random) -> str:
        """One or two characters replaced by homophones, or one lost, doubled or swapped."""
        letters = list(text)
        places = [at for at, letter in enumerate(letters) if letter in self._homophones]
        chance.shuffle(places)
        for at in places[: chance.randint(1, _SLIPPED_AT_MOST)]:
            letters[at] = chance.choice(self._homophones[letters[at]])
        if len(letters) > 5 and chance.random() < 0.15:
            at = chance.randrange(len(letters) - 1)
            kind = chance.random()
            if kind < 0.4:
                del letters[at]
            elif kind < 0.7:
                letters.insert(at, letters[at])
            else:
                letters[at], letters[at + 1] = letters[at + 1], letters[at]
        return "".join(letters)

    def accented(self, text: str, chance: random.Random) -> str:
        """The words of one region, and often the particle at its end."""
        region = chance.choice(sorted(self._manners.accents))
        for word, spoken in self._manners.accents[region].items():
            if word in text and chance.random() < 0.8:
                text = text.replace(word, chance.choice(spoken))
        if chance.random() < 0.6:
            text = text.rstrip("？?。！!") + chance.choice(self._manners.accent_endings[region])
        return text

    def letter(self, text: str, chance: random.Random) -> str:
        """As the old write: who they are, what happened, how it feels; the wish; thanks."""
        manners = self._manners
        before = [chance.choice(manners.selves)] if chance.random() < 0.6 else []
        before += chance.sample(manners.happenings, chance.choice((1, 1, 2, 2, 3, 4)))
        if chance.random() < 0.4:
            before.append(chance.choice(manners.feelings))
        told = [reading(one, {}, chance) for one in before] + [text.rstrip("。，")]
        if chance.random() < 0.4:
            told.append(reading(chance.choice(manners.closings), {}, chance))
        mark = chance.choice("，，。")
        return (
            "".join(one + (mark if one[-1] not in "？?！!" else "") for one in told[:-1]) + told[-1]
        )

    def spoken(self, text: str, chance: random.Random) -> str:
        """Dictated: no punctuation, hesitations, numbers in words."""
        pieces = [piece for piece in _split(text) if piece]
        joined = pieces[0] if pieces else text
        for piece in pieces[1:]:
            joined += (
                chance.choice(self._manners.fillers) if chance.random() < 0.4 else ""
            ) + piece
        if chance.random() < 0.4:
            joined = chance.choice(self._manners.fillers) + joined
        return joined

    def romanised(self, text: str) -> str:
        return "".join(self._phonetics.sounds.get(" " + letter, letter) for letter in text)


def _split(text: str) -> list[str]:
    for mark in "，。！？；、,.!?;:：":
        text = text.replace(mark, " ")
    return text.split(" ")

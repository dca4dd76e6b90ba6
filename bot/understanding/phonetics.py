"""How characters sound, coarsely: what homophone slips and regional accents keep."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

_INITIALS = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("n", "l"))
_FINALS = (("ang", "an"), ("eng", "en"), ("ing", "in"))
_LONGEST_SYLLABLE = 6


@lru_cache(maxsize=1024)
def fold(syllable: str) -> str:
    """Merge the sounds that southern speakers and input methods mix up: shang → san, ning → lin."""
    for heard, kept in _INITIALS:
        if syllable.startswith(heard):
            syllable = kept + syllable[len(heard) :]
            break
    for heard, kept in _FINALS:
        if syllable.endswith(heard):
            return syllable[: -len(heard)] + kept
    return syllable


@dataclass(frozen=True, slots=True)
class Phonetics:
    """The sound of each character, and the syllables that Latin letters may spell."""

    sounds: dict[str, str]
    syllables: frozenset[str]
    _spelled: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def sound(self, unit: str) -> str:
        return self.sounds.get(unit, unit)

    def spelled(self, letters: str) -> tuple[str, ...]:
        """Syllables that the letters spell in pinyin (xinyongfen → xin yong fen), or nothing."""
        known = self._spelled.get(letters)
        if known is None:
            known = self._split(letters) if len(letters) <= 60 else ()
            if len(self._spelled) < 4096:
                self._spelled[letters] = known
        return known

    def _split(self, letters: str) -> tuple[str, ...]:
        best: list[tuple[str, ...] | None] = [()] + [None] * len(letters)
        for end in range(1, len(letters) + 1):
            for start in range(max(0, end - _LONGEST_SYLLABLE), end):
                head = best[start]
                if head is None or letters[start:end] not in self.syllables:
                    continue
                candidate = (*head, letters[start:end])
                current = best[end]
                if current is None or len(candidate) < len(current):
                    best[end] = candidate
        return best[-1] or ()

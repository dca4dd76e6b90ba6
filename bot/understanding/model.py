"""A linear model over named features: plain arrays at run time, one file on disk."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.understanding.normalise import Normaliser
from bot.understanding.phonetics import Phonetics, fold

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Model:
    """Weights of features for intents, and the tables of the language that they were learned with.

    `weights` has one row per feature and one column per intent.
    """

    intents: tuple[str, ...]
    vocabulary: dict[str, int]
    weights: Floats
    bias: Floats
    normaliser: Normaliser
    phonetics: Phonetics
    words: dict[str, int]
    familiar: frozenset[str]

    def margins(self, names: set[str]) -> Floats:
        """Signed distance to each intent's border; a message without known features gives bias."""
        find = self.vocabulary.get
        rows = [row for name in names if (row := find(name)) is not None]
        rows.sort()
        if not rows:
            return self.bias
        total: Floats = self.weights[rows].sum(axis=0, dtype=np.float32)
        return total / np.float32(len(names) ** 0.5) + self.bias

    def save(self, path: Path) -> None:
        """Write whole or not at all, so that two starting processes cannot break each other."""
        path.parent.mkdir(parents=True, exist_ok=True)
        # Sorted, for some of them come from a set: the same examples give the same bytes.
        plain = {
            unit: sound for unit, sound in sorted(self.phonetics.sounds.items()) if len(unit) == 1
        }
        with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as part:
            np.savez(
                part,
                weights=self.weights,
                bias=self.bias,
                intents=_pack(list(self.intents)),
                vocabulary=_pack(list(self.vocabulary)),
                characters=_pack(["".join(plain)]),
                sounds=_pack(list(plain.values())),
                syllables=_pack(sorted(self.phonetics.syllables)),
                traditional=_pack(["".join(map(chr, self.normaliser.simplified))]),
                simplified=_pack(["".join(map(chr, self.normaliser.simplified.values()))]),
                words=_pack(list(self.words)),
                familiar=_pack(sorted(self.familiar)),
                frequencies=np.array(list(self.words.values()), dtype=np.int64),
            )
        os.replace(part.name, path)  # noqa: PTH105

    @classmethod
    def load(cls, path: Path) -> Model:
        with np.load(path, allow_pickle=False) as stored:
            sounds = dict(
                zip(_unpack(stored["characters"])[0], _unpack(stored["sounds"]), strict=True)
            )
            syllables = frozenset(_unpack(stored["syllables"]))
            simplified = zip(
                _unpack(stored["traditional"])[0], _unpack(stored["simplified"])[0], strict=True
            )
            vocabulary = _unpack(stored["vocabulary"])
            return cls(
                intents=tuple(_unpack(stored["intents"])),
                vocabulary=dict(zip(vocabulary, range(len(vocabulary)), strict=True)),
                weights=stored["weights"].astype(np.float32),
                bias=stored["bias"],
                normaliser=Normaliser({ord(a): ord(b) for a, b in simplified}),
                phonetics=with_syllables(sounds, syllables),
                words=dict(
                    zip(_unpack(stored["words"]), stored["frequencies"].tolist(), strict=True)
                ),
                familiar=frozenset(_unpack(stored["familiar"])),
            )


def with_syllables(sounds: dict[str, str], syllables: frozenset[str]) -> Phonetics:
    """Sounds of characters joined with those of written syllables, both coarse."""
    return Phonetics({**sounds, **{one: fold(one) for one in syllables}}, syllables)


def _pack(texts: list[str]) -> NDArray[np.uint8]:
    return np.frombuffer("\n".join(texts).encode(), dtype=np.uint8)


def _unpack(packed: NDArray[np.uint8]) -> list[str]:
    return packed.tobytes().decode().split("\n")

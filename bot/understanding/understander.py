"""From a message to what is wanted: one intent, how sure, and the values named in it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import cast

import numpy as np

from bot.understanding import language
from bot.understanding.data import HOME, UNKNOWN, Intent, IntentData, IntentDataError, fingerprint
from bot.understanding.examples import as_said
from bot.understanding.features import Cutter, Features, Ideas
from bot.understanding.model import Model
from bot.understanding.negation import Asserted, asserted
from bot.understanding.normalise import units
from bot.understanding.slots import Json, SlotReader

_LIBRARIES = ("jieba", "pypinyin", "zhconv", "scikit-learn")
_MOST_ALTERNATIVES = 3
_MOST_SIGNS = 1000
"""More than WeChat lets anybody write; what stands behind it is not read."""
_GREETING = "greet"
_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Understanding:
    """What one message says.

    `confidence` is 0…1; `alternatives` are the intents that come near, best first, the chosen one
    included, so that they can be offered as tappable choices.
    """

    text: str
    intent: str
    confidence: float
    slots: dict[str, Json]
    alternatives: tuple[tuple[str, float], ...]

    @property
    def ask_back(self) -> bool:
        """Whether to ask with two or three choices instead of acting."""
        return len(self.alternatives) > 1


class Understander:
    """Understands messages; made once by `load`, then used from any number of threads."""

    def __init__(self, data: IntentData, model: Model) -> None:
        self._data = data
        self._model = model
        cutter = cast(Cutter, language.cutter(model.words))
        ideas = Ideas.of(data.ideas, model.phonetics)
        self._features = Features(model.phonetics, ideas, cutter, model.familiar)
        self._slots = SlotReader(data, cutter)
        self._intents = {intent.id: intent for intent in data.intents}
        self._unknown = model.intents.index(UNKNOWN)
        self._ambiguous = {_bare(text): row for text, row in data.ambiguous.items()}
        self._exact = {_bare(text): intent for text, intent in data.exact.items()}

    @property
    def intents(self) -> tuple[Intent, ...]:
        """All intents with their titles for tappable choices."""
        return self._data.intents

    @property
    def titles(self) -> dict[str, str]:
        """Short Chinese title of each intent."""
        return {intent.id: intent.title for intent in self._data.intents}

    @property
    def destructive(self) -> frozenset[str]:
        """Intents that are confirmed before they are done."""
        return frozenset(intent.id for intent in self._data.intents if intent.destructive)

    @classmethod
    def load(cls, data: Path | None = None, cache: Path | None = None) -> Understander:
        """Read the model trained from `data`, or train it now when that was never done.

        Training takes about a minute; its result stays under `cache` (default: `var/` of the
        working directory) until a file of the data or of the code changes.
        """
        written = IntentData.read(data or HOME)
        mark = fingerprint(
            written.home,
            sorted(Path(__file__).parent.glob("*.py")),
            *(version(library) for library in _LIBRARIES),
        )
        path = (cache or _cache_home()) / f"understanding-{mark}.npz"
        if not path.exists():
            _train(written.home, path)
            for stale in path.parent.glob("understanding-*.npz"):
                if stale != path:
                    stale.unlink(missing_ok=True)
        return cls(written, Model.load(path))

    def understand(self, text: str, *, today: date | None = None) -> Understanding:
        """The one wish in a message; `today` turns relative dates of its slots into days."""
        plain = self._model.normaliser(text[:_MOST_SIGNS])
        message = asserted(plain)
        slots = self._slots.read(plain, message.refused, today)
        bare = _bare(plain)
        if choices := self._ambiguous.get(bare):
            share = round(1.0 / len(choices), 4)
            near = tuple((name, share) for name in choices)
            return Understanding(text, choices[0], share, slots, near)
        exact = self._exact.get(bare)
        if exact is not None:
            return Understanding(text, exact, 1.0, slots, ((exact, 1.0),))
        if not units(plain):
            return Understanding(text, UNKNOWN, 1.0, slots, ((UNKNOWN, 1.0),))
        ranked = self._ranked(message)
        intent, confidence = self._decide(message, ranked)
        return Understanding(text, intent, confidence, slots, self._near(intent, ranked))

    def as_said(self) -> Iterator[tuple[str, str]]:
        """Intents with messages that were written down for them, several hundred each."""
        return as_said(self._data)

    def plain(self, text: str) -> str:
        """The text in one spelling: width, case, traditional characters, no decoration."""
        return self._model.normaliser(text[:_MOST_SIGNS])

    def _ranked(self, message: Asserted) -> list[tuple[str, float]]:
        decision = self._data.decision
        names = self._features.of(message)
        # The model's margins shrink with the length of a message: one want in a long story would
        # look like none at all.
        stretch = max(1.0, len(names) / decision.long_from) ** 0.5
        margins = self._model.margins(names) * np.float32(stretch)
        margins[self._unknown] += decision.unknown_handicap - decision.long_trust * (stretch - 1.0)
        scaled = np.exp((margins - margins.max()) / decision.temperature)
        shares = (scaled / scaled.sum()).tolist()
        return sorted(
            zip(self._model.intents, shares, strict=True), key=lambda pair: (-pair[1], pair[0])
        )

    def _decide(self, message: Asserted, ranked: list[tuple[str, float]]) -> tuple[str, float]:
        intent, confidence = ranked[0]
        if self._intents[intent].destructive and self._doubtful(message, intent, confidence):
            for name, share in ranked[1:]:
                if not self._intents[name].destructive:
                    enough = share >= self._data.decision.least_alternative
                    return (name, share) if enough else (UNKNOWN, dict(ranked)[UNKNOWN])
        return intent, confidence

    def _doubtful(self, message: Asserted, intent: str, confidence: float) -> bool:
        """Whether a destructive wish is too weakly said, or not said at all."""
        decision = self._data.decision
        needed = self._intents[intent]
        if message.nothing_left or confidence < decision.least_destructive:
            return True
        wanted = set(self._features.ideas_of(message.wanted))
        refused = {idea for scope in message.refused for idea in self._features.ideas_of(scope)}
        if wanted & needed.evidence:
            return False
        if refused & needed.evidence:
            return True
        return not wanted & needed.hints and confidence < decision.sure_without_evidence

    def _near(self, intent: str, ranked: list[tuple[str, float]]) -> tuple[tuple[str, float], ...]:
        """The chosen intent, and beside it those of nearly the same share.

        What is hardly surer than a guess has the next best beside it in any case, so that nothing
        is done without asking. A greeting is no wish to choose.
        """
        decision = self._data.decision
        shares = dict(ranked)
        near = [(intent, round(shares[intent], 4))]
        guessed = intent != UNKNOWN and shares[intent] < decision.least_sure
        least = max(decision.least_alternative, shares[intent] - decision.near_margin)
        for name, share in ranked:
            if name in {intent, UNKNOWN, _GREETING}:
                continue
            if share >= least or (guessed and len(near) == 1):
                near.append((name, round(share, 4)))
        return tuple(near[:_MOST_ALTERNATIVES])


def _train(home: Path, path: Path) -> None:
    """Train in another process: learning takes ten times the memory of understanding."""
    command = [sys.executable, "-m", "bot.understanding.training", str(home), str(path.resolve())]
    done = subprocess.run(  # noqa: S603  Nothing in the command comes from outside.
        command, cwd=_ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise IntentDataError(done.stderr.strip().rsplit("\n", 1)[-1] or "training was stopped")


def _bare(text: str) -> str:
    return "".join(units(text))


def _cache_home(environment: Mapping[str, str] = os.environ) -> Path:
    named = environment.get("MEDCREDIT_CACHE_DIR")
    if named:
        return Path(named)
    local = Path("var")
    if os.access(local if local.exists() else Path(), os.W_OK):
        return local / "understanding"
    return Path.home() / ".cache" / "medcredit"

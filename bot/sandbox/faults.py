"""Faults that the control page switches on."""

from __future__ import annotations

import fnmatch
import random
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, Field

FaultKind = Literal[
    "delay",
    "http",
    "reset",
    "errcode",
    "quota",
    "drop_receipt",
    "duplicate_callback",
    "reorder_callback",
    "cut_callback",
    "receipt_first",
]


class FaultRule(BaseModel):
    """One fault for a share of the calls whose path fits.

    `path` is a pattern such as `/cgi-bin/message/*`; for callbacks it is the name of the event
    or the type of the message, such as `TEMPLATESENDJOBFINISH`. `after` lets the call take
    effect before the answer is spoilt. `cut_callback` hangs up `ms` after a message went out,
    without reading the answer, so that it is delivered again. `times` ends the rule after so
    many hits.
    """

    kind: FaultKind
    path: str = "*"
    share: float = Field(default=1.0, ge=0.0, le=1.0)
    after: bool = False
    ms: int = Field(default=0, ge=0)
    status: int = Field(default=503, ge=500, le=599)
    errcode: int = -1
    errmsg: str = "system error"
    copies: int = Field(default=1, ge=1, le=10)
    times: int | None = Field(default=None, ge=1)
    hits: int = 0


@dataclass(slots=True)
class Spoil:
    """What is to go wrong with one call."""

    delay: float = 0.0
    spoiler: FaultRule | None = None

    def now(self, *, after: bool) -> FaultRule | None:
        """The rule to apply at this side of the effect."""
        return self.spoiler if self.spoiler is not None and self.spoiler.after == after else None


_SPOILERS = frozenset({"http", "reset", "errcode", "quota"})
_NOTHING_WRONG = Spoil()


class Faults:
    """The rules in force; draws are repeatable for a seed."""

    def __init__(self) -> None:
        self.rules: list[FaultRule] = []
        self._random = random.Random(0)

    def replace(self, rules: list[FaultRule], seed: int = 0) -> None:
        """Put other rules in force; an empty list makes everything work again."""
        self.rules = rules
        self._random = random.Random(seed)

    def for_call(self, path: str) -> Spoil:
        """Draw for one API call. The first fitting spoiler wins; delays add up."""
        if not self.rules:
            return _NOTHING_WRONG
        spoil = Spoil()
        for rule in self.rules:
            if rule.kind == "delay" and self._hits(rule, path):
                spoil.delay += rule.ms / 1000
            elif rule.kind in _SPOILERS and spoil.spoiler is None and self._hits(rule, path):
                spoil.spoiler = rule
        return spoil

    def for_callback(self, kind: FaultKind, name: str) -> FaultRule | None:
        """Draw one kind of fault for a message or event to the account."""
        for rule in self.rules:
            if rule.kind == kind and self._hits(rule, name):
                return rule
        return None

    def _hits(self, rule: FaultRule, name: str) -> bool:
        if rule.times is not None and rule.hits >= rule.times:
            return False
        if not fnmatch.fnmatchcase(name, rule.path):
            return False
        if rule.share < 1.0 and self._random.random() >= rule.share:
            return False
        rule.hits += 1
        return True

"""Rates per interface: what we allow ourselves, and slower for a while after 45011."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict, deque
from collections.abc import Mapping
from functools import cache

from pydantic import BaseModel, ConfigDict, Field

from config.settings import DATA
from credit_core.datafile import Whole, load

_OBSERVED_SECONDS = 10.0


class _Channel(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    per_second: float | None = Field(default=None, gt=0)
    per_day: Whole | None = Field(default=None, gt=0)


class _Slower(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    share: float = Field(gt=0, lt=1)
    minutes: float = Field(gt=0)


class Rates(BaseModel):
    """``config/notices/channels.yaml``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    channels: dict[str, _Channel]
    slower: _Slower


@cache
def rates() -> Rates:
    return load(DATA / "notices" / "channels.yaml", Rates)


def over_budget(used: Mapping[str, int]) -> list[str]:
    """Channels whose calls of the day are used up by our own count."""
    return [
        name
        for name, channel in rates().channels.items()
        if channel.per_day is not None and used.get(name, 0) >= channel.per_day
    ]


class Pace:
    """Spaces the calls of one process, per channel."""

    def __init__(self) -> None:
        self._free_at: dict[str, float] = defaultdict(float)
        self._limits = {name: one.per_second for name, one in rates().channels.items()}
        self._slow: dict[str, tuple[float, float]] = {}
        self._recent: dict[str, deque[float]] = defaultdict(lambda: deque(maxlen=5000))

    async def wait(self, channel: str) -> None:
        """Return when the next call of this channel may be made."""
        now = time.monotonic()
        limit = self._limit(channel, now)
        self._recent[channel].append(now)
        if limit is None:
            return
        start = max(now, self._free_at[channel])
        self._free_at[channel] = start + 1 / limit
        if start > now:
            await asyncio.sleep(start - now)

    def slow_down(self, channel: str) -> None:
        """WeChat said 45011: a share of the rate that it refused, for some minutes."""
        now = time.monotonic()
        calls = sum(1 for at in self._recent[channel] if at > now - _OBSERVED_SECONDS)
        slower = rates().slower
        limit = max(calls / _OBSERVED_SECONDS * slower.share, 1.0)
        self._slow[channel] = (limit, now + slower.minutes * 60)

    def _limit(self, channel: str, now: float) -> float | None:
        fixed = self._limits.get(channel)
        slow = self._slow.get(channel)
        if slow is None or slow[1] <= now:
            return fixed
        return slow[0] if fixed is None else min(fixed, slow[0])

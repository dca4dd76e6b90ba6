"""Keys that were used a short time ago."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice

_MOST = 3_000_000


class RecentKeys:
    """Remembers the message id given for a key, for a fixed time.

    Entries leave in the order they came, a few at every look, so memory follows the calls of
    one window and not the calls ever made. A key is kept as its 64-bit hash.
    """

    def __init__(self, seconds: float, clock: Callable[[], float]) -> None:
        self._seconds = seconds
        self._clock = clock
        self._held: dict[int, tuple[int, float]] = {}

    def find(self, key: tuple[str, ...]) -> int | None:
        """The message id that this key got within the window."""
        now = self._clock()
        self._forget(now)
        held = self._held.get(hash(key))
        return None if held is None or held[1] <= now else held[0]

    def remember(self, key: tuple[str, ...], number: int, at: float | None = None) -> None:
        """Keep the message id for the key from now (or from `at`) on."""
        since = self._clock() if at is None else at
        hashed = hash(key)
        self._held.pop(hashed, None)
        self._held[hashed] = (number, since + self._seconds)

    def __len__(self) -> int:
        return len(self._held)

    def _forget(self, now: float) -> None:
        over = len(self._held) > _MOST
        for hashed in list(islice(self._held, 4)):
            if over or self._held[hashed][1] <= now:
                del self._held[hashed]

"""Daily quotas of the interfaces, and clearing them."""

from __future__ import annotations

from collections.abc import Callable

from bot.sandbox.errors import ApiError
from bot.sandbox.monthly import beijing_day

# Calls a day; interfaces that are not named are not limited here.
DAILY = {
    "/cgi-bin/token": 2_000,
    "/cgi-bin/stable_token": 500_000,
    "/cgi-bin/menu/create": 1_000,
    "/cgi-bin/media/upload": 5_000,
    "/cgi-bin/media/get": 10_000,
    "/cgi-bin/message/custom/send": 500_000,
    "/cgi-bin/message/template/send": 10_000_000,
    "/cgi-bin/message/mass/send": 100,
    "/cgi-bin/message/mass/sendall": 100,
    "/cgi-bin/message/mass/preview": 100,
    "/cgi-bin/qrcode/create": 100_000,
    "/cgi-bin/user/get": 500,
    "/cgi-bin/user/info": 5_000_000,
}
CLEARS_A_MONTH = 10


class Quotas:
    """Counts calls per interface and Beijing day."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._day = ""
        self._used: dict[str, int] = {}
        self._clears: dict[str, int] = {}
        self.limits = dict(DAILY)

    def spend(self, path: str) -> None:
        """Count a call; 45009 when the day's calls are used up."""
        limit = self.limits.get(path)
        if limit is None:
            return
        self._turn_day()
        used = self._used.get(path, 0)
        if used >= limit:
            raise ApiError(45009, "reach max api daily quota limit")
        self._used[path] = used + 1

    def used(self, path: str) -> int:
        """Calls made today."""
        self._turn_day()
        return self._used.get(path, 0)

    def clear(self, path: str | None = None) -> None:
        """Set the counters to nothing; 48006 after ten times in a month."""
        month = self._today()[:7]
        if self._clears.get(month, 0) >= CLEARS_A_MONTH:
            raise ApiError(48006, "forbid to clear quota because of reaching the limit")
        self._clears = {month: self._clears.get(month, 0) + 1}
        if path is None:
            self._used.clear()
        else:
            self._used.pop(path, None)

    def reset(self) -> None:
        """Forget limits set by hand and everything used, for the control page."""
        self.limits = dict(DAILY)
        self._used.clear()
        self._clears.clear()

    def _turn_day(self) -> None:
        today = self._today()
        if today != self._day:
            self._day = today
            self._used.clear()

    def _today(self) -> str:
        return beijing_day(self._clock())

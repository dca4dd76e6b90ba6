"""Who got how many mass messages in this natural month."""

from __future__ import annotations

import time

MONTHLY = 4
_BEIJING = 8 * 3600


def beijing_day(at: float) -> str:
    """The day in Beijing, `2026-11-22`."""
    return time.strftime("%Y-%m-%d", time.gmtime(at + _BEIJING))


class MonthlyCounts:
    """One small number per receiver, forgotten when the month ends."""

    def __init__(self) -> None:
        self._month = ""
        self._counts: dict[str, int] = {}

    def take(self, openid: str, now: float) -> bool:
        """Count one message; False when the four of this month are used up."""
        month = beijing_day(now)[:7]
        if month != self._month:
            self._month = month
            self._counts.clear()
        count = self._counts.get(openid, 0)
        if count >= MONTHLY:
            return False
        self._counts[openid] = count + 1
        return True

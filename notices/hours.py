"""Quiet hours: nobody is disturbed at night."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from credit_core.clock import SHANGHAI


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hours of the day in Shanghai, ``start`` (included) to ``end`` (not included).

    ``Quiet(21, 8)`` spans midnight; ``start == end`` means no quiet hours.
    """

    start: int
    end: int

    def covers(self, hour: int) -> bool:
        if self.start <= self.end:
            return self.start <= hour < self.end
        return hour >= self.start or hour < self.end


NIGHT = Quiet(21, 8)
"""When nobody is told of anything that can wait."""


def first_allowed(moment: datetime, quiet: Quiet) -> datetime:
    """``moment`` itself, or the end of the quiet hours it falls into."""
    local = moment.astimezone(SHANGHAI)
    if not quiet.covers(local.hour):
        return moment
    end = local.replace(hour=quiet.end, minute=0, second=0, microsecond=0)
    if end <= local:
        end += timedelta(days=1)
    return end.astimezone(moment.tzinfo)

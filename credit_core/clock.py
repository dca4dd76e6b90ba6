"""Time at the edges: aware instants, and days in Asia/Shanghai.

Rules never ask for the time; they are told. Only the composition root and the command line
create a :class:`Clock`.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Protocol
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


class Clock(Protocol):
    def now(self) -> datetime: ...


class SystemClock:
    """The machine's clock, in UTC."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class FixedClock:
    """A clock that stands where it is put; for tests, demos and ``--now``."""

    def __init__(self, now: datetime) -> None:
        self.current = require_aware(now)

    def now(self) -> datetime:
        return self.current


def require_aware(moment: datetime) -> datetime:
    """The same instant, refused when naive."""
    if moment.tzinfo is None:
        raise ValueError(f"a naive datetime has no place here: {moment!r}")
    return moment


def local_day(moment: datetime) -> date:
    """The calendar day in Asia/Shanghai of an aware instant."""
    return require_aware(moment).astimezone(SHANGHAI).date()


def start_of_day(day: date) -> datetime:
    """Midnight at the start of ``day`` in Asia/Shanghai, in UTC."""
    return datetime.combine(day, time(), SHANGHAI).astimezone(UTC)


def parse_moment(value: str) -> datetime:
    """An ISO date or timestamp; without a zone it is Asia/Shanghai, a bare date is 09:00."""
    if len(value) == len("2026-01-01"):
        return datetime.combine(date.fromisoformat(value), time(9), SHANGHAI)
    moment = datetime.fromisoformat(value)
    return moment if moment.tzinfo else moment.replace(tzinfo=SHANGHAI)

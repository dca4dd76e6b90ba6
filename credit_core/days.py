"""Days as people write them, and a column type for days that can be read in bulk."""

from __future__ import annotations

import re
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import Date, Integer
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

EPOCH = date(1970, 1, 1)
_WRITTEN = re.compile(
    r"(\d{4})(?:-(\d{1,2})-(\d{1,2})|/(\d{1,2})/(\d{1,2})|\.(\d{1,2})\.(\d{1,2})"
    r"|年(\d{1,2})月(\d{1,2})日|(\d{2})(\d{2}))(?:[ T]00:00(?::00)?)?"
)


@lru_cache(maxsize=50_000)
def read_day(written: str) -> date | None:
    """A day in one of the usual spellings; None: it is none, or does not exist.

    >>> read_day("2026-3-1") == read_day("2026/03/01") == read_day("2026年3月1日")
    True
    >>> read_day("2026-02-30") is None
    True
    """
    found = _WRITTEN.fullmatch(written) if written.isascii() or "年" in written else None
    if found is None:
        return None
    year, month, day = (int(part) for part in found.groups() if part is not None)
    try:
        return date(year, month, day)
    except ValueError:
        return None


class Day(TypeDecorator[date]):
    """A day; on SQLite a whole number (days since 1970), which NumPy reads without parsing.

    A number is taken for a day too, so that rows of many days need not be turned forth and back.
    """

    impl = Date
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Integer() if dialect.name == "sqlite" else Date())

    def process_bind_param(self, value: date | int | None, dialect: Dialect) -> Any:
        if isinstance(value, int):
            return value if dialect.name == "sqlite" else EPOCH + timedelta(days=value)
        if value is None or dialect.name != "sqlite":
            return value
        return day_number(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> date | None:
        if value is None or dialect.name != "sqlite":
            return None if value is None else _as_date(value)
        return EPOCH + timedelta(days=value)


def _as_date(value: Any) -> date:
    return value if type(value) is date else date.fromisoformat(str(value)[:10])


def day_number(day: date) -> int:
    """Days since 1970."""
    return (day - EPOCH).days

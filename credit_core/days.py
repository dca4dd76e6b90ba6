"""A column type for days that can be read in bulk."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sqlalchemy import Date, Integer
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

EPOCH = date(1970, 1, 1)


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

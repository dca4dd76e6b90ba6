"""Two statements that concurrency rests on, the same on SQLite and PostgreSQL."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import CursorResult
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from credit_core.database import Base


def ensure(session: Session, model: type[Base], **values: Any) -> None:
    """Make sure that a row with this key exists; an existing one stays as it is."""
    if session.get_bind().dialect.name == "sqlite":
        session.execute(sqlite_insert(model).values(**values).on_conflict_do_nothing())
    else:
        session.execute(postgres_insert(model).values(**values).on_conflict_do_nothing())


def changed_rows(session: Session, statement: Any) -> int:
    """Run an UPDATE; how many rows it found."""
    statement = statement.execution_options(synchronize_session=False)
    return cast("CursorResult[Any]", session.execute(statement)).rowcount

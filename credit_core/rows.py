"""Many rows at once, past the mapper: straight through the driver, in the session's transaction.

SQLAlchemy builds an object and a dictionary per row; for millions of rows the driver alone is
ten times faster. Values are given as Python values of the columns and encoded here.
"""

from __future__ import annotations

import gc
import itertools
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from sqlalchemy import Table, text
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import Session

BATCH = 20_000
_AT_ONCE = (256, 64, 16, 4, 1)
"""Rows of one statement; SQLite takes 32,766 values at least. Few sizes, since the connection
keeps every statement that it has compiled."""


def is_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"


def driver(session: Session) -> Any:
    """The driver's own connection (sqlite3 or psycopg) inside the session's transaction."""
    return session.connection().connection.driver_connection


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Bulk work makes millions of tuples and few cycles: searching them as often as usual costs
    a third of the time, and never lets what the mapper leaves behind grow with the rows."""
    usual = gc.get_threshold()
    gc.set_threshold(_NEW_OBJECTS, 100, 1_000_000)
    try:
        yield
    finally:
        gc.set_threshold(*usual)


_NEW_OBJECTS = 200_000
"""That many more than before, and the new ones are searched: some milliseconds."""


def plan_for_few(session: Session) -> None:
    """For the rest of the transaction keep PostgreSQL to indexes, and from compiling queries.

    Right after much was written its statistics are old, and it would rather read a whole table
    than the few rows of today; compiling takes longer than what is compiled here.
    """
    if not is_sqlite(session):
        session.execute(text("SET LOCAL enable_seqscan = off"))
        session.execute(text("SET LOCAL jit = off"))


def select_in(session: Session, query: str, values: Collection[Any]) -> list[tuple[Any, ...]]:
    """Rows of a query that ends with the column which holds one of the values.

    The mapper would write and read a statement with a name for every value, each time.
    """
    if not values:
        return []
    wanted = list(values)
    cursor = driver(session).cursor()
    try:
        if is_sqlite(session):
            marks = ", ".join("?" * len(wanted))
            return list(cursor.execute(f"{query} IN ({marks})", wanted).fetchall())
        return list(cursor.execute(f"{query} = ANY(%s)", (wanted,)).fetchall())
    finally:
        cursor.close()


def insert_rows(
    session: Session,
    table: Table,
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    ignore_known: bool = False,
) -> int:
    """Insert rows given as tuples in the order of ``columns``; returns how many were new.

    :param ignore_known: a row whose key or unique value stands there already is passed over.
    """
    dialect = session.get_bind().dialect
    encode = _encoder(table, tuple(columns), dialect)
    if dialect.name == "sqlite":
        verb = "INSERT OR IGNORE" if ignore_known else "INSERT"
        return _insert_sqlite(session, table, columns, map(encode, rows), verb)
    conflict = "DO NOTHING" if ignore_known else ""
    return _insert_postgres(session, table, columns, map(encode, rows), conflict)


def update_rows(
    session: Session,
    table: Table,
    columns: Sequence[str],
    where: Sequence[str],
    rows: Iterable[Sequence[Any]],
) -> None:
    """Set ``columns`` where all of ``where`` are equal; rows are tuples of both, in that order."""
    encode = _encoder(table, (*columns, *where), session.get_bind().dialect)
    encoded = list(map(encode, rows))
    if is_sqlite(session):
        _update_sqlite(session, table, columns, where, encoded)
        return
    values = ", ".join(f'"{name}" = %s' for name in columns)
    conditions = " AND ".join(f'"{name}" = %s' for name in where)
    with driver(session).cursor() as cursor:
        cursor.executemany(f'UPDATE "{table.name}" SET {values} WHERE {conditions}', encoded)


def insert_at_once(
    session: Session, table: Table, columns: Sequence[str], rows: Sequence[Sequence[Any]]
) -> None:
    """Insert some thousand rows while another thread has work to do.

    sqlite3 lets go of the interpreter at every step of a statement and has to queue for it
    again; a few long statements do that a few times, one per row thousands of times.
    """
    if not is_sqlite(session):
        insert_rows(session, table, columns, rows)
        return
    encode = _encoder(table, tuple(columns), session.get_bind().dialect)
    names = ", ".join(f'"{name}"' for name in columns)
    connection = driver(session)
    for batch in _at_once(list(map(encode, rows))):
        marks = _marks(len(batch), len(columns))
        connection.execute(
            f'INSERT INTO "{table.name}" ({names}) VALUES {marks}',
            list(itertools.chain.from_iterable(batch)),
        )


def _update_sqlite(
    session: Session,
    table: Table,
    columns: Sequence[str],
    where: Sequence[str],
    rows: Sequence[Sequence[Any]],
) -> None:
    """Like :func:`insert_at_once`: few statements, so few turns for the interpreter."""
    width = len(columns) + len(where)
    values = ", ".join(f'"{name}" = new.v{place}' for place, name in enumerate(columns))
    conditions = " AND ".join(
        f'"{table.name}"."{name}" = new.v{place}' for place, name in enumerate(where, len(columns))
    )
    names = ", ".join(f"v{place}" for place in range(width))
    connection = driver(session)
    for batch in _at_once(rows):
        connection.execute(
            f"WITH new({names}) AS (VALUES {_marks(len(batch), width)}) "
            f'UPDATE "{table.name}" SET {values} FROM new WHERE {conditions}',
            list(itertools.chain.from_iterable(batch)),
        )


def _at_once(rows: Sequence[Sequence[Any]]) -> Iterator[Sequence[Sequence[Any]]]:
    start = 0
    for size in _AT_ONCE:
        while len(rows) - start >= size:
            yield rows[start : start + size]
            start += size


@lru_cache(maxsize=64)
def _marks(rows: int, width: int) -> str:
    one = "(" + ", ".join("?" * width) + ")"
    return ", ".join([one] * rows)


def encoded(session: Session, table: Table, column: str, value: Any) -> Any:
    """One value as the driver wants it for a column."""
    encode = _encoder(table, (column,), session.get_bind().dialect)
    return encode((value,))[0]


def _encoder(
    table: Table, columns: tuple[str, ...], dialect: Dialect
) -> Callable[[Sequence[Any]], Sequence[Any]]:
    """A function that turns one row of Python values into the driver's values."""
    steps: list[tuple[int, Callable[[Any], Any]]] = []
    for position, name in enumerate(columns):
        kind = table.c[name].type
        process = kind.dialect_impl(dialect).bind_processor(dialect)
        # Numbers and bytes are the driver's values already.
        if process is not None and kind.python_type not in {int, bytes}:
            # The same few days and moments come again and again.
            steps.append((position, lru_cache(maxsize=50_000)(process)))
    if not steps:
        return tuple

    def encode(row: Sequence[Any]) -> Sequence[Any]:
        values = list(row)
        for position, process in steps:
            value = values[position]
            if value is not None:
                values[position] = process(value)
        return values

    return encode


def _insert_sqlite(
    session: Session,
    table: Table,
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    verb: str,
) -> int:
    connection = driver(session)
    names = ", ".join(f'"{name}"' for name in columns)
    marks = ", ".join("?" * len(columns))
    before = connection.total_changes
    connection.executemany(f'{verb} INTO "{table.name}" ({names}) VALUES ({marks})', rows)
    return int(connection.total_changes - before)


def _insert_postgres(
    session: Session,
    table: Table,
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    conflict: str,
) -> int:
    names = ", ".join(f'"{name}"' for name in columns)
    target = f'"{table.name}"'
    with driver(session).cursor() as cursor:
        if conflict:
            target = f'"incoming_{table.name}"'
            cursor.execute(
                f"CREATE TEMP TABLE IF NOT EXISTS {target} "
                f'(LIKE "{table.name}" INCLUDING DEFAULTS) ON COMMIT DROP'
            )
            cursor.execute(f"TRUNCATE {target}")
            for name in table.c.keys():  # noqa: SIM118  A column collection, not a dict.
                if name not in columns:
                    cursor.execute(f'ALTER TABLE {target} ALTER "{name}" DROP NOT NULL')
        count = 0
        with cursor.copy(f"COPY {target} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
                count += 1
        if conflict:
            cursor.execute(
                f'INSERT INTO "{table.name}" ({names}) SELECT {names} FROM {target} '
                f"ON CONFLICT {conflict}"
            )
            count = int(cursor.rowcount)
    return count


def batches(rows: Iterable[Any], size: int = BATCH) -> Iterable[list[Any]]:
    """Rows in lists of at most ``size``."""
    iterator = iter(rows)
    while batch := list(itertools.islice(iterator, size)):
        yield batch

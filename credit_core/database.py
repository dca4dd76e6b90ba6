"""The database: one declarative base, SQLite (WAL) by default, PostgreSQL when outgrown.

A unit of work is ``with database.begin() as session``: leaving the block commits, an error
rolls back; nobody else calls ``commit``. SQLite transactions that write start with
``BEGIN IMMEDIATE``, so two writers queue instead of failing half way.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    String,
    create_engine,
    event,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import URL, Dialect, make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from sqlalchemy.types import TypeDecorator, TypeEngine

from credit_core.clock import require_aware
from credit_core.events import SUBSCRIBERS, Subscriber

BUSY_SECONDS = 30


class UtcDateTime(TypeDecorator[datetime]):
    """An aware instant, stored in UTC; naive values are refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(DateTime(timezone=dialect.name != "sqlite"))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        moment = require_aware(value).astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


Json = JSON().with_variant(JSONB(), "postgresql")


class Base(DeclarativeBase):
    """Root of all tables. Names of constraints are fixed so that migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012
        datetime: UtcDateTime,
        # SQLite takes only the exact word INTEGER for its row id: half the lookups.
        int: BigInteger().with_variant(Integer(), "sqlite"),
        bytes: LargeBinary,
        str: String,
        dict[str, Any]: Json,
        list[Any]: Json,
    }


class Database:
    """An engine and its units of work.

    :param url: SQLAlchemy URL; ``sqlite:///path`` or ``postgresql://user@host/name``.
    :param subscribers: called with every event that is emitted in a session of this database.
    """

    def __init__(
        self,
        url: str,
        *,
        subscribers: Sequence[Subscriber] = (),
        pool_size: int = 10,
    ) -> None:
        self.url = _with_driver(url)
        if self.is_sqlite:
            if self.url.database and self.url.database != ":memory:":
                _make_folder(Path(self.url.database).parent)
            self.engine = create_engine(
                self.url,
                connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
                # Errors are logged, and bound values may be somebody's.
                hide_parameters=True,
            )
            _tune_sqlite(self.engine)
        else:
            self.engine = create_engine(
                self.url,
                pool_size=pool_size,
                max_overflow=pool_size,
                pool_pre_ping=True,
                hide_parameters=True,
            )
        self._writing = threading.Lock()
        self._sessions = sessionmaker(
            self.engine, expire_on_commit=False, info={SUBSCRIBERS: tuple(subscribers)}
        )

    @property
    def is_sqlite(self) -> bool:
        return self.url.get_backend_name() == "sqlite"

    @contextmanager
    def begin(self, *, wait: float = BUSY_SECONDS) -> Iterator[Session]:
        """A unit of work that may write: commits at the end, rolls back on any error.

        :param wait: seconds to queue for SQLite's one writer, other processes' included.
        """
        with self._next_writer(wait), self._sessions.begin() as session:
            if self.is_sqlite:
                _begin_writing(session, time.monotonic() + wait)
            yield session

    @contextmanager
    def _next_writer(self, wait: float) -> Iterator[None]:
        """On SQLite the threads of this process queue here instead of at the file.

        SQLite's own waiting is sleeping and trying again, longer each time: under load some
        writer sleeps for seconds while others pass. Waiting here ends after the same time.
        """
        held = self.is_sqlite and self._writing.acquire(timeout=wait)
        try:
            yield
        finally:
            if held:
                self._writing.release()

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that only reads; whatever it changed is rolled back."""
        with self._sessions() as session:
            if self.is_sqlite:
                session.connection().exec_driver_sql("BEGIN")
            try:
                yield session
            finally:
                session.rollback()

    def dispose(self) -> None:
        self.engine.dispose()


def _begin_writing(session: Session, until: float) -> None:
    """SQLite itself tries for :data:`BUSY_SECONDS`; who has more patience asks again."""
    while True:
        try:
            session.connection().exec_driver_sql("BEGIN IMMEDIATE")
        except OperationalError as error:
            if "locked" not in str(error.orig) or time.monotonic() >= until:
                raise
        else:
            return


class UnusablePathError(OSError):
    """The folder of an SQLite file is not there and cannot be made."""


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UnusablePathError(f"{folder}: {error.strerror}") from None


def _with_driver(url: str) -> URL:
    made = make_url(url)
    if made.drivername in {"postgresql", "postgres"}:
        return made.set(drivername="postgresql+psycopg")
    return made


def _tune_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _record: Any) -> None:
        # sqlite3's own implicit BEGIN is deferred and would turn a late write into an
        # error; transactions are begun by us.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            f"busy_timeout={BUSY_SECONDS * 1000}",
            "cache_size=-64000",
            "temp_store=MEMORY",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

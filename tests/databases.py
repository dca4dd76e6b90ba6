"""Fresh databases for tests, without making eighty tables for each.

Nothing here cuts the power, so nothing waits for a disk: SQLite's files stand in memory where
the machine has room (``tests/conftest.py``), and PostgreSQL acknowledges before it has written.
What a killed process of ours has committed is still there, as always.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import psycopg
from psycopg import sql

import bot.schema  # noqa: F401  Registers every table.
from credit_core.database import Base, Database

POSTGRES = os.environ.get(
    "MEDCREDIT_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres"
)
_OTHERS = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
_NEVER_ANALYSED = """
    DO $$ DECLARE name text; BEGIN
        FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
            EXECUTE format('ALTER TABLE %I SET (autovacuum_enabled = off)', name);
        END LOOP;
    END $$
"""
_SHAPE = """
    SELECT md5(string_agg(concat_ws(' ', kind, whose, name), ',' ORDER BY kind, whose, name)) FROM (
        SELECT 'column' kind, attrelid whose, attname name, relnamespace space
            FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
        UNION ALL SELECT 'constraint', conrelid, conname, connamespace FROM pg_constraint
        UNION ALL SELECT 'routine', oid, proname, pronamespace FROM pg_proc
        UNION ALL SELECT 'trigger', tgrelid, tgname, relnamespace
            FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
        UNION ALL SELECT 'analysed', oid, '', relnamespace
            FROM pg_class WHERE relkind = 'r' AND reltuples >= 0
    ) parts JOIN pg_namespace ON pg_namespace.oid = space
    WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'
"""
_SIZE = "SELECT pg_database_size(current_database())"
_WASTE = 64 << 20
"""Bytes of removed rows after which another database is made."""


@contextmanager
def fresh_postgres(*, tables: bool = False) -> Iterator[str]:
    """The address of a new database, dropped afterwards."""
    name = f"medcredit_test_{os.getpid()}_{secrets.token_hex(4)}"
    url = f"{POSTGRES.rsplit('/', 1)[0]}/{name}"
    with psycopg.connect(POSTGRES, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        admin.execute(
            sql.SQL("ALTER DATABASE {} SET synchronous_commit = off").format(sql.Identifier(name))
        )
        try:
            if tables:
                database = Database(url)
                Base.metadata.create_all(database.engine)
                database.dispose()
            yield url
        finally:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


class Sqlite:
    """All tables, made once and copied."""

    def __init__(self, template: Path) -> None:
        self._template = template
        database = Database(f"sqlite:///{template}")
        Base.metadata.create_all(database.engine)
        with database.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        database.dispose()

    def copy(self, path: Path) -> Database:
        shutil.copyfile(self._template, path)
        return Database(f"sqlite:///{path}")


class Postgres:
    """One database of this process, emptied for every test.

    A test that changed more than rows (made tables, triggers, statistics for the planner) has
    used it up: the next one gets another. Making and dropping one for each test waits for the
    server's disk twice.
    """

    def __init__(self) -> None:
        self._made = ExitStack()
        self._emptying = sql.SQL("; ").join(
            sql.SQL("DELETE FROM {}").format(sql.Identifier(table.name))
            for table in reversed(Base.metadata.sorted_tables)
        )
        self._make()

    def fresh(self) -> str:
        """The address of a database with all tables and no row; nobody else is connected."""
        if not self._emptied():
            self.drop()
            self._make()
        return self._url

    def drop(self) -> None:
        self._made.close()

    def _emptied(self) -> bool:
        with psycopg.connect(self._url, autocommit=True) as admin:
            admin.execute(_OTHERS)
            if self._state(admin) != self._shape or self._size(admin) > self._first_size + _WASTE:
                return False
            with suppress(psycopg.errors.InsufficientPrivilege):
                # All tables are emptied: no row need be looked for in those that refer to it.
                admin.execute("SET session_replication_role = replica")
            admin.execute(self._emptying)
            return True

    def _make(self) -> None:
        self._url = self._made.enter_context(fresh_postgres(tables=True))
        with psycopg.connect(self._url, autocommit=True) as admin:
            admin.execute(_NEVER_ANALYSED)
            self._shape, self._first_size = self._state(admin), self._size(admin)

    @staticmethod
    def _state(admin: psycopg.Connection) -> object:
        return admin.execute(_SHAPE).fetchone()

    @staticmethod
    def _size(admin: psycopg.Connection) -> int:
        (size,) = admin.execute(_SIZE).fetchone() or (0,)
        return int(size)

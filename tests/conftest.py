"""Fixtures that everybody shares: a keyring, and a fresh database on SQLite and PostgreSQL."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from credit_core.clock import FixedClock
from credit_core.crypto import Keyring, install_keyring
from credit_core.database import Base, Database

POSTGRES = os.environ.get(
    "MEDCREDIT_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres"
)
ROOT = Path(__file__).resolve().parent.parent
REQUIRED = os.environ.get("MEDCREDIT_REQUIRE_SERVICES") == "1"
KEY = "unit-tests-only-0123456789-abcdefghijklmnopqrstuvwxyz"

try:
    with psycopg.connect(POSTGRES, connect_timeout=3, autocommit=True):
        HAS_POSTGRES = True
except psycopg.OperationalError:
    HAS_POSTGRES = False


def pytest_configure() -> None:
    if REQUIRED and not HAS_POSTGRES:
        pytest.exit("PostgreSQL at MEDCREDIT_TEST_POSTGRES is required but does not answer.", 3)


def pytest_report_header() -> str | None:
    return None if HAS_POSTGRES else "PostgreSQL does not answer: its tests are skipped."


@pytest.fixture(autouse=True, scope="session")
def keyring() -> Keyring:
    ring = Keyring(KEY)
    install_keyring(ring)
    return ring


@pytest.fixture
def clock() -> FixedClock:
    """Monday 2026-11-23, 10:00 in Shanghai."""
    return FixedClock(datetime(2026, 11, 23, 2, 0, tzinfo=UTC))


@pytest.fixture(scope="session")
def postgres_template() -> Iterator[str]:
    """A database with all tables, copied for every test that wants PostgreSQL."""
    import bot.schema  # noqa: F401  Registers every table.

    if not HAS_POSTGRES:
        pytest.skip("PostgreSQL does not answer")
    name = f"medcredit_test_{os.getpid()}_{secrets.token_hex(3)}"
    with psycopg.connect(POSTGRES, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        database = Database(_url(name))
        Base.metadata.create_all(database.engine)
        database.dispose()
        yield name
        admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def sqlite_database(tmp_path: Path) -> Iterator[Database]:
    import bot.schema  # noqa: F401

    database = Database(f"sqlite:///{tmp_path / 'test.sqlite3'}")
    Base.metadata.create_all(database.engine)
    yield database
    database.dispose()


@pytest.fixture
def postgres_database(postgres_template: str) -> Iterator[Database]:
    name = f"{postgres_template}_{secrets.token_hex(4)}"
    with psycopg.connect(POSTGRES, autocommit=True) as admin:
        admin.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                sql.Identifier(name), sql.Identifier(postgres_template)
            )
        )
        database = Database(_url(name))
        yield database
        database.dispose()
        admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Without any table, for migrations and whole processes."""
    if request.param == "sqlite":
        database = Database(f"sqlite:///{tmp_path / 'empty.sqlite3'}")
        yield database
        database.dispose()
        return
    if not HAS_POSTGRES:
        pytest.skip("PostgreSQL does not answer")
    name = f"medcredit_test_{os.getpid()}_{secrets.token_hex(5)}"
    with psycopg.connect(POSTGRES, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        database = Database(_url(name))
        yield database
        database.dispose()
        admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Database:
    """The same test on both engines."""
    name = "sqlite_database" if request.param == "sqlite" else "postgres_database"
    return request.getfixturevalue(name)


def _url(name: str) -> str:
    return POSTGRES.rsplit("/", 1)[0] + "/" + name

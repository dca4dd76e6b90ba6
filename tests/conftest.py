"""Fixtures that everybody shares: a keyring, and a fresh database on SQLite and PostgreSQL."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from argon2 import PasswordHasher

from credit_core.accounts import staff
from credit_core.clock import FixedClock
from credit_core.crypto import Keyring, install_keyring
from credit_core.database import Database
from tests.databases import POSTGRES, Postgres, Sqlite, fresh_postgres

ROOT = Path(__file__).resolve().parent.parent
REQUIRED = os.environ.get("MEDCREDIT_REQUIRE_SERVICES") == "1"
KEY = "unit-tests-only-0123456789-abcdefghijklmnopqrstuvwxyz"

try:
    with psycopg.connect(POSTGRES, connect_timeout=3, autocommit=True):
        HAS_POSTGRES = True
except psycopg.OperationalError:
    HAS_POSTGRES = False


MEMORY = Path("/dev/shm")
_ROOM = 1 << 30
"""Bytes; a tenth of it has been seen in use."""


def pytest_configure() -> None:
    if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > _ROOM:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))
    if REQUIRED and not HAS_POSTGRES:
        pytest.exit("PostgreSQL at MEDCREDIT_TEST_POSTGRES is required but does not answer.", 3)


def pytest_report_header() -> str | None:
    return None if HAS_POSTGRES else "PostgreSQL does not answer: its tests are skipped."


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the tests that kill processes: they take longest and mostly wait.

    Each worker is given one piece of the list at first, so each piece begins with its share.
    """
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    long = [item for item in items if item.get_closest_marker("crash")]
    short = [item for item in items if not item.get_closest_marker("crash")]
    piece = -(-len(items) // workers)
    items.clear()
    for number in range(workers):
        mine = long[number::workers]
        items += mine + short[: piece - len(mine)]
        del short[: piece - len(mine)]


@pytest.fixture(autouse=True, scope="session")
def keyring() -> Keyring:
    ring = Keyring(KEY)
    install_keyring(ring)
    return ring


@pytest.fixture(autouse=True, scope="session")
def careful_hasher() -> Iterator[PasswordHasher]:
    """The product's own hasher, which is slow on purpose; the tests' is quick."""
    careful = staff._hasher
    staff._hasher = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    yield careful
    staff._hasher = careful


@pytest.fixture
def clock() -> FixedClock:
    """Monday 2026-11-23, 10:00 in Shanghai."""
    return FixedClock(datetime(2026, 11, 23, 2, 0, tzinfo=UTC))


@pytest.fixture(scope="session")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> Sqlite:
    return Sqlite(tmp_path_factory.mktemp("template") / "template.sqlite3")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    if not HAS_POSTGRES:
        pytest.skip("PostgreSQL does not answer")
    made = Postgres()
    yield made
    made.drop()


@pytest.fixture
def sqlite_database(sqlite: Sqlite, tmp_path: Path) -> Iterator[Database]:
    database = sqlite.copy(tmp_path / "test.sqlite3")
    yield database
    database.dispose()


@pytest.fixture
def postgres_database(postgres: Postgres) -> Iterator[Database]:
    database = Database(postgres.fresh())
    yield database
    database.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Without any table, for migrations and whole processes."""
    with ExitStack() as made:
        if request.param == "sqlite":
            url = f"sqlite:///{tmp_path / 'empty.sqlite3'}"
        elif HAS_POSTGRES:
            url = made.enter_context(fresh_postgres())
        else:
            pytest.skip("PostgreSQL does not answer")
        database = Database(url)
        yield database
        database.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Database:
    """The same test on both engines."""
    name = "sqlite_database" if request.param == "sqlite" else "postgres_database"
    return request.getfixturevalue(name)

"""Each test has a database of its own on SQLite or PostgreSQL, and processes that end with it."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from credit_core.crypto import Keyring, install_keyring
from tests.conftest import HAS_POSTGRES, POSTGRES
from tests.conftest import KEY as UNIT_KEY
from tests.crash.installation import KEY, Installation

ROUNDS = int(os.environ.get("MEDCREDIT_CRASH_ROUNDS", "3"))
"""How often something is killed in each test."""


@pytest.fixture
def rounds() -> int:
    return ROUNDS


@pytest.fixture(autouse=True)
def installation_keys() -> Iterator[None]:
    """The tests read sealed columns of the installation's database."""
    install_keyring(Keyring(KEY))
    yield
    install_keyring(Keyring(UNIT_KEY))


@pytest.fixture
def on_sqlite(tmp_path: Path) -> Iterator[Installation]:
    made = Installation(tmp_path, f"sqlite:///{tmp_path / 'crash.sqlite3'}")
    yield made
    made.end()


@pytest.fixture
def on_postgres(tmp_path: Path) -> Iterator[Installation]:
    if not HAS_POSTGRES:
        pytest.skip("PostgreSQL does not answer")
    name = f"medcredit_crash_{os.getpid()}_{secrets.token_hex(3)}"
    with psycopg.connect(POSTGRES, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        made = Installation(tmp_path, f"{POSTGRES.rsplit('/', 1)[0]}/{name}")
        yield made
        made.end()
        admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture(params=["sqlite", "postgresql"])
def installation(request: pytest.FixtureRequest) -> Installation:
    made = request.getfixturevalue("on_sqlite" if request.param == "sqlite" else "on_postgres")
    assert isinstance(made, Installation)
    return made

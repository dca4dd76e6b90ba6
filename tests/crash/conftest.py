"""Each test has a database of its own on SQLite or PostgreSQL, and processes that end with it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from credit_core.crypto import Keyring, install_keyring
from tests.conftest import HAS_POSTGRES
from tests.conftest import KEY as UNIT_KEY
from tests.crash.installation import KEY, Installation
from tests.databases import fresh_postgres

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
    with fresh_postgres() as url:
        made = Installation(tmp_path, url)
        yield made
        made.end()


@pytest.fixture(params=["sqlite", "postgresql"])
def installation(request: pytest.FixtureRequest) -> Installation:
    made = request.getfixturevalue("on_sqlite" if request.param == "sqlite" else "on_postgres")
    assert isinstance(made, Installation)
    return made

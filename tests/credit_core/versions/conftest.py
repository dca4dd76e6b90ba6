"""One transaction per test, on SQLite and PostgreSQL."""

from __future__ import annotations

import pytest


@pytest.fixture
def session(database):
    with database.begin() as session:
        yield session

"""One trained model for all tests of the understanding; it is learned at most once."""

from __future__ import annotations

import pytest

from bot.understanding import Understander


@pytest.fixture(scope="session")
def understander() -> Understander:
    return Understander.load()

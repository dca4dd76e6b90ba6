"""Conversations are tested as people have them: real understanding, inbox, forms, database."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.turn import Services
from bot.understanding import Understander
from bot.wiring import subscribers
from credit_core.clock import FixedClock
from credit_core.database import Database
from credit_core.evidence.store import EvidenceStore
from handlers.chat import make_routes
from tests.bot import account
from tests.bot.talk import Talk


@pytest.fixture(scope="session")
def understander() -> Understander:
    return Understander.load()


@pytest.fixture
def city(database: Database) -> Database:
    """A database whose events reach the notices, as in the service."""
    listening = Database(
        database.url.render_as_string(hide_password=False), subscribers=subscribers("demo")
    )
    yield listening
    listening.dispose()


@pytest.fixture
def services(understander: Understander, tmp_path: Path) -> Services:
    return Services(
        account.settings(var_dir=tmp_path),
        understander,
        EvidenceStore(tmp_path / "evidence"),
        make_routes(understander),
    )


@pytest.fixture
def meet(city: Database, clock: FixedClock, services: Services) -> Callable[..., Talk]:
    """``meet("openid")``: a follower who starts talking to the account."""

    def met(openid: str = "openid_of_a_test", photos: dict[str, bytes] | None = None) -> Talk:
        return Talk(city, clock, services, openid, photos)

    return met

"""Killed exactly between two steps of a turn: before the commit nothing, after it everything."""

from __future__ import annotations

import sys

import pytest
from sqlalchemy import select

from bot.models import InboxRow, NotUnderstood
from credit_core.database import Database
from tests.crash.installation import Installation
from tests.crash.mortal import BEFORE_COMMIT, STEPS
from tests.crash.sender import Sender, said_later, text

pytestmark = [pytest.mark.crash, pytest.mark.timeout(300)]


def effects(database: Database, step: str) -> int:
    with database.read() as session:
        texts = [row.text for row in session.scalars(select(NotUnderstood))]
    return sum(step in one for one in texts)


async def test_a_kill_between_any_two_steps(installation: Installation) -> None:
    installation.run("db", "upgrade")
    service = installation.service()
    words = [str(word) for word in service.command[1:]]
    service.command = [sys.executable, "-m", "tests.crash.mortal", *words]
    service.environment["MORTAL_MARKS"] = str(installation.folder)
    database = Database(installation.database_url)
    port = int(service.ready_url.split(":")[2].split("/")[0])
    async with Sender([port]) as sender:
        service.start()
        service.wait_ready()
        for number, step in enumerate(STEPS):
            message = text(f"oMortal{number}", f"砉磗圪垯 {step}")
            assert await sender.deliver(message) is None, f"it outlived {step}"
            assert service.running is not None
            assert service.running.wait(10) == -9
            assert effects(database, step) == (0 if step in BEFORE_COMMIT else 1), step
            service.start()
            service.wait_ready()
            await sender.three_times(message)
            await sender.deliver(message)
            assert len(sender.answers[message]) == 4
            assert effects(database, step) == 1, step
        assert sender.different() == []
    with database.read() as session:
        said = sender.said() + said_later(session)
        assert len(said) == len(STEPS)
        assert all(said)
        assert len(session.scalars(select(InboxRow)).all()) == len(STEPS)
    database.dispose()

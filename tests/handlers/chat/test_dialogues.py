"""The dialogues of ``dialogues/*.yaml``, each a test of its own."""

from __future__ import annotations

import pytest

from bot.turn import Services
from bot.wiring import subscribers
from credit_core.database import Database
from tests.handlers.chat.dialogue import Script, play, scripts

BOTH_DATABASES = {"药店店员也是居民", "申请修复办到底", "领优惠券", "删数据要确认"}


def _listening(database: Database) -> Database:
    url = database.url.render_as_string(hide_password=False)
    return Database(url, subscribers=subscribers("demo"))


@pytest.mark.parametrize("script", scripts(), ids=lambda script: script.name)
def test_dialogue(script: Script, sqlite_database: Database, services: Services) -> None:
    listening = _listening(sqlite_database)
    try:
        play(script, listening, services)
    finally:
        listening.dispose()


@pytest.mark.parametrize(
    "script",
    [script for script in scripts() if script.name in BOTH_DATABASES],
    ids=lambda script: script.name,
)
def test_dialogue_on_postgresql(
    script: Script, postgres_database: Database, services: Services
) -> None:
    listening = _listening(postgres_database)
    try:
        play(script, listening, services)
    finally:
        listening.dispose()

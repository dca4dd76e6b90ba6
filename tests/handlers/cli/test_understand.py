"""``medcredit understand``: what staff labelled in the console comes back as training data."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import typer
from typer.testing import CliRunner

from bot.models import NotUnderstood
from bot.understanding.evaluation import read_labelled
from credit_core.crypto import Keyring, install_keyring
from handlers.cli import understand

KEY = "unit-tests-only-0123456789-abcdefghijklmnopqrstuvwxyz"
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@pytest.fixture
def run(sqlite_database, monkeypatch):
    monkeypatch.setenv(
        "MEDCREDIT_DATABASE_URL", sqlite_database.url.render_as_string(hide_password=False)
    )
    monkeypatch.setenv("MEDCREDIT_DATA_KEY", KEY)
    install_keyring(Keyring(KEY))
    said = [
        ("那个分咋\t看\n来着", "score"),
        ("那个分咋 看 来着", "score"),
        ("还没人看过", None),
        ("把我那条抹了", "repair_guide"),
    ]
    with sqlite_database.begin() as session:
        for number, (text, label) in enumerate(said):
            session.add(
                NotUnderstood(
                    id=number + 1, at=NOW + timedelta(minutes=number), text=text, label=label
                )
            )
    app = typer.Typer()
    app.callback()(lambda: None)
    understand.register(app)
    return lambda *arguments: CliRunner().invoke(app, ["understand", *arguments])


def test_what_staff_labelled_can_be_measured_and_learned(run, tmp_path):
    result = run("--labelled")
    assert result.exit_code == 0, result.output
    path = tmp_path / "labelled.tsv"
    path.write_text(result.stdout, "utf-8")
    rows = read_labelled(path, ["score", "repair_guide"])
    assert [(row.text, row.intents) for row in rows] == [
        ("那个分咋 看 来着", ("score",)),
        ("把我那条抹了", ("repair_guide",)),
    ]
    assert {row.style for row in rows} == {"labelled"}

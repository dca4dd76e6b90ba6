"""``medcredit workday`` as a user types it."""

from __future__ import annotations

import json

import pytest
import typer
from typer.testing import CliRunner

from handlers.cli import workday


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.delenv("MEDCREDIT_CONFIG", raising=False)
    monkeypatch.setenv("MEDCREDIT_DATABASE_URL", f"sqlite:///{tmp_path / 'none.sqlite3'}")
    app = typer.Typer()
    app.callback()(lambda: None)
    workday.register(app)
    yield lambda *words: CliRunner().invoke(app, ["workday", *words])
    assert not (tmp_path / "none.sqlite3").exists()


def test_a_published_day(run):
    result = run("2026-09-29", "5")
    assert result.exit_code == 0
    assert json.loads(result.stdout) == {"due": "2026-10-12", "provisional": False}


def test_a_provisional_day(run):
    assert json.loads(run("2026-12-25", "5", "--json").stdout) == {
        "due": "2027-01-04",
        "provisional": True,
    }


@pytest.mark.parametrize(
    "words",
    [
        ("2026-09-29", "0"),
        ("2026-09-29", "-5"),
        ("2026-09-29", "five"),
        ("2026-09-29", "1.5"),
        ("2026-02-30", "5"),
        ("tomorrow", "5"),
        ("1999-01-01", "5"),
        ("2026-09-29", "999999999999"),
    ],
)
def test_a_mistake_is_one_clear_line(run, words):
    result = run(*words)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert len(result.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(
    "start", ["2026-9-29", "2026/9/29", "20260929", "2026.9.29", "2026年9月29日"]
)
def test_days_are_read_as_people_write_them(run, start):
    assert json.loads(run(start, "5").stdout)["due"] == "2026-10-12"

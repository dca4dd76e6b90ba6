"""``medcredit calendar``: a notice entered by staff changes what the calendar says."""

from __future__ import annotations

import json

import pytest
import typer
from typer.testing import CliRunner

from handlers.cli import calendar, workday
from tests.conftest import KEY
from tests.credit_core.workdays.test_notices import SOUND


@pytest.fixture
def run(sqlite_database, monkeypatch):
    monkeypatch.delenv("MEDCREDIT_CONFIG", raising=False)
    monkeypatch.setenv("MEDCREDIT_DATABASE_URL", str(sqlite_database.url))
    monkeypatch.setenv("MEDCREDIT_DATA_KEY", KEY)
    app = typer.Typer()
    calendar.register(app)
    workday.register(app)
    return lambda *words: CliRunner().invoke(app, list(words))


def test_a_loaded_notice_ends_the_provisional_mark(run, tmp_path):
    before = json.loads(run("workday", "2027-02-04", "1").stdout)
    assert before == {"due": "2027-02-09", "provisional": True}
    file = tmp_path / "2027.yaml"
    file.write_text(SOUND, encoding="utf-8")
    assert json.loads(run("calendar", "load", str(file), "--json").stdout) == {
        "year": 2027,
        "deadlines_changed": 0,
    }
    after = json.loads(run("workday", "2027-02-04", "1").stdout)
    assert after == {"due": "2027-02-12", "provisional": False}
    shown = json.loads(run("calendar", "show", "2027").stdout)
    assert shown["published"]
    assert shown["make_up"] == ["2027-02-14", "2027-05-08", "2027-10-09"]


def test_what_is_known_of_a_year(run):
    shown = json.loads(run("calendar", "show", "2026").stdout)
    assert (shown["published"], shown["working_days"]) == (True, 248)
    assert json.loads(run("calendar", "show", "2028").stdout)["published"] is False
    assert run("calendar", "show", "1999").exit_code == 2


def test_a_faulty_notice_is_told_with_its_line_and_changes_nothing(run, tmp_path):
    file = tmp_path / "2027.yaml"
    file.write_text(SOUND.replace("2027-06-09", "2027-06-31"), encoding="utf-8")
    result = run("calendar", "load", str(file))
    assert result.exit_code == 2
    assert ":8:" in result.stderr
    assert not json.loads(run("calendar", "show", "2027").stdout)["published"]
    assert run("calendar", "load", str(tmp_path / "none.yaml")).exit_code == 2

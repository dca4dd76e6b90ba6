"""``medcredit offers``: one JSON document, or one clear line and exit 2."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
import typer
from typer.testing import CliRunner

import credit_core.offers.models  # noqa: F401  Registers its tables before they are created.
from credit_core.crypto import Keyring, install_keyring
from credit_core.subjects.service import register_subject
from handlers.cli import offers

KEY = "unit-tests-only-0123456789-abcdefghijklmnopqrstuvwxyz"
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def identity(born: date) -> str:
    body = f"371002{born:%Y%m%d}001"
    return body + "10X98765432"[sum(w * int(d) for w, d in zip(WEIGHTS, body, strict=True)) % 11]


RESIDENT = identity(date(1986, 11, 23))


@pytest.fixture
def run(sqlite_database, monkeypatch):
    monkeypatch.setenv(
        "MEDCREDIT_DATABASE_URL", sqlite_database.url.render_as_string(hide_password=False)
    )
    monkeypatch.setenv("MEDCREDIT_DATA_KEY", KEY)
    install_keyring(Keyring(KEY))
    with sqlite_database.begin() as session:
        register_subject(session, "resident", RESIDENT, "测试", on=date(2020, 1, 1))
    app = typer.Typer()
    app.callback()(lambda: None)
    offers.register(app)

    def call(*arguments: str):
        return CliRunner().invoke(app, ["offers", *arguments])

    return call


def rows(result):
    assert result.exit_code == 0, result.output
    return {row["offer"]: row for row in json.loads(result.stdout)}


def test_json_has_exactly_the_five_keys(run):
    found = rows(run("resident", RESIDENT, "--as-of", "2026-11-23", "--json"))
    assert all(list(row) == ["offer", "source", "open", "why", "missing"] for row in found.values())
    assert len(found) == len(json.loads(run("resident", RESIDENT, "--json").stdout))


def test_a_new_file_has_the_base_score_and_hears_how_far_it_is_to_AAA(run):  # noqa: N802
    found = rows(run("resident", RESIDENT, "--as-of", "2026-11-23", "--json"))
    assert found["lenient-papers"]["open"] is True
    assert found["drug-discount"]["open"] is False
    assert "医保信用分还差50分" in found["drug-discount"]["missing"]


@pytest.mark.parametrize(("score", "expected"), [("549", False), ("550", True)])
def test_a_fact_is_taken_from_the_command_line(run, score, expected):
    found = rows(run("resident", RESIDENT, "--fact", f"芝麻信用={score}", "--json"))
    assert found["hangzhou-reading"]["open"] is expected
    assert found["hangzhou-reading"]["source"] == "X21"


def test_the_age_is_that_of_the_day(run):
    for day, expected in (("2026-11-22", True), ("2026-11-23", False)):
        found = rows(run("resident", RESIDENT, "--as-of", day, "--fact", "veteran=yes", "--json"))
        assert found["pingyang-veteran-loan"]["open"] is expected


@pytest.mark.parametrize(
    "arguments",
    [
        ("resident", RESIDENT, "--fact", "zhimma_score=550"),
        ("resident", RESIDENT, "--fact", "zhima_score"),
        ("resident", RESIDENT, "--fact", "zhima_score=abc"),
        ("resident", RESIDENT, "--fact", "amount=1.001"),
        ("resident", RESIDENT, "--fact", "amount=1", "--fact", "amount=2"),
        ("resident", RESIDENT, "--as-of", "2026-02-30"),
        ("villager", RESIDENT),
        ("resident", RESIDENT[:-1]),
        ("resident", identity(date(1990, 1, 1))),
        (),
    ],
)
def test_a_mistake_is_one_clear_line_and_exit_2(run, arguments):
    result = run(*arguments, "--json")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert len(result.stderr.strip().splitlines()) == 1
    assert RESIDENT not in result.stderr


@pytest.mark.parametrize("option", ["--list-facts", "--facts"])
def test_the_facts_can_be_listed(run, option):
    found = {row["name"]: row for row in json.loads(run(option, "--json").stdout)}
    assert {"zhima_score", "amount", "age"} <= set(found)
    assert found["zhima_score"]["sources"] == ["X21"]
    assert {"X37", "X42", "X44"} <= set(found["amount"]["sources"])


def test_what_is_missing_says_how_to_give_it_here(run):
    found = rows(run("resident", RESIDENT, "--json"))
    assert "--fact zhima_score=" in found["hangzhou-reading"]["missing"]
    near = rows(run("resident", RESIDENT, "--fact", "zhima_score=549", "--json"))
    assert near["hangzhou-reading"]["missing"] == "芝麻信用分还差1分"


def test_without_json_people_read_lines(run):
    result = run("resident", RESIDENT, "--as-of", str(date(2026, 11, 23) + timedelta(days=1)))
    assert result.exit_code == 0
    assert "✓ W12" in result.stdout


def test_files_of_offers_can_be_checked(run, tmp_path):
    from config.settings import DATA

    found = json.loads(run("--check", str(DATA / "offers"), "--json").stdout)
    assert {"offer", "source", "confirmed"} == set(found[0])
    broken = tmp_path / "broken.yaml"
    local = (DATA / "offers" / "local.yaml").read_text(encoding="utf-8")
    broken.write_text(local.replace("gives: discount", "gives: reimbursement", 1), encoding="utf-8")
    result = run("--check", str(broken))
    assert result.exit_code == 2
    assert f"{broken}:" in result.stderr
    assert "依法应得" in result.stderr
    assert run("--check", str(tmp_path / "nothing.yaml")).exit_code == 2

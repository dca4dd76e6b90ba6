"""The commands of scoring as a bureau types them: JSON on standard output, mistakes exit with 2."""

from __future__ import annotations

import json
import shutil

import pytest
import typer
from typer.testing import CliRunner

from credit_core.database import Database
from credit_core.records.columns import standard_columns
from credit_core.rules.book import DIRECTORY
from credit_core.seeding.service import identifier_of, name_of
from handlers.cli import context, records, rescore, rules, score, seed
from tests.conftest import KEY

HEAD = ",".join(standard_columns())


@pytest.fixture
def medcredit(sqlite_database: Database, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MEDCREDIT_DATABASE_URL", str(sqlite_database.url))
    monkeypatch.setenv("MEDCREDIT_DATA_KEY", KEY)
    app, imports = typer.Typer(), typer.Typer()
    for topic in (score, rescore, rules, seed):
        topic.register(app)
    records.register_import(imports)
    app.add_typer(imports, name="import")

    def run(*words: str):
        return CliRunner().invoke(app, [str(word) for word in words])

    return run


def answer(result) -> object:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def person(number: int = 0) -> str:
    return f"resident,{identifier_of('resident', number, 3)},{name_of('resident', number, 3)}"


@pytest.mark.parametrize("kind", ["参保人", "居民", "Resident"])
def test_a_kind_is_named_as_in_a_file_of_records(medcredit, tmp_path, kind):
    file = tmp_path / "in.csv"
    file.write_text(
        f"{HEAD}\n{person()},P-1,2026-01-05,2026-02-01,荣医保〔2026〕1号,市局,,严重,,\n"
    )
    answer(medcredit("import", "records", file, "--json"))
    made = answer(medcredit("score", kind, identifier_of("resident", 0, 3), "--json"))
    assert made["kind"] == "resident"


def test_a_file_comes_in_and_the_score_explains_it(medcredit, tmp_path):
    file, rejects = tmp_path / "in.csv", tmp_path / "out.csv"
    lines = [
        HEAD,
        f"{person()},P-1,2026-01-05,2026-02-01,荣医保〔2026〕1号,市局,,严重,,",
        f"{person()},P-1,2026-02-30,2026-03-01,荣医保〔2026〕2号,市局,,,,",
    ]
    file.write_text("\n".join(lines), encoding="gbk")
    done = answer(medcredit("import", "records", file, "--rejects", rejects, "--json"))
    assert (done["imported"], done["rejected"]) == (1, 1)
    out = rejects.read_text(encoding="utf-8-sig").splitlines()
    assert out[1].startswith("3,")
    assert "2026-02-30" in out[1]
    made = answer(
        medcredit("score", "resident", identifier_of("resident", 0, 3), "--as-of", "2026-06-01",
                  "--json")
    )  # fmt: skip
    assert (made["evaluated"], made["score"], made["grade"]) == (True, 850, "B")
    (line,) = made["lines"]
    assert (line["item"], line["points"], line["document_no"]) == ("P-1", -150, "荣医保〔2026〕1号")
    assert (line["effective_from"], line["effective_to"]) == ("2026-02-01", "2029-02-01")
    assert {end["way"] for end in line["ends_by"]} == {"expires", "repair", "objection"}


@pytest.mark.parametrize(
    "words",
    [
        ("score", "robot", "1"),
        ("score", "resident", "123"),
        ("score", "resident", identifier_of("resident", 0, 3)),
        ("score", "resident", identifier_of("resident", 0, 3), "--as-of", "2026-02-30"),
        ("import", "records", "/nowhere.csv"),
        ("rules", "check", "/nowhere"),
        ("rescore", "--as-of", "soon"),
    ],
)
def test_a_mistake_gets_one_line_and_exit_2(medcredit, words):
    result = medcredit(*words)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert len(result.stderr.strip().splitlines()) == 1
    assert "Traceback" not in result.stderr


def test_seeding_is_repeatable_and_rescoring_counts(medcredit):
    words = ("seed", "--residents", 20, "--institutions", 4, "--records-per-subject", 5, "--json")
    first = answer(medcredit(*words))
    assert (first["subjects"], first["records"], first["followers"]) == (24, 120, 24)
    again = answer(medcredit(*words))
    assert (again["subjects"], again["records"]) == (0, 0)
    done = answer(medcredit("rescore", "--all", "--as-of", "2026-06-01", "--json"))
    assert set(done) == {"subjects", "records", "changed", "seconds"}
    assert (done["subjects"], done["records"]) == (24, 120)
    assert answer(medcredit("rescore", "--as-of", "2026-06-01", "--json"))["changed"] == 0
    assert medcredit("seed", "--residents", 5, "--seed", 9).exit_code == 2


def test_rules_are_checked_compared_and_previewed(medcredit, tmp_path):
    assert len(answer(medcredit("rules", "check", "--json"))) == 5
    other = tmp_path / "rules"
    shutil.copytree(DIRECTORY, other)
    path = other / "resident.yaml"
    content = path.read_text(encoding="utf-8")
    path.write_text(content.replace("at_least: 960", "at_least: 1001"), encoding="utf-8")
    (difference,) = answer(medcredit("rules", "diff", DIRECTORY, other, "--json"))
    assert (difference["before"], difference["after"]) == (960, 1001)
    medcredit("seed", "--residents", 20, "--records-per-subject", 0)
    made = answer(medcredit("rules", "preview", other, "--as-of", "2026-06-01", "--json"))
    (shift,) = made["shifts"]
    assert (shift["before"], shift["after"], shift["count"]) == ("A", "B", 20)
    path.write_text(content + "\ncolour: red\n", encoding="utf-8")
    result = medcredit("rules", "check", other)
    assert result.exit_code == 2
    assert f"resident.yaml:{content.count(chr(10)) + 2}: colour" in result.stderr


def test_scoring_another_day_alerts_nobody(medcredit, monkeypatch):
    """A question about next year must not tell every clerk that a grade has changed."""
    heard: list[str] = []
    listen = [lambda _city: [lambda _session, event: heard.append(event.kind)]]
    monkeypatch.setattr(context, "listeners", listen)
    assert medcredit("seed", "--residents", 30, "--institutions", 5).exit_code == 0
    answer(medcredit("rescore", "--all", "--json"))
    heard.clear()
    changed = answer(medcredit("rescore", "--all", "--as-of", "2031-01-01", "--json"))["changed"]
    assert changed > 0
    assert heard == []

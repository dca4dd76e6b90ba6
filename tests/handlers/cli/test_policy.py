"""`medcredit policy` from the shell's side."""

from __future__ import annotations

import json

import pytest
import typer
from typer.testing import CliRunner

from credit_core.knowledge import models  # noqa: F401  Registers the tables.
from handlers.cli import policy

ACT = """无锡市药店信用修复办法

第一条 区局应当在八个工作日内核对药店的修复材料。

第二条 本办法自2022年5月1日起施行。
"""


@pytest.fixture
def run(sqlite_database, monkeypatch):
    monkeypatch.setenv("MEDCREDIT_DATABASE_URL", str(sqlite_database.url))
    root = typer.Typer()
    policy.register(root)
    return lambda *words: CliRunner().invoke(root, ["policy", *map(str, words)])


@pytest.fixture
def act(tmp_path):
    path = tmp_path / "act.txt"
    path.write_text(ACT, encoding="utf-8")
    return path


def test_import_then_ask_with_json(run, act) -> None:
    assert run("import", act).exit_code == 0
    result = run("ask", "无锡药店修复材料几个工作日核对完", "--json")
    found = json.loads(result.stdout)
    assert set(found) == {"answer", "sources", "confidence"}
    assert set(found["sources"][0]) == {"file", "document", "section", "excerpt"}
    assert found["sources"][0]["file"] == "act.txt"
    assert "八个工作日" in found["answer"]


def test_a_question_without_answer_has_no_sources(run, act) -> None:
    run("import", act)
    found = json.loads(run("ask", "无锡住院押金多少钱", "--json").stdout)
    assert found["sources"] == []
    assert "文件里没有写" in found["answer"]


def test_importing_again_says_that_nothing_changed(run, act) -> None:
    run("import", act)
    (result,) = json.loads(run("import", act, "--json").stdout)
    assert result["state"] == "unchanged"


def test_a_bad_file_does_not_stop_the_good_one(run, act, tmp_path) -> None:
    bad = tmp_path / "bad.docx"
    bad.write_bytes(b"no word file")
    result = run("import", bad, tmp_path / "missing.txt", act)
    assert result.exit_code == 2
    assert "bad.docx" in result.stderr
    assert "missing.txt" in result.stderr
    assert "act.txt" in result.stdout


def test_withdraw_by_the_number_of_the_list(run, act) -> None:
    run("import", act)
    (document,) = json.loads(run("list", "--json").stdout)
    assert run("withdraw", document["id"]).exit_code == 0
    assert json.loads(run("list", "--json").stdout)[0]["status"] == "withdrawn"
    assert run("withdraw", 1).exit_code == 2


def test_a_database_without_tables_gives_one_clear_line(tmp_path, monkeypatch, run) -> None:
    monkeypatch.setenv("MEDCREDIT_DATABASE_URL", f"sqlite:///{tmp_path / 'empty.sqlite3'}")
    result = run("ask", "修复要几天")
    assert result.exit_code == 2
    assert "medcredit db upgrade" in result.stderr

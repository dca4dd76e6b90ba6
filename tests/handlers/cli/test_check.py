"""``medcredit check`` as another system asks it."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest
import typer
from typer.testing import CliRunner

from credit_core.access.service import looks_at
from credit_core.lists.service import enter_list
from credit_core.subjects.service import find_subject, register_subject
from handlers.cli import check
from tests.conftest import KEY

NOW = datetime(2026, 6, 1, 2, tzinfo=UTC)
CODE = "91110000600037341L"
ASKED = ("institution", CODE, "new_contract")
WHO = ("--by", "招标系统", "--purpose", "trading")


@pytest.fixture
def database(sqlite, tmp_path, monkeypatch):
    database = sqlite.copy(tmp_path / "cli.sqlite3")
    monkeypatch.delenv("MEDCREDIT_CONFIG", raising=False)
    monkeypatch.setenv("MEDCREDIT_DATABASE_URL", str(database.url))
    monkeypatch.setenv("MEDCREDIT_DATA_KEY", KEY)
    with database.begin() as session:
        subject = register_subject(session, "institution", CODE, "测试药店", on=date(2015, 1, 1))
        enter_list(
            session, subject, "severe-fraud", document_no="认〔2026〕1号",
            decided_on=date(2026, 5, 11), entered_on=date(2026, 5, 11), basis="735-40",
            source_unit="市医保局", by="a", at=NOW, responsible_name="某某",
        )  # fmt: skip
    yield database
    database.dispose()


@pytest.fixture
def run(database):
    app = typer.Typer()
    app.callback()(lambda: None)
    check.register(app)
    return lambda *words: CliRunner().invoke(app, ["check", *words])


def test_a_listed_pharmacy_is_blocked_and_reads_who_asked(run, database):
    result = run(*ASKED, *WHO, "--as-of", "2026-06-01", "--json")
    assert result.exit_code == 0, result.output
    answer = json.loads(result.stdout)
    assert (answer["verdict"], answer["matter"]) == ("block", "new_contract")
    (why,) = answer["constraints"]
    assert (why["document_no"], why["until"]) == ("认〔2026〕1号", "2029-05-11")
    with database.read() as session:
        (row,) = looks_at(session, find_subject(session, "institution", CODE).id)
        seen = (row.actor_name, row.purpose, row.matter)
    assert seen == ("招标系统", "trading", "新签医保服务协议")


def test_before_the_decision_nothing_stood_in_the_way(run):
    assert run(*ASKED, *WHO, "--as-of", "2026-05-10").stdout.startswith("allow")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("institution", CODE, "party", *WHO), "new_contract（新签医保服务协议）"),
        (("institution", "11371000004359985C", "new_contract", *WHO), "没有该主体"),
        (("somebody", CODE, "new_contract", *WHO), "主体类别"),
        ((*ASKED, "--by", " ", "--purpose", "trading"), "查询人员"),
        ((*ASKED, "--purpose", "trading"), "--by"),
    ],
)
def test_a_question_without_subject_matter_or_name_is_refused(run, database, words, said):
    result = run(*words)
    assert result.exit_code == 2
    assert said in result.output
    with database.read() as session:
        subject = find_subject(session, "institution", CODE)
        assert not looks_at(session, subject.id)

"""``medcredit repair`` and ``medcredit audit`` as a user types them."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest
import typer
from typer.testing import CliRunner

from credit_core.access.service import look
from credit_core.records.service import add_record
from credit_core.subjects.service import register_subject
from handlers.cli import audit, repair
from tests.conftest import KEY

NOW = datetime(2026, 6, 1, 2, tzinfo=UTC)
NUMBER = "测医保罚〔2026〕3号"


@pytest.fixture
def database(sqlite, tmp_path, monkeypatch):
    database = sqlite.copy(tmp_path / "cli.sqlite3")
    monkeypatch.delenv("MEDCREDIT_CONFIG", raising=False)
    monkeypatch.delenv("MEDCREDIT_CITY", raising=False)
    monkeypatch.setenv("MEDCREDIT_DATABASE_URL", str(database.url))
    monkeypatch.setenv("MEDCREDIT_DATA_KEY", KEY)
    with database.begin() as session:
        subject = register_subject(
            session, "institution", "91110000600037341L", "测试药店", on=date(2015, 1, 1)
        )
        for item in ("I-1", "I+1"):
            add_record(
                session, subject, item, occurred_on=date(2026, 5, 11),
                decided_on=date(2026, 5, 11), at=NOW, by="x", source_unit="测试市医疗保障局",
                document_no=NUMBER if item == "I-1" else "表彰1号",
            )  # fmt: skip
        look(
            session, actor="clerk", actor_name="赵测试", subject_id=subject.id,
            purpose="inspection", matter="抽查", content="信用报告", ip="", at=NOW,
        )  # fmt: skip
    yield database
    database.dispose()


@pytest.fixture
def run(database):
    app = typer.Typer()
    repair.register(app)
    audit.register(app)
    return lambda *words: CliRunner().invoke(app, list(words))


def passed(run, *words) -> dict[str, bool]:
    answer = json.loads(run("repair", "check", NUMBER, "--json", *words).stdout)
    assert set(answer) == {"rule_set", "allowed", "conditions"}
    return {one["condition"]: one["passed"] for one in answer["conditions"]}


def test_the_check_as_json(run):
    answer = json.loads(run("repair", "check", NUMBER, "--as-of", "2026-08-10", "--json").stdout)
    assert answer["rule_set"] == "R-36"
    assert answer["allowed"] is False
    period = next(one for one in answer["conditions"] if one["condition"] == "minimum_period")
    assert period["passes_from"] == "2026-08-11"


def test_facts_open_the_conditions(run):
    assert not passed(run, "--as-of", "2026-09-01")["corrected"]
    for fact in ("duties_done", "corrected", "commitment"):
        assert run("repair", "fact", NUMBER, fact, "--on", "2026-08-20").exit_code == 0
    assert all(passed(run, "--as-of", "2026-09-01").values())
    assert json.loads(run("repair", "check", NUMBER, "--as-of", "2026-09-01", "--json").stdout)[
        "allowed"
    ]


def test_the_spelling_of_the_number_does_not_matter(run):
    assert run("repair", "check", "测医保罚[2026] 3号").exit_code == 0


@pytest.mark.parametrize(
    "words",
    [
        ("repair", "check", "没有这个文号"),
        ("repair", "check", "表彰1号"),
        ("repair", "check", NUMBER, "--as-of", "2026-02-30"),
        ("repair", "fact", NUMBER, "corrected", "--on", "2026-01-01"),
    ],
)
def test_a_mistake_is_one_clear_line(run, words):
    result = run(*words)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert len(result.stderr.strip().splitlines()) == 1


def test_a_whole_log_and_a_harmed_one(run, database):
    answer = json.loads(run("audit", "verify", "--json").stdout)
    assert (answer["sound"], answer["rows"], answer["bad_row"]) == (True, 1, None)
    assert run("audit", "verify", "--expect", "2").exit_code == 1
    with database.begin() as session:
        session.connection().exec_driver_sql("UPDATE access_log SET content = 'x'")
    result = run("audit", "verify")
    assert result.exit_code == 1
    assert "row 1" in result.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("corrected", "--on", "2099-01-01"), "在今天之后"),
        (("field", "--value", "烟草"), "药品"),
        (("field",), "药品"),
    ],
)
def test_a_fact_is_of_the_past_and_a_field_is_known(run, words, said):
    kind, *more = words
    result = run("repair", "fact", NUMBER, kind, *more)
    assert result.exit_code == 2
    assert said in result.output

"""Importing files of records: every bad row out with its line and reason, every good row in."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import event, func, select

from credit_core.database import Database
from credit_core.errors import Refusal
from credit_core.records.columns import SheetError
from credit_core.records.importing import reason
from credit_core.records.judging import judge
from credit_core.records.sheets import Row, neutral, read_rows
from credit_core.rules.book import rule_book
from credit_core.scoring import score
from credit_core.seeding.service import identifier_of
from credit_core.subjects.models import Subject
from credit_core.subjects.service import find_subject, rename
from tests.credit_core.records.tables import COLUMNS, counted, row, run, text_of, write
from tests.credit_core.scoring.people import TODAY, someone


def test_good_rows_come_in_and_the_subjects_are_rated(database, tmp_path):
    rows = [row(0), row(1, item="P+1", points=20), row(2, "institution", item="I-3")]
    done, rejected = run(database, write(tmp_path, rows))
    assert rejected == []
    assert (done.rows, done.imported, done.registered, done.changed) == (3, 3, 3, 3)
    with database.read() as session:
        first = find_subject(session, "resident", rows[0]["identifier"])
        assert (first.score, first.grade) == (950, "B")
        clinic = find_subject(session, "institution", rows[2]["identifier"])
        assert (clinic.score, clinic.grade) == (800, "C")
        assert score(session, clinic, TODAY).score == 800
        assert clinic.name == rows[2]["name"]


def test_the_same_file_again_changes_nothing(database, tmp_path):
    path = write(tmp_path, [row(0), row(1)])
    run(database, path)
    done, rejected = run(database, path)
    assert (done.imported, done.unchanged, done.changed, rejected) == (0, 2, 0, [])
    assert counted(database) == 2


BAD = {
    "主体类别": row(kind="resident") | {"kind": "robot"},
    "对不上": row(identifier="371090199003070019"[:17] + "0"),
    "15位": row(identifier="370902900307123"),
    "日期": row(occurred_on="2026-02-30"),
    "晚于今天": row(decided_on=(TODAY + timedelta(days=1)).isoformat()),
    "决定日期早于": row(decided_on="2026-05-01"),
    "不存在或不适用": row(item="P-77"),
    "缺少": row(document_no=""),
    "只能填写轻微": row(severity="重大"),
    "由规则确定": row(points="-5"),
    "不是整数": row(points="五"),
    "公式": row(detail='=HYPERLINK("http://x")'),
    "控制字符": row(detail="a\x07b"),
    "错误值": row(basis="#REF!"),
}


@pytest.mark.parametrize("word", list(BAD))
def test_a_bad_row_stays_out_with_line_and_reason(sqlite_database, tmp_path, word):
    done, rejected = run(sqlite_database, write(tmp_path, [row(1), BAD[word], row(2)]))
    assert (done.imported, done.rejected) == (2, 1)
    ((line, why),) = rejected
    assert line == 3
    assert word in why


def test_before_birth(sqlite_database, tmp_path):
    young = next(n for n in range(99) if identifier_of("resident", n, 3)[6:8] == "20")
    done, rejected = run(sqlite_database, write(tmp_path, [row(young, occurred_on="1995-01-01")]))
    assert done.imported == 0
    assert "出生" in rejected[0][1]


def test_a_double_names_the_first_line(sqlite_database, tmp_path):
    done, rejected = run(sqlite_database, write(tmp_path, [row(1), row(2), row(1)]))
    assert done.imported == 2
    assert rejected == [(4, "与本文件第2行重复，只导入第一条。")]


def test_a_name_must_agree_with_the_register(sqlite_database, tmp_path):
    with sqlite_database.begin() as session:
        subject = someone(session, "institution", 1)
        old = subject.name
        rename(session, subject, "新名称医院", on=TODAY)
    rows = [
        row(1, "institution", item="I-2", name="别的医院"),
        row(1, "institution", item="I-2", name=old),
        row(1, "institution", item="I-9", name="新名称医院"),
    ]
    done, rejected = run(sqlite_database, write(tmp_path, rows))
    assert done.imported == 2
    assert [line for line, _ in rejected] == [2]
    assert "不一致" in rejected[0][1]


def test_unknown_subjects_stay_out_when_only_registered_ones_are_wanted(sqlite_database, tmp_path):
    with sqlite_database.begin() as session:
        someone(session, number=1)
    done, rejected = run(sqlite_database, write(tmp_path, [row(1), row(2)]), register=False)
    assert (done.imported, len(rejected)) == (1, 1)
    assert "登记" in rejected[0][1]


@pytest.mark.parametrize("day", ["2026/6/1", "2026.6.1", "2026年6月1日", "20260601", "2026-6-1"])
def test_usual_spellings_of_a_day(sqlite_database, tmp_path, day):
    assert run(sqlite_database, write(tmp_path, [row(decided_on=day)]))[0].imported == 1


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file.empty"),
        (b"kind,identifier\r\n", "file.header_missing"),
        (",".join([*COLUMNS, "kind"]).encode(), "file.header_double"),
        (",".join([*COLUMNS, "colour"]).encode(), "file.header_unknown"),
        (b"PK\x03\x04nonsense", "file.broken"),
        (b"\xd0\xcf\x11\xe0old excel", "file.old"),
    ],
)
def test_files_that_are_no_table_of_records(tmp_path, content, code):
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    with pytest.raises(SheetError) as caught:
        list(read_rows(path))
    assert caught.value.code == code
    assert reason(caught.value)


def test_a_semicolon_or_tab_separates_too(sqlite_database, tmp_path):
    path = tmp_path / "x.csv"
    path.write_text(text_of([row(1)], ";"), encoding="utf-8")
    assert run(sqlite_database, path)[0].imported == 1


def test_columns_that_are_missing_or_too_many_in_a_row(sqlite_database, tmp_path):
    path = tmp_path / "x.csv"
    lines = text_of([row(1), row(2), row(3)]).splitlines()
    lines[1] += ",surplus"
    lines[2] = "resident,1"
    path.write_text("\n".join(lines), encoding="utf-8")
    done, rejected = run(sqlite_database, path)
    assert done.imported == 1
    assert [line for line, _ in rejected] == [2, 3]


def test_the_grade_before_the_file_is_known_even_for_the_never_rated(sqlite_database, tmp_path):
    told = []
    database = Database(
        str(sqlite_database.url), subscribers=[lambda _session, event: told.append(event)]
    )
    with database.begin() as session:
        someone(session, "institution", 1)
    rows = [row(1, "institution", item="I-3"), row(1, "institution", item="I-9", document_no="乙")]
    run(database, write(tmp_path, rows))
    database.dispose()
    assert [event.kind for event in told] == ["record_added", "record_added", "grade_changed"]
    assert (told[-1].data["before"], told[-1].data["after"]) == ("A", "C")


def test_a_failure_while_telling_leaves_nothing_of_the_file(sqlite_database, tmp_path):
    def fail(_session: object, _event: object) -> None:
        raise RuntimeError("outbox is full")

    database = Database(str(sqlite_database.url), subscribers=[fail])
    with pytest.raises(RuntimeError):
        run(database, write(tmp_path, [row(1), row(2)]))
    database.dispose()
    assert counted(sqlite_database) == 0
    with sqlite_database.read() as session:
        assert session.scalar(select(func.count()).select_from(Subject)) == 0


def test_rejected_values_cannot_become_formulas():
    assert neutral("=1+1") == "'=1+1"
    assert neutral("张三") == "张三"


def test_an_open_quote_costs_its_own_line_and_no_other(tmp_path: Path) -> None:
    lines = text_of([row(n) for n in range(400)]).splitlines()
    lines[2] += '"never closed'
    lines[5] = lines[5].replace("试医保决", '"a "word" inside', 1)
    file = tmp_path / "quotes.csv"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    rows = list(read_rows(file))
    assert [one.line for one in rows] == list(range(2, 402))
    assert [one.line for one in rows if one.fault] == [3, 6]
    assert {one.fault.code for one in rows if one.fault} == {"row.unreadable"}


def test_a_cell_of_several_lines_stays_one_row(tmp_path: Path) -> None:
    file = tmp_path / "lines.csv"
    file.write_text(text_of([row(0, detail="一\n二\n三"), row(1)]), encoding="utf-8")
    first, second = read_rows(file)
    assert (first.line, first.values["detail"], second.line) == (2, "一\n二\n三", 5)


def test_a_stray_nul_refuses_its_row_only(tmp_path: Path) -> None:
    file = tmp_path / "nul.csv"
    file.write_text(text_of([row(0), row(1, detail="a\x00b"), row(2)]), encoding="utf-8")
    assert [one.fault and one.fault.code for one in read_rows(file)] == [None, "row.control", None]


def test_refusing_a_row_does_not_keep_its_batch_in_memory() -> None:
    """A fault that was raised itself held its frames, these the batch, and that the fault: a
    million rows with some thousand faults took 2.7 GB."""
    bad = Row(2, dict.fromkeys(COLUMNS, ""), Refusal("row.width", found=3, expected=12))
    with pytest.raises(Refusal, match=r"row\.width"):
        judge(rule_book(), TODAY, bad)
    assert bad.fault.__traceback__ is None


def test_a_batch_finds_its_subjects_by_index(sqlite_database, tmp_path):
    """Every batch once read the whole register, since its index begins with the kind."""
    told: list[str] = []

    @event.listens_for(sqlite_database.engine, "checkout")
    def _listen(connection, *_rest):
        connection.set_trace_callback(told.append)

    run(sqlite_database, write(tmp_path, [row(0), row(1)]))
    queries = {one for one in told if re.search("FROM (subject|record|subject_name) WHERE", one)}
    assert any("identifier_index" in one for one in queries)
    with sqlite_database.read() as session:
        ask = session.connection().exec_driver_sql
        ask("CREATE TEMP TABLE IF NOT EXISTS chosen_subject (id INTEGER PRIMARY KEY)")
        steps = [step[3] for one in queries for step in ask(f"EXPLAIN QUERY PLAN {one}")]
    assert [step for step in steps if re.match("SCAN (subject|record)", step)] == []

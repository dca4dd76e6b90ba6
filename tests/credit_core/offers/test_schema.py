"""A faulty row is refused with its file, its line and what to write instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from credit_core.datafile import DataFileError
from credit_core.offers.book import read_book
from credit_core.offers.catalogue import fact_catalogue

GOOD = """\
offers:
  - id: sound-row
    source: X21
    title: 信用借书
    gives: deposit_waiver
    kinds: [resident]
    says: 免押金借书
    next_step: 到图书馆
    effective_from: 2020-01-01
    confirmed: source
    conditions:
      - {fact: zhima_score, at_least: 550}
    terms: {text: "{value}%", by: grade, table: {AAA: 10}, within: [0, 10]}
    claim: {period: month, days: 7}
"""


def read(folder: Path, content: str):
    (folder / "rows.yaml").write_text(content, encoding="utf-8")
    return read_book(folder, fact_catalogue())


def test_the_sound_row_is_read(tmp_path):
    assert [offer.id for offer in read(tmp_path, GOOD).all()] == ["sound-row"]


@pytest.mark.parametrize(
    ("wrong", "right", "line", "says"),
    [
        ("gives: reimbursement", "gives: deposit_waiver", 5, "依法应得"),
        ("gives: settlement", "gives: deposit_waiver", 5, "依法应得"),
        ("says: 报销比例提高", "says: 免押金借书", 2, "报销"),
        ("title: 异地结算优先", "title: 信用借书", 2, "异地结算"),
        ("fact: nobody_knows", "fact: zhima_score", 12, "没有“nobody_knows”"),
        ("at_least: many", "at_least: 550", 12, "不是数字"),
        ("at_leest: 550", "at_least: 550", 12, "at_leest"),
        ("at_least: 550, above: 3", "at_least: 550", 12, "只能写一种"),
        ("within: {years: 2}", "at_least: 550", 12, "不是日期"),
        ("table: {AAAA: 10}", "table: {AAA: 10}", 13, "AAAA"),
        ("table: {AAA: 11}", "table: {AAA: 10}", 13, "应在0到10之间"),
        ("by: rank, table: {AAA: 10}", "by: grade, table: {AAA: 10}", 13, "没有“rank”"),
        ("period: week", "period: month", 14, "day"),
        ("days: 0", "days: 7", 14, "不能小于1"),
        ("kinds: []", "kinds: [resident]", 6, "至少要有1项"),
        ("kinds: [villager]", "kinds: [resident]", 6, "resident"),
        ("source: 第21项", "source: X21", 3, "格式不对"),
        ("effective_from: 2026-02-30", "effective_from: 2020-01-01", 9, "不是真实存在的日期"),
        ("confirmed: default", "confirmed: source", 2, "note"),
        ("confirmed: sure", "confirmed: source", 10, "default"),
    ],
)
def test_a_fault_names_file_line_and_remedy(tmp_path, wrong, right, line, says):
    assert right in GOOD
    with pytest.raises(DataFileError) as caught:
        read(tmp_path, GOOD.replace(right, wrong))
    assert caught.value.path.name == "rows.yaml"
    assert caught.value.line == line, caught.value
    assert says in str(caught.value)


def test_a_row_without_an_end_before_its_start(tmp_path):
    late = GOOD.replace("confirmed: source", "effective_to: 2019-12-31\n    confirmed: source")
    with pytest.raises(DataFileError, match="早于开始的那一天"):
        read(tmp_path, late)


def test_two_rows_with_one_id(tmp_path):
    with pytest.raises(DataFileError, match="写了两次") as caught:
        read(tmp_path, GOOD + GOOD.removeprefix("offers:\n"))
    assert caught.value.line == 15


def test_a_key_that_stands_twice(tmp_path):
    with pytest.raises(DataFileError, match="“title”写了两次") as caught:
        read(tmp_path, GOOD.replace("    says:", "    title: 又一个\n    says:"))
    assert caught.value.line == 7


def test_what_is_no_yaml(tmp_path):
    with pytest.raises(DataFileError) as caught:
        read(tmp_path, GOOD + "  broken: [\n")
    assert caught.value.line >= 15

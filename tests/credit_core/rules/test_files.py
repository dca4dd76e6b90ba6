"""Rule files: complete, and every kind of fault is told with file and line."""

from __future__ import annotations

import re
import shutil
from datetime import date
from pathlib import Path

import pytest

from credit_core.datafile import DataFileError
from credit_core.rules.book import DIRECTORY, KINDS, read_directory, rule_book
from credit_core.rules.check import read_rule_set
from credit_core.rules.compare import book_differences
from credit_core.rules.periods import add_months, first_day_after
from credit_core.scoring import score
from credit_core.scoring.preview import preview
from credit_core.versions.models import ConfigVersion
from tests.credit_core.scoring.people import AT, TODAY, give, someone


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    copy = tmp_path / "rules"
    shutil.copytree(DIRECTORY, copy)
    return copy


def edit(directory: Path, before: str, after: str, name: str = "resident.yaml") -> int:
    """Replace one passage; returns its line."""
    path = directory / name
    content = path.read_text(encoding="utf-8")
    assert before in content, before
    path.write_text(content.replace(before, after, 1), encoding="utf-8")
    return content[: content.index(before)].count("\n") + 1


def test_the_default_rules_stand_for_all_five_kinds():
    book = read_directory()
    assert all(book.entries[kind] for kind in KINDS)
    for kind in KINDS:
        frame = book.on(kind, TODAY).rules
        assert (frame.base, frame.floor, frame.cap) == (1000, 0, 1200)
        assert [(g.grade, g.at_least) for g in frame.grades] == [
            ("AAA", 1050), ("AA", 1030), ("A", 960), ("B", 850), ("C", 600), ("D", 0),
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "most"),
    [("resident", 138), ("institution", 190), ("practitioner", 80), ("employer", 70),
     ("supplier", 90)],
)  # fmt: skip
def test_every_kind_can_reach_aaa_from_its_plus_items_alone(kind, most):
    groups = rule_book().on(kind, TODAY).rules.groups.values()
    caps = [g.at_most for g in groups if g.at_most is not None and g.not_above_loss_of is None]
    assert sum(caps) == most


FAULTS = {
    "points beyond all measure": ("points: -200", "points: -99999999999999999999", "不能小于", 0),
    "a digit too many in the points": ("points: -200", "points: -2000", "多写了数字", 0),
    "a key that stands twice": ("base: 1000", "base: 1000\nbase: 1001", "写了两次", 1),
    "an unknown field": ("base: 1000", "colour: red\nbase: 1000", "colour：不认识这一项", 0),
    "a misspelt field": ("base: 1000", "bass: 1000", "可用的有：base", 0),
    "an unknown field of an item": ("    title: 重复", "    titel: 重复", "titel：不认识", 0),
    "a missing field": ("base: 1000\n", "", "base：缺少这一项", None),
    "a missing basis": (
        "    title: 违背书面信用承诺\n    basis: 信用承诺制度\n", "    title: 违背书面信用承诺\n",
        "basis：缺少这一项", -1,
    ),
    "a word for a number": ("base: 1000", "base: viel", "应为整数", 0),
    "a number in quotes": ("base: 1000", "base: '1000'", "应为整数", 0),
    "a truth value for a number": ("base: 1000", "base: yes", "应为整数", 0),
    "a fraction for a number": ("points: -200", "points: -200.5", "应为整数", 0),
    "a number for a word": ("title: 违背书面信用承诺", "title: 12", "应为文字", 0),
    "a word for a truth value": ("self_help: true", "self_help: vielleicht", "true或false", 0),
    "a word for a list": ("default_levels: [一般]", "default_levels: 一般", "一列内容", 0),
    "a list for a mapping": ("{title: 学习宣传加分上限, at_most: 9}", "[1]", "名字", 0),
    "an impossible day": ("2020-01-01", "2020-02-30", "不是真实存在的日期", 0),
    "a day in another spelling": ("2020-01-01", "2020/1/1", "应为日期", 0),
    "a number for a day": ("2020-01-01", "20200101", "应为日期", 0),
    "no day at all": ("2020-01-01", "", "应为日期", 0),
    "a period that ends before it begins": (
        "effective_to:\n", "effective_to: 2019-01-01\n", "早于开始的2020-01-01", 0,
    ),
    "a base outside floor and cap": ("base: 1000", "base: 1300", "最低分0和最高分1200", 0),
    "an unknown kind of subject": ("kind: resident", "kind: citizen", "只能是resident", 0),
    "grades that do not fall": ("at_least: 1030", "at_least: 1055", "从高到低", 0),
    "a grade that stands twice": ("grade: AA,", "grade: AAA,", "写了两次", 0),
    "no lowest grade": ("grade: D, at_least: 0", "grade: D, at_least: 100", "最低一级", 0),
    "an unknown grade of the severe list": ("at_most: D\n", "at_most: E\n", "没有“E”", 0),
    "a lacking class": ("  轻微: {months: 3, repair_after_months: 0}\n", "", "轻微", None),
    "a class that is none": ("class: 轻微}", "class: 特轻}", "只能是轻微、一般、严重", 0),
    "an item that stands twice": ("code: P-3", "code: P-2", "写了两次", 0),
    "an item code of another shape": ("code: P-3", "code: P3", "格式不对", 0),
    "a group that is not there": ("group: P+3", "group: P+33", "没有“P.33”", 0),
    "a cap of another kind": ("at_most: 24}", "at_most: 两打}", "应为整数", 0),
    "a minus without class": ("points: -100, class: 一般", "points: -100", "要写class", 0),
    "a plus with class": ("- {points: 20}", "- {points: 20, class: 一般}", "没有轻重之分", 0),
    "a default level that is not there": (
        "default_levels: [一般]", "default_levels: [轻]", "没有“轻”", 0,
    ),
    "a source mark that is none": ("source_mark: confirmed", "source_mark: sure", "只能是", 0),
    "no source": ("basis: 信用承诺制度", "basis: ''", "不能为空", 0),
    "an open bracket": ("items:\n", "items: [\n", "YAML|括号|缩进", None),
    "a quote that is not closed": ("title: 参保人信用", "title: '参保人信用", "引号", None),
    "a colon inside": ("title: 违背书面信用承诺", "title: 违背: 书面: 承诺", "冒号", 0),
    "a crooked indent": ("base: 1000", "  base: 1000", "缩进|冒号", None),
    "a tab": ("items:\n", "items:\n\t- x\n", "制表符", 1),
    "a tag": ("base: 1000", "base: !!python/name:os.system", "标记", 0),
    "a control sign": ("title: 违背书面信用承诺", "title: 违背\x07承诺", "控制字符", 0),
    "two documents": ("items:\n", "---\nitems:\n", "只留一段", 0),
    "an unused group": (
        "groups:\n", "groups:\n  P+9: {title: x}\n", "没有指标用到", 1,
    ),
    "a condition that is none": ("[no_negative,", "[no_positive,", "conditions 第1项", 0),
    "an unused group with a cap": (
        "groups:\n", "groups:\n  P+9: {title: x, at_most: 5}\n", "没有指标用到", 1,
    ),
    "a cap below zero": ("at_most: 24}", "at_most: -24}", "必须大于0", 0),
    "a number that YAML takes for an octal": (
        "points: -30,", "points: -030,", "不是能读懂的数字", 0,
    ),
    "a number that YAML takes for minutes": ("base: 1000", "base: 16:40", "不是能读懂的数字", 0),
    "no finite number": ("base: 1000", "base: .inf", "不是能读懂的数字", 0),
    "repair from a day after the end": (
        "一般: {months: 12, repair_after_months: 3}",
        "一般: {months: 12, repair_after_months: 13}", "不能长于计分的12个月", 0,
    ),
    "a heavier class that ends sooner": (
        "严重: {months: 36, repair_after_months: 12}",
        "严重: {months: 6, repair_after_months: 3}", "不能短于“一般”", 0,
    ),
    "a best grade that nobody reaches": ("at_least: 1050", "at_least: 1250", "永远达不到", 0),
    "letters between cities that do not fall": (
        "title: 诚信一般, letter: B", "title: 诚信一般, letter: D", "A到E", 1,
    ),
    "a reason without words": (
        "before_start: under_18", "before_start: minor", "只能是under_18", 0,
    ),
    "a consequence that nobody draws": (
        "sequence_flag: benefits_paused", "sequence_flag: benefits_stopped", "只能是", 0,
    ),
    "a row of points with a plus in it": (
        "sequence: [0, -10, -30]", "sequence: [0, -10, 30]", "正负", 0,
    ),
    "a title of spaces": ("title: 违背书面信用承诺", "title: '  '", "不能为空", 0),
    "a number for a truth value": ("self_help: true", "self_help: 1", "true或false", 0),
}  # fmt: skip


@pytest.mark.parametrize("name", list(FAULTS))
def test_a_fault_is_told_with_file_and_line(rules, name):
    before, after, said, below = FAULTS[name]
    line = edit(rules, before, after)
    with pytest.raises(DataFileError) as caught:
        read_directory(rules)
    assert caught.value.path.name == "resident.yaml"
    assert re.search(said, caught.value.message)
    assert re.search("[请应]", caught.value.message), "what to do"
    assert not re.search("[a-z]+ [a-z]+ [a-z]+", caught.value.message), "English"
    if below is not None:
        assert caught.value.line == line + below


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "空的"), (b"# \xe8\xa7\x84\n", "空的"), ("title: 规则".encode("gbk"), "UTF-8"),
     ("id: x".encode("utf-16"), "UTF-8"), (b"- a\n- b\n", "名字"), (b"[" * 5000, "套得太深"),
     (None, "找不到")],
)  # fmt: skip
def test_a_file_that_is_no_rule_file_at_all_is_told(tmp_path, content, said):
    path = tmp_path / "one.yaml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataFileError, match=said) as caught:
        read_rule_set(path)
    assert str(caught.value).startswith(f"{path}:1: ")


@pytest.mark.parametrize(
    ("last", "first", "said"),
    [("", "2026-01-01", "重叠"), ("2025-12-31", "2025-12-31", "重叠"),
     ("2025-12-30", "2026-01-01", "空档"), ("", "2020-01-01", "同一天")],
)  # fmt: skip
def test_periods_neither_overlap_nor_leave_gaps(rules, last, first, said):
    content = (rules / "resident.yaml").read_text(encoding="utf-8")
    later = content.replace("2020-01-01", first).replace("id: resident-default", "id: resident-new")
    (rules / "resident_later.yaml").write_text(later, encoding="utf-8")
    edit(rules, "effective_to:", f"effective_to: {last}")
    with pytest.raises(DataFileError, match=said) as caught:
        read_directory(rules)
    assert caught.value.line > 1


def test_a_past_day_is_judged_by_the_rules_of_that_day(sqlite_database, rules):
    content = (rules / "resident.yaml").read_text(encoding="utf-8")
    later = content.replace("2020-01-01", "2026-01-01").replace("points: -100", "points: -70")
    later = later.replace("id: resident-default", "id: resident-new")
    (rules / "resident_later.yaml").write_text(later, encoding="utf-8")
    edit(rules, "effective_to:", "effective_to: 2025-12-31")
    book = read_directory(rules)
    with sqlite_database.begin() as session:
        subject = someone(session)
        give(session, subject, "P-3", date(2025, 10, 1))
        assert score(session, subject, date(2025, 12, 31), book=book).score == 900
        made = score(session, subject, date(2026, 1, 1), book=book)
    assert made.score == 930
    assert made.rule_set.startswith("resident-new@")


def test_what_differs_is_named_by_place(rules):
    edit(rules, "at_least: 1050", "at_least: 1060")
    edit(rules, "points: -100", "points: -70")
    found = {
        d.place: (d.before, d.after) for d in book_differences(rule_book(), read_directory(rules))
    }
    assert found == {
        "resident/grades/AAA/at_least": (1050, 1060),
        "resident/items/P-3/variants/-/points": (-100, -70),
    }


def test_the_version_follows_the_content(rules):
    before = read_directory(rules).on("resident", TODAY).version
    edit(rules, "points: -100", "points: -70")
    after = read_directory(rules).on("resident", TODAY).version
    assert before != after
    assert before.partition("@")[0] == after.partition("@")[0] == "resident-default"


def test_preview_counts_who_would_change_and_stores_nothing(database, rules):
    with database.begin() as session:
        for number in range(3):
            give(session, someone(session, number=number), "P-3", date(2026, 6, 1))
        someone(session, number=3)
    edit(rules, "points: -100", "points: -200")
    with database.read() as session:
        made = preview(session, rule_book(), read_directory(rules), TODAY)
        (shift,) = made.shifts
        assert (made.subjects, made.scores) == (4, 3)
        assert (shift.kind, shift.before, shift.after, shift.count) == ("resident", "B", "C", 3)
        assert all("*" in sample for sample in shift.samples)


def test_an_approved_version_takes_the_place_of_the_file(database):
    content = (DIRECTORY / "resident.yaml").read_text(encoding="utf-8")
    content = content.replace("points: -100", "points: -70").replace("2020-01-01", "2026-06-01")
    with database.begin() as session:
        subject = someone(session)
        give(session, subject, "P-3", date(2026, 3, 1))
        version = ConfigVersion(
            topic="rules", name="resident", title="rules", effective_from=date(2026, 6, 1),
            content=content, state="draft", created_by="a", created_at=AT,
        )  # fmt: skip
        session.add(version)
        session.flush()
        assert score(session, subject, TODAY).score == 900
        version.state, version.approved_by, version.approved_at = "approved", "b", AT
        session.flush()
        assert score(session, subject, TODAY).score == 930
        assert score(session, subject, date(2026, 5, 31)).score == 900
        version.state = "withdrawn"
        session.flush()
        assert score(session, subject, TODAY).score == 900


@pytest.mark.parametrize(
    ("start", "months", "last"),
    [(date(2025, 11, 30), 3, date(2026, 2, 28)), (date(2024, 2, 29), 12, date(2025, 2, 28)),
     (date(2023, 12, 31), 2, date(2024, 2, 29)), (date(2026, 3, 1), 12, date(2027, 3, 1))],
)  # fmt: skip
def test_periods_of_the_civil_code(start, months, last):
    assert add_months(start, months) == last
    assert (first_day_after(start, months) - last).days == 1


def test_what_takes_points_off_the_counter_may_only_add(rules):
    line = edit(rules, "- {points: 10}\n", "- {points: -10, class: 轻微}\n", "practitioner.yaml")
    with pytest.raises(DataFileError, match="只能有加分项") as caught:
        read_directory(rules)
    assert caught.value.line == line

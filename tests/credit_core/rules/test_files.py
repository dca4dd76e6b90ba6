"""Rule files: complete, and every kind of fault is told with file and line."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from credit_core.datafile import DataFileError
from credit_core.rules.book import DIRECTORY, KINDS, read_directory, rule_book
from credit_core.rules.compare import book_differences
from credit_core.rules.models import RuleVersion
from credit_core.rules.periods import add_months, first_day_after
from credit_core.scoring import score
from credit_core.scoring.preview import preview
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
    "points beyond all measure": ("points: -200", "points: -99999999999999999999", "points", 0),
    "a key that stands twice": ("base: 1000", "base: 1000\nbase: 1001", "stands twice", 1),
    "an unknown field": ("base: 1000", "colour: red\nbase: 1000", "colour", 0),
    "a missing field": ("base: 1000\n", "", "base", None),
    "a word for a number": ("base: 1000", "base: viel", "base", 0),
    "an impossible day": ("2020-01-01", "2020-02-30", "not a day", 0),
    "a period that ends before it begins": (
        "effective_to:\n", "effective_to: 2019-01-01\n", "before effective_from", 0,
    ),
    "a base outside floor and cap": ("base: 1000", "base: 1300", "between", 0),
    "grades that do not fall": ("at_least: 1030", "at_least: 1055", "best grade first", 0),
    "a grade that stands twice": ("grade: AA,", "grade: AAA,", "stands twice", 0),
    "no lowest grade": ("grade: D, at_least: 0", "grade: D, at_least: 100", "floor", 0),
    "an unknown grade of the severe list": ("at_most: D\n", "at_most: E\n", "no grade", 0),
    "a lacking class": ("  轻微: {months: 3, repair_after_months: 0}\n", "", "轻微", None),
    "a class that is none": ("class: 轻微}", "class: 特轻}", "class", 0),
    "an item that stands twice": ("code: P-3", "code: P-2", "stands twice", 0),
    "an item code of another shape": ("code: P-3", "code: P3", "code", 0),
    "a group that is not there": ("group: P+3", "group: P+33", "no group", 0),
    "a minus without class": ("points: -100, class: 一般", "points: -100", "needs a class", 0),
    "a plus with class": ("- {points: 20}", "- {points: 20, class: 一般}", "no class", 0),
    "a default level that is not there": (
        "default_levels: [一般]", "default_levels: [轻]", "no variant", 0,
    ),
    "a source mark that is none": ("source_mark: confirmed", "source_mark: sure", "source_mark", 0),
    "no source": ("basis: 信用承诺制度", "basis: ''", "basis", 0),
    "broken yaml": ("items:\n", "items: [\n", "", None),
    "a tab": ("items:\n", "items:\n\t- x\n", "", None),
    "an unused group": (
        "groups:\n", "groups:\n  P+9: {title: x}\n", "used by no item", 1,
    ),
    "a condition that is none": ("[no_negative,", "[no_positive,", "condition", 0),
}  # fmt: skip


@pytest.mark.parametrize("name", list(FAULTS))
def test_a_fault_is_told_with_file_and_line(rules, name):
    before, after, said, below = FAULTS[name]
    line = edit(rules, before, after)
    with pytest.raises(DataFileError) as caught:
        read_directory(rules)
    assert caught.value.path.name == "resident.yaml"
    assert said in str(caught.value)
    if below is not None:
        assert caught.value.line == line + below


@pytest.mark.parametrize(
    ("last", "first", "said"),
    [("", "2026-01-01", "overlaps"), ("2025-12-31", "2025-12-31", "overlaps"),
     ("2025-12-30", "2026-01-01", "gap"), ("", "2020-01-01", "first day")],
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
        version = RuleVersion(
            rule_set="resident-default", kind="resident", effective_from=date(2026, 6, 1),
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

"""``medcredit rules check`` on every kind of file that a bureau edits, wherever it is kept."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from config.settings import DATA
from handlers.cli import rules
from handlers.cli.rule_files import beside_the_rules, kind_of

FAULTS = {
    "a basis that nobody listed": (
        "lists/rules.yaml", "basis: [735-40", "basis: [735-99", "没有“735-99”这个依据", 0,
    ),
    "an ordinary paper behind a severe list": (
        "lists/rules.yaml", "level: 行政法规", "level: 地方文件", "不能设立严重失信名单", None,
    ),
    "a list that is left only after its end": (
        "lists/rules.yaml", "early_exit_months: 12", "early_exit_months: 99", "不能长于名单期限", 0,
    ),
    "a measure without its means": (
        "measures/catalogue.yaml", "    means: ", "    meens: ", "meens：不认识这一项", 0,
    ),
    "a measure that ends before it begins": (
        "measures/catalogue.yaml", "    effective_from: ", ("    effective_to: 1999-01-01\n"
        "    effective_from: "), "早于开始的那一天", 0,
    ),
    "a shortest period after the longest": (
        "measures/catalogue.yaml", "months: [", "months: [119, 1] # ", "短的在前", 0,
    ),
    "an unknown fact": (
        "offers/zhejiang-hangzhou.yaml", "{fact: zhima_score,", "{fact: zhima,", "没有“zhima”", 0,
    ),
    "a number that no fact can have": (
        "offers/zhejiang-hangzhou.yaml", "at_least: 550", "at_least: 很高", "不是数字", 0,
    ),
    "steps that do not rise": (
        "offers/zhejiang-huzhou.yaml", "{from: 300, value", "{from: 30, value", "上一档的100", 0,
    ),
    "a wallet that is not there": (
        "offers/zhejiang-hangzhou.yaml", "wallet: yibi", "wallet: yb", "没有“yb”这个积分钱包", 0,
    ),
    "an offer that stands twice": (
        "offers/zhejiang-hangzhou.yaml", "id: hangzhou-campus-sport", "id: hangzhou-reading",
        "写了两次", 0,
    ),
    "a right of law that credit would gate": (
        "offers/local.yaml", "says: 在合作药店买药打8折", "says: 医保报销多一成", "依法应得", None,
    ),
    "an indicator of an unknown fact": (
        "offers/points.yaml", "fact: patents", "fact: patent", "没有“patent”", 0,
    ),
    "a daily cap below one act": (
        "offers/wallets.yaml", "points: 3, daily_cap: 15", "points: 3, daily_cap: 2", "每日上限", 0,
    ),
    "a day of no year": (
        "notices/calendar.yaml", "month: 4, day: 26", "month: 2, day: 30", "不是每年都有", 0,
    ),
    "a title that WeChat refuses": (
        "notices/templates.yaml", "thing1: ", "thingy: ", "类型加数字", 0,
    ),
    "a better grade that is drawn more": (
        "inspection/plan.yaml", "AAA: 0.02", "AAA: 0.2", "信用好的应少抽", 0,
    ),
    "an unknown field of law": (
        "repair/rule_sets.yaml", "G-5: 药品", "G-5: 药", "没有一份规则写了“药”", 0,
    ),
    "a period of nobody": (
        "objections/periods.yaml", "same_as: ", "same_as: 火星 # ", "“火星”没有写期限", 0,
    ),
}  # fmt: skip


@pytest.fixture
def check():
    app = typer.Typer()
    rules.register(app)
    return lambda *paths: CliRunner().invoke(app, ["rules", "check", *map(str, paths)])


def broken(folder: Path, name: str, before: str, after: str) -> tuple[Path, int]:
    """A copy of a file with one fault, under another name, and the line of the fault."""
    content = (DATA / name).read_text(encoding="utf-8")
    assert before in content, before
    copy = folder / f"copy_of_{Path(name).name}"
    copy.write_text(content.replace(before, after, 1), encoding="utf-8")
    return copy, content[: content.index(before)].count("\n") + 1


@pytest.mark.parametrize("name", list(FAULTS))
def test_a_fault_is_told_with_file_and_line_and_what_to_do(check, tmp_path, name):
    file, before, after, said, below = FAULTS[name]
    copy, line = broken(tmp_path, file, before, after)
    result = check(copy)
    assert result.exit_code == 2
    told = result.stderr.strip()
    assert told.startswith(f"{copy}:"), told
    assert said in told
    assert re.search("[请应]", told), "what to do"
    assert not re.search("[a-z]+ [a-z]+ [a-z]+", told.partition("：")[2]), "English"
    if below is not None:
        assert told.startswith(f"{copy}:{line + below}: "), told


def test_every_file_is_told_by_its_content_where_its_name_says_nothing(tmp_path):
    for path, kind in beside_the_rules():
        if path.name == "steps.yaml" or kind.pattern.endswith("mapping.yaml"):
            continue  # They have no names of their own at the top.
        copy = tmp_path / f"copy_{path.name}"
        shutil.copy(path, copy)
        assert kind_of(copy) is kind, path


def test_without_a_path_all_of_config_is_checked(check):
    result = check()
    assert result.exit_code == 0
    for name in ("lists/rules.yaml", "measures/catalogue.yaml", "notices/plans.yaml"):
        assert f"{DATA / name}：没有发现问题" in result.stderr


def test_a_copy_of_config_is_checked_as_a_whole(check, tmp_path):
    copy = tmp_path / "config"
    shutil.copytree(DATA, copy, ignore=shutil.ignore_patterns("*.py", "intents", "knowledge"))
    plan = copy / "inspection" / "plan.yaml"
    plan.write_text(plan.read_text(encoding="utf-8").replace("D: 1", "D: 0.9"), encoding="utf-8")
    result = check(copy)
    assert result.exit_code == 2
    assert f"{plan}:" in result.stderr
    assert "D级必须抽查" in result.stderr

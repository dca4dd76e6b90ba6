"""How people type: dialects, gaps in place of commas, traditional characters, days in words."""

from __future__ import annotations

import pytest

from credit_core.knowledge.question import understand
from credit_core.knowledge.speech import plain


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("深圳間藥房唔肯簽字會點樣", "深圳间药房不肯签字会怎样"),
        ("邊個負責審批", "谁负责审批"),
        ("交材料要幾多錢", "交材料要多少钱"),
        ("呢個結果邊度睇得到", "这个结果哪里看得到"),
        ("俺们药店搁哪儿交表", "我们药店在哪儿交表"),
        ("这事儿中不中", "这事儿行不行"),
        ("修复得等好久嘛", "修复得等多长时间"),
        ("等了好久了", "等了好久了"),
        ("啷个申请修复", "怎么申请修复"),
        ("阿拉单位哪能修复", "我们单位怎么修复"),
        ("点申请修复", "怎么申请修复"),
        ("么时候公示", "什么时候公示"),
    ],
)
def test_dialects_are_read_as_everybody_writes(said, written) -> None:
    assert plain(said) == written


@pytest.mark.parametrize(
    "text",
    [
        "请勿转卖药品",
        "评了几个",
        "会长是什么人",
        "什么时候公示",
        "出了什么事",
        "定点申请要几天",
        "有几大任务",
        "即使不签也要查",
        "水平多少",
        "等了好多天",
        "那边几家药店",
        "为甚么",
    ],
)
def test_what_everybody_writes_stays_as_it_is(text) -> None:
    assert plain(text) == text.replace("甚么", "什么")


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("三月十五号那天", "3月15日那天"),
        ("十二月份公布的", "12月公布的"),
        ("18年底发了多少", "2018年底发了多少"),
        ("满2年以后", "满2年以后"),
    ],
)
def test_days_in_words_are_figures(typed, read) -> None:
    assert plain(typed) == read


def test_gaps_are_commas_where_clauses_end() -> None:
    assert plain("我是开诊所的 材料都交了 几天核完") == "我是开诊所的,材料都交了、几天核完"
    assert plain("无锡 修复 几天") == "无锡修复、几天"


def test_what_is_told_before_a_gap_stands_beside_the_question() -> None:
    asked = understand("我是药店收银的 今天收到通知书 修复材料几天能核完")
    assert asked.strict
    assert {word.text for word in asked.words if word.aside} == {"药店", "收银", "收到", "通知书"}

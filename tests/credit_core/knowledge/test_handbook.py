"""The handbook of the demo answers what people ask first, in their words."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from config.settings import DATA
from credit_core.database import Base, Database
from credit_core.knowledge import models  # noqa: F401  Registers the tables.
from credit_core.knowledge.library import Library

NOW = datetime(2026, 11, 25, tzinfo=UTC)


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory):
    folder: Path = tmp_path_factory.mktemp("handbook")
    database = Database(f"sqlite:///{folder / 'k.sqlite3'}")
    Base.metadata.create_all(database.engine)
    library = Library()
    with database.begin() as session:
        library.import_file(session, DATA / "demo" / "handbook.md", now=NOW)

    def answer(question: str):
        with database.read() as session:
            return library.ask(session, question, today=date(2026, 11, 25))

    yield answer
    database.dispose()


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("定点医院挂床住院会怎么处理", "第三十八条"),
        ("把医保卡借给亲戚算失信吗", "属于个人失信"),
        ("骗保怎么处罚", "2倍到5倍"),
        ("一般失信公示多久", "一般失信3个月"),
        ("AAA级要多少分", "1050分"),
        ("信用分低会影响看病报销吗", "不影响看病报销"),
        ("未成年人有信用分吗", "暂不评价"),
        ("医生记分满12分会怎样", "终止医保支付资格"),
        ("异议多久答复", "5个工作日"),
        ("修复和撤销有什么区别", "记录还在"),
        ("举报骗保有奖励吗", "200元"),
        ("不签承诺书会怎样", "重点监管名单"),
        ("信用报告有效期多久", "1年"),
        ("对处罚不服怎么办", "60日"),
        ("住院押金能免吗", "免交押金"),
        ("药店不扫追溯码怎么罚", "1万元到5万元"),
        ("法人五年禁业是怎么回事", "5年内不得从事"),
        ("医保信用和征信是一回事吗", "人民银行"),
    ],
)
def test_a_first_question_is_answered(ask, question: str, said: str) -> None:
    found = ask(question)
    assert not found.refused
    assert said in found.answer


@pytest.mark.parametrize(
    "question",
    [
        "明天下雨吗",
        "生育津贴怎么领",
        "门诊报销比例是多少",
        "信用修复收费标准是多少",
        "医保局电话多少",
    ],
)
def test_what_it_does_not_say_is_not_made_up(ask, question: str) -> None:
    assert ask(question).refused

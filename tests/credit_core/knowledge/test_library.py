"""The library: what is imported is answered from, what is not written is refused."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from credit_core.errors import NotFoundError
from credit_core.knowledge import models  # noqa: F401  Registers the tables.
from credit_core.knowledge.library import Library

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
TODAY = date(2026, 3, 2)

WUXI = """无锡市医疗保障局文件

锡医保〔2022〕7号

无锡市定点药店信用修复办法

各区医疗保障局、各定点零售药店：

第一条 药店申请信用修复的，区局应当在八个工作日内核对材料。

第二条 药店申请修复应当提交下列材料：（一）修复申请表；（二）整改报告；（三）培训证明。

第三条 信用分低于60分的药店，不得参加年度评优。

第四条 药店对不予修复的决定有异议的，可以向市局提出异议。

无锡市医疗保障局

2022年4月6日

公开方式：主动公开
"""
ZIBO = (
    WUXI.replace("无锡", "淄博")
    .replace("锡医保", "淄医保")
    .replace("八个工作日", "二十个工作日")
    .replace("2022", "2023")
)


@pytest.fixture
def library(database) -> Library:
    filled = Library()
    with database.begin() as session:
        filled.import_bytes(session, WUXI.encode(), "wuxi.txt", now=NOW)
        filled.import_bytes(session, ZIBO.encode(), "zibo.txt", now=NOW)
    return filled


def ask(library, database, question, **more):
    with database.read() as session:
        return library.ask(session, question, today=TODAY, **more)


def test_a_letter_says_to_whom_it_goes(library, database) -> None:
    answer = ask(library, database, "无锡药店信用修复的办法是发给谁的？")
    assert answer.quote == "各区医疗保障局、各定点零售药店："


def test_a_letter_says_whether_it_is_public(library, database) -> None:
    answer = ask(library, database, "无锡的药店信用修复办法对社会公开吗？")
    assert answer.quote == "公开方式：主动公开"


def test_an_answer_names_its_document_article_place_and_year(library, database) -> None:
    answer = ask(library, database, "无锡药店信用修复要几个工作日核对材料")
    assert "八个工作日" in answer.answer
    for named in ("无锡", "2022", "无锡市定点药店信用修复办法", "锡医保〔2022〕7号", "第一条"):
        assert named in answer.answer
    source = answer.sources[0]
    assert (source.file, source.section) == ("wuxi.txt", "第一条")
    assert source.excerpt.startswith("第一条")


def test_places_are_never_mixed(library, database) -> None:
    assert "二十个工作日" in ask(library, database, "淄博信用修复核对材料要几个工作日").answer
    assert "二十" not in ask(library, database, "无锡信用修复核对材料要几个工作日").answer
    assert ask(library, database, "镇江信用修复核对材料要几个工作日").refused


def test_a_district_lives_by_the_rules_of_its_city(library, database) -> None:
    for district in ("梁溪区", "滨湖区"):
        answer = ask(library, database, f"{district}药店信用修复核对材料要几个工作日")
        assert "八个工作日" in answer.answer
        assert "二十个工作日" not in answer.answer
    assert ask(library, database, "北戴河信用修复核对材料要几个工作日").refused


def test_without_a_place_both_are_told_apart_and_the_city_is_asked(library, database) -> None:
    answer = ask(library, database, "信用修复核对材料要几个工作日")
    assert "八个工作日" in answer.answer
    assert "二十个工作日" in answer.answer
    assert "哪个城市" in answer.answer


def test_the_askers_own_city_decides(library, database) -> None:
    answer = ask(library, database, "信用修复核对材料要几个工作日", city="淄博市")
    assert "二十个工作日" in answer.answer
    assert "八个工作日" not in answer.answer


def test_a_city_without_documents_changes_nothing(library, database) -> None:
    assert not ask(library, database, "信用修复核对材料要几个工作日", city="demo").refused


@pytest.mark.parametrize(
    "question",
    [
        "无锡异议几天给答复",
        "无锡信用修复要交多少钱",
        "无锡住院报销比例是多少",
        "无锡药店的负责人电话是多少",
        "今天天气怎么样",
        "你好",
        "",
    ],
)
def test_what_is_not_written_is_refused_with_the_way_to_a_human(
    question, library, database
) -> None:
    answer = ask(library, database, question)
    assert answer.refused
    assert answer.sources == ()
    assert answer.confidence < 0.5
    assert "文件里没有写" in answer.answer
    assert "转人工" in answer.answer


def test_todays_rule_is_not_answered_from_an_old_document(library, database) -> None:
    assert ask(library, database, "现行规定无锡信用修复几个工作日核对材料").refused
    assert ask(library, database, "无锡2025年信用修复几个工作日核对材料").refused
    assert not ask(library, database, "无锡2022年信用修复几个工作日核对材料").refused


def test_a_list_is_given_whole(library, database) -> None:
    answer = ask(library, database, "无锡药店申请修复要提交哪些材料")
    assert all(part in answer.answer for part in ("申请表", "整改报告", "培训证明"))


def test_the_same_file_again_changes_nothing(library, database) -> None:
    with database.begin() as session:
        before = library.documents(session)
        again = library.import_bytes(session, WUXI.encode(), "wuxi.txt", now=NOW)
        assert again.state == "unchanged"
        assert library.documents(session) == before


@pytest.mark.parametrize("name", ["wuxi.txt", "new-name.txt"])
def test_a_new_version_replaces_and_the_old_one_is_kept(name, library, database) -> None:
    newer = WUXI.replace("八个工作日", "六个工作日").replace("2022", "2024")
    with database.begin() as session:
        result = library.import_bytes(session, newer.encode(), name, now=NOW)
        assert (result.state, result.replaced) == ("replaced", 1)
        statuses = {info.year: info.status for info in library.documents(session)}
    assert statuses == {2024: "current", 2022: "superseded", 2023: "current"}
    answer = ask(library, database, "无锡信用修复核对材料要几个工作日")
    assert "六个工作日" in answer.answer
    assert "八个工作日" not in answer.answer


def test_an_older_version_that_arrives_later_is_not_current(library, database) -> None:
    older = WUXI.replace("八个工作日", "三十个工作日").replace("2022", "2019")
    with database.begin() as session:
        library.import_bytes(session, older.encode(), "archive.txt", now=NOW)
    assert "八个工作日" in ask(library, database, "无锡信用修复核对材料要几个工作日").answer


def test_staff_withdraw_a_document(library, database) -> None:
    with database.begin() as session:
        document = next(one for one in library.documents(session) if one.place == "无锡")
        library.withdraw(session, document.id, now=NOW)
        library.import_bytes(session, WUXI.encode(), "wuxi.txt", now=NOW)
    assert ask(library, database, "无锡信用修复核对材料要几个工作日").refused
    with database.begin() as session, pytest.raises(NotFoundError):
        library.withdraw(session, 1, now=NOW)


def test_another_process_sees_what_was_imported(library, database) -> None:
    other = Library()
    assert not ask(other, database, "淄博信用修复核对材料要几个工作日").refused
    with database.begin() as session:
        document = next(one for one in library.documents(session) if one.place == "淄博")
        library.withdraw(session, document.id, now=NOW)
    assert ask(other, database, "淄博信用修复核对材料要几个工作日").refused


def test_an_empty_library_says_so(database) -> None:
    answer = ask(Library(), database, "信用修复要几天")
    assert answer.refused
    assert "还没有导入" in answer.answer


def test_the_short_form_fits_a_chat_message(library, database) -> None:
    short = library.short(ask(library, database, "信用修复核对材料要几个工作日"), 160)
    assert len(short) <= 160
    assert "来源：" in short


def test_only_a_document_of_an_earlier_year_is_called_old(library, database) -> None:
    answer = ask(library, database, "信用修复核对材料要几个工作日")
    year = answer.sources[0].year
    assert f"这是{year}年的文件" in library.short(answer, today=date(year + 1, 1, 1))
    assert "以最新规定为准" not in library.short(answer, today=date(year, 12, 31))


def test_traditional_characters_and_full_width_forms_are_read(library, database) -> None:
    answer = ask(library, database, "無錫藥店信用分低於６０分會怎麼樣")
    assert "不得参加年度评优" in answer.answer


def test_a_slip_of_the_keyboard_is_understood_by_its_sound(library, database) -> None:
    answer = ask(library, database, "无锡药店不予修付的绝定有异议找谁")
    assert "市局" in answer.answer


def test_a_document_number_in_the_question_decides_the_document(library, database) -> None:
    answer = ask(library, database, "淄医保〔2023〕7号规定几个工作日核对材料")
    assert "二十个工作日" in answer.answer
    assert "八个工作日" not in answer.answer
    assert ask(library, database, "锡医保〔2022〕7号是什么文件").sources[0].file == "wuxi.txt"


def test_a_slip_that_is_a_word_itself_is_understood_too(library, database) -> None:
    answer = ask(library, database, "无锡药店修复提交哪些财料和证名")
    assert "整改报告" in answer.answer


def test_dialect_is_answered(library, database) -> None:
    assert "八个工作日" in ask(library, database, "無錫間藥店修復 啲材料幾多日核得完").answer
    assert "市局" in ask(library, database, "无锡勿给阿拉药店修复 勿服气 寻啥人讲").answer


def test_a_report_is_of_the_narrowest_place_it_begins_with(library, database) -> None:
    report = """村里评上信用村

本报讯 江苏省无锡市宜兴市的丁蜀镇评上了信用村，村民说起来都很高兴。

信用村的额度在3年内都有效，村民当天就能提款。
"""
    with database.begin() as session:
        library.import_bytes(session, report.encode(), "village.txt", now=NOW)
        assert {"宜兴"} <= {info.place for info in library.documents(session)}
    assert "3年内" in ask(library, database, "宜兴信用村的额度能用几年").answer


def test_a_question_that_adds_nothing_is_not_answered_alone(library, database) -> None:
    """Once «how do I get it?» was answered after the sum had been refused."""
    assert ask(library, database, "无锡举报药店最高奖多少钱，怎么领").refused

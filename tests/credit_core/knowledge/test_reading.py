"""Which sentence answers, and what counts as an answer."""

from __future__ import annotations

import pytest

from credit_core.knowledge.matching import found
from credit_core.knowledge.question import Word, understand
from credit_core.knowledge.reading import Candidate, Weight, Weights, read, window


def candidate(text: str, path: tuple[str, ...] = ()) -> Candidate:
    return Candidate(
        1, text, path, 1, "无锡药店办法", "", "a.txt", "", ("无锡",), "无锡", 2022, 1.0
    )


def reading(question: str, text: str):
    asked = understand(question)
    return asked, read(
        asked, candidate(text), Weights({word: Weight(1.0, 1.0) for word in asked.words})
    )


@pytest.mark.parametrize(
    ("question", "sentence", "fits"),
    [
        ("公示几天", "公示期为七个工作日。", True),
        ("公示几天", "公示期由市局另行规定。", False),
        ("公示几天", "本办法自2022年5月1日起施行。", False),
        ("禁业几年", "三个工作日内报市局。", False),
        ("禁业几年", "五年内不得从业。", True),
        ("能贷多少钱", "最高三十万元。", True),
        ("能贷多少钱", "一共有6.6万家机构。", False),
        ("覆盖率是多少", "覆盖率达到90%以上。", True),
        ("要多少分", "信用分达550分及以上。", True),
        ("要多少分", "按信用等级办理。", False),
    ],
)
def test_the_kind_of_fact_that_a_question_wants(question, sentence, fits) -> None:
    _, read_ = reading(question, sentence)
    assert read_.satisfied is fits


def test_a_figure_of_the_next_item_does_not_answer_for_this_one() -> None:
    text = (
        "（一）医后付。参保人刷卡开通医后付，看完病一次支付。\n"
        "（二）信用医疗。自理部分未超过100元可以信用支付。"
    )
    _, read_ = reading("医后付能付多少钱", text)
    assert not read_.satisfied or read_.focus < 0.9
    _, other = reading("信用医疗能付多少钱", text)
    assert other.satisfied
    assert "100元" in other.parts[other.best]


def test_the_answer_is_the_sentence_not_the_page() -> None:
    text = "药店每年评定一次。" * 8 + "评定结果在十个工作日内公示。" + "药店应当保存处方。" * 8
    asked, read_ = reading("评定结果几个工作日内公示", text)
    said = window(asked, read_)
    assert "十个工作日" in said
    assert len(said) < 80


@pytest.mark.parametrize(
    ("word", "text", "least", "most"),
    [
        ("修复", "信用修复", 1.0, 1.0),
        ("550", "达550分", 1.0, 1.0),
        ("55", "达550分", 0.0, 0.0),
        ("有效期", "两年内有效", 0.7, 0.9),
        ("信用卡", "信用修复", 0.0, 0.5),
    ],
)
def test_how_well_a_text_has_a_word(word, text, least, most) -> None:
    assert least <= found(word, text) <= most


def test_what_is_missing_can_weigh_less_than_what_is_there() -> None:
    lenient = Weights({Word("药店"): Weight(2.0, 2.0), Word("邻居"): Weight(2.0, 0.5)})
    assert lenient.covered([1.0, 0.0]) == pytest.approx(0.8)
    assert lenient.covered([0.0, 1.0]) == pytest.approx(0.5)
    assert lenient.covered([0.0, 0.0]) == 0.0

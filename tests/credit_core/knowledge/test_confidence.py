"""How sure an answer is: what is weighed, and what makes it less."""

from __future__ import annotations

from dataclasses import replace

from credit_core.knowledge.confidence import confidence, signs
from credit_core.knowledge.question import understand
from credit_core.knowledge.reading import Candidate, Reading, Weight, Weights, read
from credit_core.knowledge.rules import certainty

TEXT = "药店申请信用修复的，区局应当在八个工作日内核对材料。"
HERE = Candidate(1, TEXT, (), 1, "无锡药店办法", "", "a.txt", "", ("无锡",), "无锡", 2022, 1.0)


def _read(question: str, rank: float = 1.0) -> tuple[object, Reading]:
    asked = understand(question)
    reading = read(asked, HERE, Weights({word: Weight(1.0, 1.0) for word in asked.words}))
    reading.rank = rank
    return asked, reading


def test_every_sign_has_a_weight_and_every_weight_a_sign() -> None:
    assert set(signs(*_read("修复几天核对材料"))) == set(certainty().weights)


def test_a_closer_match_is_surer() -> None:
    assert confidence(*_read("修复几天核对材料", 1.2)) > confidence(*_read("修复几天核对材料", 0.8))


def test_another_kind_of_fact_is_less_sure() -> None:
    asked, reading = _read("药店修复要交多少钱核对材料")
    assert not reading.satisfied
    assert confidence(asked, reading) < confidence(asked, replace(reading, satisfied=True))


def test_a_thing_that_is_not_there_is_less_sure() -> None:
    asked, reading = _read("药店修复核对材料的会长是谁，会长是什么人")
    plain, same = _read("药店修复核对材料的区局是谁，区局是什么人")
    assert signs(asked, reading)["head_missing"] == 1.0
    assert signs(plain, same)["head_missing"] == 0.0

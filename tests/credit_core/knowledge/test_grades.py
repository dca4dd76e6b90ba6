"""AA is not AAA: what is asked of one grade is not answered from another."""

from __future__ import annotations

import pytest

from credit_core.knowledge.grades import grades_in, shares_grade


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ("荣成信用aaa级的人", {"aaa"}),
        ("信用评上三个a的", {"aaa"}),
        ("3a信用", {"aaa"}),
        ("两个a能打折不", {"aa"}),
        ("5a级社会组织", {"5a"}),
        ("a、b、c三级各多少", {"a", "b"}),
        ("信用是a级、不到aaa的人", {"a"}),
        ("a级（不是aaa）", {"a"}),
        ("评上了几a级", set()),
        ("市民卡app", set()),
        ("e信", set()),
    ],
)
def test_grades_are_known_however_they_are_written(said: str, named: set[str]) -> None:
    assert grades_in(said) == named


@pytest.mark.parametrize(
    ("asked", "passage", "answers"),
    [
        ("aa级打几折", "信用aaa级人员享受8折", False),
        ("aaa级打几折", "信用aaa级人员享受8折", True),
        ("aa级打几折", "守信的人享受8折", True),
        ("打几折", "信用aaa级人员享受8折", True),
        ("a、b、c三级各多少", "a级门店55家、b级134家", True),
    ],
)
def test_another_grade_does_not_answer(asked: str, passage: str, answers: bool) -> None:
    assert shares_grade(grades_in(asked), passage) is answers

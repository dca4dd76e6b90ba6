"""What a question is about, and what in it only asks."""

from __future__ import annotations

import pytest

from credit_core.knowledge.places import find_places
from credit_core.knowledge.question import understand
from credit_core.knowledge.sounds import sound_of


def words(text: str) -> set[str]:
    return {word.text for word in understand(text).words}


def test_words_that_only_ask_are_left_out() -> None:
    assert words("请问一下药店的信用修复到底要怎么申请呢") == {"药店", "信用修复", "申请"}


def test_a_name_outside_the_dictionary_stays_whole() -> None:
    assert "海贝" in "".join(words("海贝分是什么"))


def test_place_and_year_are_no_words() -> None:
    asked = understand("2019年威海市的药店打几折")
    assert [place.name for place in asked.places] == ["威海"]
    assert asked.years == (2019,)
    assert words("2019年威海市的药店打几折") == {"药店"}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("中牟县的办法", ["中牟"]),
        ("浙江省杭州市余杭区", ["浙江", "杭州", "余杭"]),
        ("家长子女", []),
        ("公安部门和平安医疗", []),
        ("提供绿色通道", []),
    ],
)
def test_places_are_names_not_seams_or_everyday_words(text, names) -> None:
    assert [place.name for place in find_places(text)] == names


def test_a_county_lies_in_its_city_and_province() -> None:
    (place,) = find_places("平阳县")
    assert place.lies_in("温州")
    assert place.lies_in("浙江")
    assert not place.lies_in("台州")


def test_slips_of_the_keyboard_sound_alike() -> None:
    assert sound_of("信永修付") == sound_of("信用修复")
    assert sound_of("承诺") != sound_of("承担")


def test_a_yes_or_no_question_does_not_demand_a_figure() -> None:
    assert understand("药店评级有没有年龄限制").strict == ()
    assert understand("药店公示几天").strict

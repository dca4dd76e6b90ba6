"""What a question is about, and what in it only asks."""

from __future__ import annotations

import pytest

from credit_core.knowledge.clauses import asked_parts
from credit_core.knowledge.places import find_places
from credit_core.knowledge.question import has_items, understand
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
        ("与哪一项城市个人积分融合", []),
        ("项城市的规定", ["项城"]),
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


def test_what_is_said_beside_the_question_weighs_less() -> None:
    asked = understand("我是开药店的，信用报告能用几年，写论文用")
    beside = {word.text for word in asked.words if word.aside}
    assert "论文" in beside
    assert "信用报告" not in beside


def test_two_questions_in_one_message_are_two() -> None:
    assert asked_parts("公司两年没报税，会吊销吗？一共吊销了多少家") == [
        "公司两年没报税，会吊销吗",
        "一共吊销了多少家",
    ]
    assert asked_parts("我是开药店的，怎么修复") == ["我是开药店的，怎么修复"]


def test_an_amount_that_is_only_named_is_not_asked_for() -> None:
    (wanted,) = understand("贷款额度管几年").strict
    assert wanted.search("额度在2年内都有效")


def test_times_are_counted_in_times() -> None:
    (wanted,) = understand("一年最多能申请几次修复").strict
    assert not wanted.search("满1年可以申请")
    assert wanted.search("每年2次")


@pytest.mark.parametrize(
    ("question", "is_one", "is_none"),
    [
        ("办信用报告打哪个电话", "请拨打0371-62100000", "到电话预约窗口办理"),
        ("信用门户的网址是什么", "登录www.credit.gov.cn", "发到bgs@163.com"),
        ("医保局的地址是什么", "设在青年路与中兴街交口", "牟医保〔2020〕46号"),
        ("协会是哪一年成立的", "2004年成立", "成立以来每年召开年会"),
        ("优惠到哪一天为止", "至2021年6月30日止", "截至目前已有1000人享受"),
        ("那五家医院是哪几家", "市中心医院、市第一医院等五家", "在五家医院门诊、急诊就医"),
        ("为什么没有选别家公司", "因其报价最低", "一方面为系统收集信息，另一方面留痕"),
        ("哪个行业最多", "其中餐饮业最多", "还有693户正在最后公告"),
        ("由哪个科室查询记录", "由基金监管科查询", "行政机关应当依法处罚"),
        ("要带什么证件", "带上身份证和社保卡", "向店员说明即可"),
        ("多少家机构上了名单", "21家机构", "在3个工作日内报送"),
        ("报告多久更新一次", "每季度更新", "报告应及时更新"),
        ("领导小组组长是谁", "局长李明为组长", "领导小组办公室设在基金科"),
    ],
)
def test_a_kind_of_fact_is_told_by_its_shape(question, is_one, is_none) -> None:
    strict = understand(question).strict
    assert strict
    assert all(shape.search(is_one) for shape in strict)
    assert not all(shape.search(is_none) for shape in strict)


def test_a_question_that_ends_with_what_is_not_yes_or_no() -> None:
    """Once the 么 of 什么 at the end made any question one of yes or no."""
    assert understand("信用门户的网址是什么？").strict
    assert understand("信用门户有网址么？").strict == ()


def test_the_grade_of_the_clause_that_asks_is_asked_for() -> None:
    assert understand("AAA级的人买药打8折，那AA级的打几折").grades == {"aa"}


def test_an_item_is_asked_for_by_its_number() -> None:
    asked = understand("从第12项直接跳到第14项，第(13)项写的是啥").items
    assert asked == {12, 13, 14}
    assert not has_items(asked, "(12)虚构医药服务项目;(14)其他骗取行为")
    assert has_items(frozenset({2}), "二是加强宣传")


def test_five_years_are_found_in_figures_too() -> None:
    assert "5年" in understand("五年禁业").words[-1].others + understand("五年禁业").words[0].others


def _others(text: str, word: str) -> tuple[str, ...]:
    return next(one.others for one in understand(text).words if one.text == word)


def test_a_verb_that_speech_parts_is_one_word() -> None:
    assert "登记" in words("在协会登过记的公司")


def test_a_phrase_ends_where_words_end() -> None:
    """Once 不能当 was found in 能不能当天 and read as a ban."""
    assert not any("禁止" in word.others for word in understand("能不能当天进场").words)
    assert "禁止" in _others("出了事的院长能不能当", "不能当")


def test_a_small_word_does_not_hide_the_phrase_beside_it() -> None:
    assert "列入失信名单" in _others("药店这样会上黑名单不", "上黑名单")


def test_a_phrase_keeps_what_its_parts_mean() -> None:
    assert {"医后付", "后付费"} <= set(_others("能不能先看病后付钱", "先看病后付钱"))


def test_a_single_verb_counts_where_everyday_speech_has_it() -> None:
    assert "处罚" in _others("药店乱来要罚吗", "罚")


@pytest.mark.parametrize("question", ["报告能用好几次吗", "由哪几个局归集", "按第几条禁止投标"])
def test_not_every_few_asks_for_a_figure(question) -> None:
    counted = [want for want in understand(question).wants if want.name == "count"]
    assert counted == []


def test_an_article_is_no_figure() -> None:
    unit = understand("评了几户").unit
    assert unit is not None
    assert not unit.search("一个种菜，一个跑运输")
    assert unit.search("共计35户")


def test_a_call_is_not_the_number_to_call() -> None:
    assert not any(want.name == "phone" for want in understand("打电话联系上几家").wants)
    assert any(want.name == "phone" for want in understand("科室电话多少").wants)

"""What sounds like a question: by its words, by how it ends, and what only sounds like one."""

from __future__ import annotations

import time

import pytest

from bot import follow_up

ENDS_ASKING = (
    "修这个要钱不|能弄不|要得没|有得没得|行不|中不|是不|弄好了没|交上去没得|有关系没得|行伐|得唔得|"
    "有冇事|要钱嘛|能办嘛|那我喃|这个要得不|还改得了不"
)
ASKS = (
    "修个这个要好多钱嘛|住院能报几成|啥时候有信儿|要好久才搞得好|点解咁低|"
    "请问一下这个办好了大概要多长时间才能有个结果呢|"
    "你好我想问一下我这个修好了之后那个分数到底还能不能给我加回来不"
)
TELLS = (
    "我说不|他问我卡借不借我说不|一分钱我都没|我也没|我就不|我偏不|卡好久没用了|"
    "我没有 我真没有|是药店的小妹刷的嘛|我又没做嘛|我也不晓得是谁刷的|共退了多少我也记不清|"
    "我去问了他们说不行|谁都没给|没有卖给谁|我办法没得"
)
ELSEWHERE = (
    "对了我医保卡里还剩多少钱|那住院能报几成|门诊看病能报不|报销比例是多少|明年医保要交多少钱|"
    "我妈的养老金多少钱一个月|去外地看病要怎么备案|我的社保断了咋办|明天下雨不"
)
OURS = (
    "扣分影响报销吗|医保卡借给谁算违规|这条记录怎么修复|我的医保信用分多少|社保卡上的名字行不|"
    "修这个要交多少钱|我医保卡是谁刷的"
)


@pytest.mark.parametrize("said", ENDS_ASKING.split("|"))
def test_a_question_is_known_by_how_it_ends(said: str) -> None:
    assert follow_up.ends_asking(said)
    assert follow_up.is_question(said)


@pytest.mark.parametrize("said", ASKS.split("|"))
def test_a_question_is_known_by_its_words(said: str) -> None:
    assert follow_up.is_question(said)


@pytest.mark.parametrize("said", TELLS.split("|"))
def test_a_story_may_end_like_a_question(said: str) -> None:
    assert not follow_up.is_question(said)


@pytest.mark.parametrize("said", ELSEWHERE.split("|"))
def test_what_is_asked_of_other_offices(said: str) -> None:
    assert follow_up.asks_elsewhere(said)


@pytest.mark.parametrize("said", OURS.split("|"))
def test_what_is_asked_of_us(said: str) -> None:
    assert not follow_up.asks_elsewhere(said)


@pytest.mark.parametrize("said", ["能弄不" * 400, "有" * 2000, "请问" * 1000, "不" * 3000])
def test_no_question_is_read_for_long(said: str) -> None:
    follow_up.is_question("热身")
    began = time.perf_counter()
    follow_up.is_question(said)
    follow_up.asks_elsewhere(said)
    follow_up.only_asks(said)
    assert time.perf_counter() - began < 0.2

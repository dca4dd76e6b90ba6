"""Forms: 取消, 上一步, a question in between, photos, and coming back after a day or a week."""

from __future__ import annotations

import pytest

from bot.form import Answers, Field, Form, Stay, WrongAnswer, start, yes_no
from bot.reply import Reply, Text
from bot.turn import Routes, Turn
from credit_core.clock import FixedClock
from credit_core.database import Database
from tests.bot import account
from tests.bot.account import Understood
from tests.bot.talk import Talk

PHRASES = {
    "我要订餐": "order",
    "几点开门": "hours",
    "今天几点开门啊": Understood("hours", 0.9),
    "多放辣，几点开门都行，我家孩子爱吃辣的": Understood("hours", 0.9),
    "另一张表": "other",
}


def _number(turn: Turn, _answers: Answers) -> int:
    if not turn.text.isdecimal():
        raise WrongAnswer("请回复数字")
    return int(turn.text)


def _photos(turn: Turn, answers: Answers) -> Stay | list[int]:
    kept = list(answers.get("photos") or [])
    if turn.inbound.kind == "image":
        assert isinstance(turn.media, bytes)
        return Stay([*kept, len(turn.media)], f"收到{len(kept) + 1}张")
    if turn.text == "好了":
        return kept
    raise WrongAnswer("请发照片")


def _sure(turn: Turn, _answers: Answers) -> bool:
    sure = yes_no(turn)
    if sure is None:
        raise WrongAnswer("是还是否")
    return sure


@pytest.fixture
def talk(database: Database, clock: FixedClock) -> Talk:
    done: list[Answers] = []

    def finish(_turn: Turn, answers: Answers) -> Reply:
        done.append(answers)
        return Text(f"成了：{answers}")

    routes = Routes()
    routes.intents["order"] = lambda turn: start(turn, "order")
    routes.intents["hours"] = lambda _turn: Text("八点")
    routes.intents["other"] = lambda turn: start(turn, "other")
    routes.intents["unknown"] = lambda _turn: Text("没听懂")
    routes.forms["order"] = Form(
        "order",
        "订餐",
        (
            Field("count", lambda _t, _a: Text("几份？"), _number),
            Field(
                "wish",
                lambda _t, a: Text(f"{a['count']}份，口味？"),
                lambda t, _a: t.text,
                free=True,
            ),
            Field("photos", lambda _t, _a: Text("照片？"), _photos, takes_photos=True),
            Field("sure", lambda _t, _a: Text("确定？"), _sure),
        ),
        finish,
        intents=frozenset({"order"}),
    )
    routes.forms["other"] = Form(
        "other", "别的", (Field("x", lambda _t, _a: Text("x？"), _number),), finish
    )
    talk = Talk(
        database, clock, account.services(routes, PHRASES), photos={"m1": b"123", "m2": b"12"}
    )
    talk.done = done  # type: ignore[attr-defined]
    return talk


def test_the_straight_way(talk: Talk) -> None:
    assert talk.say("我要订餐") == "几份？"
    assert talk.say("2") == "2份，口味？"
    assert talk.say("微辣") == "照片？"
    assert talk.photo("m1") == "收到1张"
    assert talk.photo("m2") == "收到2张"
    assert talk.say("好了") == "确定？"
    assert talk.say("确定").startswith("成了")
    assert talk.done == [{"count": 2, "wish": "微辣", "photos": [3, 2], "sure": True}]  # type: ignore[attr-defined]


def test_a_wrong_answer_is_explained_and_the_second_one_shows_the_way_out(talk: Talk) -> None:
    talk.say("我要订餐")
    assert talk.say("很多") == "请回复数字"
    again = talk.say("好多")
    assert again.startswith("请回复数字")
    assert "取消" in again


def test_back_and_cancel(talk: Talk) -> None:
    talk.say("我要订餐")
    talk.say("2")
    assert talk.say("上一步") == "几份？"
    assert "第一步" in talk.say("上一步")
    assert talk.say("3") == "3份，口味？"
    assert "已取消" in talk.say("取消")
    assert talk.say("2") == "没听懂"
    assert talk.done == []  # type: ignore[attr-defined]


def test_a_question_in_between_is_answered_and_the_form_goes_on(talk: Talk) -> None:
    talk.say("我要订餐")
    answer = talk.say("几点开门")
    assert answer.startswith("八点")
    assert "几份？" in answer
    talk.say("2")
    assert talk.say("今天几点开门啊").startswith("八点")
    # A long free answer stays an answer, also when it mentions something else.
    assert talk.say("多放辣，几点开门都行，我家孩子爱吃辣的") == "照片？"


def test_another_form_is_filled_in_first_and_this_one_goes_on_after_it(talk: Talk) -> None:
    talk.say("我要订餐")
    talk.say("2")
    answer = talk.say("另一张表")
    assert "给您留着" in answer
    assert answer.endswith("x？")
    answer = talk.say("7")
    assert answer.startswith("成了：{'x': 7}")
    assert answer.endswith("2份，口味？")
    assert talk.say("微辣") == "照片？"


def test_leaving_the_inner_form_keeps_the_outer_one(talk: Talk) -> None:
    talk.say("我要订餐")
    talk.say("另一张表")
    assert talk.say("取消").endswith("几份？")
    assert talk.say("4") == "4份，口味？"
    assert "已取消" in talk.say("取消")
    assert talk.say("4") == "没听懂"


def test_photos_are_kept_when_somebody_goes_back_over_them(talk: Talk) -> None:
    for line in ("我要订餐", "2", "微辣"):
        talk.say(line)
    talk.photo("m1")
    talk.say("好了")
    talk.say("上一步")
    talk.photo("m2")
    assert talk.say("好了") == "确定？"
    talk.say("确定")
    assert talk.done[0]["photos"] == [3, 2]  # type: ignore[attr-defined]


def test_after_a_day_it_says_where_we_were_and_after_a_week_it_has_ended(talk: Talk) -> None:
    talk.say("我要订餐")
    talk.say("2")
    talk.wait(days=2)
    answer = talk.say("微辣")
    assert "订餐" in answer
    assert answer.endswith("照片？")
    talk.wait(days=8)
    answer = talk.say("好了")
    assert "自动结束" in answer
    assert talk.done == []  # type: ignore[attr-defined]


def test_a_photo_where_none_is_wanted(talk: Talk) -> None:
    talk.say("我要订餐")
    answer = talk.photo("m1")
    assert "照片先不急" in answer
    assert "几份？" in answer


def test_a_photo_that_cannot_be_fetched_is_asked_for_again(talk: Talk) -> None:
    for line in ("我要订餐", "2", "微辣"):
        talk.say(line)
    assert "再发一次" in talk.photo("gone")
    assert talk.photo("m1") == "收到1张"

"""Customer messages: the windows that a person's own actions open."""

from __future__ import annotations

import pytest

WANG = "o_wang_0000000000000000000001"
SEND = "/cgi-bin/message/custom/send"
TEXT = {"touser": WANG, "msgtype": "text", "text": {"content": "您好"}}


@pytest.fixture
async def phone(bench):
    handset = bench.sandbox.phone(WANG)
    await handset.follow()
    bench.clock.forward(61)
    return handset


async def _codes(bench, times):
    return [(await bench.post(SEND, TEXT))["errcode"] for _ in range(times)]


async def test_following_gives_three_within_a_minute(bench):
    await bench.sandbox.phone(WANG).follow()
    assert await _codes(bench, 4) == [0, 0, 0, 45047]
    bench.clock.forward(61)
    assert await _codes(bench, 1) == [45015]


async def test_a_message_gives_five_within_48_hours(bench, phone):
    await phone.say("在吗")
    bench.clock.forward(47 * 3600)
    bench.token = str((await bench.stable())["access_token"])
    assert await _codes(bench, 6) == [0, 0, 0, 0, 0, 45047]
    await phone.say("还在吗")
    bench.clock.forward(48 * 3600 + 1)
    bench.token = str((await bench.stable())["access_token"])
    assert await _codes(bench, 1) == [45015]


async def test_an_option_of_a_msgmenu_opens_nothing(bench, phone):
    await phone.say("满意", menu_id="1")
    assert bench.account.seen[-1]["bizmsgmenuid"] == "1"
    assert await _codes(bench, 1) == [45015]


async def test_unfollowing_closes_everything(bench, phone):
    await phone.say("在吗")
    await phone.unfollow()
    assert await _codes(bench, 1) == [43004]


@pytest.mark.parametrize(
    ("kind", "content", "errcode"),
    [
        ("text", {"content": ""}, 44004),
        ("text", {"content": "长" * 683}, 45002),
        ("image", {"media_id": "nope"}, 40007),
        ("news", {"articles": []}, 44003),
        ("news", {"articles": [{"title": "a"}, {"title": "b"}]}, 45008),
        ("msgmenu", {"head_content": "x", "list": []}, 44004),
        ("telegram", {}, 40008),
    ],
)
async def test_wrong_contents_are_refused_and_cost_nothing(bench, phone, kind, content, errcode):
    await phone.say("在吗")
    told = await bench.post(SEND, {"touser": WANG, "msgtype": kind, kind: content})
    assert told["errcode"] == errcode
    assert await _codes(bench, 5) == [0] * 5


async def test_all_kinds_reach_the_phone(bench, phone):
    await phone.say("在吗")
    menu = {"head_content": "满意吗", "list": [{"id": "1", "content": "满意"}]}
    news = {"articles": [{"title": "文", "description": "", "url": "http://x/", "picurl": ""}]}
    for kind, content in (("msgmenu", menu), ("news", news)):
        told = await bench.post(SEND, {"touser": WANG, "msgtype": kind, kind: content})
        assert told["errcode"] == 0
    shown = [m["kind"] for m in await phone.messages()]
    assert shown[-2:] == ["msgmenu", "news"]
    assert len(bench.log("custom")) == 2


async def test_typing_needs_a_recent_sign_of_life(bench, phone):
    body = {"touser": WANG, "command": "Typing"}
    path = "/cgi-bin/message/custom/typing"
    assert (await bench.post(path, body))["errcode"] == 45080
    await phone.say("在吗")
    assert (await bench.post(path, body))["errcode"] == 0
    assert (await bench.post(path, {**body, "command": "Sing"}))["errcode"] == 45072

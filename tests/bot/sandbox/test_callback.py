"""Messages to the account: signatures, modes, the limit of time with its repeats, replies."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import web

WANG = "o_wang_0000000000000000000001"


@pytest.fixture
async def phone(bench):
    handset = bench.sandbox.phone(WANG)
    await handset.follow()
    return handset


@pytest.mark.parametrize("mode", ["plain", "compatible", "safe"])
async def test_every_mode_is_written_as_wechat_writes_it(bench, phone, mode):
    await bench.control("settings", {"mode": mode})
    reply = await phone.say("在吗 <&]]>")
    assert reply.text == "收到：在吗 <&]]>"
    body, query = bench.account.bodies[-1], bench.account.queries[-1]
    assert query["openid"] == WANG
    assert ("<Content>" in body, "<Encrypt>" in body) == {
        "plain": (True, False),
        "compatible": (True, True),
        "safe": (False, True),
    }[mode]
    assert ("msg_signature" in query) == (mode != "plain")
    assert bench.account.seen[-1]["Content"] == "在吗 <&]]>"


async def test_an_account_that_is_too_slow_gets_the_same_message_three_times(bench, phone):
    async def slow(_message):
        await asyncio.sleep(1)
        return "success"

    bench.account.reply = slow
    reply = await phone.say("在吗")
    assert (reply.status, reply.deliveries) == ("timeout", 3)
    copies = [message for message in bench.account.seen if message["MsgType"] == "text"]
    assert len(copies) == 3
    assert len({message["MsgId"] for message in copies}) == 1
    assert len({query["nonce"] for query in bench.account.queries[-3:]}) == 3
    assert (await phone.messages())[-1]["kind"] == "unavailable"


async def test_the_second_delivery_may_still_answer(bench, phone):
    tries = []

    async def slow_once(message):
        tries.append(1)
        if len(tries) == 1:
            await asyncio.sleep(1)
        return bench.account.text(message, "来了")

    bench.account.reply = slow_once
    reply = await phone.say("在吗")
    assert (reply.text, reply.deliveries) == ("来了", 2)
    assert [m["kind"] for m in await phone.messages()] == ["text", "text"]


async def test_an_account_that_is_down_is_tried_three_times(bench, phone):
    bench.sandbox.point_to("http://127.0.0.1:9/wechat")
    reply = await phone.say("在吗")
    assert (reply.status, reply.deliveries) == ("unreachable", 3)


@pytest.mark.parametrize(
    "answer",
    [
        web.Response(text="{}"),
        web.Response(text="你好"),
        web.Response(status=500),
        web.Response(text="<xml><Content>x</Content></xml>"),
    ],
    ids=["json", "bare text", "5xx", "unencrypted"],
)
async def test_a_malformed_answer_shows_that_the_account_is_out_of_service(bench, phone, answer):
    async def broken(_message):
        return web.Response(text=answer.text, status=answer.status)

    bench.account.reply = broken
    reply = await phone.say("在吗")
    assert (reply.status, reply.deliveries) == ("malformed", 1)
    assert (await phone.messages())[-1]["kind"] == "unavailable"


async def test_no_reply_is_shown_to_somebody_who_left(bench, phone):
    async def farewell(message):
        return bench.account.text(message, "再见")

    bench.account.reply = farewell
    await phone.unfollow()
    assert await phone.messages() == []
    assert bench.account.seen[-1]["Event"] == "unsubscribe"


async def test_the_same_packet_at_once_keeps_its_msgid(bench, phone):
    replies = await phone.deliver_many("三次", times=3)
    assert [reply.text for reply in replies] == ["收到：三次"] * 3
    assert len({m["MsgId"] for m in bench.account.seen if m["MsgType"] == "text"}) == 1
    events = await phone.deliver_many(event="CLICK", EventKey="SCORE", times=2)
    assert [reply.status for reply in events] == ["success", "success"]


async def test_a_raw_packet_goes_out_as_it_stands(bench, phone):
    (reply,) = await phone.deliver_raw(
        f"<xml><ToUserName>gh</ToUserName><FromUserName>{WANG}</FromUserName>"
        "<CreateTime>1</CreateTime><MsgType>strange</MsgType></xml>"
    )
    assert reply.status == "success"
    assert bench.account.seen[-1]["MsgType"] == "strange"


async def test_a_connection_that_is_cut_brings_the_message_again(bench, phone):
    async def quick(message):
        await asyncio.sleep(0.1)
        return bench.account.text(message, "来了")

    bench.account.reply = quick
    rule = {"kind": "cut_callback", "path": "text", "ms": 40, "times": 1}
    await bench.control("faults", {"rules": [rule]})
    reply = await phone.say("在吗")
    assert (reply.text, reply.deliveries) == ("来了", 2)


async def test_the_page_need_not_wait_for_a_slow_account(bench, phone):
    async def slow(message):
        await asyncio.sleep(0.25)
        return bench.account.text(message, "来了")

    bench.account.reply = slow
    await bench.control("settings", {"answer_seconds": 3})
    body = {"openid": WANG, "do": "say", "text": "在吗", "patience": 1}
    assert (await bench.control("act", body))["status"] == "replied"
    await phone.say("再问")
    assert (await phone.messages())[-1]["text"] == "来了"

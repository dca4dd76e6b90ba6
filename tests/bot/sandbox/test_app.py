"""The thin path: follow, say, a reply, a template notice, and a restart."""

from __future__ import annotations

import time

import aiohttp
from aiohttp.test_utils import TestServer

from bot.sandbox import make_sandbox

WANG = "o_wang_0000000000000000000001"


async def test_a_person_follows_speaks_and_gets_a_notice(bench):
    phone = bench.sandbox.phone(WANG)
    assert (await phone.follow()).status == "success"
    reply = await phone.say("你好")
    assert (reply.status, reply.text) == ("replied", "收到：你好")
    sent = await bench.post(
        "/cgi-bin/message/template/send",
        {
            "touser": WANG,
            "template_id": "T1",
            "client_msg_id": "row-1",
            "data": {"thing1": {"value": "由B升为A"}, "time2": {"value": "2026年11月22日"}},
        },
    )
    assert sent["errcode"] == 0
    kinds = [(m["side"], m["kind"]) for m in await phone.messages()]
    assert kinds == [("me", "text"), ("account", "text"), ("account", "notice")]
    await bench.idle()
    (receipt,) = bench.account.events("TEMPLATESENDJOBFINISH")
    assert receipt["MsgID"] == str(sent["msgid"])
    assert receipt["Status"] == "success"
    (line,) = bench.log("template")
    assert (line["openid"], line["key"], line["msgid"]) == (WANG, "row-1", sent["msgid"])


async def test_a_restart_keeps_chats_followers_and_idempotency_keys(bench, config):
    await bench.sandbox.phone(WANG).follow()
    await bench.sandbox.phone(WANG).say("在吗")
    body = {
        "touser": WANG,
        "template_id": "T1",
        "client_msg_id": "row-1",
        "data": {"thing1": {"value": "甲"}, "time2": {"value": "2026-11-22"}},
    }
    first = await bench.post("/cgi-bin/message/template/send", body)
    again = make_sandbox(config, time.time)
    assert [m["text"] for m in again.world.store.messages(WANG)[:2]] == ["在吗", "收到：在吗"]
    assert again.world.is_following(WANG)
    assert again.world.template_keys.find((WANG, "row-1")) == first["msgid"]
    again.world.close()


async def test_open_pages_do_not_hold_up_the_end(config):
    sandbox = make_sandbox(config)
    server = TestServer(sandbox.app, shutdown_timeout=5)
    await server.start_server()
    async with aiohttp.ClientSession() as session:
        events = await session.get(server.make_url("/events"))
        assert await events.content.readline()
        began = time.monotonic()
        await server.close()
        assert time.monotonic() - began < 2


async def test_people_stand_in_the_order_of_the_configuration_also_after_a_restart(bench, config):
    await bench.sandbox.phone("o_aaa").join("阿新", key="aaa")
    fewer = config.model_copy(update={"persons": config.persons[::-1]})
    again = make_sandbox(fewer)
    assert [one.key for one in again.world.people()] == ["li", "wang", "aaa"]
    again.world.close()
    alone = make_sandbox(config.model_copy(update={"persons": config.persons[:1]}))
    assert [one.key for one in alone.world.people()] == ["wang", "aaa"]
    alone.world.close()

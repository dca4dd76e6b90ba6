"""What all interfaces have in common: bodies, methods, tokens, refusals, faults."""

from __future__ import annotations

import time

import aiohttp
import pytest

WANG = "o_wang_0000000000000000000001"
SEND = "/cgi-bin/message/template/send"
NOTICE = {
    "touser": "seed_openid_0000001",
    "template_id": "T1",
    "data": {"thing1": {"value": "甲"}, "time2": {"value": "2026-11-22"}},
}


async def test_refusals_are_http_200_and_end_in_a_rid_that_can_be_asked_for(bench):
    told = await bench.post(SEND, {**NOTICE, "template_id": "nope"})
    assert told["errcode"] == 40037
    rid = str(told["errmsg"]).rsplit("rid: ", 1)[1]
    found = await bench.post("/cgi-bin/openapi/rid/get", {"rid": rid})
    assert found["request"]["request_url"] == SEND
    assert (await bench.post("/cgi-bin/openapi/rid/get", {"rid": "0"}))["errcode"] == 76001


@pytest.mark.parametrize(
    ("body", "errcode"),
    [
        (b"", 44002),
        (b"{", 47001),
        (b"[]", 47001),
        (b'{"touser": "\\u4e2d"}', 40033),
        (b'{"touser": 1, "data": []}', 40003),
        (b'{"touser": "seed_openid_1", "template_id": "T1", "data": []}', 47001),
    ],
)
async def test_bad_bodies_are_told_apart(bench, body, errcode):
    assert (await bench.post(SEND, body))["errcode"] == errcode


async def test_methods_tokens_and_paths_are_checked(bench):
    assert (await bench.get(SEND))["errcode"] == 43002
    assert (await bench.post("/cgi-bin/menu/get", {}))["errcode"] == 43001
    assert (await bench.post("/cgi-bin/nothing", {}))["errcode"] == 40066
    assert (await bench.post(SEND, NOTICE, token=""))["errcode"] == 41001
    assert (await bench.post(SEND, NOTICE, token="made-up"))["errcode"] == 40001
    bench.clock.forward(7201)
    assert (await bench.post(SEND, NOTICE))["errcode"] == 42001


async def test_answers_are_raw_utf8(bench):
    url = f"{bench.url}/platform/cgi-bin/template/get_all_private_template"
    async with bench.session.get(url, params={"access_token": bench.token}) as answer:
        assert "信用等级变动提醒" in (await answer.read()).decode()


async def _faults(bench, *rules):
    await bench.control("faults", {"rules": list(rules), "seed": 7})


async def test_an_errcode_can_be_given_to_a_share_of_the_calls(bench):
    await _faults(bench, {"kind": "errcode", "path": SEND, "share": 0.3, "errcode": 45009})
    told = [(await bench.post(SEND, NOTICE))["errcode"] for _ in range(100)]
    assert 15 < told.count(45009) < 45
    assert len(bench.log("template")) == told.count(0)


@pytest.mark.parametrize(("after", "effects"), [(False, 0), (True, 1)])
async def test_a_reset_comes_before_or_after_the_effect(bench, after, effects):
    await _faults(bench, {"kind": "reset", "path": SEND, "after": after})
    with pytest.raises(aiohttp.ClientError):
        await bench.post(SEND, NOTICE)
    assert len(bench.log("template")) == effects


@pytest.mark.parametrize(("after", "effects"), [(False, 0), (True, 1)])
async def test_a_5xx_comes_before_or_after_the_effect(bench, after, effects):
    await _faults(bench, {"kind": "http", "path": "/cgi-bin/message/*", "after": after})
    url = f"{bench.url}/platform{SEND}"
    async with bench.session.post(
        url, params={"access_token": bench.token}, json=None, data=_raw(NOTICE)
    ) as answer:
        assert answer.status == 503
    assert len(bench.log("template")) == effects


def _raw(body) -> bytes:
    import json

    return json.dumps(body, ensure_ascii=False).encode()


async def test_delays_quotas_and_the_end_of_faults(bench):
    await _faults(
        bench,
        {"kind": "delay", "path": SEND, "ms": 120},
        {"kind": "quota", "path": SEND, "times": 1},
    )
    began = time.monotonic()
    assert (await bench.post(SEND, NOTICE))["errcode"] == 45009
    assert time.monotonic() - began > 0.11
    assert (await bench.post(SEND, NOTICE))["errcode"] == 0
    async with bench.session.delete(f"{bench.url}/control/faults") as answer:
        assert await answer.json() == []


async def test_a_rule_with_a_spelling_mistake_is_refused_with_a_reason(bench):
    async with bench.session.post(
        f"{bench.url}/control/faults", json={"rules": [{"kind": "explode"}]}
    ) as answer:
        assert answer.status == 400
        assert "kind" in (await answer.json())["error"]


async def test_receipts_can_be_dropped_doubled_and_delayed(bench):
    await _faults(bench, {"kind": "drop_receipt", "path": "TEMPLATESENDJOBFINISH", "times": 1})
    await bench.post(SEND, NOTICE)
    await bench.idle()
    assert bench.account.events("TEMPLATESENDJOBFINISH") == []
    await _faults(bench, {"kind": "duplicate_callback", "path": "TEMPLATE*", "copies": 2})
    await bench.post(SEND, NOTICE)
    await bench.idle()
    receipts = bench.account.events("TEMPLATESENDJOBFINISH")
    assert len(receipts) == 3
    assert len({receipt["MsgID"] for receipt in receipts}) == 1


async def test_reordered_callbacks_overtake_each_other(bench):
    phone = bench.sandbox.phone(WANG)
    await phone.follow()
    await _faults(bench, {"kind": "reorder_callback", "path": "text", "ms": 80, "times": 1})
    import asyncio

    await asyncio.gather(phone.say("一"), phone.say("二"))
    said = [m["Content"] for m in bench.account.seen if m["MsgType"] == "text"]
    assert said == ["二", "一"]

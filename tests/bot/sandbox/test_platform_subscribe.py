"""Subscription notices: a yes is worth one send, a long-term yes stays."""

from __future__ import annotations

WANG = "o_wang_0000000000000000000001"
SEND = "/cgi-bin/message/subscribe/bizsend"
TMPL = "/wxaapi/newtmpl/"
ONCE = {
    "touser": WANG,
    "template_id": "S1",
    "page": "https://example.org/h5/repair",
    "data": {"thing1": {"value": "信用修复"}, "time2": {"value": "2026年12月1日"}},
}
LONG = {"touser": WANG, "template_id": "S2", "data": {"phrase1": {"value": "审核中"}}}


async def _codes(bench, body, times):
    return [(await bench.post(SEND, body))["errcode"] for _ in range(times)]


async def test_a_one_off_yes_is_worth_one_send_even_without_following(bench):
    phone = bench.sandbox.phone(WANG)
    assert await _codes(bench, ONCE, 1) == [43101]
    await phone.subscribe_to("S1")
    await phone.subscribe_to("S1")
    popup = bench.account.events("subscribe_msg_popup_event")[0]
    row = popup["SubscribeMsgPopupEvent"]["List"]
    assert (row["TemplateId"], row["SubscribeStatusString"]) == ("S1", "accept")
    assert await _codes(bench, ONCE, 3) == [0, 0, 43101]
    await bench.idle()
    sent = bench.account.events("subscribe_msg_sent_event")
    assert [s["SubscribeMsgSentEvent"]["List"]["ErrorCode"] for s in sent] == ["0", "0"]
    assert [m["channel"] for m in await phone.messages()] == ["once", "once"]


async def test_a_long_term_yes_stays_until_it_is_withdrawn(bench):
    phone = bench.sandbox.phone(WANG)
    await phone.subscribe_to("S2")
    assert await _codes(bench, LONG, 3) == [0, 0, 0]
    await bench.control("act", {"openid": WANG, "do": "refuse", "template_id": "S2"})
    assert await _codes(bench, LONG, 1) == [43101]
    assert bench.account.events("subscribe_msg_change_event")


async def test_a_no_adds_nothing(bench):
    await bench.sandbox.phone(WANG).subscribe_to("S1", accept=False)
    assert await _codes(bench, ONCE, 1) == [43101]


async def test_refusals(bench):
    await bench.sandbox.phone(WANG).subscribe_to("S1")
    assert await _codes(bench, {**ONCE, "template_id": "T1"}, 1) == [40037]
    assert await _codes(bench, {**ONCE, "page": "repair"}, 1) == [41030]
    assert await _codes(bench, {**ONCE, "data": {}}, 1) == [47003]
    assert await _codes(bench, ONCE, 1) == [0], "refused sends cost no subscription"


async def test_templates_come_from_the_library(bench):
    query = {"ids": "616", "start": "0", "limit": "30"}
    titles = await bench.get(TMPL + "getpubtemplatetitles", **query)
    tid = titles["data"][0]["tid"]
    words = await bench.get(TMPL + "getpubtemplatekeywords", tid=str(tid))
    kids = [row["kid"] for row in words["data"][:3]]
    body = {"tid": tid, "kidList": kids, "sceneDesc": "办理进度"}
    made = await bench.post(TMPL + "addtemplate", body)
    listed = await bench.get(TMPL + "gettemplate")
    assert {"S1": 2, "S2": 3, made["priTmplId"]: 2} == {
        row["priTmplId"]: row["type"] for row in listed["data"]
    }
    gone = {"priTmplId": made["priTmplId"]}
    assert (await bench.post(TMPL + "deltemplate", gone))["errcode"] == 0


async def test_the_library_refuses_by_field(bench):
    good = {"tid": 1001, "kidList": [1, 2], "sceneDesc": "进度"}
    for change, errcode in (
        ({"tid": 5}, 200014),
        ({"kidList": [1]}, 200020),
        ({"kidList": [1, 99]}, 200020),
        ({"sceneDesc": "长" * 16}, 200021),
    ):
        assert (await bench.post(TMPL + "addtemplate", good | change))["errcode"] == errcode
    bad = await bench.get(TMPL + "getpubtemplatetitles", ids="616", start="0", limit="31")
    assert bad["errcode"] == 200017

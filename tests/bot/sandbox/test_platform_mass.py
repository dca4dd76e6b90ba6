"""Mass sending: keys, counts, the monthly four, results that may overtake the answer."""

from __future__ import annotations

import pytest

from bot.sandbox import make_sandbox

WANG, LI = "o_wang_0000000000000000000001", "o_li_000000000000000000000002"
ALL = "/cgi-bin/message/mass/sendall"
LIST = "/cgi-bin/message/mass/send"
TEXT = {"msgtype": "text", "text": {"content": "宣传月开始了"}}
DAY = 86400


@pytest.fixture
async def followers(bench):
    for openid in (WANG, LI):
        await bench.sandbox.phone(openid).follow()
    tag = (await bench.post("/cgi-bin/tags/create", {"tag": {"name": "居民"}}))["tag"]["id"]
    await bench.post("/cgi-bin/tags/members/batchtagging", {"tagid": tag, "openid_list": [WANG]})
    return tag


async def test_a_tag_gets_the_message_and_the_event_has_the_counts(bench, followers):
    body = {"filter": {"is_to_all": False, "tag_id": followers}, "clientmsgid": "c1", **TEXT}
    told = await bench.post(ALL, body)
    assert told["errcode"] == 0
    await bench.idle()
    (event,) = bench.account.events("MASSSENDJOBFINISH")
    assert event["FromUserName"] == "mphelper"
    assert [event[k] for k in ("MsgID", "Status", "TotalCount", "SentCount", "ErrorCount")] == [
        str(told["msg_id"]),
        "send success",
        "1",
        "1",
        "0",
    ]
    assert (await bench.sandbox.phone(WANG).messages())[-1]["text"] == "宣传月开始了"
    assert await bench.sandbox.phone(LI).messages() == []
    state = await bench.post("/cgi-bin/message/mass/get", {"msg_id": told["msg_id"]})
    assert state["msg_status"] == "SEND_SUCCESS"


@pytest.mark.usefixtures("followers")
async def test_the_same_clientmsgid_is_refused_with_the_first_msg_id_for_a_day(bench):
    body = {"touser": [WANG, LI], "clientmsgid": "c1", **TEXT}
    first = await bench.post(LIST, body)
    again = await bench.post(LIST, body)
    assert (again["errcode"], again["msg_id"]) == (45065, first["msg_id"])
    assert len(bench.log("mass")) == 1
    bench.clock.forward(DAY + 1)
    bench.token = str((await bench.stable())["access_token"])
    assert (await bench.post(LIST, body))["errcode"] == 0


@pytest.mark.usefixtures("followers")
async def test_nobody_gets_more_than_four_a_month(bench):
    for number in range(5):
        body = {"touser": [WANG, LI], "clientmsgid": f"c{number}", **TEXT}
        assert (await bench.post(LIST, body))["errcode"] == 0
    assert len(await bench.sandbox.phone(WANG).messages()) == 4
    assert bench.log("mass")[-1]["count"] == 0


@pytest.mark.usefixtures("followers")
async def test_everybody_once_a_day(bench):
    body = {"filter": {"is_to_all": True}, **TEXT}
    assert (await bench.post(ALL, body))["errcode"] == 0
    assert (await bench.post(ALL, body))["errcode"] == 45028


@pytest.mark.usefixtures("followers")
@pytest.mark.parametrize(
    ("path", "body", "errcode"),
    [
        (LIST, {"touser": [WANG], **TEXT}, 40130),
        (LIST, {"touser": [WANG, LI], "clientmsgid": "x" * 65, **TEXT}, 45067),
        (LIST, {"touser": [WANG, LI], "msgtype": "wxcard", "wxcard": {}}, 45113),
        (LIST, {"touser": [WANG, LI], "msgtype": "mpnews", "mpnews": {"media_id": "x"}}, 40007),
        (ALL, {"filter": {"tag_id": 999}, **TEXT}, 40152),
        (ALL, TEXT, 40035),
    ],
)
async def test_refusals(bench, path, body, errcode):
    assert (await bench.post(path, body))["errcode"] == errcode
    assert bench.log("mass") == []


@pytest.mark.usefixtures("followers")
async def test_the_result_may_come_before_the_answer(bench):
    rule = {"kind": "receipt_first", "path": "MASSSENDJOBFINISH"}
    await bench.control("faults", {"rules": [rule]})
    told = await bench.post(LIST, {"touser": [WANG, LI], **TEXT})
    (event,) = bench.account.events("MASSSENDJOBFINISH")
    assert event["MsgID"] == str(told["msg_id"])


@pytest.mark.usefixtures("followers")
async def test_preview_and_delete(bench):
    preview = "/cgi-bin/message/mass/preview"
    assert (await bench.post(preview, {"touser": WANG, **TEXT}))["errcode"] == 0
    assert (await bench.post(preview, {"towxname": "li", **TEXT}))["errcode"] == 0
    assert (await bench.post(preview, {"touser": "o_x", **TEXT}))["errcode"] == 40003
    sent = await bench.post(LIST, {"touser": [WANG, LI], **TEXT})
    assert len(await bench.sandbox.phone(WANG).messages()) == 2
    await bench.post("/cgi-bin/message/mass/delete", {"msg_id": sent["msg_id"], "article_idx": 0})
    assert len(await bench.sandbox.phone(WANG).messages()) == 1


@pytest.mark.usefixtures("followers")
async def test_the_monthly_four_are_remembered_over_a_restart(bench, config):
    for number in range(4):
        body = {"touser": [WANG, LI], "clientmsgid": f"c{number}", **TEXT}
        await bench.post(LIST, body)
    again = make_sandbox(config)
    assert not again.world.monthly.take(WANG, again.world.clock())
    again.world.close()

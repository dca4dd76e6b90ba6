"""Template messages: typed keywords, idempotency, followers."""

from __future__ import annotations

import pytest

from bot.sandbox.keywords import fits, keywords_of

WANG = "o_wang_0000000000000000000001"
SEND = "/cgi-bin/message/template/send"


def notice(openid=WANG, **changes):
    data = {"thing1": {"value": "由B升为A"}, "time2": {"value": "2026年11月22日"}}
    return {"touser": openid, "template_id": "T1", "data": data, **changes}


@pytest.mark.parametrize(
    ("key", "good", "bad"),
    [
        ("thing1", "二" * 20, "二" * 21),
        ("character_string2", "A-2026/1", "编号1"),
        ("character_string2", "9" * 32, "9" * 33),
        ("time3", "2026年11月22日 09:30", "明天"),
        ("time3", "2026年1月1日~2026年2月1日", "2026.1.1"),
        ("date4", "2026-11-22", "11/22"),
        ("amount5", "¥120.50元", "一百元"),
        ("phone_number6", "0631-5212345", "0" * 18),
        ("car_number7", "鲁K12345", "鲁K1234567890"),
        ("phrase8", "已受理", "已经受理完成"),
        ("phrase8", "审核中", "A级"),
        ("const9", "A级", "长" * 21),
        ("name10", "欧阳小明", "王" * 11),
        ("number11", "12.5", "十二"),
        ("thing1", "正常", "换\n行"),
    ],
)
def test_keywords_obey_the_type_in_their_name(key, good, bad):
    assert fits(key, good)
    assert not fits(key, bad)


def test_labels_are_read_from_the_content():
    content = "变动内容:{{thing1.DATA}}\n时间：{{time2.DATA}}\n"
    assert keywords_of(content) == (("thing1", "变动内容"), ("time2", "时间"))


async def test_the_same_client_msg_id_sends_once_within_ten_minutes(bench):
    await bench.sandbox.phone(WANG).follow()
    first = await bench.post(SEND, notice(client_msg_id="r1"))
    again = await bench.post(SEND, notice(client_msg_id="r1"))
    other = await bench.post(SEND, notice(client_msg_id="r2"))
    assert first["msgid"] == again["msgid"] != other["msgid"]
    assert len(bench.log("template")) == 2
    bench.clock.forward(601)
    late = await bench.post(SEND, notice(client_msg_id="r1"))
    assert late["msgid"] != first["msgid"]
    assert len(await bench.sandbox.phone(WANG).messages()) == 3


async def test_refusals(bench):
    assert (await bench.post(SEND, notice()))["errcode"] == 43004
    assert (await bench.post(SEND, notice("o_nobody")))["errcode"] == 40003
    await bench.sandbox.phone(WANG).follow()
    assert (await bench.post(SEND, notice(template_id="S1")))["errcode"] == 40037
    long = notice(data={"thing1": {"value": "长" * 21}, "time2": {"value": "2026-11-22"}})
    told = await bench.post(SEND, long)
    assert told["errcode"] == 47003
    assert "data.thing1.value" in told["errmsg"]
    told = await bench.post(SEND, notice(data={"thing1": {"value": "甲"}}))
    assert told["errcode"] == 47003
    assert "data.time2.value is empty" in told["errmsg"]
    assert bench.log("template") == []


async def test_a_blocked_template_is_accepted_and_the_receipt_tells(bench):
    phone = bench.sandbox.phone(WANG)
    await phone.follow()
    await bench.control("act", {"openid": WANG, "do": "block", "template_id": "T1", "on": True})
    assert (await bench.post(SEND, notice()))["errcode"] == 0
    await bench.idle()
    assert bench.account.events("TEMPLATESENDJOBFINISH")[0]["Status"] == "failed:user block"
    assert await phone.messages() == []
    told = await bench.post("/wxa/sec/queryblocktmplmsg", {"tmpl_msg_list": []})
    assert told["msginfo"] == [{"openid": WANG, "template_id": "T1"}]


async def test_seeded_followers_need_no_phone(bench):
    assert (await bench.post(SEND, notice("seed_openid_0000042")))["errcode"] == 0
    assert bench.log("template")[0]["openid"] == "seed_openid_0000042"


async def test_templates_are_added_and_removed(bench):
    add = "/cgi-bin/template/api_add_template"
    assert (await bench.post(add, {"template_id_short": "TM1"}))["errcode"] == 40247
    body = {"template_id_short": "TM1", "keyword_name_list": ["事项", "时间"]}
    made = await bench.post(add, body)
    listed = await bench.get("/cgi-bin/template/get_all_private_template")
    assert made["template_id"] in [t["template_id"] for t in listed["template_list"]]
    gone = {"template_id": made["template_id"]}
    assert (await bench.post("/cgi-bin/template/del_private_template", gone))["errcode"] == 0
    assert (await bench.post("/cgi-bin/template/del_private_template", gone))["errcode"] == 40037


async def test_a_const_takes_approved_values_only(bench):
    spec = {
        "template_id": "T2",
        "title": "预警",
        "content": "等级:{{const1.DATA}}",
        "allowed": {"const1": ["A", "暂不评价"]},
    }
    await bench.control("templates", {"templates": [spec]})
    for value, errcode in (("暂不评价", 0), ("A级", 47003)):
        body = notice("seed_openid_1", template_id="T2", data={"const1": {"value": value}})
        assert (await bench.post(SEND, body))["errcode"] == errcode

"""The control API that tests and judges use."""

from __future__ import annotations

import json

from bot.sandbox import Phone

WANG = "o_wang_0000000000000000000001"


async def test_a_phone_over_http_is_the_same_phone(bench):
    phone = Phone.over_http(bench.session, bench.url, WANG)
    await phone.follow()
    assert (await phone.say("你好")).text == "收到：你好"
    await phone.send_photo(b"\xff\xd8\xff\xe0" + bytes(100))
    assert [m["kind"] for m in await phone.messages()] == ["text", "text", "image"]
    body = {"touser": WANG, "msgtype": "text", "text": {"content": "您好"}}
    after = (await phone.messages())[-1]["id"]
    await bench.post("/cgi-bin/message/custom/send", body)
    assert (await phone.wait_for("text", after=after))["text"] == "您好"


async def test_anybody_can_join_and_all_message_types_go_out(bench):
    phone = await Phone.over_http(bench.session, bench.url, "o_zhao").join("赵新来")
    await phone.follow()
    await phone.send_voice(b"#!AMR\n" + bytes(20))
    await phone.send_video(b"\0\0\0\x18ftypmp42", kind="shortvideo")
    await phone.send_location(37.5, 122.1, "市医保中心")
    await phone.send_link("文", "说明", "https://example.org/")
    await phone.send_file("证明.pdf", b"%PDF")
    await phone.event("LOCATION", Latitude="37.5", Longitude="122.1", Precision="60")
    told = [m.get("Event", m["MsgType"]) for m in bench.account.seen[1:]]
    assert told == ["voice", "shortvideo", "location", "link", "file", "LOCATION"]
    voice, _video, place, _link, file, _event = bench.account.seen[1:]
    assert (voice["Format"], voice["MediaId16K"]) == ("amr", voice["MediaId"])
    assert (place["Location_X"], place["Label"]) == ("37.5", "市医保中心")
    assert file["FileTotalLen"] == "4"


async def test_the_log_is_json_lines(bench):
    await bench.sandbox.phone(WANG).follow()
    body = {"touser": WANG, "msgtype": "text", "text": {"content": "您好"}}
    await bench.post("/cgi-bin/message/custom/send", body)
    async with bench.session.get(f"{bench.url}/control/log") as answer:
        (line,) = [json.loads(line) for line in (await answer.text()).splitlines()]
    assert (line["api"], line["openid"], line["body"]) == ("custom", WANG, body)


async def test_mistakes_are_one_sentence(bench):
    for path, body in (
        ("act", {"do": "say"}),
        ("act", {"openid": WANG, "do": "fly"}),
        ("act", {"openid": WANG, "do": "say", "text": "未关注"}),
        ("act", {"openid": WANG, "do": "tap", "key": "NONE"}),
        ("act", {"openid": WANG, "do": "photo", "data": "***"}),
        ("persons", {"name": ""}),
        ("settings", {"mode": "open"}),
    ):
        async with bench.session.post(f"{bench.url}/control/{path}", json=body) as answer:
            assert answer.status == 400, (path, body)
            assert (await answer.json())["error"]

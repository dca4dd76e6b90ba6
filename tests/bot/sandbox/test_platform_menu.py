"""The menu: its limits, the conditional ones, and what a tap sends."""

from __future__ import annotations

import pytest

WANG, LI = "o_wang_0000000000000000000001", "o_li_000000000000000000000002"
CREATE = "/cgi-bin/menu/create"
CLICK = {"type": "click", "name": "信用分", "key": "SCORE"}
MENU = {
    "button": [
        CLICK,
        {
            "name": "办事",
            "sub_button": [
                {"type": "view", "name": "报告", "url": "https://example.org/h5"},
                {"type": "scancode_waitmsg", "name": "核销", "key": "SCAN"},
                {"type": "pic_photo_or_album", "name": "材料", "key": "PIC"},
                {"type": "location_select", "name": "附近", "key": "NEAR"},
            ],
        },
    ]
}
JPEG = b"\xff\xd8\xff\xe0" + bytes(100)


async def test_taps_send_what_wechat_sends(bench):
    phone = bench.sandbox.phone(WANG)
    await phone.follow()
    assert (await bench.post(CREATE, MENU))["errcode"] == 0
    await phone.tap("SCORE")
    await phone.tap("报告")
    await phone.tap("SCAN", result="YIXIN-1")
    await phone.tap("NEAR", result="市医保中心")
    await bench.control("act", {"openid": WANG, "do": "pictures", "key": "PIC", "data": "/9j/4AAA"})
    told = [m.get("Event", m["MsgType"]) for m in bench.account.seen[1:]]
    assert told == [
        "CLICK",
        "VIEW",
        "scancode_waitmsg",
        "location_select",
        "location",
        "pic_photo_or_album",
        "image",
    ]
    click, view, scan = bench.account.seen[1:4]
    assert (click["EventKey"], view["EventKey"]) == ("SCORE", "https://example.org/h5")
    assert scan["ScanCodeInfo"]["ScanResult"] == "YIXIN-1"
    pictures = bench.account.events("pic_photo_or_album")[0]["SendPicsInfo"]
    assert (pictures["Count"], len(pictures["PicList"]["item"]["PicMd5Sum"])) == ("1", 32)


@pytest.mark.parametrize(
    ("button", "errcode"),
    [
        ([], 40016),
        ([CLICK] * 4, 40016),
        ([{**CLICK, "name": "六个汉字名"}], 0),
        ([{**CLICK, "name": "六个汉字名字"}], 40018),
        ([{"name": "办事", "sub_button": [CLICK] * 6}], 40023),
        ([{**CLICK, "key": ""}], 40019),
        ([{"type": "view", "name": "报告", "url": "h5"}], 40054),
        ([{"type": "sing", "name": "唱", "key": "K"}], 40017),
        ([{"type": "miniprogram", "name": "程序", "url": "https://x"}], 45064),
    ],
)
async def test_limits(bench, button, errcode):
    assert (await bench.post(CREATE, {"button": button}))["errcode"] == errcode


async def test_a_tag_brings_another_menu_and_the_newest_fitting_one_wins(bench):
    for openid in (WANG, LI):
        await bench.sandbox.phone(openid).follow()
    tag = (await bench.post("/cgi-bin/tags/create", {"tag": {"name": "机构"}}))["tag"]["id"]
    staff = {"button": [{**CLICK, "name": "预警"}], "matchrule": {"tag_id": str(tag)}}
    add = "/cgi-bin/menu/addconditional"
    assert (await bench.post(add, staff))["errcode"] == 65303
    await bench.post(CREATE, MENU)
    made = await bench.post(add, staff)
    body = {"tagid": tag, "openid_list": [LI]}
    await bench.post("/cgi-bin/tags/members/batchtagging", body)
    match = "/cgi-bin/menu/trymatch"
    assert (await bench.post(match, {"user_id": LI}))["button"][0]["name"] == "预警"
    assert (await bench.post(match, {"user_id": "wang"}))["button"][0]["name"] == "信用分"
    gone = {"menuid": made["menuid"]}
    assert (await bench.post("/cgi-bin/menu/delconditional", gone))["errcode"] == 0
    assert (await bench.post(match, {"user_id": LI}))["button"][0]["name"] == "信用分"
    old = {**staff, "matchrule": {"sex": "1"}}
    assert (await bench.post(add, old))["errcode"] == 65320


async def test_no_menu_is_46003(bench):
    assert (await bench.get("/cgi-bin/menu/get"))["errcode"] == 46003
    await bench.post(CREATE, MENU)
    assert (await bench.get("/cgi-bin/menu/get"))["menu"]["button"][0]["key"] == "SCORE"
    await bench.get("/cgi-bin/menu/delete")
    assert (await bench.get("/cgi-bin/menu/get"))["errcode"] == 46003

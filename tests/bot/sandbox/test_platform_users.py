"""Followers, remarks and scene codes."""

from __future__ import annotations

import pytest

WANG = "o_wang_0000000000000000000001"


async def test_a_scene_code_is_shown_scanned_and_told(bench):
    body = {
        "action_name": "QR_STR_SCENE",
        "expire_seconds": 60,
        "action_info": {"scene": {"scene_str": "hall-1"}},
    }
    code = await bench.post("/cgi-bin/qrcode/create", body)
    url = f"{bench.url}/platform/cgi-bin/showqrcode"
    async with bench.session.get(url, params={"ticket": code["ticket"]}) as picture:
        assert picture.content_type == "image/svg+xml"
    phone = bench.sandbox.phone(WANG)
    await phone.scan("hall-1")
    await phone.scan("hall-1")
    first, second = bench.account.seen
    assert (first["Event"], first["EventKey"]) == ("subscribe", "qrscene_hall-1")
    assert (second["Event"], second["EventKey"]) == ("SCAN", "hall-1")
    assert second["Ticket"] == code["ticket"]
    info = await bench.get("/cgi-bin/user/info", openid=WANG)
    assert (info["subscribe_scene"], info["qr_scene_str"]) == ("ADD_SCENE_QR_CODE", "hall-1")
    bench.clock.forward(61)
    async with bench.session.get(url, params={"ticket": code["ticket"]}) as picture:
        assert picture.status == 404


@pytest.mark.parametrize(
    ("action", "scene", "errcode"),
    [
        ("QR_SONG", {}, 40052),
        ("QR_SCENE", {"scene_id": 0}, 40053),
        ("QR_LIMIT_SCENE", {"scene_id": 100001}, 40053),
        ("QR_STR_SCENE", {"scene_str": "x" * 65}, 40053),
    ],
)
async def test_wrong_scenes(bench, action, scene, errcode):
    body = {"action_name": action, "action_info": {"scene": scene}}
    assert (await bench.post("/cgi-bin/qrcode/create", body))["errcode"] == errcode


async def test_info_tells_nothing_of_those_who_left(bench):
    phone = bench.sandbox.phone(WANG)
    await phone.follow()
    told = await bench.get("/cgi-bin/user/info", openid=WANG)
    assert told["subscribe"] == 1
    assert "nickname" not in told
    assert (await bench.get("/cgi-bin/user/get"))["data"]["openid"] == [WANG]
    await phone.unfollow()
    assert (await bench.get("/cgi-bin/user/info", openid=WANG))["subscribe"] == 0
    assert (await bench.get("/cgi-bin/user/get"))["total"] == 0
    assert (await bench.get("/cgi-bin/user/info", openid="o_x"))["errcode"] == 40003


async def test_batches_and_remarks(bench):
    await bench.sandbox.phone(WANG).follow()
    body = {"user_list": [{"openid": WANG}, {"openid": "seed_openid_0000001"}]}
    told = await bench.post("/cgi-bin/user/info/batchget", body)
    assert [row["subscribe"] for row in told["user_info_list"]] == [1, 1]
    body = {"user_list": [{"openid": WANG}] * 101}
    assert (await bench.post("/cgi-bin/user/info/batchget", body))["errcode"] == 40032
    remark = "/cgi-bin/user/info/updateremark"
    assert (await bench.post(remark, {"openid": WANG, "remark": "老王"}))["errcode"] == 0
    assert (await bench.post(remark, {"openid": WANG, "remark": "长" * 10}))["errcode"] == 40035

"""Media: three days, checked by content, byte for byte."""

from __future__ import annotations

import os

import pytest

WANG = "o_wang_0000000000000000000001"
JPEG = b"\xff\xd8\xff\xe0" + os.urandom(3000) + b"\r\n\r\n--x\n"
UPLOAD = "/cgi-bin/media/upload?type="


async def _bytes(bench, media_id):
    url = f"{bench.url}/platform/cgi-bin/media/get"
    query = {"access_token": bench.token, "media_id": media_id}
    async with bench.session.get(url, params=query) as answer:
        return answer.content_type, await answer.read()


async def test_what_was_uploaded_comes_back_until_three_days_are_over(bench):
    told = await bench.upload(UPLOAD + "image", JPEG)
    assert await _bytes(bench, told["media_id"]) == ("image/jpeg", JPEG)
    bench.clock.forward(3 * 86400 + 1)
    bench.token = str((await bench.stable())["access_token"])
    kind, body = await _bytes(bench, told["media_id"])
    assert kind == "text/plain", "WeChat calls its JSON so here"
    assert b"40007" in body


async def test_a_photo_of_a_person_can_be_fetched(bench):
    phone = bench.sandbox.phone(WANG)
    await phone.follow()
    await phone.send_photo(JPEG)
    message = bench.account.seen[-1]
    assert (await _bytes(bench, message["MediaId"]))[1] == JPEG
    assert str(message["PicUrl"]).endswith(f"/media/{message['MediaId']}")


@pytest.mark.parametrize(
    ("kind", "data", "errcode"),
    [
        ("poem", JPEG, 40004),
        ("image", b"plain text", 40005),
        ("image", b"", 41005),
        ("thumb", JPEG + bytes(64 * 1024), 40009),
        ("image", JPEG + bytes(10 * 1024 * 1024), 40009),
        ("voice", JPEG, 40005),
    ],
)
async def test_refusals(bench, kind, data, errcode):
    assert (await bench.upload(UPLOAD + kind, data))["errcode"] == errcode


async def test_a_video_is_answered_by_its_address(bench):
    told = await bench.upload(UPLOAD + "video", b"\0\0\0\x18ftypmp42" + bytes(100))
    answer = await bench.get("/cgi-bin/media/get", media_id=told["media_id"])
    assert answer["video_url"].endswith(told["media_id"])


async def test_permanent_material_and_pictures_for_articles(bench):
    kept = await bench.upload("/cgi-bin/material/add_material?type=image", JPEG)
    bench.clock.forward(30 * 86400)
    bench.token = str((await bench.stable())["access_token"])
    assert (await _bytes(bench, kept["media_id"]))[1] == JPEG
    assert (await bench.upload("/cgi-bin/media/uploadimg", JPEG))["url"].startswith("http")
    big = JPEG + bytes(1024 * 1024)
    assert (await bench.upload("/cgi-bin/media/uploadimg", big))["errcode"] == 40009
    video = b"\0\0\0\x18ftypmp42" + bytes(100)
    material = "/cgi-bin/material/add_material?type=video"
    assert (await bench.upload(material, video))["errcode"] == 44002
    told = await bench.upload(material, video, description='{"title":"片"}')
    assert told["media_id"]

"""Drafts: made with permanent pictures, used up by sending, published without a push."""

from __future__ import annotations

import pytest

WANG, LI = "o_wang_0000000000000000000001", "o_li_000000000000000000000002"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(50)


@pytest.fixture
async def article(bench):
    thumb = await bench.upload("/cgi-bin/material/add_material?type=image", PNG)
    return {
        "title": "信用修复指南",
        "content": "<p>第一步</p>",
        "thumb_media_id": thumb["media_id"],
    }


async def test_a_draft_is_written_changed_read_and_removed(bench, article):
    name = (await bench.post("/cgi-bin/draft/add", {"articles": [article]}))["media_id"]
    changed = {**article, "title": "新题目"}
    body = {"media_id": name, "index": 0, "articles": changed}
    assert (await bench.post("/cgi-bin/draft/update", body))["errcode"] == 0
    read = await bench.post("/cgi-bin/draft/get", {"media_id": name})
    assert read["news_item"][0]["title"] == "新题目"
    assert (await bench.get("/cgi-bin/draft/count"))["total_count"] == 1
    page = await bench.post("/cgi-bin/draft/batchget", {"offset": 0, "count": 20})
    assert page["item"][0]["media_id"] == name
    assert (await bench.post("/cgi-bin/draft/delete", {"media_id": name}))["errcode"] == 0
    assert (await bench.post("/cgi-bin/draft/get", {"media_id": name}))["errcode"] == 40007


async def test_a_picture_that_expires_is_no_thumb(bench, article):
    short = await bench.upload("/cgi-bin/media/upload?type=image", PNG)
    body = {"articles": [{**article, "thumb_media_id": short["media_id"]}]}
    assert (await bench.post("/cgi-bin/draft/add", body))["errcode"] == 40007
    assert (await bench.post("/cgi-bin/draft/add", {"articles": []}))["errcode"] == 44003
    untitled = {"articles": [{**article, "title": ""}]}
    assert (await bench.post("/cgi-bin/draft/add", untitled))["errcode"] == 45003


async def test_sending_uses_the_draft_up_and_the_article_can_be_read(bench, article):
    for openid in (WANG, LI):
        await bench.sandbox.phone(openid).follow()
    name = (await bench.post("/cgi-bin/draft/add", {"articles": [article]}))["media_id"]
    body = {"touser": [WANG, LI], "msgtype": "mpnews", "mpnews": {"media_id": name}}
    assert (await bench.post("/cgi-bin/message/mass/send", body))["errcode"] == 0
    assert (await bench.post("/cgi-bin/draft/get", {"media_id": name}))["errcode"] == 40007
    async with bench.session.get(f"{bench.url}/articles/{name}/0") as page:
        assert "第一步" in await page.text()


async def test_publishing_reports_by_event(bench, article):
    name = (await bench.post("/cgi-bin/draft/add", {"articles": [article]}))["media_id"]
    told = await bench.post("/cgi-bin/freepublish/submit", {"media_id": name})
    await bench.idle()
    (event,) = bench.account.events("PUBLISHJOBFINISH")
    assert event["PublishEventInfo"]["publish_id"] == told["publish_id"]
    state = await bench.post("/cgi-bin/freepublish/get", {"publish_id": told["publish_id"]})
    assert state["publish_status"] == 0
    wanted = {"article_id": state["article_id"]}
    assert (await bench.post("/cgi-bin/freepublish/getarticle", wanted))["news_item"]
    assert (await bench.post("/cgi-bin/freepublish/delete", wanted))["errcode"] == 0
    assert (await bench.post("/cgi-bin/freepublish/getarticle", wanted))["errcode"] == 53600

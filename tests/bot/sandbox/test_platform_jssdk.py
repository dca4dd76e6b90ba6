"""The JS-SDK's configuration is checked as WeChat does it."""

from __future__ import annotations

import hashlib


async def test_a_signature_over_ticket_nonce_time_and_url(bench):
    ticket = (await bench.get("/cgi-bin/ticket/getticket", type="jsapi"))["ticket"]
    url = "http://127.0.0.1/h5/score?x=1"
    text = f"jsapi_ticket={ticket}&noncestr=n&timestamp=1&url={url}"
    body = {
        "appid": bench.sandbox.config.appid,
        "noncestr": "n",
        "timestamp": "1",
        "url": url,
        "signature": hashlib.sha1(text.encode()).hexdigest(),
    }
    assert (await bench.post("/open/js/check", body))["errcode"] == 0
    assert (await bench.post("/open/js/check", {**body, "url": url + "#x"}))["errcode"] == 63002


async def test_the_script_is_served(bench):
    async with bench.session.get(f"{bench.url}/platform/open/js/jweixin-1.6.0.js") as answer:
        assert "wx-open-subscribe" in await answer.text()

"""Quotas, clearing them, and the check of the callback URL."""

from __future__ import annotations

INFO = "/cgi-bin/user/info"
WANG = "o_wang_0000000000000000000001"


async def test_a_days_calls_run_out_and_come_back(bench):
    await bench.control("quota", {"path": INFO, "limit": 2})
    codes = [(await bench.get(INFO, openid=WANG)).get("errcode", 0) for _ in range(3)]
    assert codes == [0, 0, 45009]
    told = await bench.post("/cgi-bin/openapi/quota/get", {"cgi_path": INFO})
    assert told["quota"] == {"daily_limit": 2, "used": 2, "remain": 0}
    body = {"appid": bench.sandbox.config.appid}
    assert (await bench.post("/cgi-bin/clear_quota", body))["errcode"] == 0
    assert (await bench.get(INFO, openid=WANG)).get("errcode", 0) == 0
    await bench.get(INFO, openid=WANG)
    bench.clock.forward(86400)
    bench.token = str((await bench.stable())["access_token"])
    assert (await bench.get(INFO, openid=WANG)).get("errcode", 0) == 0


async def test_clearing_ten_times_a_month(bench):
    body = {"appid": bench.sandbox.config.appid}
    codes = [(await bench.post("/cgi-bin/clear_quota", body))["errcode"] for _ in range(11)]
    assert codes == [0] * 10 + [48006]


async def test_strange_paths(bench):
    ask = "/cgi-bin/openapi/quota/get"
    assert (await bench.post(ask, {"cgi_path": "x"}))["errcode"] == 76021
    assert (await bench.post(ask, {"cgi_path": "/x"}))["errcode"] == 76022


async def test_the_callback_is_pinged_and_addresses_told(bench):
    check = "/cgi-bin/callback/check"
    told = await bench.post(check, {"action": "all", "check_operator": "DEFAULT"})
    assert told["ping"][0]["package_loss"] == "0%"
    bench.sandbox.point_to("http://127.0.0.1:9/")
    told = await bench.post(check, {"action": "ping"})
    assert told["ping"][0]["package_loss"] == "100%"
    assert (await bench.get("/cgi-bin/getcallbackip"))["ip_list"] == ["127.0.0.1"]

"""Access tokens: how long they live and who takes them back."""

from __future__ import annotations

SELF = "/cgi-bin/get_api_domain_ip"


async def test_the_stable_token_stays_the_same_until_five_minutes_before_its_end(bench):
    first = await bench.stable()
    assert first["access_token"] == bench.token
    bench.clock.forward(6000)
    assert (await bench.stable())["access_token"] == bench.token
    bench.clock.forward(901)
    second = await bench.stable()
    assert second["access_token"] != bench.token
    assert (await bench.get(SELF))["ip_list"], "old and new overlap for five minutes"


async def test_a_forced_refresh_takes_the_old_one_back_but_not_twice_in_30_seconds(bench):
    bench.clock.forward(31)
    forced = await bench.stable(force_refresh=True)
    assert forced["access_token"] != bench.token
    assert (await bench.get(SELF))["errcode"] == 40001
    again = await bench.stable(force_refresh=True)
    assert again["access_token"] == forced["access_token"]


async def test_twenty_forced_refreshes_a_day(bench):
    for _ in range(20):
        bench.clock.forward(31)
        assert "access_token" in await bench.stable(force_refresh=True)
    bench.clock.forward(31)
    assert (await bench.stable(force_refresh=True))["errcode"] == 45009


async def test_the_plain_token_is_new_each_time_and_apart_from_the_stable_one(bench):
    config = bench.sandbox.config
    query = {
        "grant_type": "client_credential",
        "appid": config.appid,
        "secret": config.secret,
    }
    one = await bench.get("/cgi-bin/token", **query)
    two = await bench.get("/cgi-bin/token", **query)
    assert len({bench.token, one["access_token"], two["access_token"]}) == 3
    assert (await bench.get(SELF, access_token=str(one["access_token"])))["ip_list"]
    bench.clock.forward(301)
    assert (await bench.get(SELF, access_token=str(one["access_token"])))["errcode"] == 42001
    assert (await bench.get(SELF))["ip_list"]


async def test_wrong_keys_are_named(bench):
    assert (await bench.stable(appid="wx0"))["errcode"] == 40013
    assert (await bench.stable(secret="no"))["errcode"] == 40125
    assert (await bench.stable(grant_type="x"))["errcode"] == 40002


async def test_the_control_page_revokes_and_expires(bench):
    await bench.control("tokens", {"how": "revoke"})
    assert (await bench.get(SELF))["errcode"] == 40001
    bench.token = str((await bench.stable())["access_token"])
    await bench.control("tokens", {"how": "expire"})
    assert (await bench.get(SELF))["errcode"] == 42001


async def test_the_ticket_is_kept_and_is_no_token(bench):
    one = await bench.get("/cgi-bin/ticket/getticket", type="jsapi")
    two = await bench.get("/cgi-bin/ticket/getticket", type="jsapi")
    assert one["ticket"] == two["ticket"]
    assert (await bench.get(SELF, access_token="ticket:jsapi"))["errcode"] == 40001

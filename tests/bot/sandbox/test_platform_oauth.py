"""Web authorisation: for the person who holds the phone, one code once."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

WANG = "o_wang_0000000000000000000001"
TARGET = "http://127.0.0.1:1/h5/score?tab=1"


@pytest.fixture
def authorize(bench):
    async def run(person="wang", snapshot="", **changes):
        query = {
            "appid": bench.sandbox.config.appid,
            "redirect_uri": TARGET,
            "response_type": "code",
            "scope": "snsapi_base",
            "state": "abc",
            **changes,
        }
        headers = {"Cookie": f"sandbox_person={person}; sandbox_snapshot={snapshot}"}
        url = f"{bench.url}/platform/connect/oauth2/authorize"
        async with bench.session.get(
            url, params=query, headers=headers, allow_redirects=False
        ) as answer:
            return answer.headers.get("Location", ""), await answer.text()

    return run


def exchange(bench, code, **changes):
    config = bench.sandbox.config
    query = {
        "appid": config.appid,
        "secret": config.secret,
        "code": code,
        "grant_type": "authorization_code",
        **changes,
    }
    return bench.get("/sns/oauth2/access_token", **query)


async def _code(authorize, **changes):
    location, _text = await authorize(**changes)
    return parse_qs(urlsplit(location).query)["code"][0]


async def test_the_silent_flow_gives_the_openid_of_the_person_once(bench, authorize):
    location, _text = await authorize()
    query = parse_qs(urlsplit(location).query)
    assert (query["tab"], query["state"]) == (["1"], ["abc"])
    told = await exchange(bench, query["code"][0])
    assert (told["openid"], told["scope"]) == (WANG, "snsapi_base")
    assert "is_snapshotuser" not in told
    assert (await exchange(bench, query["code"][0]))["errcode"] == 40163
    assert (await exchange(bench, "made-up"))["errcode"] == 40029
    info = {"access_token": told["access_token"], "openid": WANG}
    assert (await bench.get("/sns/auth", **info))["errcode"] == 0
    assert (await bench.get("/sns/userinfo", **info))["errcode"] == 48001


async def test_a_code_lives_five_minutes(bench, authorize):
    code = await _code(authorize)
    bench.clock.forward(301)
    assert (await exchange(bench, code))["errcode"] == 42003


async def test_a_snapshot_page_has_a_virtual_openid(bench, authorize):
    told = await exchange(bench, await _code(authorize, snapshot="1"))
    assert told["is_snapshotuser"] == 1
    assert told["openid"] != WANG


async def test_the_refresh_token_works_for_thirty_days(bench, authorize):
    told = await exchange(bench, await _code(authorize))
    query = {"appid": bench.sandbox.config.appid, "refresh_token": told["refresh_token"]}
    again = await bench.get("/sns/oauth2/refresh_token", **query)
    assert again["openid"] == WANG
    bench.clock.forward(31 * 86400)
    assert (await bench.get("/sns/oauth2/refresh_token", **query))["errcode"] == 42002
    query["refresh_token"] = "x"
    assert (await bench.get("/sns/oauth2/refresh_token", **query))["errcode"] == 40030


async def test_the_other_scope_asks_first(bench, authorize):
    location, text = await authorize(scope="snsapi_userinfo")
    assert (location, "允许" in text) == ("", True)
    told = await exchange(bench, await _code(authorize, scope="snsapi_userinfo", agreed="1"))
    info = {"access_token": told["access_token"], "openid": WANG}
    assert (await bench.get("/sns/userinfo", **info))["nickname"] == "王小明"


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({"appid": "wx0"}, "appid"),
        ({"redirect_uri": "javascript:alert(1)"}, "redirect_uri"),
        ({"scope": "all"}, "Scope"),
        ({"state": "a<b"}, "state"),
        ({"person": "nobody"}, "请在微信客户端打开链接"),
    ],
)
async def test_wrong_calls_end_on_a_page_and_not_at_the_target(authorize, changes, shown):
    location, text = await authorize(**changes)
    assert location == ""
    assert shown in text


async def test_opening_a_page_for_another_person_wipes_the_sessions_of_the_first(tmp_path):
    from aiohttp.test_utils import TestClient, TestServer

    from bot.sandbox import make_sandbox
    from tests.bot.sandbox.conftest import make_config

    sandbox = make_sandbox(make_config(tmp_path, web_cookies=(("h5", "/h5"),)))
    async with TestClient(TestServer(sandbox.app)) as client:
        for person, wiped in (("wang", True), ("wang", False), ("li", True)):
            query = {"person": person, "url": "http://127.0.0.1:1/h5/"}
            answer = await client.get("/open", params=query, allow_redirects=False)
            assert answer.status == 302
            assert ("h5" in answer.cookies) == wiped

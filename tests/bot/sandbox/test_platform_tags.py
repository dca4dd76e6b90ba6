"""Tags and the blacklist."""

from __future__ import annotations

WANG, LI = "o_wang_0000000000000000000001", "o_li_000000000000000000000002"
TAG = "/cgi-bin/tags/"


async def _tag(bench, name):
    return (await bench.post(TAG + "create", {"tag": {"name": name}}))["tag"]["id"]


async def test_followers_are_tagged_up_to_fifty_at_once(bench):
    await bench.sandbox.phone(WANG).follow()
    tag = await _tag(bench, "居民")
    put = TAG + "members/batchtagging"
    assert (await bench.post(put, {"tagid": tag, "openid_list": [WANG]}))["errcode"] == 0
    crowd = [f"seed_openid_{n:07d}" for n in range(50)]
    assert (await bench.post(put, {"tagid": tag, "openid_list": crowd}))["errcode"] == 0
    crowd.append(WANG)
    assert (await bench.post(put, {"tagid": tag, "openid_list": crowd}))["errcode"] == 40032
    assert (await bench.post(put, {"tagid": tag, "openid_list": [LI]}))["errcode"] == 49003
    assert (await bench.post(put, {"tagid": 999, "openid_list": [WANG]}))["errcode"] == 45159
    listed = await bench.get(TAG + "get")
    assert listed["tags"] == [{"id": tag, "name": "居民", "count": 51}]
    page = await bench.post("/cgi-bin/user/tag/get", {"tagid": tag})
    assert page["count"] == 51
    told = await bench.post(TAG + "getidlist", {"openid": WANG})
    assert told["tagid_list"] == [tag]
    take = TAG + "members/batchuntagging"
    assert (await bench.post(take, {"tagid": tag, "openid_list": [WANG]}))["errcode"] == 0
    assert (await bench.post(TAG + "getidlist", {"openid": WANG}))["tagid_list"] == []


async def test_names_are_unique_and_short_and_system_tags_untouched(bench):
    tag = await _tag(bench, "居民")
    for name, errcode in (("居民", 45157), ("", 45157), ("长" * 31, 45158)):
        told = await bench.post(TAG + "create", {"tag": {"name": name}})
        assert told["errcode"] == errcode
    assert (await bench.post(TAG + "update", {"tag": {"id": tag, "name": "市民"}}))["errcode"] == 0
    assert (await bench.post(TAG + "delete", {"tag": {"id": 2}}))["errcode"] == 45058
    assert (await bench.post(TAG + "delete", {"tag": {"id": tag}}))["errcode"] == 0
    assert (await bench.get(TAG + "get"))["tags"] == []


async def test_the_blacklist(bench):
    await bench.sandbox.phone(WANG).follow()
    black = TAG + "members/batchblacklist"
    assert (await bench.post(black, {"openid_list": [WANG]}))["errcode"] == 0
    assert (await bench.post(TAG + "members/getblacklist", {}))["data"]["openid"] == [WANG]
    assert (await bench.post(black, {"openid_list": [WANG] * 21}))["errcode"] == 40032


async def test_nothing_may_be_sent_to_the_blacklist(bench):
    await bench.sandbox.phone(WANG).follow()
    await bench.post(TAG + "members/batchblacklist", {"openid_list": [WANG]})
    body = {"touser": WANG, "msgtype": "text", "text": {"content": "您好"}}
    assert (await bench.post("/cgi-bin/message/custom/send", body))["errcode"] == 43019

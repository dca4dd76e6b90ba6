from __future__ import annotations

import re
from datetime import timedelta

from credit_core.accounts.codes import redeem_code
from credit_core.accounts.models import BindingCode, Follower
from credit_core.subjects.models import Subject


def shown_code(browser):
    return re.search(r'id="binding-code">([^<]+)<', browser.page).group(1)


async def test_a_clerk_issues_a_code_that_the_pharmacy_can_use(
    browse, people, sqlite_database, clock
):
    clerk = await browse("clerk")
    await clerk.get("/codes")
    await clerk.post("/codes", q="福安大药房")
    clerk.shows("福安大药房", "定点医药机构")
    await clerk.get(f"/codes/of/{people['pharmacy']}")
    await clerk.post(f"/codes/of/{people['pharmacy']}")
    code = shown_code(clerk)
    clerk.shows("只显示这一次", "可用", "打印")
    with sqlite_database.begin() as session:
        follower = Follower(openid="pharmacy_clerk")
        session.add(follower)
        session.flush()
        redeem_code(session, people["pharmacy"], code, follower.id, clock.now())
    await clerk.get(f"/codes/of/{people['pharmacy']}")
    clerk.shows("已使用")


async def test_the_code_is_never_shown_again(browse, people):
    clerk = await browse("clerk")
    await clerk.get(f"/codes/of/{people['pharmacy']}")
    await clerk.post(f"/codes/of/{people['pharmacy']}")
    code = shown_code(clerk)
    for path in ("/codes", f"/codes/of/{people['pharmacy']}"):
        await clerk.get(path)
        assert code not in clerk.page


async def test_a_code_is_revoked_and_runs_out(browse, people, sqlite_database, clock):
    clerk = await browse("clerk")
    await clerk.get(f"/codes/of/{people['pharmacy']}")
    await clerk.post(f"/codes/of/{people['pharmacy']}")
    with sqlite_database.read() as session:
        number = session.query(BindingCode).one().id
    await clerk.post(f"/codes/{number}/revoke")
    clerk.shows("绑定码已作废")
    await clerk.post(f"/codes/{number}/revoke")
    clerk.shows("不用再作废")
    await clerk.post(f"/codes/of/{people['pharmacy']}")
    clock.current += timedelta(days=7)
    await clerk.sign_in("clerk")
    await clerk.get("/codes")
    clerk.shows("已过期")


async def test_the_institution_is_found_by_its_code_and_what_was_typed_stays_out_of_the_address(
    browse, people, sqlite_database
):
    with sqlite_database.read() as session:
        identifier = session.get_one(Subject, people["pharmacy"]).identifier
    clerk = await browse("clerk")
    await clerk.post("/codes", q=f" {identifier.lower()} ")
    clerk.shows("福安大药房", identifier)
    assert clerk.url == "/staff/codes"
    await clerk.post("/codes", q="没有这家")
    clerk.shows("登记里没有这个机构")


async def test_a_person_gets_no_binding_code(browse, people):
    clerk = await browse("clerk")
    await clerk.post(f"/codes/of/{people['residents'][0]}")
    assert clerk.status == 404
    await clerk.post("/codes", q="王秀英")
    clerk.shows("登记里没有这个机构")

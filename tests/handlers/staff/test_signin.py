from __future__ import annotations

from datetime import timedelta

import pyotp
import pytest

from credit_core.accounts import staff
from credit_core.accounts.models import StaffMember
from handlers.staff.guard import SESSION_COOKIE
from tests.handlers.staff.conftest import PASSWORD


async def test_a_member_signs_in_and_out(browse):
    browser = await browse("clerk")
    browser.shows("工作台", "clerk名", "经办")
    await browser.post("/sign-out")
    assert browser.url == "/staff/sign-in"
    browser.shows("您已退出")
    await browser.get("/cases")
    assert browser.url.startswith("/staff/sign-in?next=")


@pytest.mark.parametrize(("login", "password"), [("clerk", "wrong-password"), ("nobody", PASSWORD)])
async def test_wrong_name_and_wrong_password_are_told_alike(browse, login, password):
    browser = await browse()
    await browser.sign_in(login, password)
    assert browser.status == 401
    browser.shows("登录名或密码不对")


async def test_after_five_wrong_tries_even_the_right_password_waits(browse, clock):
    browser = await browse()
    for _ in range(5):
        await browser.sign_in("clerk", "wrong-password")
    await browser.sign_in("clerk")
    assert browser.status == 429
    browser.shows("1分钟后再试")
    clock.current += timedelta(minutes=1)
    await browser.sign_in("clerk")
    assert browser.url == "/staff/"


async def test_the_cookie_is_kept_from_scripts_and_other_sites(browse):
    browser = await browse()
    await browser.get("/sign-in")
    response = await browser.client.post(
        "/staff/sign-in",
        data={"csrf": browser.token, "login": "clerk", "password": PASSWORD},
        allow_redirects=False,
    )
    cookie = response.cookies[SESSION_COOKIE]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert cookie["path"] == "/staff"
    assert not cookie["secure"]


async def test_on_https_the_cookie_is_secure(settings):
    from aiohttp import web

    from handlers.staff.guard import Guard

    guard = Guard(settings.model_copy(update={"public_url": "https://credit.example.cn"}))
    response = web.Response()
    guard.sign_in(response, "token")
    assert response.cookies[SESSION_COOKIE]["secure"]


@pytest.mark.parametrize(
    ("wanted", "reached"),
    [
        ("/staff/cases", "/staff/cases"),
        ("https://evil.example", "/staff/"),
        ("//evil.example", "/staff/"),
        ("/staff//evil.example", "/staff/"),
        ("/staff/\\evil", "/staff/"),
        ("/sandbox/", "/staff/"),
    ],
)
async def test_signing_in_leads_back_but_never_elsewhere(browse, wanted, reached):
    browser = await browse()
    await browser.get("/sign-in")
    response = await browser.client.post(
        "/staff/sign-in",
        params={"next": wanted},
        data={"csrf": browser.token, "login": "clerk", "password": PASSWORD},
        allow_redirects=False,
    )
    assert response.headers["Location"] == reached


async def test_signing_in_needs_the_token_of_its_own_page(browse):
    browser = await browse()
    await browser.post("/sign-in", token="0" * 40, login="clerk", password=PASSWORD)
    assert browser.status == 403


async def test_an_idle_session_ends_after_half_an_hour(browse, clock):
    browser = await browse("clerk")
    for _ in range(3):
        clock.current += timedelta(minutes=29)
        await browser.get("/cases")
        assert browser.url == "/staff/cases"
    clock.current += timedelta(minutes=30)
    await browser.get("/cases")
    assert browser.url.startswith("/staff/sign-in")


async def test_polling_of_an_ended_session_leads_to_the_sign_in_page(browse):
    browser = await browse()
    response = await browser.client.get("/staff/cases", headers={"HX-Request": "true"})
    assert response.headers["HX-Redirect"] == "/staff/sign-in"


async def test_a_second_factor_is_switched_on_and_asked_for(browse, clock):
    browser = await browse("clerk")
    await browser.get("/me")
    await browser.post("/me/totp")
    browser.shows("data:image/svg+xml;base64,")
    secret = browser.page.split('name="secret" value="')[1].split('"')[0]
    await browser.post("/me/totp/on", secret=secret, code=pyotp.TOTP(secret).at(clock.now()))
    browser.shows("两步验证已开启")
    clock.current += timedelta(minutes=1)
    other = await browse()
    await other.sign_in("clerk")
    other.shows("密码和动态口令一起填上")
    await other.sign_in("clerk", totp=pyotp.TOTP(secret).at(clock.now()))
    assert other.url == "/staff/"


async def test_disabling_an_account_ends_its_session(browse, sqlite_database, members):
    browser = await browse("clerk")
    with sqlite_database.begin() as session:
        staff.set_active(session, session.get_one(StaffMember, members["clerk"]), active=False)
    await browser.get("/")
    assert browser.url.startswith("/staff/sign-in")


async def test_changing_the_password_needs_the_present_one(browse):
    browser = await browse("clerk")
    await browser.get("/me")
    await browser.post("/me/password", password="not-it-at-all", new_password="a-new-password-2")
    browser.shows("现在的密码不对")
    await browser.post("/me/password", password=PASSWORD, new_password="short")
    browser.shows("密码至少 10 个字符")
    await browser.post("/me/password", password=PASSWORD, new_password="a-new-password-2")
    assert browser.url.startswith("/staff/sign-in")
    await browser.sign_in("clerk", "a-new-password-2")
    assert browser.url == "/staff/"


async def test_the_code_for_the_own_wechat_is_shown(browse, sqlite_database, clock):
    browser = await browse("clerk")
    await browser.get("/me")
    await browser.post("/me/wechat")
    code = browser.page.split('id="link-code">')[1].split("<")[0]
    with sqlite_database.begin() as session:
        staff.link_openid(session, code, "staff_openid", clock.now())
    await browser.get("/me")
    browser.shows("已绑定")

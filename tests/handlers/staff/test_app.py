"""Guards over the whole console: who may ask what, and what every answer carries."""

from __future__ import annotations

import re

import pytest

from config.texts import topic
from credit_core.accounts.models import StaffRole
from handlers.staff.app import PAGES, PUBLIC
from handlers.staff.console import CONSOLE
from handlers.staff.menu import ENTRIES
from handlers.staff.page import BASE
from handlers.staff.rendering import HERE
from tests.handlers.staff.conftest import MEMBERS

SIGN_IN = "/sign-in"


def console_of(root):
    return next(app for app in root._subapps if PAGES in app)


def address(path):
    """An address for a route, with any values for its variables."""
    case = re.search(r"\{case_no:(..)", path)
    path = re.sub(r"\{case_no[^}]*\}", f"{case.group(1) if case else 'YY'}20260101-0001", path)
    return re.sub(r"\{[^}]+\}", "7", path.replace("{kind}", "resident"))


def test_every_route_has_roles_or_is_on_the_public_list(root):
    console = console_of(root)
    routes = {
        (route.method, route.resource.canonical.removeprefix(BASE))
        for route in console.router.routes()
        if route.method != "HEAD"
    }
    guarded = {(method, re.sub(r":[^}]+", "", path)) for method, path in console[PAGES]}
    assert routes == guarded | console[PUBLIC]
    assert all(page.roles for page in console[PAGES].values())
    assert {path for _, path in console[PUBLIC]} == {SIGN_IN, "/sign-out", "/static/{name}"}


async def test_nobody_sees_a_page_without_signing_in(root, browse):
    stranger = await browse()
    for method, path in console_of(root)[PAGES]:
        response = await stranger.client.request(
            method, BASE + address(path), allow_redirects=False
        )
        assert response.status == 303, path
        assert response.headers["Location"].startswith(f"{BASE}{SIGN_IN}"), path


@pytest.mark.parametrize("login", ["clerk", "reviewer", "approver", "auditor", "admin"])
async def test_every_page_asks_for_its_role(root, browse, login):
    browser = await browse(login)
    role = next(iter(MEMBERS[login]))
    for (method, path), page in console_of(root)[PAGES].items():
        if role in page.roles:
            continue
        response = await browser.client.request(method, BASE + address(path), data={})
        assert response.status == 403, (login, method, path)
        assert "没有权限" in await response.text()


async def test_no_form_is_taken_without_its_token(root, browse):
    browsers = {login: await browse(login) for login in ("both", "admin", "reviewer", "auditor")}
    for (method, path), page in console_of(root)[PAGES].items():
        if method != "POST":
            continue
        login = next(name for name in browsers if MEMBERS[name] & page.roles)
        for token in ("", "0" * 40):
            await browsers[login].post(address(path), token=token)
            assert browsers[login].status == 403, path
            browsers[login].shows("页面放得太久")


async def test_a_form_of_another_site_is_refused_even_with_the_token(browse):
    browser = await browse("clerk")
    response = await browser.client.post(
        "/staff/me/wechat",
        data={"csrf": browser.token},
        headers={"Sec-Fetch-Site": "cross-site"},
    )
    assert response.status == 403


async def test_the_token_of_one_member_is_no_good_for_another(browse):
    one, other = await browse("clerk"), await browse("reviewer")
    await one.post("/me/wechat", token=other.token)
    assert one.status == 403


@pytest.mark.parametrize("path", ["/", "/sign-in", "/nowhere", "/static/staff.css", "/cases"])
async def test_every_answer_carries_the_security_headers(browse, path):
    browser = await browse("clerk")
    await browser.get(path)
    policy = browser.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert browser.headers["X-Content-Type-Options"] == "nosniff"
    assert browser.headers["X-Frame-Options"] == "DENY"


async def test_no_page_has_inline_script_or_style(browse):
    for login in ("both", "auditor", "admin"):
        browser = await browse(login)
        paths = re.findall(r'href="/staff(/[a-z-]*)"', await browser.get("/"))
        for path in dict.fromkeys(paths):
            await browser.get(path)
            assert browser.status == 200, path
            assert not re.search(
                r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son[a-z]+=", browser.page
            )


async def test_pages_are_not_kept_by_browsers_but_own_styles_are(browse):
    browser = await browse("clerk")
    await browser.get("/")
    assert browser.headers["Cache-Control"] == "no-store"
    style = re.search(r'href="/staff(/static/staff\.css[^"]+)"', browser.page).group(1)
    await browser.get(style)
    assert "immutable" in browser.headers["Cache-Control"]
    await browser.get("/static/staff.css?v=other")
    assert browser.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("name", ["..%2f..%2fapp.py", "staff.py", "nothing.css"])
async def test_only_own_styles_are_served(browse, name):
    browser = await browse()
    await browser.get(f"/static/{name}")
    assert browser.status == 404


async def test_a_page_that_is_not_there_is_told_kindly(browse):
    browser = await browse("clerk")
    for path in ("/nowhere", "/notices/999", "/codes/of/abc", "/cases/YY20260101-9999", "/rules/x"):
        await browser.get(path)
        assert browser.status == 404, path
        browser.shows("没有找到", "回到工作台")


async def test_a_fault_shows_no_trace(root, browse, monkeypatch):
    browser = await browse("clerk")
    console = console_of(root)
    monkeypatch.setattr("handlers.staff.home.grade_table", lambda _visit: 1 / 0)
    await browser.get("/")
    assert browser.status == 500
    browser.shows("系统出了点问题")
    assert "Traceback" not in browser.page
    assert "ZeroDivision" not in browser.page
    assert console[PAGES]


async def test_a_body_that_is_too_large_is_told_kindly(browse):
    browser = await browse("clerk")
    await browser.post("/codes", q="x" * (13 * 1024 * 1024))
    assert browser.status == 413
    browser.shows("文件太大")


def test_every_role_finds_something_in_the_menu():
    for role in StaffRole:
        assert any(role in entry.roles for entry in ENTRIES)


def test_every_sentence_after_a_step_stands_in_the_texts():
    sources = [path.read_text("utf-8") for path in HERE.glob("*.py")]
    keys = {key for source in sources for key in re.findall(r'Flash\(\s*"(\w+)"', source)}
    keys |= {key for source in sources for key in re.findall(r'_step\("\w+", "(\w+)"\)', source)}
    assert len(keys) > 15
    assert keys <= set(topic("staff")["flash"])


def test_every_entry_of_the_menu_has_its_word_and_page(root):
    pages = {path for method, path in console_of(root)[PAGES] if method == "GET"}
    for entry in ENTRIES:
        assert entry.key in topic("staff")["menu"]
        assert entry.path in pages


def test_every_template_can_be_read(root):
    templates = console_of(root)[CONSOLE].templates
    for name in templates.list_templates():
        templates.get_template(name)

"""The phone in a real browser, against the tiny account of these tests."""

from __future__ import annotations

import asyncio
import io
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote

import aiohttp
import pytest
from aiohttp import web
from PIL import Image
from playwright.async_api import Page, async_playwright, expect

from bot.sandbox import make_sandbox
from tests.bot.sandbox.conftest import WANG, Account, Bench, make_config

pytestmark = pytest.mark.browser
CHROMIUM = os.environ.get("MEDCREDIT_CHROMIUM", "/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
MENU = {
    "button": [
        {"type": "click", "name": "信用分", "key": "SCORE"},
        {
            "name": "办事",
            "sub_button": [
                {"type": "click", "name": "修复", "key": "REPAIR"},
                {"type": "view", "name": "报告", "url": "http://127.0.0.1:PORT/h5/report"},
            ],
        },
    ]
}
H5 = """<!doctype html><title>信用报告</title><p id=who>%s</p>
<script src="/sandbox/platform/open/js/jweixin-1.6.0.js"></script>
<wx-open-subscribe template="S1"><button id=ask>订阅提醒</button></wx-open-subscribe>
<script>document.querySelector("wx-open-subscribe").addEventListener("success",
  (event) => { document.getElementById("who").textContent = event.detail.subscribeDetails; });
</script>"""


async def _menu_reply(account: Account, message: dict[str, object]) -> str:
    if message.get("Event") == "subscribe":
        link = "weixin://bizmsgmenu?msgmenucontent=实名认证&msgmenuid=7"
        return account.text(message, f"欢迎，<a href='{link}'>先实名</a>")
    if message.get("Event") == "CLICK":
        items = "".join(
            f"<item><Title>{name}</Title><Description>说明</Description><Url>http://x/</Url></item>"
            for name in ("甲文", "乙文")
        )
        inside = f"<ArticleCount>2</ArticleCount><Articles>{items}</Articles>"
        return account.xml(message, "news", inside)
    if message.get("Content") == "慢":
        await asyncio.sleep(2)
    return await account.echo(message)


@pytest.fixture
async def live(tmp_path: Path) -> AsyncIterator[Bench]:
    """Product and sandbox on one port, as in the demo."""
    root = web.Application()
    config = make_config(tmp_path, web_cookies=(("h5", "/h5"),))
    account = Account(config)
    account.reply = lambda message: _menu_reply(account, message)
    sandbox = make_sandbox(config)
    root.add_subapp("/sandbox", sandbox.app)
    root.router.add_post("/wechat", account.serve)

    async def report(request: web.Request) -> web.Response:
        if "code" not in request.query:
            here = quote(str(request.url))
            raise web.HTTPFound(
                f"/sandbox/platform/connect/oauth2/authorize?appid={config.appid}"
                f"&redirect_uri={here}&response_type=code&scope=snsapi_base&state=1"
            )
        query = {
            "appid": config.appid,
            "secret": config.secret,
            "code": request.query["code"],
            "grant_type": "authorization_code",
        }
        told = await bench.get("/sns/oauth2/access_token", **query)
        return web.Response(text=H5 % told["openid"], content_type="text/html")

    root.router.add_get("/h5/report", report)
    runner = web.AppRunner(root, shutdown_timeout=2)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    sandbox.point_to(f"http://127.0.0.1:{port}/wechat")
    async with aiohttp.ClientSession() as session:
        bench = Bench(
            sandbox=sandbox,
            account=account,
            session=session,
            url=f"http://127.0.0.1:{port}/sandbox",
            token="",
            port=port,
        )
        bench.token = str((await bench.stable())["access_token"])
        menu = {**MENU, "button": [MENU["button"][0], {**MENU["button"][1]}]}
        sub = [dict(button) for button in menu["button"][1]["sub_button"]]
        sub[1]["url"] = f"http://127.0.0.1:{port}/h5/report"
        menu["button"][1]["sub_button"] = sub
        assert (await bench.post("/cgi-bin/menu/create", menu))["errcode"] == 0
        yield bench
    began = asyncio.get_running_loop().time()
    await runner.cleanup()
    assert asyncio.get_running_loop().time() - began < 2, "open pages do not hold up the end"


@pytest.fixture
async def page(live: Bench) -> AsyncIterator[Page]:
    if shutil.which(CHROMIUM) is None:
        pytest.skip("no Chromium at MEDCREDIT_CHROMIUM")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        opened = await browser.new_page(viewport={"width": 1280, "height": 800})
        opened.set_default_timeout(8000)
        faults: list[str] = []
        opened.on("pageerror", lambda error: faults.append(str(error)))
        await opened.goto(f"{live.url}/")
        yield opened
        await browser.close()
        assert faults == []


async def _follow(page: Page) -> None:
    await page.get_by_role("button", name="王小明").click()
    await page.locator("#profile").get_by_role("button", name="关注公众号").click()
    await expect(page.locator("#chat")).to_contain_text("欢迎")


async def _say(page: Page, text: str) -> None:
    if await page.locator("#to-input").is_visible():
        await page.locator("#to-input").click()
    await page.get_by_label("输入文字", exact=True).fill(text)
    await page.keyboard.press("Enter")


async def test_follow_speak_tap_and_get_notices_without_reloading(live, page):
    await _follow(page)
    await page.get_by_role("link", name="先实名").click()
    await expect(page.locator("#chat")).to_contain_text("收到：实名认证")
    assert live.account.seen[-1]["bizmsgmenuid"] == "7"
    await _say(page, "你好 <b>")
    await expect(page.locator("#chat .bubble").last).to_have_text("收到：你好 <b>")
    await page.locator("#to-menu").click()
    await page.get_by_role("menuitem", name="信用分").click()
    await expect(page.locator(".article")).to_contain_text("乙文")
    notice = {"thing1": {"value": "由B升为A"}, "time2": {"value": "2026年11月22日"}}
    body = {"touser": WANG, "template_id": "T1", "data": notice}
    assert (await live.post("/cgi-bin/message/template/send", body))["errcode"] == 0
    card = page.locator(".notice")
    await expect(card).to_contain_text("信用等级变动提醒")
    await expect(card.locator("dd").first).to_have_text("由B升为A")
    await expect(page.locator("#traffic")).to_contain_text("TEMPLATESENDJOBFINISH")


async def test_a_photo_goes_up_and_comes_back_enlarged(live, page):
    await _follow(page)
    await page.locator("#to-input").click()
    await page.get_by_label("更多：照片、位置、文件").click()
    async with page.expect_file_chooser() as chooser:
        await page.get_by_role("button", name="照片", exact=True).click()
    held = io.BytesIO()
    Image.new("RGB", (120, 80), "#2f7d6b").save(held, "JPEG")
    file = {"name": "证据.jpg", "mimeType": "image/jpeg", "buffer": held.getvalue()}
    await (await chooser.value).set_files([file])
    picture = page.locator("#chat .me img")
    await expect(picture).to_be_visible()
    assert await picture.evaluate("image => image.naturalWidth") == 120
    media_id = live.account.seen[-1]["MediaId"]
    assert (live.sandbox.world.media_dir / str(media_id)).read_bytes() == held.getvalue()
    await page.get_by_role("button", name="查看图片").click()
    await expect(page.locator("#photo")).to_be_visible()


async def test_a_web_page_knows_who_holds_the_phone_and_may_ask_for_a_subscription(live, page):
    await _follow(page)
    await page.get_by_role("menuitem", name="办事").click()
    await page.get_by_role("menuitem", name="报告").click()
    inside = page.frame_locator("#web-frame")
    await expect(inside.locator("#who")).to_have_text(WANG)
    await expect(page.locator("#web-title")).to_have_text("信用报告")
    await inside.locator("#ask").click()
    await page.get_by_role("dialog").get_by_role("button", name="允许").click()
    await expect(inside.locator("#who")).to_contain_text("accept")
    data = {"thing1": {"value": "信用修复"}, "time2": {"value": "2026年12月1日"}}
    body = {"touser": WANG, "template_id": "S1", "data": data}
    assert (await live.post("/cgi-bin/message/subscribe/bizsend", body))["errcode"] == 0
    await page.get_by_role("button", name="关闭网页").click()
    await expect(page.locator(".notice")).to_contain_text("修复期限提醒")


async def test_faults_are_switched_on_the_page_and_the_user_sees_what_wechat_shows(live, page):
    await _follow(page)
    await _say(page, "慢")
    await expect(page.locator("#chat .note")).to_have_text("该公众号暂时无法提供服务，请稍后再试")
    await page.get_by_role("tab", name="故障").click()
    await page.get_by_label("怎么坏").select_option("errcode")
    await page.get_by_label("错误码", exact=True).fill("45009")
    await page.get_by_role("button", name="打开这个故障").click()
    await expect(page.locator(".rule")).to_contain_text("45009")
    told = await live.get("/cgi-bin/tags/get")
    assert told["errcode"] == 45009
    await page.get_by_role("button", name="全部恢复正常").click()
    await expect(page.locator(".rule")).to_have_count(0)


async def test_a_new_person_joins_and_messages_for_others_are_counted(live, page):
    await _follow(page)
    await page.get_by_label("新人物的姓名").fill("赵新来")
    await page.get_by_role("button", name="添加").click()
    await expect(page.locator("#profile")).to_be_visible()
    await live.sandbox.phone(WANG).say("我在另一台设备上")
    await expect(page.locator("[data-person=wang] i")).to_have_text("1")
    await page.locator("[data-person=wang]").click()
    await expect(page.locator("#chat")).to_contain_text("收到：我在另一台设备上")


async def test_a_real_phones_width_shows_one_thing_at_a_time(live, page):
    await page.set_viewport_size({"width": 375, "height": 720})
    await expect(page.locator("#phone")).to_be_visible()
    await expect(page.locator("#panel")).to_be_hidden()
    overflow = await page.evaluate("document.documentElement.scrollWidth > innerWidth")
    assert not overflow
    await page.locator("#profile button").first.click()
    await page.locator("#back").click()
    await page.get_by_role("button", name="李药师").click()
    await expect(page.locator("#profile")).to_contain_text("关注公众号")
    hosts = await page.evaluate(
        "performance.getEntriesByType('resource').map(one => new URL(one.name).host)"
    )
    assert set(hosts) == {f"127.0.0.1:{live.port}"}


async def test_the_keyboard_alone_is_enough(live, page):
    await page.locator("[data-person=wang]").focus()
    await page.keyboard.press("Enter")
    await page.locator("#profile").get_by_role("button", name="关注公众号").focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("#chat")).to_contain_text("欢迎")
    await page.get_by_role("menuitem", name="办事").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("menuitem", name="修复")).to_be_visible()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.locator(".article")).to_contain_text("甲文")
    assert live.account.seen[-1]["EventKey"] == "REPAIR"
    await page.get_by_role("tab", name="通信").focus()
    await page.keyboard.press("ArrowRight")
    await expect(page.get_by_role("tab", name="故障")).to_be_focused()
    await expect(page.locator("#faults")).to_be_visible()

"""The console in a real browser: what a page cannot prove by its text alone."""

from __future__ import annotations

import asyncio
import os
import re
import threading
from contextlib import contextmanager

import pytest
from aiohttp import web
from playwright.sync_api import expect, sync_playwright

from credit_core.accounts.models import Follower
from notices.campaigns import counting, filling
from notices.campaigns.audience import tag_follower
from notices.campaigns.models import CampaignBatch
from tests.handlers.staff.conftest import PASSWORD

pytestmark = pytest.mark.browser
CHROMIUM = os.environ.get("MEDCREDIT_CHROMIUM", "/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def served(app):
    """The application on a free port, in a thread of its own."""
    loop = asyncio.new_event_loop()
    ready = threading.Event()
    place = {}

    async def start():
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        place["runner"], place["port"] = runner, runner.addresses[0][1]
        ready.set()

    def run():
        asyncio.set_event_loop(loop)
        loop.run_until_complete(start())
        loop.run_forever()
        loop.run_until_complete(place["runner"].cleanup())
        loop.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert ready.wait(20)
    yield f"http://127.0.0.1:{place['port']}/staff"
    loop.call_soon_threadsafe(loop.stop)
    thread.join(20)


@pytest.fixture
def address(root):
    with served(root) as found:
        yield found


@pytest.fixture
def chromium():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def signed_in(chromium, address):
    """Makes pages of signed-in members; whatever a page complains about fails the test."""
    complaints = []

    def complain(message):
        # 422 is the answer to a form with a fault, which is shown beside what was typed.
        if message.type == "error" and "status of 422" not in message.text:
            complaints.append(message.text)

    def make(login, width=1280, height=800):
        context = chromium.new_context(
            viewport={"width": width, "height": height}, base_url=f"{address}/", locale="zh-CN"
        )
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", complain)
        page.on("dialog", lambda dialog: dialog.accept())
        page.goto(f"{address}/sign-in")
        page.get_by_label("登录名").fill(login)
        page.get_by_label("密码", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="登录").click()
        expect(page.get_by_role("heading", name="工作台")).to_be_visible()
        return page

    yield make
    assert complaints == []


@pytest.fixture
def volunteers(sqlite_database):
    with sqlite_database.begin() as session:
        for number in range(5):
            follower = Follower(openid=f"follower_{number}")
            session.add(follower)
            session.flush()
            if number < 3:
                tag_follower(session, follower.id, "志愿者")


@pytest.mark.usefixtures("volunteers")
def test_a_campaign_is_drafted_approved_and_its_counts_come_by_themselves(
    signed_in, sqlite_database, clock
):
    clerk = signed_in("clerk")
    clerk.get_by_role("link", name="宣传活动").click()
    clerk.get_by_role("link", name="新建活动").click()
    clerk.get_by_label("活动名称 ", exact=False).first.fill("诚信宣传月")
    expect(clerk.get_by_label("文章标题")).to_be_hidden()
    clerk.get_by_label("文字").fill("刷医保卡请本人持卡。")
    clerk.get_by_role("button", name="计算人数").click()
    expect(clerk.locator("#people")).to_contain_text("5 人")
    clerk.get_by_label("范围").select_option("some")
    clerk.get_by_label("志愿者").check()
    clerk.get_by_role("button", name="计算人数").click()
    expect(clerk.locator("#people")).to_contain_text("3 人")
    clerk.get_by_role("button", name="保存").click()
    clerk.get_by_role("button", name="提交审批").click()
    expect(
        clerk.get_by_text("等待审批", exact=False).or_(
            clerk.get_by_text("自己起草的活动要由另一位同事审批")
        )
    ).to_be_visible()
    expect(clerk.get_by_role("button", name="批准")).to_have_count(0)

    approver = signed_in("approver")
    approver.goto(clerk.url)
    approver.get_by_role("button", name="批准").click()
    approver.get_by_role("button", name="发送", exact=True).click()
    expect(approver.locator(".flow .here")).to_have_text("待发送")

    # The dispatcher starts it; the page sees the new status without being asked to.
    with sqlite_database.begin() as session:
        filling.start_due(session, clock.now())
        while filling.fill_next(session, clock.now()):
            pass
        batch = session.query(CampaignBatch).one()
        batch.message_id, batch.status = "job1", "sent"
    expect(approver.locator(".flow .here")).to_have_text("发送中")
    expect(approver.locator("#count-sent")).to_have_text("0")
    with sqlite_database.begin() as session:
        counting.on_job_finished(
            session,
            "job1",
            {
                "Status": "send success",
                "TotalCount": "3",
                "FilterCount": "3",
                "SentCount": "2",
                "ErrorCount": "1",
            },
            clock.now(),
        )
    expect(approver.locator("#count-sent")).to_have_text("2")
    expect(approver.locator("#count-errors")).to_have_text("1")


def test_a_binding_code_is_issued_and_its_print_shows_only_the_code(signed_in, people):
    assert people
    clerk = signed_in("clerk")
    clerk.get_by_role("link", name="机构绑定码").click()
    clerk.get_by_label("统一社会信用代码或机构全称").fill("福安大药房")
    clerk.get_by_role("button", name="查找机构").click()
    clerk.get_by_role("link", name="绑定码", exact=True).click()
    clerk.get_by_role("button", name="签发新的绑定码").click()
    code = clerk.locator("#binding-code")
    expect(code).to_have_text(re.compile(r"^\d{4} \d{4}$"))
    clerk.emulate_media(media="print")
    expect(code).to_be_visible()
    expect(clerk.get_by_role("link", name="宣传活动")).to_be_hidden()
    expect(clerk.get_by_text("签发记录")).to_be_hidden()


@pytest.mark.parametrize("login", ["both", "reviewer", "auditor", "admin"])
def test_every_page_fits_a_phone_and_its_menu_opens(signed_in, login, people):
    assert people
    page = signed_in(login, width=390, height=800)
    expect(page.get_by_role("link", name="我的")).to_be_hidden()
    page.get_by_role("button", name="菜单").click()
    expect(page.get_by_role("link", name="我的")).to_be_visible()
    links = page.locator("#menu a").evaluate_all("all => all.map(one => one.href)")
    assert len(links) > 3
    for link in links:
        page.goto(link)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, link


def test_a_document_is_uploaded_and_a_question_tried(signed_in, tmp_path):
    file = tmp_path / "修复办法.md"
    file.write_text(
        "# 荣成市医疗保障信用修复办法\n\n荣医保发〔2026〕7号\n\n"
        "第一条 为规范信用修复，制定本办法。\n\n"
        "第二条 信用修复申请自受理之日起十五个工作日内办结。\n",
        encoding="utf-8",
    )
    clerk = signed_in("clerk", width=390)
    clerk.get_by_role("button", name="菜单").click()
    clerk.get_by_role("link", name="文件库").click()
    clerk.get_by_label("文件", exact=True).set_input_files(file)
    clerk.get_by_role("button", name="上传").click()
    expect(clerk.get_by_role("status")).to_contain_text("修复办法.md：已导入")
    clerk.get_by_label("问题").fill("荣成信用修复几个工作日办结？")
    clerk.get_by_role("button", name="提问").click()
    expect(clerk.locator("#answer")).to_contain_text("十五个工作日")
    expect(clerk.locator(".source").first).to_contain_text("修复办法.md")
    assert clerk.evaluate("document.documentElement.scrollWidth") <= 390
    clerk.get_by_role("button", name="撤下").click()
    expect(clerk.get_by_role("link", name="已撤下 1")).to_be_visible()
    clerk.get_by_label("问题").fill("荣成信用修复几个工作日办结？")
    clerk.get_by_role("button", name="提问").click()
    expect(clerk.locator("#answer")).to_contain_text("文件里没有写")


def test_a_rule_version_is_mended_drafted_and_approved(signed_in):
    clerk = signed_in("clerk")
    clerk.get_by_role("link", name="规则", exact=True).click()
    clerk.get_by_role("link", name="起草：参保人").click()
    text = clerk.get_by_label("全文")
    sound = text.input_value()
    text.fill(sound.replace("cap: 1200", "cap: 800"))
    clerk.get_by_role("button", name="检查").click()
    expect(clerk.locator("#fault .faulty")).to_contain_text("base: 1000")
    chosen = "e => e.value.slice(e.selectionStart, e.selectionEnd)"
    assert text.evaluate(chosen).startswith("base: 1000")
    text.fill(sound.replace("base: 1000", "base: 990"))
    clerk.get_by_role("button", name="试算").click()
    expect(clerk.locator("#preview")).to_contain_text("试算结果")
    clerk.get_by_label("修改说明").fill("按新办法")
    clerk.get_by_role("button", name="保存草稿").click()
    expect(clerk.locator("#state")).to_have_text("草稿（待审批）")
    expect(clerk.get_by_role("button", name="批准")).to_have_count(0)

    approver = signed_in("approver", width=390)
    approver.goto(clerk.url)
    assert approver.evaluate("document.documentElement.scrollWidth") <= 390
    approver.get_by_role("button", name="批准").click()
    expect(approver.locator("#state")).to_have_text("已批准")

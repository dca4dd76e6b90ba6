"""The seven steps of the README, in a real browser against a real demo."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from credit_core.clock import SHANGHAI
from tests.handlers.chat.people import picture
from tests.stories.demo import Demo, Hand

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def wang(browser: Browser, demo: Demo) -> Hand:
    """王秀英 follows and binds."""
    hand = Hand(browser, demo, "王秀英")
    hand.follow()
    hand.choose("绑定身份", "您同意吗")
    hand.choose("同意", "您要绑定的是")
    hand.choose("我本人", "姓名")
    hand.say("王秀英", "18位身份证号")
    full_width = hand.number("身份证号").translate({c: c + 0xFEE0 for c in range(0x30, 0x3A)})
    hand.say(full_width, "绑定成功")
    return hand


def test_1_a_wrong_number_says_what_is_wrong(browser: Browser, demo: Demo) -> None:
    hand = Hand(browser, demo, "张小雨")
    hand.follow()
    hand.say("绑定", "您同意吗")
    hand.say("同意", "您要绑定的是")
    hand.say("本人", "姓名")
    hand.say("张小雨", "身份证号")
    number = hand.number("身份证号")
    wrong = number[:-1] + ("0" if number[-1] != "0" else "1")
    hand.say(wrong, "对不上")
    hand.say(number, "未满18周岁")
    hand.tap("我的信用", "我的信用分", "暂不评价")


def test_2_score_and_reasons(wang: Hand) -> None:
    wang.tap("我的信用", "我的信用分", "955分，B级")
    wang.choose("为什么扣分", "将本人医保凭证交他人冒名使用")
    expect(wang.last).to_contain_text("第四十一条")
    expect(wang.last).to_contain_text("示医保")
    since_and_until = re.compile(r"(20\d\d年\d+月\d+日.*){2}", re.DOTALL)
    expect(wang.last).to_contain_text(since_and_until)


def test_2_a_rule_is_told_with_its_source(wang: Hand) -> None:
    wang.say("定点医院挂床住院会怎么处理", "第三十八条")
    expect(wang.last).to_contain_text("手册")
    wang.say("定点药店门面装修有什么规定", "文件里没有写")


def test_3_offers_and_a_coupon(browser: Browser, demo: Demo, wang: Hand) -> None:
    wang.say("有什么优惠", "信用等级要达到AAA")
    li = Hand(browser, demo, "李建国")
    li.follow()
    li.say("有什么优惠", "绑定身份")
    li.choose("绑定身份", "您同意吗")
    li.choose("同意", "您要绑定的是")
    li.choose("我本人", "姓名")
    li.say("李建国", "身份证号")
    li.say(li.number("身份证号"), "药店购药8折")
    li.choose("领取药店购药8折", "优惠码")
    expect(li.last).to_contain_text("有效期到")
    li.say("我的优惠券", "可以用")


def test_4_an_objection_that_survives_a_kill(
    browser: Browser, demo: Demo, wang: Hand, tmp_path: Path
) -> None:
    photo = tmp_path / "证明.jpg"
    photo.write_bytes(picture("red", size=(800, 600)))
    wrong = tmp_path / "not-a-photo.jpg"
    wrong.write_bytes(b"GIF89a this only calls itself a picture")
    wang.say("我要申诉", "第1步")
    wang.say("1", "哪里不对")
    wang.say("那天我在外地住院，医保卡不在身上", "照片")
    demo.kill()
    demo.start()
    wang.photo(photo, "收到第1张")
    wang.photo(wrong, "照片")
    wang.say("我的信用分", "提出异议")
    wang.say("好了", "照片：1张")
    wang.say("提交", "YY")
    expect(wang.last).to_contain_text(re.compile(r"最迟在\d{4}年\d+月\d+日"))
    wang.say("申诉进度", "异议处理中")
    wang.say("为什么扣分", "异议处理中")


def test_5_a_reminder_comes_once(demo: Demo, wang: Hand) -> None:
    wang.say("开启提醒", "退订")
    expect(wang.page.locator(".notice", has_text="修复")).to_have_count(0)
    soon = (datetime.now(UTC).astimezone(SHANGHAI) + timedelta(days=6)).replace(hour=10)
    for _ in range(2):
        done = demo.command("tick", "--now", soon.strftime("%Y-%m-%dT%H:%M"))
        assert done.returncode == 0, done.stderr
    expect(wang.page.locator(".notice", has_text="修复")).to_have_count(1)


def test_6_a_pharmacys_grade_falls_and_its_clerk_is_told(
    browser: Browser, demo: Demo, tmp_path: Path
) -> None:
    staff = sign_in(browser, demo, "jingban")
    clerk = Hand(browser, demo, "康宁大药房")
    code_of_unit = clerk.number("统一社会信用代码")
    code = issue_code(staff, code_of_unit)
    clerk.follow()
    clerk.say("绑定药店", "您同意吗")
    clerk.say("同意", "统一社会信用代码")
    clerk.say(code_of_unit, "康宁大药房")
    clerk.say(code, "您现在代表：康宁大药房")
    today = datetime.now(UTC).astimezone(SHANGHAI).date()
    penalty = tmp_path / "处罚.csv"
    penalty.write_text(
        "kind,identifier,name,item,occurred_on,decided_on,document_no,source_unit,basis,severity,"
        "points,detail\n"
        f"institution,{code_of_unit},康宁大药房,I-1,{today - timedelta(days=40)},{today},"
        "示医保罚〔2026〕9号,示范市医疗保障局,医疗保障基金使用监督管理条例第三十八条,一般,,串换药品\n"
        f"institution,{code_of_unit},康宁大药房,I-4,{today - timedelta(days=40)},{today},"
        "示医保协〔2026〕10号,示范市医保中心,医疗机构医疗保障定点管理暂行办法,,-60,暂停服务协议\n",
        encoding="utf-8",
    )
    done = demo.command("import", "records", str(penalty))
    assert done.returncode == 0, done.stderr
    expect(clerk.page.locator(".notice", has_text="信用预警")).to_be_visible(timeout=30_000)
    clerk.say("已知悉", "已登记")


def test_7_a_campaign_needs_a_second_person(browser: Browser, demo: Demo, wang: Hand) -> None:
    drafter = sign_in(browser, demo, "jingban")
    own = Hand(browser, demo, "周经办")
    own.follow()
    drafter.get_by_role("link", name="我的").click()
    drafter.get_by_role("button", name="绑定我的微信").click()
    code = re.search(r"GZ[A-Z2-9]{8}", drafter.locator("main").inner_text())
    assert code
    own.say(code.group(), "已关联工作账号")
    drafter.goto(f"{demo.base}/staff/campaigns/tags")
    drafter.get_by_label("标签名").fill("宣传月")
    drafter.locator("main").get_by_role("button", name="贴给现在符合的人").click()
    drafter.get_by_role("link", name="宣传活动").click()
    drafter.get_by_role("link", name="新建活动").click()
    drafter.get_by_label("活动名称 ", exact=False).first.fill("宣传月第一期")
    drafter.get_by_label("文字").fill("医保信用宣传月：守护救命钱，人人有责。")
    drafter.get_by_label("范围").select_option("some")
    drafter.get_by_label("宣传月", exact=True).check()
    drafter.get_by_role("button", name="保存").click()
    drafter.get_by_role("button", name="预览到我的微信").click()
    expect(own.chat).to_contain_text("守护救命钱", timeout=30_000)
    assert drafter.get_by_role("button", name="批准").count() == 0
    drafter.get_by_role("button", name="提交审批").click()
    approver = sign_in(browser, demo, "shenpi")
    approver.goto(drafter.url)
    approver.get_by_role("button", name="批准").click()
    approver.on("dialog", lambda dialog: dialog.accept())
    approver.get_by_role("button", name="发送", exact=True).click()
    expect(wang.chat).to_contain_text("守护救命钱", timeout=30_000)
    expect(approver.locator("main")).to_contain_text("已完成", timeout=30_000)


def test_nothing_was_logged_as_a_fault_and_nothing_private_was_logged(
    demo: Demo, wang: Hand
) -> None:
    log = demo.log()
    assert "Traceback" not in log
    assert '"level": "error"' not in log
    assert wang.number("身份证号") not in log


def sign_in(browser: Browser, demo: Demo, login: str) -> Page:
    page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
    page.goto(f"{demo.base}/staff/")
    page.locator("input[name=login]").fill(login)
    page.locator("input[name=password]").fill(demo.password)
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("link", name="我的")).to_be_visible()
    return page


def issue_code(page: Page, unit: str) -> str:
    """The one-time code that staff hand to the clerk."""
    page.get_by_role("link", name="机构绑定码").click()
    page.get_by_label("统一社会信用代码或机构全称").fill(unit)
    page.get_by_role("button", name="查找机构").click()
    page.get_by_role("link", name="绑定码", exact=True).click()
    page.get_by_role("button", name="签发新的绑定码").click()
    return page.locator("#binding-code").inner_text()

"""A campaign from its draft to the counts of WeChat's result event."""

from __future__ import annotations

import io
import re
import zipfile

import pytest
from aiohttp import FormData

from credit_core.accounts.models import Follower, StaffMember
from notices.campaigns import counting, filling
from notices.campaigns.audience import tag_follower
from notices.campaigns.export import archive
from notices.campaigns.models import Campaign, CampaignBatch, CampaignPreview, MassCount, Tag

TEXT = {"title": "诚信宣传月", "kind": "text", "body_text": "刷医保卡请本人持卡。"}
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 100

pytestmark = pytest.mark.usefixtures("followers")


@pytest.fixture
def followers(sqlite_database):
    """Six followers; every second one has the tag."""
    with sqlite_database.begin() as session:
        for number in range(6):
            follower = Follower(openid=f"follower_{number}")
            session.add(follower)
            session.flush()
            if number % 2:
                tag_follower(session, follower.id, "志愿者")


async def drafted(browser, **form):
    await browser.get("/campaigns/new")
    await browser.post("/campaigns/new", **(TEXT | {"whom": "all"} | form))
    browser.shows("已保存")
    return int(re.search(r"/campaigns/(\d+)", browser.url).group(1))


async def released(browse, campaign_id):
    approver = await browse("approver")
    await approver.get(f"/campaigns/{campaign_id}")
    await approver.post(f"/campaigns/{campaign_id}/approve")
    approver.shows("已批准")
    await approver.post(f"/campaigns/{campaign_id}/schedule", when="now")
    approver.shows("已安排发送时间")
    return approver


async def test_the_whole_way_of_a_campaign(browse, sqlite_database, clock):
    clerk = await browse("clerk")
    number = await drafted(clerk, whom="some", tags="志愿者")
    clerk.shows("志愿者", "3 人", "草稿")
    await clerk.post(f"/campaigns/{number}/submit")
    clerk.shows("已提交审批", "待审批")
    approver = await released(browse, number)

    with sqlite_database.begin() as session:
        filling.start_due(session, clock.now())
        while filling.fill_next(session, clock.now()):
            pass
        batch = session.query(CampaignBatch).one()
        batch.message_id, batch.status = "job1", "sent"
    await approver.get(f"/campaigns/{number}")
    approver.shows("发送中", "微信正在逐个发送")
    polling = re.search(r'hx-get="/staff([^"]+)"', approver.page).group(1)

    with sqlite_database.begin() as session:
        counting.on_job_finished(
            session,
            "job1",
            {
                "Status": "send success",
                "TotalCount": "3",
                "FilterCount": "2",
                "SentCount": "1",
                "ErrorCount": "1",
            },
            clock.now(),
        )
    await approver.get(polling)
    counts = dict(re.findall(r'id="count-(\w+)">(\d+)<', approver.page))
    assert counts == {"recipients": "3", "sent": "1", "filtered": "1", "errors": "1"}
    assert "<html" not in approver.page


async def test_another_status_shows_the_page_anew(browse):
    clerk = await browse("clerk")
    number = await drafted(clerk)
    await clerk.get(f"/campaigns/{number}/result?status=sending")
    assert clerk.headers["HX-Refresh"] == "true"
    await clerk.get(f"/campaigns/{number}/result?status=draft")
    assert "HX-Refresh" not in clerk.headers


async def test_nobody_approves_their_own_draft(browse):
    both = await browse("both")
    number = await drafted(both)
    await both.post(f"/campaigns/{number}/submit")
    assert f"/campaigns/{number}/approve" not in both.page
    await both.post(f"/campaigns/{number}/approve")
    both.shows("起草人不能审核自己的活动")


async def test_a_clerk_cannot_approve(browse):
    clerk, other = await browse("clerk"), await browse("clerk2")
    number = await drafted(clerk)
    await clerk.post(f"/campaigns/{number}/submit")
    await other.get(f"/campaigns/{number}")
    other.shows("等待审批岗批准")
    await other.post(f"/campaigns/{number}/approve")
    assert other.status == 403


async def test_a_returned_draft_tells_why_and_can_be_changed(browse):
    clerk, approver = await browse("clerk"), await browse("approver")
    number = await drafted(clerk)
    await clerk.post(f"/campaigns/{number}/submit")
    await approver.get(f"/campaigns/{number}")
    await approver.post(f"/campaigns/{number}/give-back")
    approver.shows("有必填的内容没有填")
    await approver.post(f"/campaigns/{number}/give-back", note="请写明地点")
    approver.shows("已退回", "请写明地点")
    await clerk.get(f"/campaigns/{number}/edit")
    clerk.shows("刷医保卡请本人持卡。")
    await clerk.post(f"/campaigns/{number}/edit", **(TEXT | {"body_text": "在市民中心。"}))
    clerk.shows("在市民中心。", "草稿")


async def test_the_audience_is_counted_before_sending(browse, sqlite_database, clock):
    with sqlite_database.begin() as session:
        first = session.query(Follower).first()
        session.add(MassCount(follower_id=first.id, month=counting.month_of(clock.now()), used=4))
    clerk = await browse("clerk")
    await clerk.get("/campaigns/new")
    await clerk.post("/campaigns/count", whom="all", kind="text")
    clerk.shows("<strong>6</strong>", "1 人本月已收满 4 次群发")
    await clerk.post("/campaigns/count", whom="some", tags="志愿者", kind="text")
    clerk.shows("<strong>3</strong>")
    assert "收满" not in clerk.page


async def test_a_preview_goes_to_the_own_wechat(browse, sqlite_database, members):
    clerk = await browse("clerk")
    number = await drafted(clerk)
    clerk.shows("绑定您的微信")
    await clerk.post(f"/campaigns/{number}/preview")
    clerk.shows("还没有登记自己的微信")
    with sqlite_database.begin() as session:
        session.get_one(StaffMember, members["clerk"]).openid = "clerk_openid"
    await clerk.post(f"/campaigns/{number}/preview")
    clerk.shows("预览已发往您绑定的微信", "正在发送")
    with sqlite_database.read() as session:
        assert session.query(CampaignPreview).one().staff_id == members["clerk"]


async def test_sending_later_takes_a_time_in_shanghai(browse, sqlite_database):
    clerk = await browse("clerk")
    number = await drafted(clerk)
    await clerk.post(f"/campaigns/{number}/submit")
    approver = await browse("approver")
    await approver.get(f"/campaigns/{number}")
    await approver.post(f"/campaigns/{number}/approve")
    await approver.post(f"/campaigns/{number}/schedule", when="later", at="")
    approver.shows("请选择日期和时间")
    await approver.post(f"/campaigns/{number}/schedule", when="later", at="2026-11-22T09:00")
    approver.shows("发送时间已过")
    await approver.post(f"/campaigns/{number}/schedule", when="later", at="2026-12-04T09:00")
    approver.shows("2026-12-04 09:00")
    with sqlite_database.read() as session:
        assert session.get_one(Campaign, number).scheduled_at.hour == 1


async def test_it_is_paused_and_goes_on_and_is_stopped(browse, sqlite_database, clock):
    clerk = await browse("clerk")
    number = await drafted(clerk)
    await clerk.post(f"/campaigns/{number}/submit")
    await released(browse, number)
    with sqlite_database.begin() as session:
        filling.start_due(session, clock.now())
    for step, said in (("pause", "已暂停"), ("resume", "已继续发送"), ("cancel", "已取消")):
        await clerk.post(f"/campaigns/{number}/{step}")
        clerk.shows(said)
    await clerk.post(f"/campaigns/{number}/resume")
    clerk.shows("不能继续")


async def test_an_article_takes_plain_text_and_a_picture(browse, sqlite_database):
    clerk = await browse("clerk")
    await clerk.get("/campaigns/new")
    form = FormData()
    for name, value in {
        "csrf": clerk.token,
        "title": "宪法日",
        "kind": "article",
        "whom": "all",
        "article_title": "学宪法",
        "body": "第一段<script>\n\n第二段\n下一行",
    }.items():
        form.add_field(name, value)
    form.add_field("photo", PNG, filename="cover.png", content_type="image/png")
    await clerk._read(await clerk.client.post("/staff/campaigns/new", data=form))
    clerk.shows("已保存", "学宪法")
    number = int(re.search(r"/campaigns/(\d+)", clerk.url).group(1))
    with sqlite_database.read() as session:
        content = session.get_one(Campaign, number).content
    assert content["body"] == "<p>第一段&lt;script&gt;</p><p>第二段<br>下一行</p>"
    picture = await clerk.client.get(f"/staff/campaigns/{number}/photos/{content['photo_id']}")
    assert picture.content_type == "image/png"
    assert await picture.read() == PNG


async def test_a_picture_is_judged_by_its_content(browse):
    clerk = await browse("clerk")
    await clerk.get("/campaigns/new")
    form = FormData()
    for name, value in {"csrf": clerk.token, "title": "图", "kind": "image", "whom": "all"}.items():
        form.add_field(name, value)
    form.add_field("photo", b"<html>", filename="cover.png", content_type="image/png")
    await clerk._read(
        await clerk.client.post(
            "/staff/campaigns/new",
            data=form,
            headers={"Referer": str(clerk.client.make_url("/staff/campaigns/new"))},
        )
    )
    clerk.shows("只接受 JPEG 或 PNG 图片")


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"title": ""}, "请填写活动标题"),
        ({"kind": "video"}, "请从列表里选择一项"),
        ({"body_text": "字" * 700}, "文字内容过长"),
    ],
)
async def test_a_wrong_draft_is_told(browse, form, said):
    clerk = await browse("clerk")
    await clerk.get("/campaigns/new")
    await clerk.post("/campaigns/new", **(TEXT | form))
    clerk.shows(said)


async def test_what_was_typed_is_not_lost_when_it_is_refused(browse):
    clerk = await browse("clerk")
    await clerk.get("/campaigns/new")
    await clerk.post(
        "/campaigns/new",
        title="",
        kind="text",
        body_text="写了很久的话",
        whom="some",
        tags="志愿者",
    )
    assert clerk.status == 422
    clerk.shows("请填写活动标题", "写了很久的话", 'value="志愿者" checked')
    await clerk.get("/campaigns")
    clerk.shows("还没有宣传活动")


async def test_an_incomplete_draft_cannot_be_submitted(browse):
    clerk = await browse("clerk")
    number = await drafted(clerk, kind="image")
    await clerk.post(f"/campaigns/{number}/submit")
    clerk.shows("内容还不完整")


async def test_an_auditor_reads_but_changes_nothing(browse):
    clerk, auditor = await browse("clerk"), await browse("auditor")
    number = await drafted(clerk)
    await auditor.get(f"/campaigns/{number}")
    auditor.shows("诚信宣传月", "等待经办提交")
    await auditor.post(f"/campaigns/{number}/submit")
    assert auditor.status == 403


async def test_a_day_of_the_calendar_begins_a_draft(browse, sqlite_database):
    clerk = await browse("clerk")
    await clerk.get("/campaigns")
    clerk.shows("近期活动日", "国家宪法日", "还有 11 天")
    await clerk.get("/campaigns/new?occasion=2026:constitution-day")
    clerk.shows('value="国家宪法日"', 'value="2026:constitution-day"')
    number = await drafted(clerk, occasion="2026:constitution-day")
    with sqlite_database.read() as session:
        assert session.get_one(Campaign, number).occasion == "2026:constitution-day"


async def test_the_report_is_downloaded_with_its_pictures(browse, sqlite_database, clock):
    clerk = await browse("clerk")
    number = await drafted(clerk)
    await clerk.post(f"/campaigns/{number}/submit")
    await released(browse, number)
    with sqlite_database.begin() as session:
        filling.start_due(session, clock.now())
    await clerk.get(f"/campaigns/{number}")
    await clerk.post(f"/campaigns/{number}/photos")
    clerk.shows("图片请用 JPEG 或 PNG")
    form = FormData()
    form.add_field("csrf", clerk.token)
    form.add_field("caption", "市民中心现场")
    form.add_field("photo", PNG, filename="a.png", content_type="image/png")
    await clerk._read(await clerk.client.post(f"/staff/campaigns/{number}/photos", data=form))
    clerk.shows("市民中心现场", "导出活动情况")
    response = await clerk.client.get(f"/staff/campaigns/{number}/export")
    assert response.content_type == "application/zip"
    with zipfile.ZipFile(io.BytesIO(await response.read())) as packed:
        assert "photos/01.png" in packed.namelist()
        assert "诚信宣传月" in packed.read("report.txt").decode()


async def test_a_tag_is_put_on_everybody_who_fits_and_taken_off(browse, sqlite_database):
    clerk, auditor = await browse("clerk"), await browse("auditor")
    await clerk.get("/campaigns/tags")
    clerk.shows("志愿者")
    await clerk.post("/campaigns/tags", name="全体", whom="all")
    clerk.shows("“全体”已贴好，新增 6 人")
    await clerk.post("/campaigns/tags", name="全体", whom="some", tags="志愿者")
    clerk.shows("新增 0 人")
    await clerk.post("/campaigns/tags", name="字" * 31, whom="all")
    clerk.shows("标签名用 1 到 30 个字")
    with sqlite_database.read() as session:
        number = session.query(Tag).filter_by(name="全体").one().id
    await clerk.post(f"/campaigns/tags/{number}/clear")
    clerk.shows("已从所有人身上取下")
    await clerk.post("/campaigns/count", whom="some", tags="全体", kind="text")
    clerk.shows("<strong>0</strong>")
    await clerk.post("/campaigns/tags", name="全体", whom="some", tags="志愿者")
    await auditor.get("/campaigns/tags")
    auditor.shows("全体")
    assert "贴给现在符合的人" not in auditor.page


async def test_a_campaign_has_a_page_with_places_and_a_quiz(browse, sqlite_database, clock):
    clerk = await browse("clerk")
    quiz = "医保卡可以借给亲戚用吗？\n可以\n*不可以"
    page = {"page_text": "欢迎参加", "sign_up": "yes", "capacity": "30", "quiz": quiz}
    number = await drafted(clerk, **page)
    clerk.shows("欢迎参加", "名额 30 个", "*不可以", "全部答对只统计人数")
    await clerk.get(f"/campaigns/{number}/edit")
    clerk.shows("*不可以", 'value="30"')
    await clerk.post(f"/campaigns/{number}/edit", **(TEXT | page | {"quiz": "没有选项"}))
    clerk.shows("答题没有看懂", "没有选项")
    with sqlite_database.begin() as session:
        campaign = session.get_one(Campaign, number)
        campaign.status, campaign.started_at = "done", clock.now()
        follower = session.query(Follower).first()
        for what in ("opened", "signed_up", "quiz_passed"):
            counting.react(
                session, campaign_id=number, follower_id=follower.id, what=what, now=clock.now()
            )
        exported = archive(session, number, now=clock.now())
    await clerk.get(f"/campaigns/{number}")
    clerk.shows("报名", "答题通过")
    report = zipfile.ZipFile(io.BytesIO(exported)).read("report.txt").decode()
    assert "打开:1\n咨询:0\n报名:1\n答题通过:1" in report

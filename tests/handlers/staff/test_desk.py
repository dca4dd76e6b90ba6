"""Notices, tasks, messages, rules and accounts."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from bot.models import NotUnderstood
from credit_core.accounts.models import Follower, StaffMember
from notices import ends, outbox
from notices.models import Notice, StaffTask
from notices.status import NoticeStatus
from tests.handlers.staff.conftest import PASSWORD

FIELDS = {
    "subject_name": "福安大药房",
    "before": "A",
    "grade": "B",
    "score_before": 990,
    "score_after": 950,
    "reason": "新增扣分记录",
    "lines_text": "违规记录 -40 分",
    "since": "2026年11月20日",
    "notice_id": 1,
}


@pytest.fixture
def failed(sqlite_database, people, clock):
    """A statutory notice that WeChat could not deliver, and the task to serve it."""
    with sqlite_database.begin() as session:
        follower = Follower(openid="pharmacy_clerk")
        session.add(follower)
        session.flush()
        notice = outbox.post(
            session,
            kind="grade_changed",
            key="grade:1",
            now=clock.now(),
            follower_id=follower.id,
            subject_id=people["pharmacy"],
            fields=FIELDS,
        )
        notice.text = "当前等级：B"
        notice.next_at = None
        outbox.move(session, notice, NoticeStatus.FAILED, clock.now(), why="no_channel")
        task = StaffTask(
            key="serve:1",
            kind="serve",
            notice_id=notice.id,
            subject_id=people["pharmacy"],
            why="no_channel",
            created_at=clock.now(),
        )
        session.add(task)
        session.flush()
        return {"notice": notice.id, "task": task.id}


async def test_a_failed_notice_is_seen_with_its_history_and_text(browse, failed):
    clerk = await browse("clerk")
    await clerk.get("/")
    clerk.shows("未送达的通知", "<strong>1</strong>")
    await clerk.get("/notices?status=failed")
    clerk.shows("信用等级变动", "福安大药房", "法定", "未送达")
    await clerk.get(f"/notices/{failed['notice']}")
    clerk.shows("当前等级：B", "法定通知，不能关闭", "去登记", "待发送")


async def test_a_notice_that_could_not_be_told_is_served_by_phone(browse, failed, sqlite_database):
    clerk = await browse("clerk")
    await clerk.get(f"/tasks/{failed['task']}")
    await clerk.post(f"/tasks/{failed['task']}", means="phone", record="")
    clerk.shows("有必填的内容没有填")
    await clerk.post(f"/tasks/{failed['task']}", means="pigeon", record="说了")
    clerk.shows("请从列表里选择一项")
    await clerk.post(f"/tasks/{failed['task']}", means="phone", record="负责人已接听")
    clerk.shows("办理情况已记录")
    await clerk.get("/tasks?done=1")
    clerk.shows("电话")
    with sqlite_database.read() as session:
        assert session.get_one(Notice, failed["notice"]).status == "served_otherwise"
        task = session.get_one(StaffTask, failed["task"])
        assert (task.done_by, task.record) == ("clerk", "负责人已接听")
    await clerk.post(f"/tasks/{failed['task']}", means="post", record="又寄了")
    clerk.shows("已经登记过了")


async def test_a_notice_of_unknown_outcome_is_served_when_staff_told_it(
    browse, people, sqlite_database, clock
):
    with sqlite_database.begin() as session:
        notice = outbox.post(
            session, kind="grade_changed", key="grade:2", now=clock.now(),
            subject_id=people["pharmacy"], fields=FIELDS,
        )  # fmt: skip
        ends.uncertain(session, notice.id, clock.now())
        task = session.scalars(select(StaffTask.id)).one()
    clerk = await browse("clerk")
    await clerk.get(f"/tasks/{task}")
    await clerk.post(f"/tasks/{task}", means="phone", record="负责人已接听")
    clerk.shows("办理情况已记录")
    with sqlite_database.read() as session:
        assert session.get_one(Notice, notice.id).status == "served_otherwise"


async def test_who_could_not_be_reached_at_all_stays_unserved(browse, failed, sqlite_database):
    clerk = await browse("clerk")
    await clerk.get(f"/tasks/{failed['task']}")
    await clerk.post(f"/tasks/{failed['task']}", means="none", record="三次无人接听")
    with sqlite_database.read() as session:
        assert session.get_one(Notice, failed["notice"]).status == "failed"


async def test_a_call_back_shows_its_number_and_keeps_it(browse, sqlite_database, clock):
    with sqlite_database.begin() as session:
        task = StaffTask(key="call_back:1", kind="call_back", why="asked", created_at=clock.now())
        task.record = "13800000001"
        session.add(task)
        session.flush()
        number = task.id
    clerk = await browse("clerk")
    await clerk.get("/tasks")
    clerk.shows("回电话", "本人要求回电话")
    assert "13800000001" not in clerk.page
    await clerk.get(f"/tasks/{number}")
    clerk.shows("13800000001")
    await clerk.post(f"/tasks/{number}", means="phone", record="已解答")
    await clerk.get(f"/tasks/{number}")
    clerk.shows("13800000001\n已解答")


async def test_a_message_gets_its_label(browse, sqlite_database, clock):
    with sqlite_database.begin() as session:
        session.add(NotUnderstood(at=clock.now(), text="那个分咋看 <b>", best_intent="policy"))
    clerk = await browse("clerk")
    await clerk.get("/messages")
    clerk.shows("那个分咋看 &lt;b&gt;", "问政策规定")
    with sqlite_database.read() as session:
        number = session.query(NotUnderstood).one().id
    await clerk.post(f"/messages/{number}", intent="dance")
    clerk.shows("请从列表里选择一项")
    await clerk.post(f"/messages/{number}", intent="score")
    clerk.shows("没有待标注的消息")
    await clerk.get("/messages?labelled=1")
    clerk.shows("那个分咋看", "查信用分", "clerk")


@pytest.mark.parametrize(
    "kind", ["resident", "institution", "practitioner", "employer", "supplier"]
)
async def test_the_rules_of_every_kind_can_be_read_on_any_day(browse, kind):
    browser = await browse("auditor")
    await browser.get("/rules")
    browser.shows("系统默认值，由医保局修订后生效")
    await browser.get(f"/rules/{kind}")
    browser.shows("系统默认值，由医保局修订后生效", "依据", "基础 1000 分")
    await browser.get(f"/rules/{kind}?on=1999-01-01")
    assert browser.status in {403, 404, 409}
    await browser.get(f"/rules/{kind}?on=gestern")
    browser.shows("日期请写成 2026-03-01 这样")


async def test_an_administrator_keeps_accounts(browse, sqlite_database):
    admin = await browse("admin")
    await admin.get("/accounts")
    form = {"login": "New.Member", "name": "新人", "password": "first-password-1"}
    await admin.post("/accounts", **form)
    admin.shows("请至少选择一个岗位")
    await admin.post("/accounts", **form, roles="clerk")
    admin.shows("账号 new.member 已建立", "新人")
    await admin.post("/accounts", **form, roles="clerk")
    admin.shows("登录名 new.member 已经有人用了")
    newcomer = await browse()
    await newcomer.sign_in("new.member", "first-password-1")
    newcomer.shows("新人")
    with sqlite_database.read() as session:
        number = session.query(StaffMember).filter_by(login="new.member").one().id
    await admin.get(f"/accounts/{number}")
    await admin.post(f"/accounts/{number}/roles", name="新人", roles="auditor")
    await newcomer.get("/logs")
    await admin.post(f"/accounts/{number}/active", active="0")
    admin.shows("已停用")
    await newcomer.get("/")
    assert newcomer.url.startswith("/staff/sign-in")


async def test_an_administrator_cannot_lock_everybody_out(browse, members):
    admin = await browse("admin")
    await admin.get(f"/accounts/{members['admin']}")
    await admin.post(f"/accounts/{members['admin']}/active", active="0")
    admin.shows("不能停用自己")
    await admin.post(f"/accounts/{members['admin']}/roles", name="我", roles="clerk")
    admin.shows("不能停用自己")


async def test_a_reset_password_signs_out_and_works(browse, members):
    clerk, admin = await browse("clerk"), await browse("admin")
    await admin.get(f"/accounts/{members['clerk']}")
    await admin.post(f"/accounts/{members['clerk']}/password", password="given-by-admin-1")
    await clerk.get("/")
    assert clerk.url.startswith("/staff/sign-in")
    await clerk.sign_in("clerk", PASSWORD)
    assert clerk.status == 401
    await clerk.sign_in("clerk", "given-by-admin-1")
    assert clerk.url == "/staff/"

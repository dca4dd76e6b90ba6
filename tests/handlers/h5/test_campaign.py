"""The page of a campaign: opened, signed up on, the quiz answered; each counted once."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

import pytest
from aiohttp.test_utils import TestClient
from sqlalchemy import select

from credit_core.accounts.models import Follower
from credit_core.clock import FixedClock
from credit_core.database import Database
from credit_core.records.models import Record
from notices.campaigns import counting, page, service
from notices.campaigns.models import Campaign
from notices.campaigns.status import CampaignStatus
from tests.handlers.h5.test_app import WeChatSays, client, open_page, wang, wechat

__all__ = ["client", "wang", "wechat"]

_codes = itertools.count()
QUIZ = "医保卡可以借给亲戚用吗？\n可以\n*不可以\n\n信用分多少开始？\n*1000 分\n0 分"
RIGHT = {"do": "quiz", "q00": "1", "q01": "0"}


async def visited(client: TestClient[Any, Any], path: str, *, status: int = 200) -> str:
    """The page as the present visitor sees it."""
    found, shown = await open_page(client, path, code=f"c{next(_codes)}")
    assert found == status
    return shown


def campaign(database: Database, clock: FixedClock, **more: Any) -> int:
    """A campaign that has gone out, with its page."""
    typed = {"words": "欢迎", "sign_up": True, "capacity": "1", "quiz": QUIZ, "award": True} | more
    with database.begin() as session:
        from credit_core.accounts.models import StaffMember

        staff = StaffMember(
            login="x", name="经办", password_hash="x", roles="clerk", created_at=clock.now()
        )
        session.add(staff)
        session.flush()
        made = service.draft(
            session,
            title="诚信医保宣传月",
            kind="text",
            content={"text": "知信用", "page": page.read(**typed)},
            audience={},
            by=staff.id,
            now=clock.now(),
        )
        made.status, made.started_at = CampaignStatus.DONE, clock.now()
        return made.id


def numbers(database: Database, number: int) -> dict[str, int]:
    with database.read() as session:
        return counting.reactions(session, number)


async def test_opening_is_counted_once(
    client: TestClient[Any, Any], wang: int, sqlite_database: Database, clock: FixedClock
) -> None:
    number = campaign(sqlite_database, clock)
    shown = await visited(client, f"/h5/campaigns/{number}")
    assert "我要报名" in shown
    assert "还有1个名额" in shown
    await visited(client, f"/h5/campaigns/{number}")
    assert numbers(sqlite_database, number)["opened"] == 1


async def test_the_last_place_is_given_once(
    client: TestClient[Any, Any],
    wang: int,
    wechat: WeChatSays,
    sqlite_database: Database,
    clock: FixedClock,
) -> None:
    number = campaign(sqlite_database, clock)
    await visited(client, f"/h5/campaigns/{number}")
    for _ in range(2):
        answer = await client.post(f"/h5/campaigns/{number}", data={"do": "sign_up"})
        assert "已报名" in await answer.text()
    client.session.cookie_jar.clear()
    wechat.visitor.openid = "li"
    assert "名额已经报满" in await visited(client, f"/h5/campaigns/{number}")
    answer = await client.post(f"/h5/campaigns/{number}", data={"do": "sign_up"})
    assert "名额已经报满，感谢您的关注" in await answer.text()
    assert numbers(sqlite_database, number)["signed_up"] == 1


async def test_who_passes_the_quiz_gets_the_points_once(
    client: TestClient[Any, Any], wang: int, sqlite_database: Database, clock: FixedClock
) -> None:
    number = campaign(sqlite_database, clock)
    await visited(client, f"/h5/campaigns/{number}")
    path = f"/h5/campaigns/{number}"
    answer = await client.post(path, data=RIGHT | {"q01": "1"})
    assert "有1题没有答对" in await answer.text()
    answer = await client.post(path, data={"do": "quiz", "q00": "1"})
    assert "每题选一个答案" in await answer.text()
    for _ in range(2):
        answer = await client.post(path, data=RIGHT)
        assert "全部答对" in await answer.text()
    assert numbers(sqlite_database, number)["quiz_passed"] == 1
    with sqlite_database.read() as session:
        earned = session.scalars(select(Record).where(Record.item == "P+3")).all()
        assert [one.subject_id for one in earned] == [wang]


@pytest.mark.parametrize("award", [True, False])
async def test_nobody_else_gets_points(
    client: TestClient[Any, Any],
    wang: int,
    wechat: WeChatSays,
    sqlite_database: Database,
    clock: FixedClock,
    award: bool,
) -> None:
    """Neither who is bound to nobody, nor anybody when staff did not switch it on."""
    number = campaign(sqlite_database, clock, award=award)
    wechat.visitor.openid = "li" if award else "wang"
    await visited(client, f"/h5/campaigns/{number}")
    await client.post(f"/h5/campaigns/{number}", data=RIGHT)
    assert numbers(sqlite_database, number)["quiz_passed"] == 1
    with sqlite_database.read() as session:
        assert session.scalars(select(Record).where(Record.item == "P+3")).all() == []


async def test_a_draft_and_one_without_a_page_are_not_found(
    client: TestClient[Any, Any], wang: int, sqlite_database: Database, clock: FixedClock
) -> None:
    number = campaign(sqlite_database, clock)
    with sqlite_database.begin() as session:
        session.get_one(Campaign, number).status = CampaignStatus.DRAFT
    assert "没有找到这个页面" in await visited(client, f"/h5/campaigns/{number}", status=404)
    assert "没有找到这个页面" in await visited(client, "/h5/campaigns/x", status=404)


async def test_a_campaign_that_was_called_off_says_so(
    client: TestClient[Any, Any], wang: int, sqlite_database: Database, clock: FixedClock
) -> None:
    number = campaign(sqlite_database, clock)
    with sqlite_database.begin() as session:
        session.get_one(Campaign, number).status = CampaignStatus.CANCELLED
    shown = await visited(client, f"/h5/campaigns/{number}")
    assert "活动已经取消" in shown
    assert "我要报名" not in shown
    answer = await client.post(f"/h5/campaigns/{number}", data={"do": "sign_up"})
    assert "现在不能参加" in await answer.text()
    assert numbers(sqlite_database, number)["signed_up"] == 0


def test_writing_to_the_account_after_opening_is_asking(
    sqlite_database: Database, clock: FixedClock
) -> None:
    number = campaign(sqlite_database, clock)
    opened = clock.now()
    after = {
        "before": timedelta(hours=-1),
        "soon": timedelta(hours=3),
        "late": timedelta(hours=49),
        "tapped": timedelta(hours=3),
    }
    with sqlite_database.begin() as session:
        for name, later in after.items():
            follower = Follower(
                openid=name,
                window_used=0,
                window_kind="tap" if name == "tapped" else "message",
                window_opened_at=opened + later,
            )
            session.add(follower)
            session.flush()
            counting.react(
                session, campaign_id=number, follower_id=follower.id, what="opened", now=opened
            )
        now = opened + timedelta(hours=50)
        assert page.count_questions(session, now) == 1
        assert page.count_questions(session, now) == 0
    assert numbers(sqlite_database, number)["asked"] == 1


def test_the_quiz_is_read_as_it_is_typed() -> None:
    read = page.read(words="", sign_up=False, capacity="", quiz=QUIZ, award=False)
    assert page.as_typed(read) == QUIZ
    assert page.read(words="", sign_up=False, capacity="", quiz="", award=True) is None


@pytest.mark.parametrize("quiz", ["只有问题", "问题？\n甲\n乙", "问题？\n*甲\n*乙", "问题？\n*甲"])
def test_a_quiz_without_one_right_answer_is_refused(quiz: str) -> None:
    from credit_core.errors import Refusal

    with pytest.raises(Refusal, match=r"campaign\.quiz"):
        page.read(words="", sign_up=False, capacity="", quiz=quiz, award=False)

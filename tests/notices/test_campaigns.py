"""A campaign reaches exactly those it is for, released by a second person."""

from __future__ import annotations

import io
import threading
import zipfile
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import insert, select

from credit_core.accounts.models import Follower
from credit_core.errors import Refusal
from credit_core.ids import new_id
from notices import outbox
from notices.campaigns import audience, counting, export, filling, running, service
from notices.campaigns.models import CampaignBatch, CampaignRecipient, MassCount
from notices.campaigns.numbers import monthly_warning, result
from notices.campaigns.status import BatchStatus, CampaignStatus
from notices.models import Notice
from notices.receipts import on_event
from notices.verdicts import Outcome, Verdict
from tests.notices.conftest import Bureau

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 64


@pytest.fixture
def people(bureau: Bureau) -> dict[str, int]:
    return {
        "drafter": bureau.staff("drafter", openid="staff_drafter"),
        "approver": bureau.staff("approver", roles="approver"),
    }


def crowd(bureau: Bureau, count: int) -> list[str]:
    openids = [f"one_{place}" for place in range(count)]
    with bureau.database.begin() as session:
        session.execute(
            insert(Follower),
            [
                {"id": new_id(), "openid": openid, "followed_at": bureau.clock.now()}
                for openid in openids
            ],
        )
    return openids


def released(bureau: Bureau, people: dict[str, int], **changes: object) -> int:
    """A campaign that was drafted, submitted, approved and is to start now."""
    now = bureau.clock.now()
    with bureau.database.begin() as session:
        given = {"title": "信用宣传月", "kind": "text", "content": {"text": "知信用"}} | changes
        campaign = service.draft(
            session, audience=given.pop("audience", {}), by=people["drafter"], now=now, **given
        )
        service.submit(session, campaign.id, by=people["drafter"], now=now)
        service.approve(session, campaign.id, by=people["approver"], now=now)
        service.schedule(session, campaign.id, by=people["approver"], now=now)
        return campaign.id


def test_it_goes_out_after_a_second_person_approved(bureau: Bureau, people: dict[str, int]) -> None:
    openids = crowd(bureau, 5)
    now = bureau.clock.now()
    with bureau.database.begin() as session:
        campaign = service.draft(
            session,
            title="信用宣传月",
            kind="text",
            content={"text": "知信用、守信用"},
            audience={},
            by=people["drafter"],
            now=now,
        )
        assert service.count_audience(session, {}) == 5
        service.request_preview(session, campaign.id, by=people["drafter"], now=now)
        service.submit(session, campaign.id, by=people["drafter"], now=now)
        with pytest.raises(Refusal, match=r"campaign\.own_draft"):
            service.approve(session, campaign.id, by=people["drafter"], now=now)
        service.approve(session, campaign.id, by=people["approver"], now=now)
        service.schedule(
            session, campaign.id, by=people["approver"], now=now, at=now + timedelta(hours=1)
        )
        number = campaign.id
    bureau.tick()
    assert [openid for openid, _ in bureau.platform.previews] == ["staff_drafter"]
    assert bureau.platform.mass == []
    bureau.clock.current += timedelta(hours=1)
    bureau.tick()
    assert [sorted(one.openids) for one in bureau.platform.mass] == [sorted(openids)]
    assert len(bureau.platform.mass[0].key) <= 32
    with bureau.database.begin() as session:
        message_id = session.scalars(select(CampaignBatch.message_id)).one()
        told = {
            "MsgID": message_id,
            "Status": "send success",
            "TotalCount": "5",
            "FilterCount": "5",
            "SentCount": "4",
            "ErrorCount": "1",
        }
        on_event(session, "MASSSENDJOBFINISH", told, bureau.clock.now())
        numbers = result(session, number, now=bureau.clock.now())
    assert (numbers.total, numbers.sent, numbers.errors) == (5, 4, 1)
    assert numbers.status == CampaignStatus.DONE


def test_a_result_event_may_come_before_the_answer(bureau: Bureau, people: dict[str, int]) -> None:
    crowd(bureau, 3)
    number = released(bureau, people)
    with bureau.database.begin() as session:
        told = {"MsgID": "1001", "Status": "send success", "TotalCount": 3, "SentCount": 3}
        on_event(session, "MASSSENDJOBFINISH", told, bureau.clock.now())
    bureau.tick()
    with bureau.database.read() as session:
        assert result(session, number, now=bureau.clock.now()).sent == 3


def test_pause_resume_and_restart_keep_the_union_exact(
    bureau: Bureau, people: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filling, "LIST", 100)
    openids = crowd(bureau, 1001)
    number = released(bureau, people)
    # Interrupted after some batches by a platform that is away, once, and paused meanwhile.
    bureau.platform.refuse("mass", Verdict(Outcome.ACCEPTED, message_id="m0"))
    bureau.platform.script["mass"].clear()
    bureau.platform.refuse("mass", Verdict(Outcome.UNKNOWN, action="repeat", wait=2))
    bureau.platform.effect_despite_silence = True
    bureau.tick()
    with bureau.database.begin() as session:
        assert service.get(session, number).status == CampaignStatus.SENDING
        running.pause(session, number, by=people["approver"], now=bureau.clock.now())
    crowd_later = Follower(openid="one_late", followed_at=bureau.clock.now())
    with bureau.database.begin() as session:
        session.add(crowd_later)
    bureau.clock.current += timedelta(minutes=5)
    bureau.tick()
    before = len(bureau.platform.mass)
    with bureau.database.begin() as session:
        running.resume(session, number, by=people["approver"], now=bureau.clock.now())
    bureau.tick()
    assert len(bureau.platform.mass) >= before
    sent = [openid for one in bureau.platform.mass for openid in one.openids]
    assert len(sent) == len(set(sent)) == 1001
    assert set(sent) == set(openids)
    assert min(len(one.openids) for one in bureau.platform.mass) >= 2
    with bureau.database.read() as session:
        assert service.get(session, number).status == CampaignStatus.DONE


def test_nothing_leaves_once_a_pause_is_under_way(bureau: Bureau, people: dict[str, int]) -> None:
    """A worker that looked a moment before the pause was saved does not send afterwards."""
    crowd(bureau, 4)
    number = released(bureau, people)
    now = bureau.clock.now()
    with bureau.database.begin() as session:
        filling.start_due(session, now)
    with bureau.database.begin() as session:
        while filling.fill_next(session, now):
            pass
    with bureau.database.begin() as session:
        running.pause(session, number, by=people["approver"], now=now)
        session.flush()
        worker = threading.Thread(target=bureau.tick)
        worker.start()
        worker.join(1)
    worker.join(30)
    assert not worker.is_alive()
    assert bureau.platform.mass == []
    with bureau.database.begin() as session:
        running.resume(session, number, by=people["approver"], now=now)
    bureau.tick()
    assert len(bureau.platform.mass) == 1


def test_cancelling_keeps_back_what_has_not_left(bureau: Bureau, people: dict[str, int]) -> None:
    crowd(bureau, 4)
    number = released(bureau, people)
    with bureau.database.begin() as session:
        running.cancel(session, number, by=people["approver"], now=bureau.clock.now())
    bureau.tick()
    assert bureau.platform.mass == []


def test_template_campaigns_go_through_the_outbox_and_can_pause(
    bureau: Bureau, people: dict[str, int]
) -> None:
    openids = crowd(bureau, 30)
    content = {"title": "义诊", "when": "2026年12月4日", "summary": "到社区", "link": "/h5/c/1"}
    number = released(bureau, people, kind="template", content=content)
    bureau.tick()
    assert sorted(one.openid for one in bureau.platform.sent) == sorted(openids)
    with bureau.database.read() as session:
        numbers = result(session, number, now=bureau.clock.now())
    assert numbers.sent == 30
    assert numbers.status == CampaignStatus.DONE


def test_every_change_of_a_held_and_cancelled_notice_is_dated(
    bureau: Bureau, people: dict[str, int]
) -> None:
    crowd(bureau, 3)
    content = {"title": "义诊", "when": "2026年12月4日", "summary": "到社区", "link": "/h5/c/1"}
    number = released(bureau, people, kind="template", content=content)
    now = bureau.clock.now()
    with bureau.database.begin() as session:
        filling.start_due(session, now)
        while filling.fill_next(session, now):
            pass
        campaign = service.get(session, number)
        batch = session.scalars(select(CampaignBatch)).one()
        filling.post_batch(session, campaign, batch, now)
        for step in (running.pause, running.resume, running.pause, running.cancel):
            step(session, number, by=people["approver"], now=now)
        for notice in session.scalars(select(Notice)):
            steps = [(one.status, one.why) for one in outbox.history(session, notice.id)]
            assert steps == [
                ("planned", ""),
                ("waiting", "paused"),
                ("planned", ""),
                ("waiting", "paused"),
                ("cancelled", "campaign_cancelled"),
            ]


def test_used_up_mass_quota_waits_and_does_not_stop_notices(
    bureau: Bureau, people: dict[str, int], at: Callable[[str], datetime]
) -> None:
    at("2026-11-23T10:00")
    crowd(bureau, 3)
    released(bureau, people)
    bureau.platform.refuse("mass", Verdict(Outcome.QUOTA, action="stop_month", code=45028))
    bureau.tick()
    with bureau.database.read() as session:
        batch = session.scalars(select(CampaignBatch)).one()
        assert batch.status == BatchStatus.WAITING
    at("2026-11-30T23:00")
    bureau.tick()
    assert bureau.platform.mass == []
    at("2026-12-01T09:00")
    bureau.tick()
    assert len(bureau.platform.mass) == 1


def test_monthly_four_are_counted(bureau: Bureau, people: dict[str, int]) -> None:
    crowd(bureau, 3)
    for _ in range(4):
        released(bureau, people)
        bureau.tick()
    with bureau.database.read() as session:
        assert set(session.scalars(select(MassCount.used))) == {4}
        assert monthly_warning(session, {}, bureau.clock.now()) == 3


def test_audience_by_grade_tag_and_binding(bureau: Bureau) -> None:
    pharmacy = bureau.subject()
    clerk, other = bureau.follower("clerk"), bureau.follower("other")
    bureau.follower("gone", following=False)
    bureau.bind(clerk, pharmacy)
    with bureau.database.begin() as session:
        audience.tag_follower(session, other, "志愿者")
        counts = [
            service.count_audience(session, spec)
            for spec in (
                {},
                {"kinds": ["institution"], "grades": ["A"], "districts": ["环翠区"]},
                {"grades": ["D"]},
                {"tags": ["志愿者"]},
                {"bound": True},
                {"bound": False},
            )
        ]
    assert counts == [2, 1, 0, 1, 1, 1]


def test_reactions_count_once_and_the_export_names_nobody(
    bureau: Bureau, people: dict[str, int]
) -> None:
    crowd(bureau, 2)
    number = released(bureau, people)
    bureau.tick()
    with bureau.database.begin() as session:
        follower = session.scalars(select(CampaignRecipient.follower_id)).first()
        assert follower is not None
        for _ in range(2):
            counting.react(
                session,
                campaign_id=number,
                follower_id=follower,
                what="opened",
                now=bureau.clock.now(),
            )
        service.add_photo(
            session,
            number,
            name="a.png",
            content=PNG,
            by=people["drafter"],
            now=bureau.clock.now(),
            caption="现场",
        )
        with pytest.raises(Refusal, match=r"campaign\.photo_type"):
            service.add_photo(
                session, number, name="a.png", content=b"MZ", by=1, now=bureau.clock.now()
            )
        assert counting.reactions(session, number)["opened"] == 1
        packed = export.archive(session, number, now=bureau.clock.now())
    with zipfile.ZipFile(io.BytesIO(packed)) as archived:
        assert set(archived.namelist()) == {"report.txt", "message.txt", "photos/01.png"}
        report = archived.read("report.txt").decode()
    assert "打开:1" in report
    assert "one_" not in report


def test_a_result_that_never_came_is_asked_for(bureau: Bureau, people: dict[str, int]) -> None:
    crowd(bureau, 5)
    number = released(bureau, people)
    bureau.tick()

    def batch() -> tuple[str, str]:
        with bureau.database.read() as session:
            query = select(CampaignBatch.status, CampaignBatch.result)
            status, result = session.execute(query.where(CampaignBatch.campaign_id == number)).one()
            return status, result

    bureau.clock.current += timedelta(minutes=29)
    bureau.tick()
    assert batch() == (BatchStatus.SENT, "")
    bureau.clock.current += timedelta(minutes=1)
    bureau.tick()
    assert batch() == (BatchStatus.FINISHED, "sendsuccess")

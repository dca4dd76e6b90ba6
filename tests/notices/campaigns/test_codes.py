"""Every number of the error table on a mass message: its class's action and nothing else."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import delete, select

from bot.wechat.errors import refusal, table
from credit_core.database import Database
from handlers.delivery import verdict_of
from notices import stops
from notices.campaigns import running
from notices.campaigns.models import Campaign, CampaignBatch
from notices.campaigns.status import BatchStatus
from notices.models import ApiStop, StaffTask
from notices.verdicts import MassParcel, Outcome, Verdict
from tests.notices.conftest import Bureau
from tests.notices.test_campaigns import crowd, people, released

__all__ = ["people"]

PATH = "/cgi-bin/message/mass/send"
# A refused token never gets here: the client renews it, or every interface waits.
CLASSES = sorted({rule.kind for rule in table().values()} - {"T"})


@pytest.fixture
def database(sqlite_database: Database) -> Database:
    return sqlite_database


def refuse(bureau: Bureau, code: int, times: int = 1) -> None:
    """What the client makes of this number, as often as it is said."""
    body = {"errcode": code, "errmsg": "x rid: 1-2-3", "msg_id": 77}
    bureau.platform.refuse("mass", *[verdict_of(refusal(PATH, body))] * times)


def batches(bureau: Bureau, campaign_id: int) -> list[CampaignBatch]:
    with bureau.database.read() as session:
        query = select(CampaignBatch).where(CampaignBatch.campaign_id == campaign_id)
        found = list(session.scalars(query.order_by(CampaignBatch.no)))
        session.expunge_all()
    return found


@pytest.mark.parametrize("kind", CLASSES)
def test_each_code_has_the_action_of_its_class(
    bureau: Bureau, people: dict[str, int], kind: str
) -> None:
    crowd(bureau, 6)
    for code in [code for code, rule in table().items() if rule.kind == kind and code is not None]:
        number = released(bureau, people)
        one_code(bureau, number, code)
        # An empty desk for the next code.
        with bureau.database.begin() as session:
            session.execute(delete(ApiStop))
            session.execute(delete(StaffTask))
            if session.get_one(Campaign, number).status != "done":
                running.cancel(session, number, by=people["approver"], now=bureau.clock.now())


def one_code(bureau: Bureau, number: int, code: int) -> None:
    rule = table()[code]
    refuse(bureau, code)
    bureau.tick()
    first = batches(bureau, number)[0]
    with bureau.database.read() as session:
        stopped = {one.api: one.until for one in session.scalars(select(ApiStop))}
        tasks = list(session.scalars(select(StaffTask.key)))
    now = bureau.clock.now()
    expected = {
        "stop_api": "mass",
        "stop_day": "mass",
        "stop_month": "mass",
        "stop_all": stops.EVERYTHING,
    }.get(rule.action)
    assert set(stopped) == ({expected} if expected else set())
    if rule.action == "stop_day":
        assert stopped["mass"] == stops.next_day(now)
    if rule.action == "stop_month":
        assert stopped["mass"] == stops.next_month(now)
    if rule.kind in "DA":
        assert (first.status, first.message_id) == (BatchStatus.SENT, "77")
    elif rule.action == "split" or rule.kind == "U":
        assert [one.size for one in batches(bureau, number)] == [3, 3]
    elif rule.kind in "RQC" or rule.action == "media":
        assert first.status == BatchStatus.WAITING
        assert first.next_at is not None
        assert first.next_at > now
    else:
        assert (first.status, first.next_at) == (BatchStatus.FAILED, None)
        assert any(key.startswith("attend:") for key in tasks)
    if rule.kind == "C":
        assert [key for key in tasks if key.startswith(f"attend:code:{code}:mass")]


def test_an_unknown_number_is_tried_once_more_and_then_shown(
    bureau: Bureau, people: dict[str, int]
) -> None:
    crowd(bureau, 3)
    number = released(bureau, people)
    refuse(bureau, 99_999, times=5)
    for _ in range(4):
        bureau.tick()
        bureau.clock.current += timedelta(minutes=5)
    assert bureau.platform.calls["mass"] == 2
    assert [one.status for one in batches(bureau, number)] == [BatchStatus.FAILED]
    with bureau.database.read() as session:
        assert "1-2-3" in session.scalars(select(StaffTask.detail)).all()


def test_a_list_that_is_split_reaches_everybody_once(
    bureau: Bureau, people: dict[str, int]
) -> None:
    openids = crowd(bureau, 7)
    released(bureau, people)
    refuse(bureau, 40130, times=1)
    for _ in range(3):
        bureau.tick()
        bureau.clock.current += timedelta(seconds=5)
    reached = [one for parcel in bureau.platform.mass for one in parcel.openids]
    assert sorted(reached) == sorted(openids)
    assert len({parcel.key for parcel in bureau.platform.mass}) == 2


BUSY = Verdict(Outcome.RETRY, "repeat", code=-1, wait=2)


def go_on(bureau: Bureau, turns: int, step: timedelta) -> None:
    for _ in range(turns):
        bureau.tick()
        bureau.clock.current += step


@pytest.mark.parametrize("refusal_", [BUSY, Verdict(Outcome.RETRY, "once", code=99_999)])
def test_a_batch_that_may_have_arrived_is_not_called_failed(
    bureau: Bureau, people: dict[str, int], refusal_: Verdict
) -> None:
    """Silence, then refusals for a day: staff must not send it again as if nobody had it."""
    crowd(bureau, 3)
    number = released(bureau, people)
    bureau.platform.effect_despite_silence = True
    bureau.platform.refuse("mass", Verdict(Outcome.UNKNOWN, "repeat", wait=2), *[refusal_] * 1000)
    go_on(bureau, 100, timedelta(minutes=16))
    assert [one.status for one in batches(bureau, number)] == [BatchStatus.UNCERTAIN]
    assert len(bureau.platform.mass) == 1


def test_a_campaign_waits_for_a_wechat_that_is_not_reached(
    bureau: Bureau, people: dict[str, int]
) -> None:
    openids = crowd(bureau, 3)
    number = released(bureau, people)
    bureau.platform.refuse("mass", *[Verdict(Outcome.NOT_SENT, "repeat", wait=2)] * 1000)
    go_on(bureau, 20, timedelta(minutes=16))
    assert [one.status for one in batches(bureau, number)] == [BatchStatus.WAITING]
    bureau.platform.script["mass"].clear()
    go_on(bureau, 2, timedelta(minutes=25))
    assert [list(parcel.openids) for parcel in bureau.platform.mass] == [openids]


def test_one_whom_wechat_refuses_does_not_keep_the_others_of_the_list_from_it(
    bureau: Bureau, people: dict[str, int]
) -> None:
    crowd(bureau, 16)
    released(bureau, people)
    body = {"errcode": 40003, "errmsg": "x"}
    deliver = bureau.platform.deliver_mass

    async def refuses_one(parcel: MassParcel) -> Verdict:
        if "one_5" in parcel.openids:
            return verdict_of(refusal(PATH, body))
        return await deliver(parcel)

    bureau.platform.deliver_mass = refuses_one  # type: ignore[method-assign]
    go_on(bureau, 6, timedelta(seconds=5))
    reached = [one for parcel in bureau.platform.mass for one in parcel.openids]
    assert len(reached) == len(set(reached)) == 14

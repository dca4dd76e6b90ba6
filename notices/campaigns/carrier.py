"""Carrying campaigns: previews, pictures, batches, under leases like every other notice.

A batch is handed to WeChat with its own ``clientmsgid``, which WeChat remembers for 24 hours:
within that time a batch of unknown outcome is repeated and answered with 45065, after it the
batch is uncertain and shown.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from config.texts import text
from credit_core.accounts.models import Follower, StaffMember
from credit_core.clock import Clock, local_day
from notices import ends, receipts, stops
from notices.campaigns import counting, filling, page, service
from notices.campaigns.models import (
    Campaign,
    CampaignBatch,
    CampaignPhoto,
    CampaignPreview,
    CampaignRecipient,
    Tag,
)
from notices.campaigns.running import finish_if_done, still_running
from notices.campaigns.status import BatchStatus, CampaignStatus
from notices.couriers import Courierhood
from notices.dispatcher import Dispatcher
from notices.models import Courier, EarlyReceipt
from notices.verdicts import MASS_WINDOW, MassParcel, Outcome, Platform, Verdict

log = structlog.get_logger("notices.campaigns")

_API = "mass"
_TRIES = 8
_MARGIN = timedelta(minutes=5)
_ONCE = frozenset({"media", "once"})
"""Repeated once: a picture that is uploaded anew, and a number that nobody knows."""


@dataclass(frozen=True, slots=True)
class _Leased:
    """One batch or preview on its way."""

    row_id: int
    lease_no: int
    campaign_id: int
    kind: str
    content: Mapping[str, Any]
    media_id: str | None
    openids: tuple[str, ...]
    tag_id: int | None
    key: str
    handed_before: datetime | None = None


class Carrier:
    """Takes campaigns a step further whenever it is asked."""

    def __init__(
        self,
        dispatcher: Dispatcher,
        platform: Platform,
        clock: Clock,
        wall: Clock,
        courier: Courierhood,
    ) -> None:
        self._transact = dispatcher.transact
        self._drain = dispatcher.drain
        self._dispatcher = dispatcher
        self._platform, self._clock, self._wall, self._courier = platform, clock, wall, courier

    async def step(self) -> int:
        """Do everything that campaigns owe now; returns how many batches left."""
        left = 0
        if not await self._transact(lambda session: filling.is_due(session, self._clock.now())):
            return 0
        await self._transact(lambda session: filling.start_due(session, self._clock.now()))
        while not self._dispatcher.stopping and await self._transact(
            lambda session: filling.fill_next(session, self._clock.now())
        ):
            pass
        while not self._dispatcher.stopping:
            preview = await self._transact(self._take_preview)
            if preview is None:
                break
            await self._preview(preview)
        while not self._dispatcher.stopping:
            if await self._transact(self._post_templates):
                await self._drain()
                continue
            batch = await self._transact(self._take_batch)
            if batch is None:
                break
            await self._send(batch)
            left += 1
        await self._transact(self._finish)
        return left

    async def recover(self) -> int:
        """Free what dead couriers held."""
        return await self._transact(self._recover)

    async def _send(self, batch: _Leased) -> None:
        verdict, media_id = await self._prepared(batch)
        if verdict is None:
            parcel = MassParcel(
                kind=batch.kind,
                content={**batch.content, "media_id": media_id},
                key=batch.key,
                openids=batch.openids,
                tag_id=batch.tag_id,
            )
            await self._transact(lambda session: self._hand_over(session, batch))
            verdict = await self._platform.deliver_mass(parcel)
        final = verdict
        await self._transact(lambda session: self._store_batch(session, batch, final, media_id))

    async def _preview(self, preview: _Leased) -> None:
        verdict, media_id = await self._prepared(preview)
        if verdict is None:
            parcel = MassParcel(
                preview.kind, {**preview.content, "media_id": media_id}, preview.key
            )
            verdict = await self._platform.preview(preview.openids[0], parcel)
        final = verdict
        await self._transact(lambda session: self._store_preview(session, preview, final))

    async def _prepared(self, leased: _Leased) -> tuple[Verdict | None, str | None]:
        """Upload what the message needs; a verdict means that it did not work."""
        if leased.kind == "text" or leased.media_id is not None:
            return None, leased.media_id
        verdict, media_id = await self._platform.prepare(leased.kind, leased.content)
        return (None, media_id) if verdict.outcome is Outcome.ACCEPTED else (verdict, None)

    def _take_preview(self, session: Session) -> _Leased | None:
        found = session.scalars(
            select(CampaignPreview)
            .where(CampaignPreview.next_at <= self._clock.now(), CampaignPreview.lease_by.is_(None))
            .order_by(CampaignPreview.next_at)
            .limit(1)
            .with_for_update(skip_locked=True)
        ).first()
        if found is None:
            return None
        found.lease_by = self._courier.id
        campaign = service.get(session, found.campaign_id)
        staff = session.get_one(StaffMember, found.staff_id)
        return _Leased(
            row_id=found.id,
            lease_no=0,
            campaign_id=campaign.id,
            kind=campaign.kind,
            content=_content(session, campaign, self._dispatcher.public_url),
            media_id=None,
            openids=(staff.openid or "",),
            tag_id=None,
            key=f"p{found.id}",
        )

    def _store_preview(self, session: Session, preview: _Leased, verdict: Verdict) -> None:
        row = session.get_one(CampaignPreview, preview.row_id)
        row.lease_by = row.next_at = None
        row.errcode = verdict.code
        if verdict.outcome is Outcome.ACCEPTED:
            row.sent_at, row.why = self._clock.now(), ""
        else:
            row.why = _why(verdict)

    def _take_batch(self, session: Session) -> _Leased | None:
        wall, now = self._wall.now(), self._clock.now()
        stopped = stops.stops(session, max(now, wall))
        if stops.EVERYTHING in stopped or _API in stopped:
            return None
        batch = session.scalars(
            select(CampaignBatch)
            .join(Campaign, Campaign.id == CampaignBatch.campaign_id)
            .where(
                Campaign.status == CampaignStatus.SENDING,
                Campaign.kind != "template",
                # The last batch may still have to take somebody over from the one before.
                Campaign.counted.is_(True),
                CampaignBatch.next_at <= now,
                CampaignBatch.lease_by.is_(None),
            )
            .order_by(CampaignBatch.next_at, CampaignBatch.id)
            .limit(1)
            .with_for_update(of=CampaignBatch, skip_locked=True)
        ).first()
        if batch is None or not still_running(session, batch.campaign_id):
            return None
        if batch.handed_at is not None and wall >= batch.handed_at + MASS_WINDOW - _MARGIN:
            self._give_up(session, batch, BatchStatus.UNCERTAIN, "outcome_unknown")
            return self._take_batch(session)
        batch.lease_by, batch.lease_no = self._courier.id, batch.lease_no + 1
        batch.status = BatchStatus.SENDING
        campaign = service.get(session, batch.campaign_id)
        tag = session.get(Tag, campaign.tag_id) if campaign.tag_id is not None else None
        openids: tuple[str, ...] = ()
        if tag is None:
            openids = tuple(
                session.scalars(
                    select(Follower.openid)
                    .join(CampaignRecipient, CampaignRecipient.follower_id == Follower.id)
                    .where(CampaignRecipient.batch_id == batch.id)
                    .order_by(Follower.id)
                )
            )
        return _Leased(
            row_id=batch.id,
            lease_no=batch.lease_no,
            campaign_id=campaign.id,
            kind=campaign.kind,
            content=_content(session, campaign, self._dispatcher.public_url),
            media_id=campaign.media_id if campaign.kind == "image" else None,
            openids=openids,
            tag_id=tag.wechat_id if tag is not None else None,
            key=batch.key,
            handed_before=batch.handed_at,
        )

    def _hand_over(self, session: Session, leased: _Leased) -> None:
        batch = session.get_one(CampaignBatch, leased.row_id)
        batch.handed_at = batch.handed_at or self._wall.now()

    def _store_batch(
        self, session: Session, leased: _Leased, verdict: Verdict, media_id: str | None
    ) -> None:
        batch = session.get(CampaignBatch, leased.row_id, with_for_update=True)
        if batch is None or batch.lease_by != self._courier.id or batch.lease_no != leased.lease_no:
            return
        now = self._clock.now()
        batch.lease_by, batch.errcode, batch.rid = None, verdict.code, verdict.rid
        if leased.kind == "image" and media_id:
            service.get(session, leased.campaign_id).media_id = media_id
        stops.count(session, {_API: 1}, now)
        if verdict.outcome in {Outcome.ACCEPTED, Outcome.DONE}:
            batch.status, batch.why, batch.next_at = BatchStatus.SENT, "", None
            batch.sent_at, batch.message_id = now, verdict.message_id
            counting.count_month(session, batch.id, now)
            session.flush()
            _match_early(session, batch, now)
            return
        self._refused(session, batch, leased, verdict)

    def _refused(
        self, session: Session, batch: CampaignBatch, leased: _Leased, verdict: Verdict
    ) -> None:
        now, wall = self._clock.now(), self._wall.now()
        if verdict.outcome is not Outcome.UNKNOWN:
            batch.handed_at = leased.handed_before
        if verdict.staff or verdict.outcome in {Outcome.CONFIGURATION, Outcome.MESSAGE}:
            key = f"code:{verdict.code}:mass:{local_day(now)}"
            ends.attend(session, key, "wechat_refuses", now, detail=verdict.rid)
        certain = leased.handed_before is None
        # A list that holds one whom WeChat refuses is halved as well: the others get it.
        halve = verdict.action == "split" or verdict.outcome is Outcome.USER
        if halve and certain and filling.split(session, batch, now):
            return
        # Failed means that nobody has it; of what was never answered that is not known.
        end = BatchStatus.FAILED if certain else BatchStatus.UNCERTAIN
        if verdict.action in _ONCE and batch.attempts:
            ends.attend(session, f"batch:{batch.id}", _why(verdict), now, detail=verdict.rid)
            self._give_up(session, batch, end, _why(verdict))
            return
        if verdict.action == "media":
            service.get(session, leased.campaign_id).media_id = None
        elif verdict.outcome in {Outcome.MESSAGE, Outcome.USER}:
            self._give_up(session, batch, BatchStatus.FAILED, _why(verdict))
            return
        batch.status, batch.why = BatchStatus.WAITING, _why(verdict)
        wait = self._stop_or_wait(session, batch, verdict)
        if batch.handed_at is not None:
            over = wall + timedelta(seconds=wait) >= batch.handed_at + MASS_WINDOW - _MARGIN
            end, why = BatchStatus.UNCERTAIN, "outcome_unknown"
        else:
            # A WeChat that is not reached is waited for, however long.
            over = batch.attempts >= _TRIES and verdict.outcome is not Outcome.NOT_SENT
            end, why = BatchStatus.FAILED, _why(verdict)
        if over:
            self._give_up(session, batch, end, why)
        else:
            batch.next_at = now + timedelta(seconds=wait)

    def _stop_or_wait(self, session: Session, batch: CampaignBatch, verdict: Verdict) -> float:
        wall = self._wall.now()
        until: datetime | None = None
        if verdict.action == "stop_day":
            until = stops.next_day(wall)
        elif verdict.action == "stop_month":
            until = stops.next_month(wall)
        elif verdict.action in {"stop_api", "stop_all"}:
            until = wall + timedelta(seconds=verdict.wait)
        if until is not None:
            api = stops.EVERYTHING if verdict.action == "stop_all" else _API
            stops.stop(session, api, until, wall, verdict=verdict, why=verdict.action)
            return (until - wall).total_seconds()
        batch.attempts += 1
        base = max(verdict.wait, 1.0) * 2.0 ** min(batch.attempts - 1, 8)
        return float(min(base, 900.0) * random.uniform(1.0, 1.5))

    def _give_up(
        self, session: Session, batch: CampaignBatch, status: BatchStatus, why: str
    ) -> None:
        batch.status, batch.why, batch.next_at, batch.lease_by = status, why, None, None
        ends.attend(session, f"batch:{batch.id}", why, self._clock.now())

    def _post_templates(self, session: Session) -> bool:
        found = session.execute(
            select(Campaign, CampaignBatch)
            .join(CampaignBatch, CampaignBatch.campaign_id == Campaign.id)
            .where(
                Campaign.status == CampaignStatus.SENDING,
                Campaign.kind == "template",
                CampaignBatch.next_at <= self._clock.now(),
            )
            .order_by(CampaignBatch.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        ).first()
        if found is None:
            return False
        filling.post_batch(session, found[0], found[1], self._clock.now())
        return True

    def _finish(self, session: Session) -> None:
        running = session.scalars(
            select(Campaign).where(Campaign.status == CampaignStatus.SENDING).with_for_update()
        )
        for campaign in running:
            finish_if_done(session, campaign, self._clock.now())

    def _recover(self, session: Session) -> int:
        alive = select(Courier.id).where(
            Courier.beat_at > self._wall.now() - self._courier.dead_after
        )
        batches = session.scalars(
            select(CampaignBatch).where(
                CampaignBatch.lease_by.is_not(None), CampaignBatch.lease_by.not_in(alive)
            )
        ).all()
        for batch in batches:
            batch.lease_by, batch.next_at = None, self._clock.now()
            batch.status, batch.why = BatchStatus.WAITING, "recovered"
        previews = session.scalars(
            select(CampaignPreview).where(
                CampaignPreview.lease_by.is_not(None), CampaignPreview.lease_by.not_in(alive)
            )
        ).all()
        for preview in previews:
            # A preview has no key; whoever wants it again asks again.
            preview.lease_by = preview.next_at = None
            preview.why = "outcome_unknown"
        return len(batches) + len(previews)


def _content(session: Session, campaign: Campaign, public_url: str) -> dict[str, Any]:
    """The message as WeChat gets it: with its picture, and the way to its page."""
    content = {name: value for name, value in campaign.content.items() if name != "page"}
    number = content.get("photo_id")
    photo = session.get(CampaignPhoto, int(number)) if number else None
    if photo is not None:
        content["photo"], content["photo_type"] = photo.content, photo.content_type
    if page.page_of(campaign) is not None:
        link = f"{public_url}{page.path_of(campaign)}"
        if campaign.kind == "text":
            content["text"] = text("campaigns", "page.link", words=content["text"], link=link)
        elif campaign.kind == "article":
            content["link"] = content.get("link") or link
    return content


def _match_early(session: Session, batch: CampaignBatch, now: datetime) -> None:
    """The result event may come before WeChat's answer."""
    early = session.get(EarlyReceipt, batch.message_id) if batch.message_id else None
    if early is not None:
        receipts.on_event(session, early.event, early.fields, now)
        session.delete(early)


def _why(verdict: Verdict) -> str:
    return {
        Outcome.UNKNOWN: "no_answer",
        Outcome.NOT_SENT: "not_connected",
        Outcome.QUOTA: "quota",
        Outcome.CONFIGURATION: "configuration",
        Outcome.MESSAGE: "message_refused",
        Outcome.USER: "refused",
    }.get(verdict.outcome, "retry")

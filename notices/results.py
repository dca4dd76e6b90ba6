"""Storing what WeChat answered: many results in one transaction.

The plain case (taken) is written in bulk; every refusal goes through its consequences. A
result is stored only by the lease that fetched it, so a courier that was thought dead cannot
overwrite what another has learnt since.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from credit_core.clock import local_day
from credit_core.ids import new_ids
from credit_core.rows import insert_at_once, update_rows
from notices import channels, consequences, ends, plans, receipts, stops, uses
from notices.claims import Job
from notices.models import Courier, EarlyReceipt, Notice
from notices.status import NoticeStatus
from notices.tables import EVENT, NOTICE
from notices.verdicts import Outcome, Verdict, repeatable_for

_RESULT = (
    *("status", "sent_at", "delivered_at", "message_id", "chase_on"),
    *("lease_by", "next_at", "handed_at", "errcode", "rid"),
)
_SETTLED = (None, None, None, None, "")
"""The last five of ``_RESULT``: nothing is owed any more."""
_EVENT = ("id", "notice_id", "status", "at", "why", "channel", "by")
_TAKEN = (Outcome.ACCEPTED, Outcome.DONE)


@dataclass(frozen=True, slots=True)
class Result:
    job: Job
    verdict: Verdict


def mark_handed(session: Session, courier: int, jobs: Sequence[Job], wall: datetime) -> set[int]:
    """Write down that these are handed over now; returns those whose lease still holds.

    For messages without an idempotency key: whoever finds the mark after a crash knows that
    the outcome is unknown and must not send again.
    """
    marked: set[int] = set()
    for job in jobs:
        done = session.execute(
            update(NOTICE)
            .where(
                NOTICE.c.id == job.notice_id,
                NOTICE.c.lease_by == courier,
                NOTICE.c.lease_no == job.lease_no,
            )
            .values(handed_at=wall)
            .returning(NOTICE.c.id)
        ).first()
        if done is not None:
            marked.add(job.notice_id)
    return marked


def store(
    session: Session,
    courier: int,
    results: Sequence[Result],
    *,
    now: datetime,
    wall: datetime,
) -> None:
    """Write results and what follows from them."""
    taken = [one for one in results if one.verdict.outcome in _TAKEN]
    if taken:
        _store_taken(session, courier, taken, now)
    for one in results:
        if one.verdict.outcome not in _TAKEN:
            consequences.apply(session, courier, one.job, one.verdict, now=now, wall=wall)
    stops.count(session, Counter(one.job.parcel.channel for one in results), now)


def _store_taken(session: Session, courier: int, taken: Sequence[Result], now: datetime) -> None:
    today = local_day(now)
    rows: list[tuple[Any, ...]] = []
    events: list[tuple[Any, ...]] = []
    for event_id, one in zip(new_ids(len(taken)), taken, strict=True):
        job = one.job
        channel = job.parcel.channel
        # A customer-service message has no receipt: taken is delivered.
        arrived = channel == "custom"
        status = (NoticeStatus.DELIVERED if arrived else NoticeStatus.SENT).value
        delivered = now if arrived else None
        chase = _chase_day(job.kind, today) if job.chased else None
        number = one.verdict.message_id or None
        rows.append(
            (status, now, delivered, number, chase, *_SETTLED, job.notice_id, courier, job.lease_no)
        )
        events.append((event_id, job.notice_id, status, now, "", channel, ""))
    # Past the mapper: these are the most frequent writes of all.
    update_rows(session, NOTICE, _RESULT, ("id", "lease_by", "lease_no"), rows)
    insert_at_once(session, EVENT, _EVENT, events)
    _follow_digests(session, [one for one in taken if one.job.kind == "digest"], now)
    _match_early(session, taken, now)


def _match_early(session: Session, taken: Sequence[Result], now: datetime) -> None:
    """Receipts that came before WeChat's answer."""
    if session.scalars(select(EarlyReceipt.message_id).limit(1)).first() is None:
        return
    numbers = [one.verdict.message_id for one in taken if one.verdict.message_id]
    early = session.scalars(select(EarlyReceipt).where(EarlyReceipt.message_id.in_(numbers))).all()
    for one in early:
        receipts.on_event(session, one.event, one.fields, now)
        session.delete(one)


def _follow_digests(session: Session, taken: Sequence[Result], now: datetime) -> None:
    """What went out in a digest was told with it."""
    for one in taken:
        inside = session.scalars(select(Notice).where(Notice.digest_id == one.job.notice_id))
        for notice in inside:
            notice.channel, notice.sent_at = one.job.parcel.channel, now
            ends.move_with_digest(session, notice, now)


@lru_cache(maxsize=256)
def _chase_day(kind: str, today: date) -> date | None:
    return plans.chase_day(kind, today)


def set_aside(session: Session, courier: int, job: Job, now: datetime) -> None:
    """A result that cannot be stored: the notice is shown as uncertain."""
    notice = session.get(Notice, job.notice_id, with_for_update=True)
    if notice is not None and notice.lease_by == courier and notice.lease_no == job.lease_no:
        ends.uncertain(session, notice.id, now)


def recover(session: Session, *, dead_after: timedelta, now: datetime, wall: datetime) -> int:
    """Take back what dead couriers held; returns how many notices were freed.

    What was never handed over, or may still be repeated under its key, is due again at once;
    the rest is uncertain.
    """
    alive = select(Courier.id).where(Courier.beat_at > wall - dead_after)
    stuck = session.scalars(
        select(Notice)
        .where(Notice.lease_by.is_not(None), Notice.lease_by.not_in(alive))
        .limit(2000)
        .with_for_update(skip_locked=True)
    ).all()
    for notice in stuck:
        window = repeatable_for(notice.channel or "")
        if notice.handed_at is not None and wall >= notice.handed_at + window:
            ends.uncertain(session, notice.id, now)
            continue
        if notice.handed_at is None:
            uses.give_back(session, notice.follower_id, *_way(notice), now)
        # Back to its old place in the queue: behind newer ones, its window might close.
        notice.lease_by, notice.next_at = None, min(notice.due_at, now)
        ends.move_again(session, notice, now)
    return len(stuck)


def _way(notice: Notice) -> tuple[str, str]:
    """The channel that a notice was leased for, and its template there."""
    plan, channel = plans.plans().get(notice.kind), notice.channel or ""
    templates: dict[str, str] = {}
    if plan is not None:
        templates = {name: channels.template_id(one) for name, one in plan.messages.items()}
    return channel, templates.get(channel, "")

"""Several reminders of one person on one day go out as one message."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.texts import text
from credit_core.clock import local_day
from notices import outbox, plans
from notices.due import DueRow
from notices.models import Notice, ReminderSetting
from notices.status import NoticeStatus

KIND = "digest"


def gather(session: Session, rows: Sequence[DueRow], now: datetime) -> list[DueRow]:
    """``rows`` without those that go out in a digest; the digest itself is posted instead.

    The turn of a follower holds one row at a time, so the others of the day are looked up.
    """
    asked = {row.follower_id for row in rows if row.follower_id and _may(row.kind)}
    if not asked:
        return list(rows)
    groups = _groups(session, asked, now)
    gathered: set[int] = set()
    for follower_id, group in groups.items():
        if len(group) > 1:
            _post(session, follower_id, group, now)
            gathered |= {notice.id for notice in group}
    return [row for row in rows if row.id not in gathered]


def _may(kind: str) -> bool:
    plan = plans.plans().get(kind)
    return plan is not None and plan.digest


def _groups(session: Session, followers: set[int], now: datetime) -> Mapping[int, list[Notice]]:
    """Due notices that may be joined, by follower, of those who want digests."""
    unwilling = set(
        session.scalars(
            select(ReminderSetting.follower_id).where(
                ReminderSetting.follower_id.in_(followers), ReminderSetting.digest.is_(False)
            )
        )
    )
    due = session.scalars(
        select(Notice)
        .where(
            Notice.follower_id.in_(followers - unwilling),
            Notice.next_at.is_not(None),
            Notice.next_at <= now,
            Notice.lease_by.is_(None),
            Notice.handed_at.is_(None),
        )
        .order_by(Notice.id)
    )
    groups: dict[int, list[Notice]] = defaultdict(list)
    for notice in due:
        if notice.follower_id is not None and _may(notice.kind):
            groups[notice.follower_id].append(notice)
    return groups


def _post(session: Session, follower_id: int, group: Sequence[Notice], now: datetime) -> None:
    items = "\n".join(
        f"{place}. {item_line(notice)}" for place, notice in enumerate(group, start=1)
    )
    joined = outbox.post(
        session,
        kind=KIND,
        key=f"digest:{follower_id}:{group[0].id}",
        now=now,
        follower_id=follower_id,
        fields={
            "count": len(group),
            "case_label": "-",
            "day": local_day(now),
            "items_text": items,
        },
    )
    for notice in group:
        notice.next_at = None
        notice.digest_id = joined.id if joined else None
        outbox.move(session, notice, NoticeStatus.WAITING, now, why="in_digest")
    session.flush()


def item_line(notice: Notice) -> str:
    """One line about one notice, for lists."""
    fields = outbox.fields_of(notice)
    title = plans.plan(notice.kind).title
    return text(
        "notices",
        "digest_item",
        title=title,
        matter=fields.get("matter") or fields.get("reason") or "",
        day=fields.get("day") or fields.get("since") or "",
    )

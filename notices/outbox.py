"""The outbox: what is owed, written in the transaction of its cause.

A caller posts inside its own session; the row is kept or lost together with what caused it.
Nothing here talks to WeChat.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from credit_core.accounts.models import Binding
from credit_core.clock import SHANGHAI
from credit_core.crypto import keyring, place_of
from credit_core.ids import new_id
from notices import clock, hours, plans
from notices.copies import copies_of
from notices.models import Notice, NoticeEvent, StaffTask
from notices.signals import posted
from notices.status import OPEN, TOLD, Lane, NoticeStatus

REPLY_KIND = "reply"
_ROWS_A_STATEMENT = 500


@dataclass(frozen=True, slots=True)
class Draft:
    """One notice to one person, before it is a row.

    ``follower_id`` None: nobody is bound; a statutory notice then becomes a task for staff.
    """

    kind: str
    key: str
    fields: Mapping[str, object] = field(default_factory=dict)
    follower_id: int | None = None
    subject_id: int | None = None
    staff_id: int | None = None
    due_at: datetime | None = None
    expires_at: datetime | None = None
    case_no: str | None = None
    campaign_id: int | None = None
    quiet: hours.Quiet | None = None
    """The person's own quiet hours; None takes those of the plan."""


def post(
    session: Session,
    *,
    kind: str,
    key: str,
    now: datetime,
    follower_id: int | None = None,
    subject_id: int | None = None,
    staff_id: int | None = None,
    fields: Mapping[str, object],
    due_at: datetime | None = None,
    expires_at: datetime | None = None,
    case_no: str | None = None,
) -> Notice | None:
    """Owe one notice. With a subject and no follower, everybody bound to it is told.

    :param kind: a plan of ``config/notices/plans.yaml``.
    :param key: unique for ever, for instance ``case:YY0001:decided``. Several bound followers
        give ``key``, ``key#2``, …; the first row is returned.
    :returns: None when the key exists: it was posted before.
    :raises plans.PlanError: no such kind, or a field that its texts need is missing.
    """
    drafts = [
        Draft(
            kind=kind,
            key=key if place == 0 else f"{key}#{place + 1}",
            fields=fields,
            follower_id=follower,
            subject_id=subject_id,
            staff_id=staff_id,
            due_at=due_at,
            expires_at=expires_at,
            case_no=case_no,
        )
        for place, follower in enumerate(_recipients(session, follower_id, subject_id, staff_id))
    ]
    # The first row decides: when its key exists, nobody is told again.
    first = post_all(session, drafts[:1], now)
    if not first:
        return None
    post_all(session, drafts[1:], now)
    return session.get_one(Notice, first[0])


def post_reply(
    session: Session, *, follower_id: int, texts: Sequence[str], key: str, now: datetime
) -> list[Notice]:
    """Send answers after the five seconds, in order, through the customer-service window.

    :returns: the new rows; empty when the key exists.
    """
    drafts = [
        Draft(
            kind=REPLY_KIND,
            key=key if place == 0 else f"{key}#{place + 1}",
            fields={"text": text},
            follower_id=follower_id,
        )
        for place, text in enumerate(texts)
        if text
    ]
    made = post_all(session, drafts, now)
    return [session.get_one(Notice, one) for one in made]


def post_all(session: Session, drafts: Sequence[Draft], now: datetime) -> list[int]:
    """Owe many notices at once; returns the ids of those whose key was new."""
    made: list[int] = []
    rows = [_row(draft, now) for draft in drafts]
    for start in range(0, len(rows), _ROWS_A_STATEMENT):
        chunk = rows[start : start + _ROWS_A_STATEMENT]
        unless_there = (
            sqlite.insert(Notice)
            if session.get_bind().dialect.name == "sqlite"
            else postgresql.insert(Notice)
        )
        fresh = set(
            session.scalars(unless_there.on_conflict_do_nothing().returning(Notice.id), chunk).all()
        )
        new = [row for row in chunk if row["id"] in fresh]
        made += [row["id"] for row in new]
        if new:
            session.execute(
                insert(NoticeEvent),
                [
                    {
                        "id": new_id(),
                        "notice_id": row["id"],
                        "status": row["status"],
                        "at": now,
                        "why": row["why"],
                        "by": "",
                    }
                    for row in new
                ],
            )
    if made:
        posted(session)
    return made


def acknowledge(
    session: Session,
    *,
    now: datetime,
    subject_id: int | None = None,
    follower_id: int | None = None,
    by: str = "",
) -> list[Notice]:
    """已知悉: the notices of a subject or a follower that await it are acknowledged.

    One clerk answers for the institution: the other clerks' copies are not chased any more.
    """
    query = select(Notice).where(
        Notice.acknowledged_at.is_(None), Notice.status.in_([*TOLD, NoticeStatus.UNCERTAIN])
    )
    if subject_id is not None:
        query = query.where(Notice.subject_id == subject_id)
    if follower_id is not None:
        query = query.where(Notice.follower_id == follower_id)
    rows = [
        row for row in session.scalars(query.order_by(Notice.id)) if plans.awaits_answer(row.kind)
    ]
    for row in rows:
        row.acknowledged_at, row.chase_on = now, None
        move(session, row, NoticeStatus.ACKNOWLEDGED, now, by=by)
        session.execute(update(Notice).where(copies_of(row)).values(chase_on=None))
    return rows


def opened(session: Session, notice: Notice, now: datetime) -> None:
    """The person opened it, so it has arrived, whether or not WeChat told."""
    if notice.status in (NoticeStatus.SENT, NoticeStatus.DELIVERED, NoticeStatus.UNCERTAIN):
        notice.delivered_at = notice.delivered_at or now
        move(session, notice, NoticeStatus.READ, now)


def notices_of(
    session: Session,
    *,
    subject_id: int | None = None,
    case_no: str | None = None,
    follower_id: int | None = None,
    limit: int = 200,
) -> list[Notice]:
    """Everything a person or a case was told or is owed, newest first."""
    query = select(Notice).order_by(Notice.id.desc()).limit(limit)
    if subject_id is not None:
        query = query.where(Notice.subject_id == subject_id)
    if case_no is not None:
        query = query.where(Notice.case_no == case_no)
    if follower_id is not None:
        query = query.where(Notice.follower_id == follower_id)
    return list(session.scalars(query))


def history(session: Session, notice_id: int) -> list[NoticeEvent]:
    """Every change of one notice, oldest first."""
    query = select(NoticeEvent).where(NoticeEvent.notice_id == notice_id)
    return list(session.scalars(query.order_by(NoticeEvent.at, NoticeEvent.id)))


def cancel(
    session: Session,
    *,
    now: datetime,
    key: str | None = None,
    case_no: str | None = None,
    follower_id: int | None = None,
    kinds: Sequence[str] = (),
    why: str = "cause_gone",
    by: str = "",
) -> list[Notice]:
    """Take back what has not been handed over yet; what is on its way stays. What was handed
    over and never answered is not repeated any more: it may have arrived.

    At least one of ``key``, ``case_no`` and ``follower_id`` names what is meant.
    """
    if key is None and case_no is None and follower_id is None:
        raise ValueError("cancel needs a key, a case or a follower")
    query = select(Notice).where(
        Notice.status.in_([one for one in OPEN if one is not NoticeStatus.SENDING]),
        Notice.lease_by.is_(None),
    )
    if key is not None:
        query = query.where((Notice.key == key) | Notice.key.startswith(f"{key}#", autoescape=True))
    if case_no is not None:
        query = query.where(Notice.case_no == case_no)
    if follower_id is not None:
        query = query.where(Notice.follower_id == follower_id)
    if kinds:
        query = query.where(Notice.kind.in_(kinds))
    rows = list(session.scalars(query.with_for_update()))
    for row in rows:
        in_doubt = row.handed_at is not None
        row.next_at = row.chase_on = row.handed_at = None
        if in_doubt:
            move(session, row, NoticeStatus.UNCERTAIN, now, why="outcome_unknown", by=by)
        else:
            move(session, row, NoticeStatus.CANCELLED, now, why=why, by=by)
    return [row for row in rows if row.status == NoticeStatus.CANCELLED]


def move(
    session: Session,
    notice: Notice,
    status: NoticeStatus,
    now: datetime,
    *,
    why: str = "",
    by: str = "",
) -> None:
    """Change a notice's status and date it."""
    notice.status, notice.why = status, why
    session.add(
        NoticeEvent(
            notice_id=notice.id,
            status=status,
            at=now,
            why=why,
            channel=notice.channel,
            errcode=notice.errcode,
            by=by,
        )
    )


def served_otherwise(
    session: Session, notice: Notice, *, means: str, record: str, by: str, now: datetime
) -> bool:
    """Staff told the person by phone, post or in person: the notice is served, and the open
    task to serve it is done, with its record.

    :param means: ``phone``, ``post`` or ``in_person``; stands as the reason of the status.
    :param record: what was told to whom and when; kept sealed in the task.
    :returns: False when the person had been told before; then nothing changes.
    """
    session.flush()
    session.refresh(notice, with_for_update=True)
    if notice.status in TOLD:
        return False
    notice.next_at = notice.chase_on = None
    move(session, notice, NoticeStatus.SERVED_OTHERWISE, now, why=means, by=by)
    tasks = session.scalars(
        select(StaffTask).where(
            StaffTask.notice_id == notice.id,
            StaffTask.kind == "serve",
            StaffTask.done_at.is_(None),
        )
    )
    for task in tasks:
        task.done_at, task.done_by, task.means, task.record = now, by, means, record
    session.flush()
    return True


def seal_fields(notice_id: int, fields: Mapping[str, object]) -> bytes:
    """The fields of a notice as they stand in its row."""
    plain = json.dumps({name: _plain(value) for name, value in fields.items()}, ensure_ascii=False)
    return keyring().seal(plain.encode(), place_of(Notice, "fields_sealed", notice_id))


def fields_of(notice: Notice) -> dict[str, Any]:
    """The fields of a notice, opened."""
    fields: dict[str, Any] = json.loads(notice.fields)
    return fields


def _recipients(
    session: Session, follower_id: int | None, subject_id: int | None, staff_id: int | None
) -> Sequence[int | None]:
    if follower_id is not None or staff_id is not None or subject_id is None:
        return [follower_id]
    bound = session.scalars(
        select(Binding.follower_id)
        .where(Binding.subject_id == subject_id, Binding.until.is_(None))
        .order_by(Binding.id)
    ).all()
    return bound or [None]


def _row(draft: Draft, now: datetime) -> dict[str, Any]:
    plan = plans.plan(draft.kind)
    plans.require_fields(draft.kind, draft.fields)
    due = max(draft.due_at or now, now)
    quiet = draft.quiet or plan.quiet_hours or (hours.NIGHT if clock.is_at_work() else None)
    look = hours.first_allowed(due, quiet) if quiet else due
    number = new_id()
    waits = look > due
    return {
        "id": number,
        "key": draft.key,
        "kind": draft.kind,
        "lane": int(plan.lane),
        "statutory": plan.statutory,
        "follower_id": draft.follower_id,
        "subject_id": draft.subject_id,
        "staff_id": draft.staff_id,
        "case_no": draft.case_no,
        "campaign_id": draft.campaign_id,
        "status": NoticeStatus.WAITING if waits else NoticeStatus.PLANNED,
        "why": "quiet_hours" if waits else "",
        "fields_sealed": seal_fields(number, draft.fields),
        "created_at": now,
        "due_at": due,
        "expires_at": draft.expires_at or _worth_until(plan, due),
        "next_at": look,
    }


def _worth_until(plan: plans.Plan, due: datetime) -> datetime | None:
    return due + timedelta(days=plan.keep_days) if plan.keep_days else None


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        local = value.astimezone(SHANGHAI)
        return f"{local.year}年{local.month}月{local.day}日 {local:%H:%M}"
    if isinstance(value, date):
        return f"{value.year}年{value.month}月{value.day}日"
    if isinstance(value, (int, str)) and not isinstance(value, bool):
        return value
    if value is None:
        return ""
    return str(value)


__all__ = [
    "Draft",
    "Lane",
    "acknowledge",
    "cancel",
    "fields_of",
    "history",
    "notices_of",
    "post",
    "post_all",
    "post_reply",
    "served_otherwise",
]

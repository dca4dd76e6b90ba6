"""How a notice ends without having been told: failed, expired, uncertain, or left to staff.

A statutory notice that nobody could be told becomes a task to serve it by phone or post, once
per cause, and only when no other person of the same subject was told.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from credit_core.ids import new_id
from notices.copies import base_of, copies_of
from notices.models import Notice, StaffTask
from notices.outbox import move
from notices.status import OPEN, TOLD, NoticeStatus


def fail(session: Session, notice_id: int, why: str, now: datetime) -> None:
    """No channel is left."""
    notice = _settled(session, notice_id)
    move(session, notice, NoticeStatus.FAILED, now, why=why)
    if notice.statutory:
        _serve(session, notice, why, now)


def expire(session: Session, notice_id: int, now: datetime) -> None:
    """Its time has passed before it could be told."""
    notice = _settled(session, notice_id)
    if notice.statutory:
        move(session, notice, NoticeStatus.FAILED, now, why="too_late")
        _serve(session, notice, "too_late", now)
    else:
        move(session, notice, NoticeStatus.CANCELLED, now, why="too_late")


def uncertain(session: Session, notice_id: int, now: datetime) -> None:
    """Handed over, never answered, and it may not be repeated any more."""
    notice = _settled(session, notice_id)
    move(session, notice, NoticeStatus.UNCERTAIN, now, why="outcome_unknown")
    if notice.statutory:
        attend(session, f"uncertain:{notice.id}", "outcome_unknown", now, notice=notice)


def show_in_console(session: Session, notice_id: int, now: datetime) -> None:
    """A colleague without WeChat reads it in the console."""
    notice = _settled(session, notice_id)
    notice.channel = "console"
    notice.sent_at = now
    move(session, notice, NoticeStatus.SERVED_OTHERWISE, now, why="in_console")


def refuse(
    session: Session, notice_id: int, channel: str, why: str, detail: str, now: datetime
) -> None:
    """One channel is out for this notice; the next one is tried at once."""
    notice = session.get_one(Notice, notice_id)
    closed = [one for one in notice.refused.split(",") if one]
    if channel not in closed:
        notice.refused = ",".join([*closed, channel])
    notice.lease_by, notice.handed_at, notice.next_at, notice.attempts = None, None, now, 0
    move(session, notice, NoticeStatus.WAITING, now, why=why)
    if detail:
        attend(session, f"field:{notice.kind}:{channel}", why, now, detail=detail)
    session.flush()


def attend(
    session: Session,
    key: str,
    why: str,
    now: datetime,
    *,
    detail: str = "",
    notice: Notice | None = None,
) -> None:
    """Something that a person has to look at; one task per key."""
    _task(session, f"attend:{key}", "attend", why, now, detail=detail, notice=notice)


def _serve(session: Session, notice: Notice, why: str, now: datetime) -> None:
    others = session.scalars(
        select(Notice.id).where(
            copies_of(notice), Notice.id != notice.id, Notice.status.in_([*OPEN, *TOLD])
        )
    ).first()
    if others is None:
        _task(session, f"serve:{base_of(notice.key)}", "serve", why, now, notice=notice)


def _task(
    session: Session,
    key: str,
    kind: str,
    why: str,
    now: datetime,
    *,
    detail: str = "",
    notice: Notice | None = None,
) -> None:
    make = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    session.flush()
    session.execute(
        make(StaffTask)
        .values(
            id=new_id(),
            key=key[:160],
            kind=kind,
            why=why,
            detail=detail,
            created_at=now,
            notice_id=notice.id if notice else None,
            subject_id=notice.subject_id if notice else None,
            case_no=notice.case_no if notice else None,
        )
        .on_conflict_do_nothing()
    )


def _settled(session: Session, notice_id: int) -> Notice:
    """The notice, off the dispatcher's desk."""
    notice = session.get_one(Notice, notice_id)
    notice.lease_by = notice.next_at = notice.chase_on = notice.handed_at = None
    return notice


def move_with_digest(session: Session, notice: Notice, now: datetime) -> None:
    """The digest that holds it was sent."""
    move(session, notice, NoticeStatus.SENT, now, why="in_digest")


def move_again(session: Session, notice: Notice, now: datetime) -> None:
    """Its courier died; it is due again."""
    move(session, notice, NoticeStatus.WAITING, now, why="recovered")

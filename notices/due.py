"""Which notices are due, and in which order they are taken.

Answers that somebody waits for go first, but take half of the room at most. Then those of
unknown outcome: they may be repeated only while WeChat knows their key, so they do not stand in
the queue again. Then the others, lane by lane, oldest first. Inside a lane one person gets one
notice at a time.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, or_, select
from sqlalchemy.orm import Session

from notices.models import Notice
from notices.status import Lane
from notices.tables import FOLLOWER, NOTICE

DueRow = Row[*tuple[Any, ...]]
_OTHER = NOTICE.alias()
_IN_DOUBT = NOTICE.c.handed_at.is_not(None)
_QUEUED = (Lane.STATUTORY, Lane.ORDINARY, Lane.BULK)
_COLUMNS = (
    NOTICE.c.id,
    NOTICE.c.key,
    NOTICE.c.kind,
    NOTICE.c.follower_id,
    NOTICE.c.subject_id,
    NOTICE.c.staff_id,
    NOTICE.c.case_no,
    NOTICE.c.fields_sealed,
    NOTICE.c.channel,
    NOTICE.c.refused,
    NOTICE.c.handed_at,
    NOTICE.c.lease_no,
    NOTICE.c.expires_at,
    FOLLOWER.c.openid,
    FOLLOWER.c.following,
    FOLLOWER.c.unreachable,
    FOLLOWER.c.window_kind,
    FOLLOWER.c.window_opened_at,
    FOLLOWER.c.window_used,
)


def take(session: Session, now: datetime, limit: int) -> list[DueRow]:
    """Up to ``limit`` due notices, locked, each with what is known of its person."""
    rows: list[DueRow] = []
    answers = (_lane(Lane.REPLY, now), (limit + 1) // 2)
    others = (_in_doubt(now), *(_lane(lane, now) for lane in _QUEUED))
    for query, most in (answers, *((one, limit) for one in others)):
        room = most - len(rows)
        if room > 0:
            rows += session.execute(query.limit(room).with_for_update(of=NOTICE, skip_locked=True))
    return rows


def is_due(session: Session, now: datetime) -> bool:
    """Whether a claim would find anything."""
    for lane in Lane:
        query = select(Notice.id).where(
            Notice.lane == int(lane),
            Notice.next_at.is_not(None),
            Notice.lease_by.is_(None),
            Notice.next_at <= now,
        )
        if session.scalars(query.limit(1)).first() is not None:
            return True
    return False


def _lane(lane: Lane, now: datetime) -> Select[*tuple[Any, ...]]:
    """Those that were never handed over, or were refused for certain, by their place in time."""
    waits = or_(
        _OTHER.c.lease_by.is_not(None),
        _OTHER.c.handed_at.is_not(None),
        and_(
            _OTHER.c.id < NOTICE.c.id,
            or_(_OTHER.c.attempts > 0, _OTHER.c.next_at <= now),
        ),
    )
    query = _ready(now, waits).where(NOTICE.c.lane == int(lane), ~_IN_DOUBT)
    return query.order_by(NOTICE.c.next_at, NOTICE.c.id)


def _in_doubt(now: datetime) -> Select[*tuple[Any, ...]]:
    """Those whose hand-over was never answered, the one that WeChat forgets first in front."""
    waits = or_(
        _OTHER.c.lease_by.is_not(None),
        and_(_OTHER.c.id < NOTICE.c.id, _OTHER.c.handed_at.is_not(None)),
    )
    return _ready(now, waits).where(_IN_DOUBT).order_by(NOTICE.c.handed_at, NOTICE.c.id)


def _ready(now: datetime, waits: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    """Due notices whose person has no other one in the same lane that they wait for.

    :param waits: what makes one wait for another one of the same person.
    """
    held_up = (
        select(_OTHER.c.id)
        .where(
            _OTHER.c.follower_id == NOTICE.c.follower_id,
            _OTHER.c.lane == NOTICE.c.lane,
            _OTHER.c.next_at.is_not(None),
            _OTHER.c.id != NOTICE.c.id,
            waits,
        )
        .exists()
    )
    return (
        select(*_COLUMNS)
        .outerjoin_from(NOTICE, FOLLOWER, FOLLOWER.c.id == NOTICE.c.follower_id)
        .where(
            NOTICE.c.next_at.is_not(None),
            NOTICE.c.lease_by.is_(None),
            NOTICE.c.next_at <= now,
            or_(NOTICE.c.follower_id.is_(None), ~held_up),
        )
    )

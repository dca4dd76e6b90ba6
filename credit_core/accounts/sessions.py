"""Signed-in browsers of the console: a random token in a cookie, its digest in the database.

A session ends 12 hours after signing in, or after 30 minutes without a click.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from credit_core.accounts.models import StaffMember, StaffSession

ABSOLUTE = timedelta(hours=12)
IDLE = timedelta(minutes=30)
TOUCH_AFTER = timedelta(minutes=1)
"""A click within the same minute writes nothing."""


def open_session(session: Session, member_id: int, now: datetime) -> str:
    """A new session; returns the token for the cookie. Sessions that ended are cleared away."""
    session.execute(
        delete(StaffSession).where(
            or_(StaffSession.expires_at <= now, StaffSession.seen_at <= now - IDLE)
        )
    )
    token = secrets.token_urlsafe(32)
    session.add(
        StaffSession(
            token_digest=_digest(token),
            member_id=member_id,
            created_at=now,
            seen_at=now,
            expires_at=now + ABSOLUTE,
        )
    )
    session.flush()
    return token


def find_session(
    session: Session, token: str, now: datetime
) -> tuple[StaffSession, StaffMember] | None:
    """The session and its member while both are good."""
    row = session.execute(
        select(StaffSession, StaffMember)
        .join(StaffMember, StaffMember.id == StaffSession.member_id)
        .where(
            StaffSession.token_digest == _digest(token),
            StaffSession.expires_at > now,
            StaffSession.seen_at > now - IDLE,
            StaffMember.active,
        )
    ).first()
    return None if row is None else (row[0], row[1])


def needs_touch(row: StaffSession, now: datetime) -> bool:
    return now - row.seen_at >= TOUCH_AFTER


def touch_session(session: Session, token: str, now: datetime) -> None:
    """The browser was seen now."""
    row = session.get(StaffSession, _digest(token))
    if row is not None and row.seen_at < now:
        row.seen_at = now


def close_session(session: Session, token: str) -> None:
    session.execute(delete(StaffSession).where(StaffSession.token_digest == _digest(token)))


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()

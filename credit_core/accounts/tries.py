"""Wrong tries are counted per actor and lock for windows that grow."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from credit_core.accounts.models import TryCounter
from credit_core.errors import Refusal

FORGET_AFTER = timedelta(hours=24)
"""A counter that nobody touched for a day starts again."""

WINDOWS = (
    (20, timedelta(hours=12)),
    (15, timedelta(hours=1)),
    (10, timedelta(minutes=15)),
    (5, timedelta(minutes=1)),
)
"""From so many wrong tries on, each further one locks for so long."""


def locked_until(session: Session, key: str, now: datetime) -> datetime | None:
    """Until when the actor may not try, or None. Holds the row: tries come one by one."""
    counter = session.get(TryCounter, key, with_for_update=True)
    if counter is None or counter.locked_until is None or counter.locked_until <= now:
        return None
    return counter.locked_until


def refuse_when_locked(session: Session, key: str, now: datetime) -> None:
    """:raises Refusal: ``tries.locked`` with ``until`` and ``minutes``."""
    until = locked_until(session, key, now)
    if until is not None:
        minutes = max(1, -(-int((until - now).total_seconds()) // 60))
        raise Refusal("tries.locked", until=until, minutes=minutes)


def count_failure(session: Session, key: str, now: datetime) -> int:
    """One wrong try more; returns how many there were."""
    counter = _held_counter(session, key, now)
    if counter.changed_at < now - FORGET_AFTER:
        counter.failures = 0
    counter.failures += 1
    counter.changed_at = now
    counter.locked_until = next(
        (now + window for least, window in WINDOWS if counter.failures >= least), None
    )
    session.flush()
    return counter.failures


def forgive(session: Session, key: str) -> None:
    """A right try: the count starts again."""
    counter = session.get(TryCounter, key)
    if counter is not None:
        session.delete(counter)


def _held_counter(session: Session, key: str, now: datetime) -> TryCounter:
    counter = session.get(TryCounter, key, with_for_update=True)
    if counter is not None:
        return counter
    counter = TryCounter(key=key, failures=0, changed_at=now)
    try:
        with session.begin_nested():
            session.add(counter)
    except IntegrityError:
        # Another first try at the same moment made the row.
        return session.get_one(TryCounter, key, with_for_update=True)
    return counter

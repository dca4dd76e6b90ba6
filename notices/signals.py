"""Tell the engines that a transaction posted something, once it is committed.

:func:`posted` marks the session. An engine that runs in this process registers a waker; it is
called after the commit, in the thread that committed, and must only set a flag. Something
that must be part of the transaction itself (a job of procrastinate) registers as ``before``.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import event
from sqlalchemy.orm import Session

_MARK = "notices.posted"

Waker = Callable[[], None]
Before = Callable[[Session], None]

_wakers: list[Waker] = []
_before: list[Before] = []


def posted(session: Session) -> None:
    """Something in this session is for the dispatcher."""
    if session.info.get(_MARK):
        return
    session.info[_MARK] = True
    event.listen(session, "before_commit", _committing)
    event.listen(session, "after_commit", _committed)


def add_waker(waker: Waker) -> None:
    _wakers.append(waker)


def remove_waker(waker: Waker) -> None:
    if waker in _wakers:
        _wakers.remove(waker)


def add_before_commit(hook: Before) -> None:
    _before.append(hook)


def remove_before_commit(hook: Before) -> None:
    if hook in _before:
        _before.remove(hook)


def _committing(session: Session) -> None:
    for hook in tuple(_before):
        hook(session)


def _committed(_session: Session) -> None:
    for waker in tuple(_wakers):
        waker()

"""The access token and the JS-SDK ticket: fetched once, shared, renewed in time.

One process renews while the others wait for its result (a lease in the row; inside a process
a lock). A token that WeChat refuses is renewed by force at most once per value, 30 s apart at
least, and after three renewals in a row that did not help only every ten minutes: a platform
that always answers 40001 costs a bounded number of calls.
"""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from bot.wechat.errors import WeChatError
from bot.wechat.models import PlatformCredential
from credit_core.clock import Clock
from credit_core.database import Database
from credit_core.ids import new_id

EARLY = timedelta(minutes=5)
LEASE = timedelta(seconds=15)
_FORCED_APART = timedelta(seconds=30)
_FORCED_SLOW = timedelta(minutes=10)
_FORCED_IN_ROW = 3
_POLL_SECONDS = 0.1
_LOCAL_SECONDS = 30.0
"""How long a process trusts its own copy before it looks into the database again."""

T = TypeVar("T")
Fetch = Callable[[bool], Awaitable[tuple[str, int]]]
"""Called with ``force``; returns the value and the seconds it lives."""


@dataclass(slots=True)
class _Held:
    value: str
    expires_at: datetime
    looked: float


class Credential:
    """One kind of credential of one account."""

    def __init__(
        self, database: Database, clock: Clock, *, appid: str, kind: str, fetch: Fetch
    ) -> None:
        self._database, self._clock = database, clock
        self._appid, self._kind, self._fetch = appid, kind, fetch
        self._lock = asyncio.Lock()
        self._held: _Held | None = None
        self._worked: str | None = None
        self._failure: tuple[float, WeChatError] | None = None
        """The last fetch that failed, and when."""

    async def value(self) -> str:
        """A value that is good for five minutes at least.

        :raises bot.wechat.errors.WeChatError: it cannot be fetched.
        """
        held = self.held()
        if held is not None:
            return held
        asked = time.monotonic()
        async with self._lock:
            if self._failure is not None and self._failure[0] >= asked:
                # Fetched in vain for somebody else while we waited: a wrong secret is tried once.
                raise self._failure[1]
            try:
                return await self._settle(bad=None) or ""
            except WeChatError as error:
                self._failure = time.monotonic(), error
                raise

    def held(self) -> str | None:
        """The value that this process has at hand, while it may be trusted."""
        held = self._held
        if (
            held is not None
            and time.monotonic() - held.looked < _LOCAL_SECONDS
            and held.expires_at - EARLY > self._clock.now()
        ):
            return held.value
        return None

    async def renewed(self, bad: str) -> str | None:
        """Another value than ``bad``, which WeChat refused; None when there may be none yet."""
        async with self._lock:
            return await self._settle(bad=bad)

    def is_known_to_work(self, value: str) -> bool:
        return self._worked == value

    async def works(self, value: str) -> None:
        """WeChat took ``value``: refusals are counted anew."""
        if self.is_known_to_work(value):
            return
        self._worked = value
        await self._in_database(_reset, self._appid, self._kind)

    async def _settle(self, bad: str | None) -> str | None:
        while True:
            state, value, expires = await self._in_database(
                _look, self._appid, self._kind, self._clock.now(), bad
            )
            if state == "ready" and value is not None and expires is not None:
                self._held = _Held(value, expires, time.monotonic())
                return value
            if state == "refused":
                return None
            if state == "mine":
                return await self._renew(force=bad is not None)
            await asyncio.sleep(_POLL_SECONDS)

    async def _renew(self, *, force: bool) -> str:
        try:
            value, seconds = await self._fetch(force)
        except BaseException:
            await asyncio.shield(self._in_database(_give_up, self._appid, self._kind))
            raise
        now = self._clock.now()
        expires = now + timedelta(seconds=seconds)
        await self._in_database(_store, self._appid, self._kind, value, expires)
        self._held = _Held(value, expires, time.monotonic())
        return value

    async def _in_database(self, work: Callable[..., T], *args: object) -> T:
        return await asyncio.to_thread(functools.partial(_run, self._database, work, *args))


def _run(database: Database, work: Callable[..., T], *args: object) -> T:
    with database.begin() as session:
        return work(session, *args)


def _row(session: Session, appid: str, kind: str) -> PlatformCredential:
    query = (
        select(PlatformCredential)
        .where(PlatformCredential.appid == appid, PlatformCredential.kind == kind)
        .with_for_update()
    )
    found = session.scalars(query).one_or_none()
    if found is not None:
        return found
    make = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    session.execute(
        make(PlatformCredential)
        .values(id=new_id(), appid=appid, kind=kind, forced_in_row=0)
        .on_conflict_do_nothing()
    )
    return session.scalars(query).one()


def _look(
    session: Session, appid: str, kind: str, now: datetime, bad: str | None
) -> tuple[str, str | None, datetime | None]:
    """``ready`` with a value, ``mine`` (renew it), ``wait`` or ``refused``."""
    row = _row(session, appid, kind)
    value = row.value
    if value is not None and value != bad and row.expires_at and row.expires_at - EARLY > now:
        return "ready", value, row.expires_at
    if row.renewing_until is not None and row.renewing_until > now:
        return "wait", None, None
    if bad is not None and value == bad:
        apart = _FORCED_APART if row.forced_in_row < _FORCED_IN_ROW else _FORCED_SLOW
        if row.forced_at is not None and row.forced_at + apart > now:
            return "refused", None, None
        row.forced_at = now
        row.forced_in_row += 1
    row.renewing_until = now + LEASE
    return "mine", None, None


def _store(session: Session, appid: str, kind: str, value: str, expires: datetime) -> None:
    row = _row(session, appid, kind)
    row.value, row.expires_at, row.renewing_until = value, expires, None


def _give_up(session: Session, appid: str, kind: str) -> None:
    _row(session, appid, kind).renewing_until = None


def _reset(session: Session, appid: str, kind: str) -> None:
    session.execute(
        update(PlatformCredential)
        .where(
            PlatformCredential.appid == appid,
            PlatformCredential.kind == kind,
            PlatformCredential.forced_in_row > 0,
        )
        .values(forced_in_row=0)
    )

"""The engine of a process: clock, dispatcher and recovery, started and stopped together.

On SQLite the web process runs one and everything happens in it. On PostgreSQL every
``medcredit worker`` runs one; there procrastinate wakes it the moment a transaction that
posted something commits, and the sweeper repairs whatever a wake-up lost.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from credit_core.clock import SHANGHAI, Clock, SystemClock
from credit_core.database import Database
from notices import couriers, plans, queue, signals, stops
from notices.campaigns.asking import Asker
from notices.campaigns.carrier import Carrier
from notices.campaigns.filling import is_due as campaign_is_due
from notices.clock import TAKEOVER, Clockwork, Done, Job
from notices.couriers import BEAT_SECONDS, Courierhood
from notices.dispatcher import Dispatcher
from notices.due import is_due
from notices.verdicts import Platform

log = structlog.get_logger("notices.engine")

T = TypeVar("T")
POLL_SECONDS = 1.0
RECOVER_SECONDS = 5.0
SWEEP_SECONDS = 30
CLOCK_SECONDS = 15


class Engine:
    """Everything that moves by itself in one process.

    :param jobs: periodic jobs; an empty list makes a process that only dispatches.
    :param platform: the door to WeChat.
    :param chores: done at every sweep, for what has to be told to WeChat besides messages.
    :param takeover: a job whose worker showed no life for so long falls to another one.
    :param clock_seconds: how often it is looked whether a job is due.
    """

    def __init__(
        self,
        database: Database,
        platform: Platform,
        *,
        public_url: str,
        jobs: Sequence[Job] = (),
        chores: Sequence[Callable[[], Awaitable[object]]] = (),
        clock: Clock | None = None,
        wall: Clock | None = None,
        dead_after: timedelta = couriers.DEAD_AFTER,
        takeover: timedelta = TAKEOVER,
        clock_seconds: float = CLOCK_SECONDS,
        poll_seconds: float = POLL_SECONDS,
    ) -> None:
        self._database, self._platform = database, platform
        self._clock = clock or SystemClock()
        self._wall = wall or SystemClock()
        self._poll = poll_seconds
        self._clock_seconds = clock_seconds
        self._chores = tuple(chores)
        self._courier = Courierhood(dead_after=dead_after)
        self.dispatcher = Dispatcher(
            database, platform, self._clock, self._wall, self._courier, public_url=public_url
        )
        self.carrier = Carrier(self.dispatcher, platform, self._clock, self._wall, self._courier)
        self.asker = Asker(self.dispatcher, platform, self._clock)
        self.clockwork = Clockwork(
            database, jobs, worker=self._courier.id, wall=self._wall, takeover=takeover
        )
        self._scheduler = AsyncIOScheduler(timezone=SHANGHAI)
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._running = False

    async def start(self) -> None:
        """Register as a courier and begin to work.

        :raises credit_core.datafile.DataFileError: a fault in the plans stops the start, not
            the first notice.
        """
        plans.plans()
        self._loop = asyncio.get_running_loop()
        self._running = True
        await self._register()
        signals.add_waker(self.wake)
        self._tasks = [
            asyncio.create_task(self._beat(), name="notices-beat"),
            asyncio.create_task(self._dispatch(), name="notices-dispatch"),
            asyncio.create_task(self._recover(), name="notices-recover"),
        ]
        if not self._database.is_sqlite:
            self._tasks.append(
                asyncio.create_task(queue.listen(self._database, self.deliver), name="queue")
            )
        self._scheduler.add_job(
            self._ring,
            IntervalTrigger(seconds=self._clock_seconds, timezone=SHANGHAI),
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,
        )
        self._scheduler.add_job(
            self._sweep,
            IntervalTrigger(seconds=SWEEP_SECONDS, timezone=SHANGHAI),
            # At once as well: what is stopped may be free again, and not all lives are long.
            next_run_time=datetime.now(SHANGHAI),
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,
        )
        self._scheduler.start()
        self.wake()

    async def stop(self) -> None:
        """Finish what is under way, keep its results, and leave."""
        self._running = False
        signals.remove_waker(self.wake)
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
        self.dispatcher.stopping = True
        for task in self._tasks:
            if task.get_name() != "notices-dispatch":
                task.cancel()
        self._wake.set()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with contextlib.suppress(Exception):
            await self.dispatcher.transact(self._courier.leave)
        await self.dispatcher.close()

    def wake(self) -> None:
        """Something may be due; may be called from any thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake.set)

    async def deliver(self) -> None:
        """Send everything that is due now: the one delivery function of both engines."""
        await self.dispatcher.drain()
        await self.carrier.step()

    async def run_once(self) -> list[Done]:
        """Run every job that is due at the clock's time once, and send what results.

        For ``medcredit tick``: on any clock, with no loop but the sign of life.
        """
        await self._register()
        beat = asyncio.create_task(self._beat(), name="notices-beat")
        try:
            await self.dispatcher.recover()
            done = await asyncio.to_thread(self.clockwork.run_due, self._clock.now())
            for chore in self._chores:
                await self._safely(chore())
            await self._safely(self._lift_stops())
            await self._safely(self.asker.step())
            await self.deliver()
        finally:
            # Without it, a courier that sends for longer than its leases hold would stop.
            beat.cancel()
            await asyncio.gather(beat, return_exceptions=True)
            await self.dispatcher.transact(self._courier.leave)
            await self.dispatcher.close()
        return done

    async def _register(self) -> None:
        wall = self._wall.now()
        await self.dispatcher.transact(lambda session: self._courier.register(session, wall))

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            wall = self._wall.now()
            await self._safely(
                self.dispatcher.transact(lambda session: self._courier.beat(session, wall))  # noqa: B023
            )

    async def _dispatch(self) -> None:
        while self._running:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), self._poll)
            woken = self._wake.is_set()
            self._wake.clear()
            if self._running and (woken or await self._safely(asyncio.to_thread(self._due))):
                await self._safely(self.deliver())

    def _due(self) -> bool:
        """Whether another process posted something; reading takes no lock from anybody."""
        now = self._clock.now()
        with self._database.read() as session:
            return is_due(session, now) or campaign_is_due(session, now)

    async def _recover(self) -> None:
        while True:
            if await self._safely(self.dispatcher.recover()):
                self.wake()
            if await self._safely(self.carrier.recover()):
                self.wake()
            await asyncio.sleep(RECOVER_SECONDS)

    async def _ring(self) -> None:
        now = self._clock.now()
        done = await asyncio.to_thread(self.clockwork.run_due, now)
        if done:
            self.wake()

    async def _sweep(self) -> None:
        wall = self._wall.now()
        await self._safely(self._lift_stops())
        await self._safely(
            self.dispatcher.transact(lambda session: couriers.forget_dead(session, wall))
        )
        for chore in self._chores:
            await self._safely(chore())
        await self._safely(self.asker.step())
        self.wake()

    async def _lift_stops(self) -> None:
        """A daily quota that WeChat counts as unused again need not wait for midnight."""
        moment = max(self._wall.now(), self._clock.now())
        for api in await self.dispatcher.transact(lambda session: stops.used_up(session, moment)):
            if await self._platform.calls_left(api):
                await self.dispatcher.transact(
                    partial(stops.resume, api=api, now=self._clock.now())
                )

    async def _safely(self, work: Awaitable[T]) -> T | None:
        """A loop outlives its errors: the next turn tries again."""
        try:
            return await work
        except Exception as fault:
            log.exception("a turn of the engine failed", fault=type(fault).__name__)
            await asyncio.sleep(0.5)
            return None

"""The dispatcher: claims due notices, hands them to WeChat, stores what came of it.

Many network calls are under way at once; the database is touched in few, short transactions
on one thread. The outbox row is the only record: whatever is in memory here may be lost at
any moment.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

import structlog
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from credit_core.clock import Clock
from credit_core.database import Database
from notices import results
from notices.claims import Claim, Desk, Job, claim
from notices.couriers import Courierhood
from notices.pace import Pace
from notices.results import Result
from notices.verdicts import Outcome, Platform, Verdict

log = structlog.get_logger("notices.dispatcher")

CONCURRENCY = 256
_CLAIM, _FIRST_CLAIM, _GROWTH = 1000, 25, 4
"""At most, at first, and for every result that is stored: a process that dies soon after its
start leaves little in doubt and has got on."""
_KEYLESS_AT_FIRST = 4
"""Messages without an idempotency key on their way at once, and more with every result: a kill
leaves few of them uncertain, and one that hangs does not hold up the others."""
_PATIENCE_SECONDS = 1.0
"""So long a claim lets the database thread be free for results that should not wait."""
_LINGER_SECONDS = 0.1
"""Results gather for so long, since one large transaction is cheaper than many small ones."""
_TOO_FAST = 45011
_YOUNG_OBJECTS = 20_000
T = TypeVar("T")


class Dispatcher:
    """Moves the outbox of one database through one platform.

    :param clock: the time of business: what is due, what is dated how.
    :param wall: the machine's time: leases and WeChat's idempotency windows run by it.
    """

    def __init__(
        self,
        database: Database,
        platform: Platform,
        clock: Clock,
        wall: Clock,
        courier: Courierhood,
        *,
        public_url: str,
        concurrency: int = CONCURRENCY,
    ) -> None:
        self._database, self._platform = database, platform
        self._clock, self._wall, self._courier = clock, wall, courier
        self._desk = Desk(courier.id, public_url)
        self.public_url = public_url.rstrip("/")
        self._concurrency = concurrency
        self._pace = Pace()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="notices")
        self._draining: asyncio.Task[int] | None = None
        self._again = False
        self.handled = 0
        self.stopping = False

    async def drain(self) -> int:
        """Send everything that is due; returns how many notices were handed over.

        A call while another drains does not start a second one: it asks for one more look.
        """
        if self._draining is not None and not self._draining.done():
            self._again = True
            return await asyncio.shield(self._draining)
        self._draining = asyncio.create_task(self._drain())
        return await asyncio.shield(self._draining)

    async def recover(self) -> int:
        """Take back what dead couriers held."""
        dead_after = self._courier.dead_after
        return await self.transact(
            lambda session: results.recover(
                session, dead_after=dead_after, now=self._clock.now(), wall=self._wall.now()
            )
        )

    async def transact(self, work: Callable[[Session], T]) -> T:
        """Run ``work`` in one transaction on the dispatcher's database thread."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._transact, work)

    async def close(self) -> None:
        """Wait for what is under way, so that its results are kept."""
        self.stopping = True
        if self._draining is not None and not self._draining.done():
            await asyncio.gather(self._draining, return_exceptions=True)
        self._thread.shutdown(wait=True)

    def _transact(self, work: Callable[[Session], T]) -> T:
        with self._database.begin() as session:
            return work(session)

    async def _drain(self) -> int:
        handed = 0
        while True:
            self._again = False
            with _collecting_seldom():
                handed += await _Run(self).send_due()
            if not self._again:
                self.handled += handed
                return handed

    async def _claim(self, limit: int) -> Claim:
        if self.stopping:
            return Claim()
        return await self.transact(
            lambda session: claim(
                session, self._desk, now=self._clock.now(), wall=self._wall.now(), limit=limit
            )
        )


@contextlib.contextmanager
def _collecting_seldom() -> Iterator[None]:
    """Thousands of notices live for one call and leave no circles behind; looking among them
    for some at every 700 objects costs a tenth of the time."""
    before = gc.get_threshold()
    gc.set_threshold(_YOUNG_OBJECTS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


class _Run:
    """One pass over everything that is due: a feeder, many senders, one ledger."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self.owner = dispatcher
        self.queue: asyncio.Queue[Job | None] = asyncio.Queue()
        self.results: list[Result] = []
        self.marks: list[tuple[Job, asyncio.Future[bool]]] = []
        self.written = asyncio.Event()
        self.news = asyncio.Event()
        self.keyless: set[int] = set()
        """On their way without an idempotency key, and no result is stored yet."""
        self.keyless_room = asyncio.Semaphore(_KEYLESS_AT_FIRST)
        self.under_way = 0
        self.handed = self.stored = 0
        self.hurry = False
        self.done = False

    async def send_due(self) -> int:
        senders: list[asyncio.Task[None]] = []
        ledger = asyncio.create_task(self._keep_ledger())
        try:
            while True:
                taken = await self.owner._claim(self._room())  # noqa: SLF001  Same file, one mechanism.
                self.under_way += len(taken.jobs)
                for job in taken.jobs:
                    self.queue.put_nowait(job)
                wanted = min(self.owner._concurrency, self.under_way)  # noqa: SLF001
                while len(senders) < wanted:
                    senders.append(asyncio.create_task(self._send()))
                if not taken.jobs:
                    if self.under_way == 0 and taken.looked == 0:
                        return self.handed
                    if taken.looked == 0:
                        # A person's next notice becomes due when the one before is settled.
                        self.written.clear()
                        if self.under_way:
                            await self.written.wait()
                    continue
                await self._let_results_in()
        finally:
            for _ in senders:
                self.queue.put_nowait(None)
            await asyncio.gather(*senders)
            self.done = True
            self.news.set()
            await ledger

    def _room(self) -> int:
        """How much may be claimed: the more results are stored, the more may be under way."""
        room = _FIRST_CLAIM + _GROWTH * self.stored - self.under_way
        return min(_CLAIM, max(_FIRST_CLAIM, room))

    async def _let_results_in(self) -> None:
        """Return when more should be claimed. A claim holds the database thread for long, so
        the first results and those of messages without a key go before it."""
        until = time.monotonic() + _PATIENCE_SECONDS
        while self.queue.qsize() > _CLAIM or (
            (self.keyless or self.under_way > _GROWTH * self.stored) and time.monotonic() < until
        ):
            self.written.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.written.wait(), _PATIENCE_SECONDS)

    async def _send(self) -> None:
        while (job := await self.queue.get()) is not None:
            verdict = await self._hand_over(job)
            if verdict is None:
                self.under_way -= 1
                self.written.set()
                continue
            self.handed += 1
            self.results.append(Result(job, verdict))
            # Killed before it is stored, one without a key would be uncertain: it may not wait.
            self.hurry = self.hurry or job.mark_first or self.stored < _CLAIM
            self.news.set()

    async def _hand_over(self, job: Job) -> Verdict | None:
        """The verdict, or None when the lease is not ours any more."""
        await self.owner._pace.wait(job.parcel.channel)  # noqa: SLF001
        if not job.mark_first:
            return await self._deliver(job)
        unready = await self.owner._platform.ready()  # noqa: SLF001
        if unready is not None:
            return unready
        await self.keyless_room.acquire()
        self.keyless.add(job.notice_id)
        marked: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self.marks.append((job, marked))
        self.news.set()
        if not await marked:
            self.keyless.discard(job.notice_id)
            self.keyless_room.release()
            return None
        return await self._deliver(job)

    async def _deliver(self, job: Job) -> Verdict:
        if not self.owner._courier.lively():  # noqa: SLF001
            return Verdict(Outcome.NOT_SENT)
        try:
            verdict = await self.owner._platform.deliver(job.parcel)  # noqa: SLF001
        except Exception as fault:  # noqa: BLE001  One message must never stop the others.
            log.error("a delivery broke", fault=type(fault).__name__)  # noqa: TRY400
            return Verdict(Outcome.UNKNOWN)
        if verdict.code == _TOO_FAST:
            self.owner._pace.slow_down(job.parcel.channel)  # noqa: SLF001
        return verdict

    async def _keep_ledger(self) -> None:
        while True:
            await self.news.wait()
            if not self.marks and self.under_way > len(self.results) and not self.done:
                await self._gather()
            self.news.clear()
            self.hurry = False
            marks, self.marks = self.marks, []
            results_, self.results = self.results, []
            if marks or results_:
                await self._write(marks, results_)
            if self.done and not (self.marks or self.results):
                return

    async def _gather(self) -> None:
        """Let results come together; a mark that somebody waits for, one that may not wait, or
        the last one, ends it."""
        until = time.monotonic() + _LINGER_SECONDS
        while time.monotonic() < until and not (self.marks or self.hurry):
            await asyncio.sleep(_LINGER_SECONDS / 10)
            if self.under_way <= len(self.results):
                return

    async def _write(
        self, marks: list[tuple[Job, asyncio.Future[bool]]], done: list[Result]
    ) -> None:
        owner = self.owner
        courier = owner._courier.id  # noqa: SLF001

        def work(session: Session) -> set[int]:
            wall = owner._wall.now()  # noqa: SLF001
            marked = results.mark_handed(session, courier, [job for job, _ in marks], wall)
            if done:
                now = owner._clock.now()  # noqa: SLF001
                results.store(session, courier, done, now=now, wall=wall)
            return marked

        marked = await self._until_written(work, done)
        for job, waiting in marks:
            if not waiting.done():
                waiting.set_result(job.notice_id in marked)
        for one in done:
            if one.job.notice_id in self.keyless:
                self.keyless.remove(one.job.notice_id)
                # Its own place, and one more.
                self.keyless_room.release()
                self.keyless_room.release()
        self.under_way -= len(done)
        self.stored += len(done)
        self.written.set()

    async def _until_written(
        self, work: Callable[[Session], set[int]], done: list[Result]
    ) -> set[int]:
        """Results are never given up: while the database is away they wait here.

        A result that cannot be stored for another reason is set aside alone, as uncertain.
        """
        while True:
            try:
                return await self.owner.transact(work)
            except OperationalError:
                log.warning("the database is away; results wait", results=len(done))
                await asyncio.sleep(0.5)
            except Exception as fault:  # noqa: BLE001  One result must not hold up the others.
                log.error("results could not be stored together", fault=type(fault).__name__)  # noqa: TRY400
                await self._store_apart(done)
                return set()

    async def _store_apart(self, done: list[Result]) -> None:
        owner = self.owner
        courier = owner._courier.id  # noqa: SLF001
        for one in done:
            now, wall = owner._clock.now(), owner._wall.now()  # noqa: SLF001
            try:
                await owner.transact(
                    partial(results.store, courier=courier, results=[one], now=now, wall=wall)
                )
            except Exception as fault:  # noqa: BLE001
                log.error("a result could not be stored", fault=type(fault).__name__)  # noqa: TRY400
                await owner.transact(
                    partial(results.set_aside, courier=courier, job=one.job, now=now)
                )

"""On PostgreSQL a posting transaction wakes a worker; on SQLite the process wakes itself."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select, text

from credit_core.accounts.models import Follower
from credit_core.clock import SystemClock
from credit_core.database import Database
from notices import outbox, queue
from notices.engine import Engine
from notices.memory import MemoryPlatform
from notices.models import Notice
from tests.notices.conftest import GRADE


@pytest.fixture
def attached(postgres_database: Database) -> Iterator[Database]:
    queue.prepare(postgres_database)
    assert queue.attach(postgres_database)
    yield postgres_database
    queue.detach(postgres_database)


def post(database: Database, key: str) -> None:
    now = SystemClock().now()
    with database.begin() as session:
        follower = Follower(openid=f"one_{key}", followed_at=now)
        session.add(follower)
        session.flush()
        outbox.post(
            session,
            kind="grade_changed",
            key=key,
            now=now,
            follower_id=follower.id,
            fields=GRADE,
        )


def waiting(database: Database) -> int:
    with database.read() as session:
        return session.scalar(text("SELECT count(*) FROM procrastinate_jobs")) or 0


def test_the_job_exists_exactly_when_the_notice_does(attached: Database) -> None:
    class Undone(Exception):
        pass

    def fail() -> None:
        with attached.begin() as session:
            follower = Follower(openid="one_x", followed_at=SystemClock().now())
            session.add(follower)
            session.flush()
            outbox.post_reply(
                session, follower_id=follower.id, texts=["a"], key="x", now=SystemClock().now()
            )
            raise Undone

    with pytest.raises(Undone):
        fail()
    assert waiting(attached) == 0
    post(attached, "kept")
    assert waiting(attached) == 1


def test_a_process_that_was_attached_twice_defers_one_job(attached: Database) -> None:
    assert queue.attach(attached)
    post(attached, "twice")
    assert waiting(attached) == 1


async def until_sent(database: Database, seconds: float) -> float:
    started = time.monotonic()
    while time.monotonic() - started < seconds:
        with database.read() as session:
            if session.scalar(select(func.count()).where(Notice.status == "sent")):
                return time.monotonic() - started
        await asyncio.sleep(0.05)
    raise AssertionError("the notice was not sent in time")


async def test_a_worker_is_woken_by_the_commit(attached: Database) -> None:
    platform = MemoryPlatform()
    # A worker that would look by itself only after a minute.
    engine = Engine(attached, platform, public_url="https://x.example", poll_seconds=60)
    await engine.start()
    await asyncio.sleep(3)
    engine_wake = engine.wake
    from notices import signals

    # Another process posts: no waker of ours hears it.
    signals.remove_waker(engine_wake)
    try:
        await asyncio.to_thread(post, attached, "one")
        assert await until_sent(attached, 10) < 5
    finally:
        await engine.stop()
    assert len(platform.sent) == 1


async def test_an_engine_in_the_process_sends_at_once(sqlite_database: Database) -> None:
    platform = MemoryPlatform()
    engine = Engine(sqlite_database, platform, public_url="https://x.example", poll_seconds=60)
    await engine.start()
    try:
        await asyncio.sleep(0.3)
        await asyncio.to_thread(post, sqlite_database, "one")
        assert await until_sent(sqlite_database, 5) < 1
    finally:
        await engine.stop()


async def test_a_notice_of_another_process_is_found_within_a_second_or_two(
    sqlite_database: Database,
) -> None:
    from notices import signals

    engine = Engine(sqlite_database, MemoryPlatform(), public_url="https://x.example")
    await engine.start()
    signals.remove_waker(engine.wake)
    try:
        await asyncio.to_thread(post, sqlite_database, "one")
        assert await until_sent(sqlite_database, 5) < 2.5
    finally:
        await engine.stop()


def test_workers_that_start_together_make_the_tables_once(postgres_database: Database) -> None:
    with ThreadPoolExecutor(4) as threads:
        made = [threads.submit(queue.prepare, postgres_database) for _ in range(4)]
    assert [one.exception() for one in made] == [None] * 4
    assert queue.is_prepared(postgres_database)


def test_a_database_that_was_not_attached_defers_nothing(attached: Database) -> None:
    """One process may know two databases; the one without the queue's tables could not commit."""
    url = attached.url.update_query_dict({"application_name": "elsewhere"})
    other = Database(url.render_as_string(hide_password=False))
    post(other, "elsewhere")
    other.dispose()
    with attached.read() as session:
        jobs = session.execute(text("SELECT count(*) FROM procrastinate_jobs")).scalar()
    assert jobs == 0

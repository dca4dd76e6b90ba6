"""procrastinate on PostgreSQL: wakes a worker the moment a posting transaction commits.

The job is deferred on the session's own connection, so it exists exactly when the notices do.
It carries no work of its own: it says «look into the outbox», and the worker that takes it
runs the same delivery function that runs in the process on SQLite. So nothing is lost when a
job is, and nothing is told twice when a job runs twice.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

import procrastinate
import psycopg
import structlog
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import DeleteJobCondition, Status
from sqlalchemy import func, select, text
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session

from credit_core.database import Database
from notices import signals

log = structlog.get_logger("notices.queue")

QUEUE = "notices"
TASK = "notices.deliver"
_RETRY_SECONDS = 5.0
_STALLED_SECONDS = 30
_PREPARE_LOCK = 0x6D65_6471
"""Any number; it names the lock under which the tables are made."""

# It tells of every task that it registers, in every command that only imports it.
logging.getLogger("procrastinate.blueprints").setLevel(logging.WARNING)
_attached: set[URL] = set()
"""Databases whose transactions of this process defer jobs."""
_sync = procrastinate.App(connector=procrastinate.SyncPsycopgConnector())


@_sync.task(name=TASK, queue=QUEUE)
def _deliver() -> None:
    """Stands for the worker's task when it is deferred."""


def prepare(database: Database) -> None:
    """Make procrastinate's tables where they are missing; does nothing on SQLite."""
    if database.is_sqlite or is_prepared(database):
        return
    connector = procrastinate.SyncPsycopgConnector(conninfo=conninfo(database))
    app = procrastinate.App(connector=connector)
    with database.begin() as session:
        # Two workers that are started together must not both make them.
        session.execute(select(func.pg_advisory_xact_lock(_PREPARE_LOCK)))
        if is_prepared(database):
            return
        with app.open():
            app.schema_manager.apply_schema()


def is_prepared(database: Database) -> bool:
    with database.read() as session:
        found = session.execute(text("SELECT to_regclass('procrastinate_jobs') IS NOT NULL"))
        return bool(found.scalar())


def attach(database: Database) -> bool:
    """Let transactions of this process that post notices defer a job; False on SQLite.

    Called by the composition root of every process that may post; one job, however often.
    """
    if database.is_sqlite or not is_prepared(database):
        return False
    if not _attached:
        signals.add_before_commit(defer)
    _attached.add(database.engine.url)
    return True


def detach(database: Database) -> None:
    """What is posted to this database from here on waits for the sweeper."""
    _attached.discard(database.engine.url)
    if not _attached:
        signals.remove_before_commit(defer)


def defer(session: Session) -> None:
    """Defer one job in the transaction of ``session``, when its database is attached."""
    engine = session.connection().engine
    if engine.url not in _attached:
        return
    connection = session.connection().connection.driver_connection
    if isinstance(connection, psycopg.Connection):
        _deliver.configure(connection=connection).defer()


async def listen(database: Database, deliver: Callable[[], Awaitable[None]]) -> None:
    """Run procrastinate's worker until cancelled; a lost connection is made again."""
    while True:
        try:
            await asyncio.to_thread(prepare, database)
            await _work(database, deliver)
        except (ConnectorException, psycopg.Error, OSError) as fault:
            log.warning("the queue is away; the sweeper goes on", fault=type(fault).__name__)
        await asyncio.sleep(_RETRY_SECONDS)


async def _work(database: Database, deliver: Callable[[], Awaitable[None]]) -> None:
    app = procrastinate.App(
        connector=procrastinate.PsycopgConnector(
            conninfo=conninfo(database), min_size=1, max_size=3
        )
    )

    @app.task(name=TASK, queue=QUEUE)
    async def _run() -> None:
        await deliver()

    async with app.open_async():
        await _free_stalled(app)
        await app.run_worker_async(
            queues=[QUEUE],
            concurrency=2,
            install_signal_handlers=False,
            listen_notify=True,
            delete_jobs=DeleteJobCondition.ALWAYS,
            fetch_job_polling_interval=5.0,
            update_heartbeat_interval=5.0,
            stalled_worker_timeout=_STALLED_SECONDS,
        )


async def _free_stalled(app: procrastinate.App) -> None:
    """Jobs of workers that died; their notices are freed by recovery, not here."""
    with contextlib.suppress(ConnectorException):
        for job in await app.job_manager.get_stalled_jobs(
            queue=QUEUE, seconds_since_heartbeat=_STALLED_SECONDS
        ):
            if job.id is not None:
                await app.job_manager.finish_job_by_id_async(job.id, Status.FAILED, delete_job=True)


def conninfo(database: Database) -> str:
    """The database's address in libpq's form."""
    url = database.url.set(drivername="postgresql")
    return url.render_as_string(hide_password=False)

"""Speed and size of rescoring, against floors measured in the same run.

The floor of a whole rescore reads records from the database into NumPy, adds them up and writes
one number per subject back, by hand; the yardstick of the scoring itself is the same aggregation
written in Polars.
"""

from __future__ import annotations

import os
import resource
import secrets
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import polars as pl
import psycopg
from sqlalchemy import delete, select, update

import bot.schema  # noqa: F401
from credit_core.clock import SystemClock
from credit_core.crypto import Keyring, install_keyring
from credit_core.database import Base, Database
from credit_core.days import day_number
from credit_core.records.models import Record, RecordEvent
from credit_core.rules.book import KINDS, rule_book
from credit_core.scoring.bulk import rescore
from credit_core.scoring.evaluate import Standing, evaluate
from credit_core.scoring.models import Rating
from credit_core.scoring.ranges import Bulk
from credit_core.seeding.service import UNTIL, Plan, seed
from credit_core.subjects.models import Subject

SUBJECTS = int(os.environ.get("MEDCREDIT_BENCH_SUBJECTS", "200000"))
RECORDS_EACH = 10
CHANGED = 200
ROUNDS = 3
"""Of a whole rescore and its floor; the one in the middle is told, for others use the disk too."""
KEY = "bench-only-0123456789-abcdefghijklmnopqrstuvwxyz"
POSTGRES = os.environ.get(
    "MEDCREDIT_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres"
)
Measured = dict[str, Any]


def run(
    subjects: int = SUBJECTS, *, engines: tuple[str, ...] = ("sqlite", "postgresql")
) -> list[Measured]:
    """Measure everything; each row: name, value, unit, what it is held against, the
    ratio of the two and its goal."""
    install_keyring(Keyring(KEY))
    rows: list[Measured] = []
    with TemporaryDirectory() as folder:
        if "sqlite" in engines:
            path = Path(folder) / "bench.sqlite3"
            rows += _engine(Database(f"sqlite:///{path}"), "sqlite", subjects, path)
            rows += _memory(path, subjects)
        if "postgresql" in engines and _postgres_answers():
            rows += _on_postgres(subjects)
    rows += _one_score()
    return rows


def _row(
    name: str,
    value: float,
    unit: str,
    floor: float | None = None,
    ratio: float | None = None,
    goal: str | None = None,
) -> Measured:
    return {
        "name": name,
        "value": round(value, 4),
        "unit": unit,
        "floor": None if floor is None else round(floor, 4),
        "ratio": None if ratio is None else round(ratio, 4),
        "goal": goal,
    }


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _quiet(_what: str, _done: int, _total: int) -> None:
    """Progress that nobody watches."""


def _plan(subjects: int) -> Plan:
    rest = subjects // 20
    counts = dict.fromkeys(KINDS, rest) | {"resident": subjects - 4 * rest}
    return Plan(counts, records_per_subject=RECORDS_EACH)


def _engine(database: Database, name: str, subjects: int, path: Path | None) -> list[Measured]:
    Base.metadata.create_all(database.engine)
    records = subjects * RECORDS_EACH
    took = _timed(lambda: seed(database, _plan(subjects), _quiet))
    rows = [_row(f"{name}: seed", records / took, "records/s")]
    at = SystemClock().now()
    floor, whole = sorted(
        (_whole(database, path, at) for _ in range(ROUNDS)), key=lambda took: took[0] / took[1]
    )[ROUNDS // 2]
    rows.append(_row(f"{name}: hand-written floor", records / floor, "records/s"))
    rows.append(
        _row(
            f"{name}: rescore --all, everything stored anew", records / whole, "records/s",
            records / floor, floor / whole, ">= 0.8",
        )
    )  # fmt: skip
    again = _timed(lambda: rescore(database, on=UNTIL, at=at, complete=True))
    rows.append(_row(f"{name}: rescore --all, nothing changed", records / again, "records/s"))
    some = _increment(database)
    rows.append(
        _row(f"{name}: rescore of {CHANGED} changed subjects", some, "s", again, some / again,
             "< 0.02 of --all that changes nothing")
    )  # fmt: skip
    if path is not None:
        rows += _against_polars(database)
    database.dispose()
    return rows


def _whole(database: Database, path: Path | None, at: datetime) -> tuple[float, float]:
    """Seconds of the floor, and of a whole rescore that stores everything, one after the other."""
    floor = _floor_sqlite(path) if path is not None else _floor_postgres(database)
    with database.begin() as session:
        session.execute(update(Subject).values(score=None, grade=None, rated_on=None))
        session.execute(delete(Rating))
    if path is None:
        _vacuum(database)
    return floor, _timed(lambda: rescore(database, on=UNTIL, at=at, complete=True))


def _vacuum(database: Database) -> None:
    """Rows that were written twice are gone, as they are the morning after."""
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM (FULL, ANALYZE) subject")


def _floor_sqlite(path: Path) -> float:
    """SQLite to NumPy and back by hand, on a copy of the file."""
    copy = path.with_name("floor.sqlite3")
    with sqlite3.connect(path) as source:
        source.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copyfile(path, copy)

    def work() -> None:
        connection = sqlite3.connect(copy, isolation_level=None)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA cache_size=-64000")
        found = connection.execute(
            "SELECT subject_id, ifnull(points, 1), effective_from, ifnull(effective_to, 99999) "
            "FROM record"
        ).fetchall()
        data = np.array(found, dtype=np.int64)
        day = day_number(UNTIL)
        data = data[(data[:, 2] <= day) & (data[:, 3] > day)]
        ids, place = np.unique(data[:, 0], return_inverse=True)
        sums = np.bincount(place, weights=data[:, 1]).astype(np.int64) + 1000
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(
            "UPDATE subject SET score = ?, grade = ? WHERE id = ?",
            zip(sums.tolist(), ["A"] * len(ids), ids.tolist(), strict=True),
        )
        connection.execute("COMMIT")
        connection.close()

    took = _timed(work)
    copy.unlink()
    return took


def _floor_postgres(database: Database) -> float:
    """PostgreSQL to NumPy and back by hand: binary COPY out of what counts, COPY into a
    temporary table, one update from it. Rolled back."""
    out = np.dtype(
        [("n", ">i2"), ("a", ">i4"), ("id", ">i8"), ("b", ">i4"), ("points", ">i8")]
    )  # fmt: skip
    back = np.dtype([*out.descr, ("c", ">i4"), ("grade", "S1")])
    url = database.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url) as connection, connection.cursor() as cursor:

        def work() -> None:
            cursor.execute("SET LOCAL jit = off")
            query = (
                "SELECT subject_id, coalesce(points, 1) FROM record "
                f"WHERE effective_from <= '{UNTIL}' "
                f"AND (effective_to IS NULL OR effective_to > '{UNTIL}')"
            )
            with cursor.copy(f"COPY ({query}) TO STDOUT (FORMAT binary)") as copy:
                raw = b"".join(bytes(block) for block in copy)
            data = np.frombuffer(raw, out, offset=19, count=(len(raw) - 21) // out.itemsize)
            ids, place = np.unique(data["id"], return_inverse=True)
            sums = np.bincount(place, weights=data["points"]).astype(np.int64) + 1000
            rows = np.zeros(len(ids), back)
            rows["n"], rows["a"], rows["b"], rows["c"] = 3, 8, 8, 1
            rows["id"], rows["points"], rows["grade"] = ids, sums, b"A"
            cursor.execute(
                "CREATE TEMP TABLE made (id bigint, score bigint, grade text) ON COMMIT DROP"
            )
            with cursor.copy("COPY made FROM STDIN (FORMAT binary)") as copy:
                copy.write(raw[:19] + rows.tobytes() + b"\xff\xff")
            cursor.execute("ANALYZE made")
            cursor.execute(
                "UPDATE subject SET score = made.score, grade = made.grade "
                "FROM made WHERE subject.id = made.id"
            )

        took = _timed(work)
        connection.rollback()
    return took


def _increment(database: Database) -> float:
    """Change the state of one record of some subjects, then rescore what changed."""
    later = SystemClock().now() + timedelta(hours=1)
    chosen: list[int] = []
    with database.begin() as session:
        subjects = select(Subject.id).order_by(Subject.id).limit(CHANGED * 7)
        for subject_id in session.scalars(subjects).all()[::7]:
            record = session.scalars(
                select(Record)
                .where(Record.subject_id == subject_id, Record.state == "active")
                .limit(1)
            ).one()
            record.state = "revoked"
            chosen.append(record.id)
            session.add(
                RecordEvent(record_id=record.id, state="revoked", on=UNTIL, at=later, by="bench")
            )
    rescore(database, on=UNTIL, at=later + timedelta(hours=1))
    with database.begin() as session:
        for record in session.scalars(select(Record).where(Record.id.in_(chosen))).all():
            record.state = "active"
            session.add(
                RecordEvent(
                    record_id=record.id, state="active", on=UNTIL,
                    at=later + timedelta(hours=2), by="bench",
                )
            )  # fmt: skip
    return _timed(lambda: rescore(database, on=UNTIL, at=later + timedelta(hours=3)))


def _against_polars(database: Database) -> list[Measured]:
    """The scoring alone, on arrays in memory, and the same by hand in Polars."""
    with database.read() as session:
        bulk = Bulk(session, UNTIL)
        chunks = [(chunk, bulk.reader.records(chunk)) for chunk in bulk.reader.chunks()]
        bulk.rate(*chunks[0])
        ours = _timed(lambda: [bulk.rate(*chunk) for chunk in chunks])
    count = sum(len(records.token) for _, records in chunks)
    entry = rule_book().on("resident", UNTIL)
    cells = entry.compiled.cells
    frame = pl.DataFrame(
        {
            "subject": np.concatenate([records.subject_id for _, records in chunks]),
            "decision": np.concatenate([records.decision for _, records in chunks]),
            "group": np.concatenate([records.token for _, records in chunks]) % 6,
            "points": np.concatenate([records.token for _, records in chunks]) % len(cells) - 9,
        }
    )

    def by_hand() -> object:
        return (
            frame.sort("points")
            .unique(["subject", "decision"], keep="first")
            .group_by("subject", "group")
            .agg(pl.col("points").sum().clip(upper_bound=60))
            .group_by("subject")
            .agg((pl.col("points").sum() + 1000).clip(0, 1200).alias("score"))
            .with_columns(
                pl.sum_horizontal(
                    [
                        (pl.col("score") >= edge).cast(pl.Int8)
                        for edge in (600, 850, 960, 1030, 1050)
                    ]
                ).alias("grade")
            )
        )

    by_hand()
    theirs = _timed(by_hand)
    return [
        _row("scoring in memory, against Polars", count / ours, "records/s", count / theirs,
             theirs / ours, ">= 0.33")
    ]  # fmt: skip


def _memory(path: Path, subjects: int) -> list[Measured]:
    """Peak memory of a whole rescore in a process of its own, at this size and at a quarter.

    SQLite keeps up to 64 MB of pages for each of the two connections, one that reads and one
    that writes; a small database fills less of it. What grows with the subjects besides shows
    where the caches are small at both sizes.
    """
    small = path.with_name("small.sqlite3")
    database = Database(f"sqlite:///{small}")
    Base.metadata.create_all(database.engine)
    seed(database, _plan(subjects // 4), _quiet)
    database.dispose()
    few, many = (_peak(one, 300, _SMALL_CACHE) for one in (small, path))
    whole = _peak(path, 0)
    return [
        _row("peak memory of rescore --all", whole, "MiB", 2048, whole / 2048, "<= 1"),
        _row("the same without page caches, against a quarter of the subjects", many, "MiB", few,
             many / few, "flat: < 1.1"),
    ]  # fmt: skip


_SMALL_CACHE = 2_000


def _peak(path: Path, days: int, cache_kib: int = 64_000) -> float:
    """MiB of a process that scores everybody for so many days later, when most scores differ
    from the stored ones."""
    code = (
        "import sys, bot.schema\n"
        "from sqlalchemy import event\n"
        "from datetime import timedelta\n"
        "from credit_core.clock import SystemClock\n"
        "from credit_core.crypto import Keyring, install_keyring\n"
        "from credit_core.database import Database\n"
        "from credit_core.scoring.bulk import rescore\n"
        "from credit_core.seeding.service import UNTIL\n"
        f"install_keyring(Keyring({KEY!r}))\n"
        "database = Database(sys.argv[1])\n"
        "small = f'PRAGMA cache_size=-{sys.argv[2]}'\n"
        "event.listen(database.engine, 'connect', lambda one, _: one.execute(small))\n"
        "rescore(database, on=UNTIL + timedelta(days=int(sys.argv[3])), "
        "at=SystemClock().now(), complete=True)\n"
        "status = open('/proc/self/status').read()\n"
        "print(int(status.split('VmHWM:')[1].split()[0]) / 1024)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, f"sqlite:///{path}", str(cache_kib), str(days)],
        check=True, capture_output=True, text=True, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    return float(done.stdout)


def _one_score() -> list[Measured]:
    """One subject with 20 records, explained, without the reads."""
    entry = rule_book().on("resident", UNTIL)
    cells = entry.compiled.cells
    records = [
        Record(
            id=n, subject_id=1, item=cells[n % len(cells)].item.code,
            level=cells[n % len(cells)].variant.level, points=None, state="active",
            occurred_on=date(2026, 9, 1), decided_on=date(2026, 9, 1) + timedelta(days=n),
            effective_from=date(2026, 9, 1) + timedelta(days=n),
            effective_to=date(2027, 9, 1), ended_on=None, document_no=str(n), decision_key=n,
            source_unit="", basis="", severity=None,
        )
        for n in range(20)
    ]  # fmt: skip
    standing = Standing(1, "resident", None, identity_verified=True, committed=True)
    evaluate(entry, standing, records, UNTIL)
    times = 300
    took = _timed(lambda: [evaluate(entry, standing, records, UNTIL) for _ in range(times)])
    each = took / times * 1000
    return [_row("one explained score, 20 records", each, "ms", 1.0, each, "< 1")]


def _postgres_answers() -> bool:
    try:
        psycopg.connect(POSTGRES, connect_timeout=3).close()
    except psycopg.OperationalError:
        return False
    return True


def _on_postgres(subjects: int) -> list[Measured]:
    name = f"medcredit_bench_{secrets.token_hex(4)}"
    with psycopg.connect(POSTGRES, autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}"')
        try:
            url = POSTGRES.rsplit("/", 1)[0] + "/" + name
            return _engine(Database(url), "postgresql", subjects, None)
        finally:
            admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


if __name__ == "__main__":
    for measured in run():
        print(measured)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, "MiB")

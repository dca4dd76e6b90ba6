"""The daily rescore costs what changed: no statement of it walks through the population."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from sqlalchemy import event, text

from credit_core.database import Database
from credit_core.lists.models import ListEntry
from credit_core.records.models import Record, RecordEvent, RecordState
from credit_core.scoring.bulk import rescore
from credit_core.seeding.service import Plan, seed
from credit_core.subjects.models import Subject
from tests.conftest import HAS_POSTGRES
from tests.credit_core.scoring.people import AT
from tests.databases import fresh_postgres

DAY = date(2026, 6, 1)
COUNTS = {"resident": 260, "institution": 20, "practitioner": 20}
OLD_EVENTS = """
INSERT INTO record_event (id, record_id, state, "on", at, by, reason)
SELECT row_number() OVER (), record.id, 'active', :day, :at, 'x', ''
FROM record, generate_series(1, 40)
"""
BIG = ("record", "subject", "list_entry", "record_event", "rating")


def filled(database: Database) -> Database:
    plan = Plan(COUNTS, records_per_subject=8, until=date(2026, 8, 1))
    seed(database, plan, lambda *_: None)
    rescore(database, on=DAY, at=AT, complete=True)
    return database


def change_three(database: Database) -> None:
    """One record revoked, one subject listed, one committed from the next day on."""
    with database.begin() as session:
        one, two, three = session.query(Subject).order_by(Subject.id).limit(3)
        record = session.query(Record).filter_by(subject_id=one.id).first()
        record.state = str(RecordState.REVOKED)
        later = AT + timedelta(hours=1)
        session.add(RecordEvent(record_id=record.id, state="revoked", on=DAY, at=later, by="x"))
        session.add(
            ListEntry(
                subject_id=two.id, list="severe", rule="r", document_no="x", decided_on=DAY,
                entered_on=DAY, basis="b", source_unit="u", entered_by="c", recorded_at=later,
            )
        )  # fmt: skip
        three.committed_from = DAY + timedelta(days=1)


def test_no_statement_of_the_daily_run_walks_through_a_table(sqlite_database):
    town = filled(sqlite_database)
    change_three(town)
    told: list[str] = []

    @event.listens_for(town.engine, "checkout")
    def _listen(connection, *_rest):
        connection.set_trace_callback(told.append)

    done = rescore(town, on=DAY + timedelta(days=1), at=AT + timedelta(days=1))
    event.remove(town.engine, "checkout", _listen)
    assert 3 <= done.subjects < 20
    read = [one for one in set(told) if re.match(r"\s*(SELECT|UPDATE|INSERT)", one)]
    assert len(read) > 15
    with town.read() as session:
        ask = session.connection().exec_driver_sql
        ask("CREATE TEMP TABLE chosen_subject (id INTEGER PRIMARY KEY)")
        steps = [
            (row[3], one)
            for one in read
            if not one.startswith("INSERT INTO chosen_subject")
            for row in ask(f"EXPLAIN QUERY PLAN {one}")
        ]
    walks = [step for step in steps if re.match(rf"SCAN ({'|'.join(BIG)})\b", step[0])]
    # The index of those never rated holds nobody else.
    assert [one for one in walks if "ix_subject_never_rated" not in one[0]] == []


def read_so_far(database: Database) -> dict[str, tuple[int, int]]:
    """Scans of whole tables and rows that indexes gave, once every other session has told."""
    database.dispose()
    with database.engine.connect() as connection:
        for _ in range(100):
            others = connection.execute(
                text(
                    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                    "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
                )
            ).scalar()
            if not others:
                break
            time.sleep(0.05)
        rows = connection.execute(
            text(
                "SELECT t.relname, t.seq_scan, sum(i.idx_tup_read) FROM pg_stat_user_tables t "
                "JOIN pg_stat_user_indexes i USING (relid) GROUP BY 1, 2"
            )
        ).all()
    return {name: (int(scans), int(rows)) for name, scans, rows in rows}


@pytest.fixture
def new_postgres() -> Iterator[Database]:
    """One in which no other test was: entries of removed rows are read and counted as well."""
    if not HAS_POSTGRES:
        pytest.skip("PostgreSQL does not answer")
    with fresh_postgres(tables=True) as url:
        database = Database(url)
        with database.begin() as session:
            for table in BIG:
                # Analysed in the middle, these small tables would be read whole, and rightly so.
                session.execute(text(f"ALTER TABLE {table} SET (autovacuum_enabled = false)"))
        yield database
        database.dispose()


def test_postgresql_reads_only_the_rows_of_those_that_changed(new_postgres):
    """Freshly filled and never analysed: the planner guesses, and has to guess right."""
    town = filled(new_postgres)
    with town.begin() as session:
        # As many events as make the planner think of dividing the work among processes.
        session.execute(text(OLD_EVENTS), {"at": AT - timedelta(days=9), "day": DAY})
    rescore(town, on=DAY, at=AT + timedelta(minutes=1))
    change_three(town)
    before = read_so_far(town)
    done = rescore(town, on=DAY + timedelta(days=1), at=AT + timedelta(days=1))
    after = read_so_far(town)
    assert 3 <= done.subjects < 20
    for table in BIG:
        assert after[table][0] == before[table][0], table
        assert after[table][1] - before[table][1] <= 12 * done.records, table

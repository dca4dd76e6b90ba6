"""The one transaction of an import: everything that was judged is written, or nothing.

Between judging and writing another import may have brought the same subjects or records. Imports
queue up before they write, and ask the register again for those whom they bring.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import psycopg.errors
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from credit_core.days import EPOCH
from credit_core.events import SUBSCRIBERS, Event, EventKind, emit
from credit_core.records.ledger import Spool
from credit_core.records.models import Record
from credit_core.records.run import Imported, Register, Run
from credit_core.rows import batches, insert_rows, plan_for_few, select_in
from credit_core.scoring.bulk import rate_subjects
from credit_core.scoring.service import counts_points, score, warn_points
from credit_core.subjects.models import Subject, SubjectKind

_SUBJECT = (
    "id", "kind", "identifier_sealed", "identifier_index", "name_sealed", "name_index",
    "district", "subkind", "status", "registered_on", "evaluable_from", "identity_verified",
)  # fmt: skip
_RECORD = (
    "id", "subject_id", "item", "level", "occurred_on", "decided_on", "document_no",
    "decision_key", "source_unit", "basis", "severity", "points", "detail_sealed", "state",
    "effective_from", "effective_to", "fingerprint", "recorded_at", "recorded_by",
)  # fmt: skip
_PATIENCE = 3_600.0
"""Seconds to wait for another import; a million rows take minutes."""
_TRIES = 5
_LOCK = 0x6D63_696D_706F_7274
_FEW, _MANY = 2_000, 20_000
_OVERTAKEN = (
    sqlite3.IntegrityError,
    psycopg.errors.UniqueViolation,
    psycopg.errors.DeadlockDetected,
    psycopg.errors.SerializationFailure,
)


def write(run: Run, people: Spool, records: Spool) -> set[int]:
    """Write what was judged, rescore the subjects and tell about it.

    Returns the lines that stay out after all: another import registered their subject under
    another name.
    """
    run.progress("wait", run.totals.rows, run.totals.rows)
    for tries_left in reversed(range(_TRIES)):
        try:
            with run.database.begin(wait=_PATIENCE) as session:
                if not run.database.is_sqlite:
                    session.execute(select(func.pg_advisory_xact_lock(_LOCK)))
                totals, refused = _write(session, run, people, records)
        except (DBAPIError, sqlite3.IntegrityError, psycopg.Error) as error:
            # Somebody who does not queue (staff, a rescore) came in between: once more.
            cause = error.orig if isinstance(error, DBAPIError) else error
            if not tries_left or not isinstance(cause, _OVERTAKEN):
                raise
        else:
            run.totals = totals
            return refused
    raise AssertionError


def _write(session: Session, run: Run, people: Spool, records: Spool) -> tuple[Imported, set[int]]:
    tables = Record.metadata.tables
    moved = _moved(session, run)
    _rate_unrated(session, run)
    newcomers = (row for row in people if row[0] not in moved)
    registered = insert_rows(session, tables["subject"], _SUBJECT, newcomers)
    refused: set[int] = set()
    moment = (run.at, run.by)
    placed = _counted(run, "write", _placed(records, moved, refused))
    rows = ((*row[:-2], *moment) for row in placed)
    imported = insert_rows(session, tables["record"], _RECORD, rows, ignore_known=True)
    run.progress("write", len(records), len(records))
    known_by_now = len(records) - len(refused) - imported
    mine: Iterable[tuple[Any, ...]] = _placed(records, moved, set())
    if known_by_now:
        mine = _written(session, mine)
    points = _tell(session, run, _counted(run, "tell", mine))
    changed = _rescore(session, run)
    for subject_id, added in points.items():
        made = score(session, session.get_one(Subject, subject_id), run.today)
        warn_points(session, made, added, run.at)
    totals = replace(
        run.totals,
        imported=imported,
        unchanged=run.totals.unchanged + known_by_now,
        rejected=run.totals.rejected + len(refused),
        registered=registered,
        changed=changed,
    )
    return totals, refused


def _moved(session: Session, run: Run) -> dict[int, int | None]:
    """Where the records of subjects go whom another import registered since they were judged;
    None: nowhere, for the name is another."""
    plan_for_few(session)
    moved: dict[int, int | None] = {}
    for people in run.ledger.all_people(_FEW):
        register = Register(session, people.keys())
        for key, (made, name) in people.items():
            known = register.known.get(key)
            if known is not None:
                moved[made] = known[0] if register.is_called(known, name) else None
    run.ledger.touch(row_id for row_id in moved.values() if row_id is not None)
    return moved


def _placed(
    records: Spool, moved: dict[int, int | None], refused: set[int]
) -> Iterator[tuple[Any, ...]]:
    """Records with the subjects that they go to; lines of those without one are refused."""
    for row in records:
        subject_id = moved.get(row[1], row[1]) if moved else row[1]
        if subject_id is None:
            refused.add(row[-1])
        else:
            yield (row[0], subject_id, *row[2:]) if moved else row


def _counted(run: Run, what: str, rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    for number, row in enumerate(rows, 1):
        if number % _MANY == 0:
            run.progress(what, number, 0)
        yield row


def _written(session: Session, rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    """Those that this import has written; others had been written by another one."""
    for some in batches(rows, _FEW):
        query = "SELECT id FROM record WHERE id"
        ids = {found[0] for found in select_in(session, query, [row[0] for row in some])}
        yield from (row for row in some if row[0] in ids)


def _rate_unrated(session: Session, run: Run) -> None:
    """Subjects on the register that were never rated get the rating from before this file, so
    that a grade that falls now is seen to fall."""
    query = "SELECT id FROM subject WHERE rated_on IS NULL AND id"
    for part in run.ledger.touched(_MANY, known=True):
        unrated = [row[0] for row in select_in(session, query, part)]
        rate_subjects(session, unrated, on=run.today, at=run.at)


def _rescore(session: Session, run: Run) -> int:
    changed = done = 0
    for part in run.ledger.touched(_MANY):
        changed += rate_subjects(session, part, on=run.today, at=run.at).changed
        done += len(part)
        run.progress("rescore", done, done)
    return changed


def _date(number: int | None) -> date | None:
    return None if number is None else EPOCH + timedelta(days=number)


def _tell(session: Session, run: Run, records: Iterable[tuple[Any, ...]]) -> dict[int, int]:
    """One event for every new negative record; a plus is told with the grade it brings.

    Returns the statutory points that the file brought, by practitioner.
    """
    points: dict[int, int] = {}
    if not session.info.get(SUBSCRIBERS):
        return points
    entry = run.book.on(SubjectKind.PRACTITIONER, run.today)
    for row in records:
        subject_id, item, amount, start, end = row[1], row[2], row[11], row[14], row[15]
        if not row[-2]:
            continue
        first, last = _date(start), _date(None if end is None else end - 1)
        if (
            amount is not None
            and counts_points(entry, str(item))
            and (last is None or last >= run.today)
        ):
            points[subject_id] = points.get(subject_id, 0) + amount
        data = {
            "record_id": row[0],
            "item": item,
            "points": amount,
            "effective_from": first.isoformat() if first else None,
            "effective_to": last.isoformat() if last else None,
            "document_no": row[6],
        }
        emit(session, Event(EventKind.RECORD_ADDED, subject_id, run.at, data))
    return points

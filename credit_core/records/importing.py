"""Importing a file of records: good rows in, bad rows out with line and reason.

First the whole file is read and judged without holding anything up; what is new goes to a
nameless temporary file (private values sealed already). Then one transaction writes all of it,
rescores the subjects and tells about changed grades: killed at any moment, either everything is
in or nothing. Rows are known by their fingerprint, so the same file again changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from config.texts import text
from credit_core.clock import local_day
from credit_core.crypto import keyring, place_of
from credit_core.database import Database
from credit_core.days import EPOCH
from credit_core.errors import Refusal
from credit_core.ids import new_id
from credit_core.records.columns import shown_column
from credit_core.records.judging import Judged, judge
from credit_core.records.ledger import Ledger, Spool
from credit_core.records.models import Record, RecordState, decision_key
from credit_core.records.run import Imported, Known, Progress, Register, Reject, Run
from credit_core.records.sheets import Row, read_rows
from credit_core.records.writing import write
from credit_core.rows import plan_for_few, seldom_collected, select_in
from credit_core.rules.book import rule_book
from credit_core.subjects.identifiers import check_identifier, explain
from credit_core.subjects.models import Subject, SubjectKind, SubjectStatus
from credit_core.subjects.service import evaluable_from

BATCH = 2_000


def import_records(
    database: Database,
    path: Path,
    *,
    at: datetime,
    by: str,
    reject: Reject,
    progress: Progress,
    register: bool = True,
) -> Imported:
    """Import one file.

    :param reject: called with every row that stays out and the reason in Chinese.
    :param register: open a file for a subject that the register does not know; otherwise such
        rows stay out.
    :raises SheetError: the file as a whole cannot be imported.
    """
    with database.read() as session:
        book = rule_book(session)
    with seldom_collected(), Ledger() as ledger, Spool() as people, Spool() as records:
        run = Run(database, at, local_day(at), by, register, reject, progress, book, ledger)
        rows = read_rows(path)
        while batch := list(islice(rows, BATCH)):
            _judge_batch(run, batch, people, records)
            run.totals.rows += len(batch)
            progress("read", run.totals.rows, 0)
        late = write(run, people, records) if len(records) else set()
        for row in read_rows(path) if late else ():
            if row.line in late:
                reject(row, text("import", "row.name"))
    return run.totals


def reason(refusal: Refusal) -> str:
    """Why a row or file stays out, in Chinese."""
    if refusal.code.split(".")[0] in {"record", "row", "file"}:
        fields = dict(refusal.fields)
        if "field" in fields:
            fields["field"] = shown_column(str(fields["field"]))
        return text("import", refusal.code, **fields)
    if refusal.code.startswith("rules."):
        return text("scoring", refusal.code, **refusal.fields)
    return explain(refusal)


def _judge_batch(run: Run, batch: Sequence[Row], people: Spool, records: Spool) -> None:
    judged: list[Judged] = []
    refused: list[tuple[Row, str]] = []
    for row in batch:
        try:
            judged.append(judge(run.book, run.today, row))
        except Refusal as refusal:
            refused.append((row, reason(refusal)))
    new_records: list[tuple[Any, ...]] = []
    with run.database.read() as session:
        plan_for_few(session)
        fingerprints = {one.fingerprint for one in judged}
        query = "SELECT fingerprint FROM record WHERE fingerprint"
        known = {bytes(found[0]) for found in select_in(session, query, fingerprints)}
        lines = _Lines(run, fingerprints)
        subjects = _Subjects(session, run, {one.who.index for one in judged})
        for one in judged:
            try:
                if one.fingerprint in known:
                    lines.check(one)
                    run.totals.unchanged += 1
                    continue
                subject_id = subjects.find(one)
                lines.check(one)
            except Refusal as refusal:
                refused.append((one.row, reason(refusal)))
                continue
            new_records.append(_record_row(subject_id, one))
    lines.keep()
    people.add(subjects.keep())
    records.add(new_records)
    run.ledger.touch(row[1] for row in new_records)
    run.totals.rejected += len(refused)
    for row, why in sorted(refused, key=lambda pair: pair[0].line):
        run.reject(row, why)


class _Lines:
    """First lines of the fingerprints of one batch, in this file."""

    def __init__(self, run: Run, fingerprints: set[bytes]) -> None:
        self._ledger = run.ledger
        self._earlier = run.ledger.lines(fingerprints)
        self._mine: dict[bytes, int] = {}

    def check(self, one: Judged) -> None:
        """Refuse a row that an earlier, usable row of this file has told already."""
        key, line = one.fingerprint, one.row.line
        first = self._earlier.get(key) or self._mine.setdefault(key, line)
        if first != line:
            raise Refusal("row.double", line=first)

    def keep(self) -> None:
        self._ledger.add_lines(self._mine)


class _Subjects:
    """The subjects of one batch: those on the register, and those that the file brings."""

    def __init__(self, session: Session, run: Run, keys: set[bytes]) -> None:
        self._run = run
        self._brought = run.ledger.people(keys)
        self._register = Register(session, keys - self._brought.keys())
        self._mine: dict[bytes, Known] = {}
        self._rows: list[tuple[object, ...]] = []

    def find(self, one: Judged) -> int:
        """The subject's id; it is registered when it is new.

        :raises Refusal: unknown and not to be registered, or the name is another.
        """
        key, name = one.who.index, one.who.name_index
        known = self._register.known.get(key) or self._brought.get(key) or self._mine.get(key)
        if known is not None:
            if not self._register.is_called(known, name):
                raise Refusal("row.name")
            return known[0]
        if not self._run.register:
            raise Refusal("row.not_registered")
        row_id = new_id()
        self._mine[key] = (row_id, name)
        self._rows.append(_subject_row(self._run, row_id, one))
        return row_id

    def keep(self) -> list[tuple[object, ...]]:
        """Rows of the subjects that this batch brings; later batches know them."""
        self._run.ledger.add_people(self._mine)
        self._run.ledger.touch((row_id for row_id, _ in self._mine.values()), is_new=True)
        return self._rows


def _subject_row(run: Run, row_id: int, one: Judged) -> tuple[object, ...]:
    ring = keyring()
    start = evaluable_from(one.who.kind, one.who.identifier, None)
    subkind = ""
    if one.who.kind == SubjectKind.PRACTITIONER:
        subkind = check_identifier(one.who.kind, one.who.identifier).kind_of_code
    return (
        row_id,
        one.who.kind,
        ring.seal(one.who.identifier.encode(), place_of(Subject, "identifier_sealed", row_id)),
        one.who.index,
        ring.seal(one.who.name.encode(), place_of(Subject, "name_sealed", row_id)),
        one.who.name_index,
        "",
        subkind,
        str(SubjectStatus.ACTIVE),
        _number(run.today),
        None if start is None else _number(start),
        True,
    )


def _record_row(subject_id: int, one: Judged) -> tuple[object, ...]:
    reported, entered = one.reported, one.entered
    end = entered.effective_to
    row_id = new_id()
    return (
        row_id,
        subject_id,
        entered.item,
        entered.level,
        _number(reported.occurred_on),
        _number(reported.decided_on),
        reported.document_no,
        decision_key(reported.document_no),
        reported.source_unit,
        reported.basis,
        entered.severity,
        entered.points,
        _sealed_detail(row_id, reported.detail),
        str(RecordState.ACTIVE),
        _number(entered.effective_from),
        None if end is None else _number(end),
        one.fingerprint,
        entered.negative,
        one.row.line,
    )


def _sealed_detail(row_id: int, detail: str) -> bytes | None:
    if not detail:
        return None
    return keyring().seal(detail.encode(), place_of(Record, "detail_sealed", row_id))


def _number(day: date) -> int:
    return (day - EPOCH).days

"""Importing a file of records: good rows in, bad rows out with line and reason.

First the whole file is read and judged without holding anything up; what is new goes to a
nameless temporary file (private values sealed already). Then one transaction writes all of it,
rescores the subjects and tells about changed grades: killed at any moment, either everything is
in or nothing. Rows are known by their fingerprint, so the same file again changes nothing.
"""

from __future__ import annotations

import marshal
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, Self

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.texts import text
from credit_core.clock import local_day
from credit_core.crypto import keyring, place_of
from credit_core.database import Database
from credit_core.days import EPOCH
from credit_core.errors import Refusal
from credit_core.events import SUBSCRIBERS, Event, EventKind, emit
from credit_core.ids import new_id
from credit_core.records.judging import Judged, judge
from credit_core.records.models import Record, RecordState, decision_key
from credit_core.records.sheets import Row, read_rows, shown_column
from credit_core.rows import insert_rows, plan_for_few, select_in, without_collector
from credit_core.rules.book import RuleBook, rule_book
from credit_core.scoring.bulk import rate_subjects
from credit_core.scoring.service import counts_points, score, warn_points
from credit_core.subjects.identifiers import check_identifier, explain
from credit_core.subjects.models import Subject, SubjectKind, SubjectStatus
from credit_core.subjects.service import (
    current,
    evaluable_from,
)

BATCH = 2_000
Progress = Callable[[str, int, int], None]
Reject = Callable[[Row, str], None]

_SUBJECT = (
    "id", "kind", "identifier_sealed", "identifier_index", "name_sealed", "name_index",
    "district", "subkind", "status", "registered_on", "evaluable_from", "identity_verified",
)  # fmt: skip
_RECORD = (
    "id", "subject_id", "item", "level", "occurred_on", "decided_on", "document_no",
    "decision_key", "source_unit", "basis", "severity", "points", "detail_sealed", "state",
    "effective_from", "effective_to", "fingerprint", "recorded_at", "recorded_by",
)  # fmt: skip


@dataclass(slots=True)
class Imported:
    """What an import did, in rows.

    :ivar unchanged: rows that were known from before.
    :ivar registered: subjects that the file brought along.
    :ivar changed: subjects whose stored rating changed.
    """

    rows: int = 0
    imported: int = 0
    unchanged: int = 0
    rejected: int = 0
    registered: int = 0
    changed: int = 0


@dataclass(slots=True)
class _Import:
    database: Database
    at: datetime
    today: date
    by: str
    register: bool
    reject: Reject
    book: RuleBook
    totals: Imported = field(default_factory=Imported)
    seen: dict[int, int] = field(default_factory=dict)
    """First line of each fingerprint (its first 8 bytes) of this file."""
    fresh: dict[bytes, tuple[int, bytes]] = field(default_factory=dict)
    """Id and name of the subjects that this file registers, by identifier."""
    touched: set[int] = field(default_factory=set)


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
    run = _Import(database, at, local_day(at), by, register, reject, book)
    with without_collector(), _Spool() as people, _Spool() as records:
        rows = read_rows(path)
        while batch := list(islice(rows, BATCH)):
            _judge_batch(run, batch, people, records)
            run.totals.rows += len(batch)
            progress("read", run.totals.rows, 0)
        if run.touched:
            _write(run, people, records, progress)
    return run.totals


class _Spool:
    """Rows that wait in a nameless temporary file, to be read as often as needed."""

    def __init__(self) -> None:
        self.file = tempfile.TemporaryFile()  # noqa: SIM115  Closed by leaving the spool.

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()

    def add(self, rows: list[tuple[Any, ...]]) -> None:
        if rows:
            packed = marshal.dumps(rows)
            self.file.write(len(packed).to_bytes(8, "big") + packed)

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        self.file.seek(0)
        # Unpacked from memory: from a file marshal asks for every value by itself.
        while size := int.from_bytes(self.file.read(8), "big"):
            yield from marshal.loads(self.file.read(size))  # noqa: S302  Written by this process.


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


def _judge_batch(run: _Import, batch: Sequence[Row], people: _Spool, records: _Spool) -> None:
    judged: list[Judged] = []
    refused: list[tuple[Row, str]] = []
    for row in batch:
        try:
            judged.append(judge(run.book, run.today, row))
        except Refusal as refusal:
            refused.append((row, reason(refusal)))
    with run.database.read() as session:
        plan_for_few(session)
        known = _known_fingerprints(session, judged)
        subjects = _Register(session, run, judged)
        new_records, new_people = [], []
        for one in judged:
            try:
                if one.fingerprint in known:
                    _first_of_its_kind(run, one)
                    run.totals.unchanged += 1
                    continue
                subject_id, made = subjects.find(one)
                _first_of_its_kind(run, one)
            except Refusal as refusal:
                refused.append((one.row, reason(refusal)))
                continue
            if made is not None:
                new_people.append(made)
            new_records.append(_record_row(subject_id, one))
            run.touched.add(subject_id)
    people.add(new_people)
    records.add(new_records)
    run.totals.rejected += len(refused)
    for row, why in sorted(refused, key=lambda pair: pair[0].line):
        run.reject(row, why)


def _first_of_its_kind(run: _Import, one: Judged) -> None:
    """Refuse a row that an earlier, usable row of this file has told already."""
    first = run.seen.setdefault(int.from_bytes(one.fingerprint[:8], "big"), one.row.line)
    if first != one.row.line:
        raise Refusal("row.double", line=first)


def _known_fingerprints(session: Session, judged: Sequence[Judged]) -> set[bytes]:
    keys = {one.fingerprint for one in judged}
    query = "SELECT fingerprint FROM record WHERE fingerprint"
    return {bytes(row[0]) for row in select_in(session, query, keys)}


# The index is by kind and identifier; without the kinds the whole register would be read.
_BY_IDENTIFIER = (
    "SELECT identifier_index, id, name_index, merged_into_id FROM subject "
    f"WHERE kind IN ({', '.join(repr(str(kind)) for kind in SubjectKind)}) AND identifier_index"
)
_EARLIER_NAMES = "SELECT subject_id, name_index FROM subject_name WHERE subject_id"


class _Register:
    """The subjects of one batch: those on the register, and those that the file brings."""

    def __init__(self, session: Session, run: _Import, judged: Sequence[Judged]) -> None:
        self.session, self.run = session, run
        wanted = {one.who.index for one in judged}
        rows = select_in(session, _BY_IDENTIFIER, wanted - run.fresh.keys())
        self.known: dict[bytes, tuple[int, bytes]] = {}
        for index, row_id, name, merged in rows:
            if merged is None:
                self.known[bytes(index)] = (row_id, bytes(name))
            else:
                carried_on = current(session, session.get_one(Subject, row_id))
                self.known[bytes(index)] = (carried_on.id, carried_on.name_index)
        ids = {row_id for row_id, _ in self.known.values()}
        earlier = select_in(session, _EARLIER_NAMES, ids)
        self.earlier = {(row_id, bytes(name)) for row_id, name in earlier}

    def find(self, one: Judged) -> tuple[int, tuple[object, ...] | None]:
        """The subject's id, and its row when it is to be registered.

        :raises Refusal: unknown and not to be registered, or the name is another.
        """
        known = self.known.get(one.who.index) or self.run.fresh.get(one.who.index)
        if known is not None:
            row_id, name = known
            if name != one.who.name_index and (row_id, one.who.name_index) not in self.earlier:
                raise Refusal("row.name")
            return row_id, None
        if not self.run.register:
            raise Refusal("row.not_registered")
        row_id = new_id()
        self.run.fresh[one.who.index] = (row_id, one.who.name_index)
        return row_id, _subject_row(self.run, row_id, one)


def _subject_row(run: _Import, row_id: int, one: Judged) -> tuple[object, ...]:
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
    )


def _sealed_detail(row_id: int, detail: str) -> bytes | None:
    if not detail:
        return None
    return keyring().seal(detail.encode(), place_of(Record, "detail_sealed", row_id))


def _number(day: date) -> int:
    return (day - EPOCH).days


def _date(number: int | None) -> date | None:
    return None if number is None else EPOCH + timedelta(days=number)


def _write(run: _Import, people: _Spool, records: _Spool, progress: Progress) -> None:
    total = run.totals.rows
    tables = Record.metadata.tables
    with run.database.begin() as session:
        _rate_unrated(session, run)
        run.totals.registered = insert_rows(session, tables["subject"], _SUBJECT, people)
        moment = (run.at, run.by)
        run.totals.imported = insert_rows(
            session,
            tables["record"],
            _RECORD,
            ((*row[:-1], *moment) for row in records),
            ignore_known=True,
        )
        progress("write", total, total)
        points = _tell(session, run, records)
        run.totals.changed = rate_subjects(session, run.touched, on=run.today, at=run.at).changed
        for subject_id, added in points.items():
            made = score(session, session.get_one(Subject, subject_id), run.today)
            warn_points(session, made, added, run.at)
        progress("rescore", total, total)


def _rate_unrated(session: Session, run: _Import) -> None:
    """Subjects on the register that were never rated get the rating from before this file, so
    that a grade that falls now is seen to fall."""
    fresh = {row_id for row_id, _ in run.fresh.values()}
    known = sorted(run.touched - fresh)
    unrated: list[int] = []
    for start in range(0, len(known), 500):
        part = known[start : start + 500]
        unrated.extend(
            session.scalars(
                select(Subject.id).where(Subject.id.in_(part), Subject.rated_on.is_(None))
            )
        )
    if unrated:
        rate_subjects(session, unrated, on=run.today, at=run.at)


def _tell(session: Session, run: _Import, records: _Spool) -> dict[int, int]:
    """One event for every new negative record; a plus is told with the grade it brings.

    Returns the statutory points that the file brought, by practitioner.
    """
    points: dict[int, int] = {}
    if not session.info.get(SUBSCRIBERS):
        return points
    entry = run.book.on(SubjectKind.PRACTITIONER, run.today)
    for row in records:
        subject_id, item, amount, start, end = row[1], row[2], row[11], row[14], row[15]
        if not row[-1] or not isinstance(subject_id, int):
            continue
        first = _date(start) if isinstance(start, int) else None
        last = _date(end - 1) if isinstance(end, int) else None
        if (
            isinstance(amount, int)
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

"""Seeding: subjects of all kinds with their followers, bindings and records, by one number.

The same numbers give the same data, row for row; running it again adds nothing, a larger number
adds what is missing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from credit_core.accounts.models import Binding, BindingRole, Follower
from credit_core.crypto import keyring, place_of
from credit_core.database import Base, Database
from credit_core.errors import Refusal
from credit_core.lists.models import ListEntry
from credit_core.records.models import Record, RecordEvent, RecordState, decision_key
from credit_core.rows import insert_rows
from credit_core.rules.book import RuleBook, rule_book
from credit_core.rules.choice import effect_end
from credit_core.seeding import fates, identities
from credit_core.subjects.models import Subject
from credit_core.subjects.service import evaluable_from, identifier_index, name_index

KINDS = ("resident", "institution", "practitioner", "employer", "supplier")
UNTIL = date(2026, 11, 1)
"""Default last day of decision, fixed so that the same numbers give the same data."""
SPAN_DAYS = 3 * 365
SHARED_DECISIONS = 0.02
"""Part of the records that stem from the same decision as the record before."""
CHUNK = 20_000
_WEIGHTS = {None: 6.0, "轻微": 2.0, "一般": 1.5, "严重": 0.15}

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """How many of each, and by which number."""

    counts: dict[str, int]
    records_per_subject: int = 3
    seed: int = 1
    until: date = UNTIL

    @property
    def at(self) -> datetime:
        return datetime(self.until.year, self.until.month, self.until.day, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Seeded:
    subjects: int
    records: int
    followers: int


def seed(database: Database, plan: Plan, progress: Progress) -> Seeded:
    """Write what the plan says, in transactions of some thousand subjects.

    :raises Refusal: ``seed.other``: data of another seed stands in this database.
    """
    with database.read() as session:
        _refuse_other(session, plan)
        book = rule_book(session)
    total = Seeded(0, 0, 0)
    wanted = sum(plan.counts.values())
    done = 0
    for kind in KINDS:
        count = plan.counts.get(kind, 0)
        for start in range(0, count, CHUNK):
            indexes = range(start, min(start + CHUNK, count))
            with database.begin() as session:
                part = _seed_chunk(session, book, plan, kind, indexes)
            total = Seeded(
                total.subjects + part.subjects,
                total.records + part.records,
                total.followers + part.followers,
            )
            done += len(indexes)
            progress("seed", done, wanted)
    return total


def _refuse_other(session: Session, plan: Plan) -> None:
    known = session.scalar(
        select(func.min(Subject.id)).where(Subject.id < _subject_id(256, "resident", 0))
    )
    if known is not None and known >> 44 != plan.seed % 255 + 1:
        raise Refusal("seed.other")


def _subject_id(seed_part: int, kind: str, index: int) -> int:
    """Identifiers far below those made by time: seed, kind, index."""
    return (seed_part << 44) | (KINDS.index(kind) << 40) | (index << 8)


def _seed_chunk(session: Session, book: RuleBook, plan: Plan, kind: str, indexes: range) -> Seeded:
    subjects = [(_subject_id(plan.seed % 255 + 1, kind, i), i) for i in indexes]
    made = _insert(session, Subject, _SUBJECT, _subject_rows(plan, kind, subjects))
    followers = _insert(session, Follower, _FOLLOWER, _follower_rows(plan, kind, subjects))
    _insert(session, Binding, _BINDING, _binding_rows(plan, kind, subjects))
    steps: list[tuple[Any, ...]] = []
    records = _insert(session, Record, _RECORD, _record_rows(book, plan, kind, subjects, steps))
    _insert(session, RecordEvent, _STEP, iter(steps))
    _insert(session, ListEntry, fates.LIST_ENTRY, _entry_rows(book, plan, kind, subjects))
    return Seeded(made, records, followers)


def _insert(
    session: Session, model: type[Base], columns: tuple[str, ...], rows: Iterator[tuple[Any, ...]]
) -> int:
    return insert_rows(session, model.metadata.tables[model.__tablename__], columns, rows,
                       ignore_known=True)  # fmt: skip


_SUBJECT = (
    "id", "kind", "identifier_sealed", "identifier_index", "name_sealed", "name_index",
    "district", "subkind", "status", "merged_into_id", "registered_on", "evaluable_from",
    "ended_on", "identity_verified", "committed_from", "committed_until",
)  # fmt: skip
_FOLLOWER = ("id", "openid", "following", "followed_at", "scene", "elderly_mode", "unreachable",
             "window_used")  # fmt: skip
_BINDING = ("id", "follower_id", "subject_id", "role", "since")
_RECORD = (
    "id", "subject_id", "item", "level", "occurred_on", "decided_on", "document_no",
    "decision_key", "source_unit", "basis", "severity", "points", "detail_sealed", "state",
    "effective_from", "effective_to", "ended_on", "replaced_by_id", "fingerprint", "recorded_at",
    "recorded_by",
)  # fmt: skip
_STEP = ("id", "record_id", "state", "on", "at", "by", "reason")


def identifier_of(kind: str, index: int, seed_number: int) -> str:
    """The identifier of a synthetic subject."""
    if kind == "resident":
        return identities.identity_number(index, seed_number)
    if kind == "practitioner":
        return identities.doctor_code(index, seed_number)
    return identities.credit_code(kind, index, seed_number)


def name_of(kind: str, index: int, seed_number: int) -> str:
    """The name of a synthetic subject."""
    if kind in {"resident", "practitioner"}:
        return identities.person_name(index, seed_number)
    return identities.unit_name(kind, index, seed_number)


def _subject_rows(
    plan: Plan, kind: str, subjects: list[tuple[int, int]]
) -> Iterator[tuple[Any, ...]]:
    ring = keyring()
    districts = identities.words()["districts"]
    registered = plan.until - timedelta(days=SPAN_DAYS)
    subkind = {"practitioner": "doctor"}.get(kind, "")
    seed_part = plan.seed % 255 + 1
    for row_id, index in subjects:
        identifier, name = identifier_of(kind, index, plan.seed), name_of(kind, index, plan.seed)
        life = fates.life(kind, index, plan.until)
        committed = registered if kind in {"institution", "supplier"} and index % 3 else None
        yield (
            row_id,
            kind,
            ring.seal(identifier.encode(), place_of(Subject, "identifier_sealed", row_id)),
            identifier_index(kind, identifier),
            ring.seal(name.encode(), place_of(Subject, "name_sealed", row_id)),
            name_index(name),
            districts[index % len(districts)],
            subkind,
            str(life.status),
            None if life.into is None else _subject_id(seed_part, kind, life.into),
            registered,
            evaluable_from(kind, identifier, _contract(plan, index)),
            life.ended_on,
            life.verified,
            committed,
            None if committed is None else life.committed_until,
        )


def _contract(plan: Plan, index: int) -> date | None:
    """Some institutions are too new to be evaluated."""
    return plan.until - timedelta(days=index % 200) if index % 110 == 109 else None


def _openid(kind: str, index: int) -> str | None:
    if kind == "resident":
        return f"seed_openid_{index:07d}"
    if kind == "institution":
        return f"seed_clerk_{index:07d}"
    return None


def _follower_rows(
    plan: Plan, kind: str, subjects: list[tuple[int, int]]
) -> Iterator[tuple[Any, ...]]:
    for row_id, index in subjects:
        openid = _openid(kind, index)
        if openid is not None:
            yield (row_id | 1, openid, True, plan.at, "seed", False, False, 0)


def _binding_rows(
    plan: Plan, kind: str, subjects: list[tuple[int, int]]
) -> Iterator[tuple[Any, ...]]:
    role = str(BindingRole.SELF if kind == "resident" else BindingRole.CLERK)
    for row_id, index in subjects:
        if _openid(kind, index) is not None:
            yield (row_id | 2, row_id | 1, row_id, role, plan.at)


def _record_rows(
    book: RuleBook,
    plan: Plan,
    kind: str,
    subjects: list[tuple[int, int]],
    steps: list[tuple[Any, ...]],
) -> Iterator[tuple[Any, ...]]:
    """Records of the subjects; each subject draws from a stream of its own.

    ``steps`` is filled with what happened to them later.
    """
    each = plan.records_per_subject
    entry = book.on(kind, plan.until)
    cells = entry.compiled.cells
    weights = np.array([_WEIGHTS[cell.variant.class_] for cell in cells])
    weights = np.cumsum(weights / weights.sum())
    units, pattern = identities.words()["units"], identities.words()["document"]
    at, ends = plan.at, _Ends(entry.rules)
    for row_id, index in subjects:
        if fates.life(kind, index, plan.until).into is not None:
            continue
        source = f"{plan.seed}|{kind}|{index}".encode()
        stream = np.random.Generator(
            np.random.PCG64(int.from_bytes(hashlib.blake2b(source, digest_size=8).digest(), "big"))
        ).random((each, 5))
        picks = np.searchsorted(weights, stream[:, 0]).tolist()
        draws = stream.tolist()
        document, key, decided = "", 0, plan.until
        for number, (pick, draw) in enumerate(zip(picks, draws, strict=True)):
            cell = cells[min(pick, len(cells) - 1)]
            if not document or draw[3] >= SHARED_DECISIONS:
                decided = plan.until - timedelta(days=int(draw[1] * SPAN_DAYS))
                serial = (index * each + number) * len(KINDS) + KINDS.index(kind)
                document = pattern.format(year=decided.year, number=serial)
                key = decision_key(document)
            occurred = decided - timedelta(days=int(draw[2] * 60))
            record_id = (1 << 58) + row_id * 64 + number
            end = ends(cell, decided)
            fate = fates.fate(entry.rules, cell, record_id, decided, end, plan.until)
            if fate.state != RecordState.ACTIVE:
                steps.append((record_id, record_id, str(fate.state), fate.on, at, "seed", ""))
            corrected = fate.state == RecordState.CORRECTED and number > 0
            yield (
                record_id,
                row_id,
                cell.item.code,
                cell.variant.level,
                occurred,
                decided,
                document,
                key,
                units[index % len(units)],
                cell.item.basis,
                cell.variant.class_,
                _amount(cell.item.open, draw[4]),
                None,
                str(fate.state),
                decided,
                end,
                fate.ended_on,
                record_id - 1 if corrected else None,
                b"seed" + record_id.to_bytes(12, "big"),
                at,
                "seed",
            )


def _entry_rows(
    book: RuleBook, plan: Plan, kind: str, subjects: list[tuple[int, int]]
) -> Iterator[tuple[Any, ...]]:
    words = identities.words()
    basis = book.on(kind, plan.until).rules.severe_list.basis
    return fates.entries(subjects, words["document"], words["units"][0], basis, plan.until, plan.at)


class _Ends:
    """First days without effect, remembered by cell and day."""

    def __init__(self, rules: Any) -> None:
        self.rules = rules
        self.known: dict[tuple[int, date], date | None] = {}

    def __call__(self, cell: Any, decided: date) -> date | None:
        key = (cell.number, decided)
        if key not in self.known:
            self.known[key] = effect_end(self.rules, cell.item, cell.variant, decided)
        return self.known[key]


def _amount(limits: Any, draw: float) -> int | None:
    if limits is None:
        return None
    steps = (limits.most - limits.least) // limits.step + 1
    return int(limits.least + int(draw * steps * 0.4) * limits.step)

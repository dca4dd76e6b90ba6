"""Write a look, show a subject who looked, verify the chain.

Writers queue on the row of the head until their transaction ends: on SQLite because writing
transactions queue anyway, on PostgreSQL by a row lock. A look and what it shows commit
together, so nothing is seen without a row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from sqlalchemy import Table, inspect, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from credit_core.access.models import AccessHead, AccessLog, Purpose
from credit_core.clock import require_aware
from credit_core.crypto import SealError, keyring
from credit_core.errors import Refusal
from credit_core.masking import mask_free_text
from credit_core.subjects.models import Subject

_HEAD = 1
_START = b"\0" * 32
_PLACE = b"access_head|seal|1"
_PAGE = 2000
LEAST_EXPLANATION = 4
"""Characters that «其他» has to be explained with."""


def look(
    session: Session,
    *,
    actor: str,
    actor_name: str,
    subject_id: int,
    purpose: Purpose | str,
    matter: str,
    content: str,
    ip: str,
    at: datetime,
) -> AccessLog:
    """Write one look down before it is shown.

    :param purpose: one of :class:`Purpose`; ``other`` needs a ``matter`` that explains it.
    :param content: what is shown; identity numbers in it are masked.
    :raises Refusal: ``access.purpose``, ``access.matter``, ``access.explain``,
        ``access.actor``, ``access.content``.
    """
    if purpose not in set(Purpose):
        raise Refusal("access.purpose")
    matter, content = mask_free_text(matter.strip())[:240], mask_free_text(content.strip())
    if not matter:
        raise Refusal("access.matter")
    if purpose == Purpose.OTHER and len(matter) < LEAST_EXPLANATION:
        raise Refusal("access.explain")
    if not actor.strip() or not actor_name.strip():
        raise Refusal("access.actor")
    if not content:
        raise Refusal("access.content")
    head = _locked_head(session)
    row = AccessLog(
        seq=head.count + 1,
        at=require_aware(at).astimezone(UTC),
        actor=actor.strip(),
        subject_id=subject_id,
        purpose=str(Purpose(purpose)),
        matter=matter,
        content=content,
        ip=ip[:45],
    )
    row.actor_name = actor_name.strip()
    row.digest = _digest(head.digest, row)
    session.add(row)
    head.count, head.digest = row.seq, row.digest
    head.seal = keyring().seal(_head_bytes(head.count, head.digest), _PLACE)
    session.flush()
    return row


def looks_at(
    session: Session, subject_id: int, *, most: int = 50, before_seq: int | None = None
) -> Sequence[AccessLog]:
    """Who looked at a subject, at joined duplicates too, newest first; ``before_seq`` turns the
    page."""
    joined = select(Subject.id).where(Subject.merged_into_id == subject_id)
    wanted = select(AccessLog).where(
        or_(AccessLog.subject_id == subject_id, AccessLog.subject_id.in_(joined))
    )
    if before_seq is not None:
        wanted = wanted.where(AccessLog.seq < before_seq)
    return session.scalars(wanted.order_by(AccessLog.seq.desc()).limit(most)).all()


@dataclass(frozen=True, slots=True)
class ChainReport:
    """What a check of the chain found.

    :ivar rows: sound rows from the beginning.
    :ivar bad_seq: the first number that is missing, doubled or does not fit; ``None``: sound.
    :ivar problem: key of ``access.problems``: ``missing``, ``changed``, ``cut``, ``head``.
    """

    sound: bool
    rows: int
    head: str
    """Digest of the last sound row, in hex; note it elsewhere to guard against a rollback."""
    bad_seq: int | None = None
    problem: str | None = None


def verify_chain(session: Session) -> ChainReport:
    """Walk the whole chain from the first row and compare it with its sealed head.

    The head is read first and rows behind it are left out, so it may run while others write.
    """
    head = session.get(AccessHead, _HEAD, populate_existing=True)
    count, last = (head.count, head.digest) if head is not None else (0, _START)
    digest, seq = _START, 0
    while seq < count:
        page = session.scalars(
            select(AccessLog)
            .where(AccessLog.seq > seq, AccessLog.seq <= count)
            .order_by(AccessLog.seq)
            .limit(_PAGE)
            .execution_options(populate_existing=True)
        ).all()
        if not page:
            return ChainReport(False, seq, digest.hex(), seq + 1, "cut")
        for row in page:
            if row.seq != seq + 1:
                return ChainReport(False, seq, digest.hex(), seq + 1, "missing")
            if not _fits(digest, row):
                return ChainReport(False, seq, digest.hex(), row.seq, "changed")
            digest, seq = row.digest, row.seq
            session.expunge(row)
    if digest != last or not _is_sealed(head):
        return ChainReport(False, seq, digest.hex(), seq, "head")
    if head is None and session.scalar(select(AccessLog.seq).limit(1)) is not None:
        return ChainReport(False, 0, digest.hex(), 1, "head")
    return ChainReport(True, seq, digest.hex())


def _locked_head(session: Session) -> AccessHead:
    """The head, locked until the transaction ends; made when there is none yet."""
    head = session.get(AccessHead, _HEAD, with_for_update=True, populate_existing=True)
    if head is not None:
        return head
    table = inspect(AccessHead).local_table
    assert isinstance(table, Table)  # noqa: S101  For the type checker.
    make = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    seal = keyring().seal(_head_bytes(0, _START), _PLACE)
    session.execute(
        make(table)
        .values(id=_HEAD, count=0, digest=_START, seal=seal)
        .on_conflict_do_nothing(index_elements=[table.c.id])
    )
    return session.get_one(AccessHead, _HEAD, with_for_update=True, populate_existing=True)


def _fits(before: bytes, row: AccessLog) -> bool:
    try:
        return _digest(before, row) == row.digest
    except SealError:
        return False


def _is_sealed(head: AccessHead | None) -> bool:
    if head is None:
        return True
    try:
        return keyring().open(head.seal, _PLACE) == _head_bytes(head.count, head.digest)
    except SealError:
        return False


def _head_bytes(count: int, digest: bytes) -> bytes:
    return count.to_bytes(8, "big") + digest


def _digest(before: bytes, row: AccessLog) -> bytes:
    """Lengths stand before the values, so no two rows read alike."""
    made = sha256(before)
    for value in (
        str(row.id),
        str(row.seq),
        row.at.astimezone(UTC).isoformat(),
        row.actor,
        row.actor_name,
        str(row.subject_id),
        row.purpose,
        row.matter,
        row.content,
        row.ip,
    ):
        data = value.encode()
        made.update(len(data).to_bytes(4, "big") + data)
    return made.digest()

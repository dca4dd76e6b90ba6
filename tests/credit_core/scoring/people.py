"""Synthetic subjects for tests of records and scores."""

from __future__ import annotations

from datetime import UTC, date, datetime

from sqlalchemy.orm import Session

from credit_core.records.models import Record
from credit_core.records.service import add_record
from credit_core.seeding.service import identifier_of, name_of
from credit_core.subjects.models import Subject
from credit_core.subjects.service import register_subject

AT = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
TODAY = date(2026, 11, 20)


def someone(session: Session, kind: str = "resident", number: int = 0, **more: object) -> Subject:
    """A registered subject; the same number is the same person."""
    return register_subject(
        session, kind, identifier_of(kind, number, 3), name_of(kind, number, 3),
        on=date(2020, 1, 1), **more,
    )  # fmt: skip


_numbers = iter(range(1, 10_000_000))


def give(
    session: Session,
    subject: Subject,
    item: str,
    decided: date,
    *,
    document: str | None = None,
    occurred: date | None = None,
    **more: object,
) -> Record:
    """A record with only the interesting parts named."""
    return add_record(
        session, subject, item,
        occurred_on=occurred or decided,
        decided_on=decided,
        document_no=document or f"试医保决〔{decided.year}〕{next(_numbers)}号",
        source_unit="市医疗保障局",
        at=AT,
        by="clerk",
        **more,
    )  # fmt: skip

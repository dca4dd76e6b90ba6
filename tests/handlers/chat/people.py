"""Synthetic people for conversations. Region 371099 does not exist; the check digits are right."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime

from PIL import Image

from bot.demo import credit_code, identity_number
from credit_core.database import Database
from credit_core.records.models import Record
from credit_core.records.service import add_record
from credit_core.subjects.models import Subject, SubjectKind
from credit_core.subjects.service import register_subject

REGISTERED = date(2020, 1, 6)
AT = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
WANG = identity_number("371099", date(1956, 3, 12), 102)
LI = identity_number("371099", date(1968, 7, 21), 215)
MINOR = identity_number("371099", date(2010, 1, 15), 328)
STRANGER = identity_number("371099", date(1990, 5, 6), 544)
KNOWN = {"王秀英": WANG, "李建国": LI, "陈小明": MINOR, "赵丽": STRANGER}
"""Who may talk in ``dialogues/``; 外人 stands for somebody who is on no register."""
PHARMACY = credit_code("371099", "MA0TEXT0")


def resident(database: Database, name: str, identity: str) -> int:
    with database.begin() as session:
        return register_subject(
            session, SubjectKind.RESIDENT, identity, name, on=REGISTERED, district="示范区"
        ).id


def pharmacy(database: Database, name: str = "康宁大药房") -> int:
    with database.begin() as session:
        return register_subject(
            session, SubjectKind.INSTITUTION, PHARMACY, name, on=REGISTERED, district="示范区"
        ).id


def record(
    database: Database,
    subject_id: int,
    item: str,
    decided_on: date,
    document_no: str = "示医保〔2026〕7号",
    detail: str = "",
) -> int:
    with database.begin() as session:
        made: Record = add_record(
            session,
            session.get_one(Subject, subject_id),
            item,
            occurred_on=decided_on,
            decided_on=decided_on,
            document_no=document_no,
            source_unit="示范市医疗保障局",
            at=AT,
            by="test",
            detail=detail,
        )
        return made.id


def picture(color: str = "red", kind: str = "JPEG", size: tuple[int, int] = (60, 40)) -> bytes:
    data = io.BytesIO()
    Image.new("RGB", size, color).save(data, kind)
    return data.getvalue()

"""Issuing and checking reports.

A report is good for one year, reusable, until a severe event calls for a new rating; that is
looked up at every check, so it holds from the moment the event is recorded, and falls away when
the event itself is revoked.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session, aliased

from config.texts import text
from credit_core.clock import local_day
from credit_core.errors import Refusal
from credit_core.events import Event, EventKind, emit
from credit_core.ids import new_id
from credit_core.lists.models import ListEntry, ListKind
from credit_core.records.models import VOID, Record, RecordEvent, RecordState, Severity
from credit_core.reports.content import Content, compose, shown_name
from credit_core.reports.models import CreditReport
from credit_core.reports.schema import section_file
from credit_core.scoring import Score
from credit_core.scoring.service import on_file
from credit_core.subjects.models import Subject, SubjectStatus
from credit_core.subjects.service import current
from credit_core.workdays.periods import add_years

ALPHABET = "3467" + "9ACDEFGHJKMNPQRTWXY"
RANDOM = 10


class ReportState(StrEnum):
    VALID = "valid"
    EXPIRED = "expired"
    """The last day of validity has passed: the holder asks for a new one."""
    RERATING = "rerating"
    """需重新评级: a severe event was recorded after the report was issued."""


@dataclass(frozen=True, slots=True)
class Report:
    """An issued report with its content."""

    serial: str
    subject_id: int
    name: str
    issued_on: date
    valid_to: date
    purpose: str
    grade: str | None
    score: int | None
    content: Content
    state: ReportState

    @property
    def state_text(self) -> str:
        return text("reports", f"states.{self.state}")


def issue_report(
    session: Session,
    subject: Subject,
    *,
    on: date,
    now: datetime,
    purpose: str,
    made: Score | None = None,
) -> Report:
    """Issue a report about what is in effect on ``on``, with a serial that nobody can guess.

    :param made: the score on that day when it is at hand already.
    :raises Refusal: ``reports.purpose``, ``reports.merged`` or ``rules.none``.
    """
    if not purpose.strip():
        raise Refusal("reports.purpose")
    if subject.status == SubjectStatus.MERGED:
        raise Refusal("reports.merged")
    if made is None or not made.evaluated:
        made = on_file(session, subject, on)
    written = compose(session, subject, made, on).as_json()
    row = CreditReport(
        id=new_id(),
        serial=_new_serial(on),
        subject_id=subject.id,
        issued_on=on,
        issued_at=now,
        valid_to=add_years(on, section_file().valid_years),
        purpose=purpose.strip()[:120],
        grade=made.grade,
        score=made.score,
        content_digest=hashlib.sha256(written.encode()).digest(),
    )
    row.content = written
    session.add(row)
    session.flush()
    told = {"serial": row.serial, "valid_to": row.valid_to.isoformat(), "grade": row.grade}
    emit(session, Event(EventKind.REPORT_ISSUED, subject.id, now, told))
    return _as_report(session, row, subject, on)


def _new_serial(on: date) -> str:
    body = "".join(secrets.choice(ALPHABET) for _ in range(RANDOM))
    return f"YB{on:%Y%m%d}-{body}"


def verify(session: Session, serial: str, on: date) -> Report:
    """What the public check of a serial answers; ``state`` says whether it may be relied on.

    :raises Refusal: ``reports.unknown``.
    """
    row = session.scalar(select(CreditReport).where(CreditReport.serial == serial.strip().upper()))
    subject = session.get(Subject, row.subject_id) if row is not None else None
    if row is None or subject is None:
        raise Refusal("reports.unknown", serial=serial.strip()[:32])
    return _as_report(session, row, current(session, subject), on)


def accept_report(session: Session, serial: str, on: date) -> Report:
    """The report, when it may be relied on.

    :raises Refusal: ``reports.unknown``, ``reports.expired`` or ``reports.rerating``.
    """
    report = verify(session, serial, on)
    if report.state is ReportState.EXPIRED:
        raise Refusal("reports.expired", valid_to=report.valid_to)
    if report.state is ReportState.RERATING:
        raise Refusal("reports.rerating")
    return report


def reports_of(session: Session, subject: Subject, on: date) -> list[Report]:
    """A subject's reports, those of joined duplicates too, newest first."""
    joined = select(Subject.id).where(Subject.merged_into_id == subject.id)
    rows = session.scalars(
        select(CreditReport)
        .where(or_(CreditReport.subject_id == subject.id, CreditReport.subject_id.in_(joined)))
        .order_by(CreditReport.issued_at.desc(), CreditReport.id.desc())
    )
    return [_as_report(session, row, subject, on) for row in rows]


def _as_report(session: Session, row: CreditReport, subject: Subject, on: date) -> Report:
    return Report(
        serial=row.serial,
        subject_id=subject.id,
        name=shown_name(subject),
        issued_on=row.issued_on,
        valid_to=row.valid_to,
        purpose=row.purpose,
        grade=row.grade,
        score=row.score,
        content=Content.from_json(row.content),
        state=_state(session, row, subject.id, on),
    )


def _state(session: Session, row: CreditReport, subject_id: int, on: date) -> ReportState:
    if on > row.valid_to:
        return ReportState.EXPIRED
    return (
        ReportState.RERATING
        if severe_since(session, subject_id, row.issued_at)
        else ReportState.VALID
    )


def severe_since(session: Session, subject_id: int, moment: datetime) -> bool:
    """Whether a severe record was recorded or confirmed, or a severe list entry made, after a
    report was issued; one that had run out before then is no event of the report's time."""
    # A monitor's hit becomes a record when somebody confirms it: its first step to active.
    confirmed, earlier = aliased(RecordEvent), aliased(RecordEvent)
    confirmed_since = exists().where(
        confirmed.record_id == Record.id,
        confirmed.state == RecordState.ACTIVE,
        confirmed.at > moment,
        ~exists().where(
            earlier.record_id == Record.id,
            earlier.at < confirmed.at,
            earlier.state != RecordState.SUSPECTED,
        ),
    )
    record = session.scalar(
        select(Record.id)
        .where(
            Record.subject_id == subject_id,
            Record.severity == Severity.SEVERE,
            Record.state.not_in(VOID),
            or_(Record.effective_to.is_(None), Record.effective_to > local_day(moment)),
            or_(Record.recorded_at > moment, confirmed_since),
        )
        .limit(1)
    )
    if record is not None:
        return True
    entry = session.scalar(
        select(ListEntry.id)
        .where(
            ListEntry.subject_id == subject_id,
            ListEntry.list == ListKind.SEVERE,
            ListEntry.recorded_at > moment,
            or_(ListEntry.left_on.is_(None), ListEntry.left_on > ListEntry.entered_on),
        )
        .limit(1)
    )
    return entry is not None

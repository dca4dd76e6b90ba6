"""A small bureau for the stories of repairs: a pharmacy, its records, staff, papers."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy.orm import Session

from credit_core.accounts.models import StaffMember
from credit_core.commitments.models import Commitment, CommitmentKind, CommitmentState
from credit_core.events import SUBSCRIBERS, Event
from credit_core.evidence.store import Stored
from credit_core.lists.following import records_follower as lists_follower
from credit_core.measures.ending import records_follower as measures_follower
from credit_core.records.models import Record
from credit_core.records.service import add_record
from credit_core.repair.calendar import records_follower
from credit_core.repair.closing import records_follower as repairs_follower
from credit_core.repair.facts import record_fact
from credit_core.repair.models import FactKind, RepairCase
from credit_core.repair.service import open_application, submit
from credit_core.scoring.service import score
from credit_core.subjects.service import register_subject


def at(day: date) -> datetime:
    """10:00 in Shanghai."""
    return datetime.combine(day, time(2), UTC)


def staff(*roles: str) -> StaffMember:
    return StaffMember(login="-".join(roles), roles=",".join(roles), active=True)


CLERK, REVIEWER, APPROVER = staff("clerk"), staff("reviewer"), staff("approver")


def paper(number: int = 1) -> Stored:
    digest = f"{number:064x}"
    return Stored(digest, digest, 1, "image/jpeg", 1, 1, f"{digest[:2]}/{digest}")


class Bureau:
    def __init__(self, session: Session, city: str = "demo") -> None:
        self.session, self.city = session, city
        self.told: list[Event] = []
        session.info[SUBSCRIBERS] = (
            lambda _session, event: self.told.append(event),
            records_follower(city),
            measures_follower(),
            lists_follower(),
            repairs_follower(),
        )
        self.subject = register_subject(
            session, "institution", "91110000600037341L", "测试药店", on=date(2015, 1, 1)
        )

    def record(self, item: str, decided: date, *, seen: date | None = None, **more: Any) -> Record:
        """:param acted: day of the act; the day of decision without it."""
        count = len(self.told)
        return add_record(
            self.session,
            self.subject,
            item,
            occurred_on=more.pop("acted", decided),
            decided_on=decided,
            document_no=more.pop("document_no", f"测医保罚〔{decided.year}〕{count}号"),
            source_unit="测试市医疗保障局",
            at=at(seen or decided),
            by="test",
            **more,
        )

    def ready(self, record: Record, on: date) -> None:
        """Duties done, act corrected, commitment signed: all on that day."""
        for fact in (FactKind.DUTIES_DONE, FactKind.CORRECTED):
            record_fact(self.session, record, fact, on=on, by="test", at=at(on))
        self.promise(record, on)

    def promise(self, record: Record, on: date) -> None:
        self.session.add(
            Commitment(
                subject_id=self.subject.id,
                kind=CommitmentKind.REPAIR,
                state=CommitmentState.SIGNED,
                record_id=record.id,
                signed_at=at(on),
            )
        )
        self.session.flush()

    def opened(self, record: Record, on: date) -> RepairCase:
        return open_application(
            self.session, self.subject, record, follower_id=None, city=self.city, now=at(on)
        )

    def submitted(self, record: Record, on: date) -> RepairCase:
        case = self.opened(record, on)
        submit(self.session, case, statement="已整改", evidence=[paper()], now=at(on))
        return case

    def score(self, on: date) -> int:
        made = score(self.session, self.subject, on).score
        assert made is not None
        return made

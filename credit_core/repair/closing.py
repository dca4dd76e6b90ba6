"""A repair has nothing left to do when its record turns out to have been wrong."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.texts import text
from credit_core.cases.steps import CLOCK
from credit_core.events import Event, EventKind, Subscriber
from credit_core.records.models import RecordState
from credit_core.repair.models import RepairCase, RepairState
from credit_core.repair.service import close, move

_WRONG = {RecordState.REVOKED, RecordState.CORRECTED}


def records_follower() -> Subscriber:
    """A subscriber that closes the running repair of a revoked or corrected record, and tells
    the applicant why; no statutory day runs on against anybody."""

    def follow(session: Session, event: Event) -> None:
        if event.kind is not EventKind.RECORD_STATE or event.data["after"] not in _WRONG:
            return
        running = session.scalars(
            select(RepairCase).where(
                RepairCase.record_id == event.data["record_id"], RepairCase.running.is_(True)
            )
        ).all()
        for case in running:
            reason = text("repairs", f"reasons.{event.data['after']}")
            case.reason = reason
            close(session, case)
            move(
                session, case, RepairState.CLOSED, "withdraw", by=CLOCK, at=event.at, reason=reason
            )

    return follow

"""Taking a clue in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from credit_core.cases.models import CaseKind
from credit_core.cases.numbers import next_case_no
from credit_core.clock import local_day
from credit_core.evidence.store import Stored, attach
from credit_core.tipoffs.models import TipOff


def receive(
    session: Session,
    *,
    statement: str,
    evidence: Sequence[Stored],
    follower_id: int | None,
    now: datetime,
) -> TipOff:
    """Keep a clue with its pictures under a receipt number."""
    case_no = next_case_no(session, CaseKind.TIP_OFF, local_day(now))
    clue = TipOff(case_no=case_no, follower_id=follower_id, received_at=now)
    clue.statement = statement
    session.add(clue)
    session.flush()
    attach(session, case_no, evidence, at=now)
    return clue

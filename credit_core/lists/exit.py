"""Leaving a list before its end: by a decision of the unit that recognised the entry, not
earlier than its rule allows, reported in a few working days."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Session

from credit_core.accounts.models import StaffMember, StaffRole
from credit_core.cases.steps import require_role
from credit_core.clock import local_day
from credit_core.errors import Refusal
from credit_core.lists.models import ListEntry
from credit_core.lists.rules import ListRule, list_book
from credit_core.lists.service import ends_on, leave_list
from credit_core.workdays import Due, add_months, calendar_for


def early_exit_from(session: Session, entry: ListEntry) -> date | None:
    """First day on which an early exit may be decided; ``None``: only at the end."""
    rule = _rule(session, entry)
    if rule is None or rule.early_exit_months is None:
        return None
    return add_months(entry.entered_on, rule.early_exit_months)


def exit_early(
    session: Session,
    entry: ListEntry,
    *,
    document_no: str,
    reason: str,
    staff: StaffMember,
    now: datetime,
) -> Due:
    """An approver ends the entry by a written decision; returns the day by which the exit has
    to be reported.

    :raises Refusal: ``cases.role``, ``lists.document_missing``, ``lists.no_early_exit``
        (``day``), ``lists.too_early`` (``months``, ``day``), and those of ``leave_list``.
    """
    require_role(staff, (StaffRole.APPROVER,))
    if not document_no.strip():
        raise Refusal("lists.document_missing")
    today = local_day(now)
    first = early_exit_from(session, entry)
    if first is None:
        raise Refusal("lists.no_early_exit", day=ends_on(session, entry))
    if today < first:
        rule = _rule(session, entry)
        months = rule.early_exit_months if rule else 0
        raise Refusal("lists.too_early", months=months, day=first)
    leave_list(
        session,
        entry,
        on=today,
        reason=reason,
        by=staff.login,
        at=now,
        document_no=document_no,
    )
    return report_due(session, entry)


def report_due(session: Session, entry: ListEntry) -> Due:
    """Last day to report an exit to the credit office, counted from the day of the exit.

    :raises Refusal: ``lists.not_left``: the entry still holds.
    """
    if entry.left_on is None:
        raise Refusal("lists.not_left")
    rule = _rule(session, entry)
    days = rule.report_exit_within if rule else 3
    return calendar_for(session).add_working_days(entry.left_on, days)


def _rule(session: Session, entry: ListEntry) -> ListRule | None:
    return list_book(session).of_entry(entry.rule, entry.decided_on)

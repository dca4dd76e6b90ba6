"""Rule versions in the life of the bureau: drafted by one person, approved by another.

A version holds from its own ``effective_from`` on, never for days that are over: what a past
day was decided by stays what it was. A version that has begun to hold is not taken back; a
later version takes its place.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from credit_core.clock import local_day
from credit_core.errors import NotFoundError, Refusal
from credit_core.ids import new_id
from credit_core.rules.book import RuleBook, entry, rule_book
from credit_core.rules.check import parse_rule_set
from credit_core.rules.models import RuleVersion, VersionState

_NAME = "rules.yaml"
"""Stands in errors where the path of a file would."""


def draft_version(
    session: Session, content: str, *, by: str, at: datetime, note: str = ""
) -> RuleVersion:
    """Keep a draft; it decides nothing.

    :param content: a whole rule set as YAML.
    :raises DataFileError: the text is no sound rule set; ``line`` and ``message`` say why.
    :raises Refusal: ``rules.past`` (``first``).
    """
    rules = parse_rule_set(content, _NAME)
    _refuse_past(rules.effective_from, local_day(at))
    row = RuleVersion(
        id=new_id(),
        rule_set=rules.id,
        kind=rules.kind,
        effective_from=rules.effective_from,
        effective_to=rules.effective_to,
        content=content,
        state=VersionState.DRAFT,
        note=note.strip(),
        created_by=by,
        created_at=at,
    )
    session.add(row)
    session.flush()
    return row


def approve_version(session: Session, version: RuleVersion, *, by: str, at: datetime) -> None:
    """A second person lets it hold from its first day on.

    :raises DataFileError: the schema has become stricter since it was drafted.
    :raises Refusal: ``rules.not_draft``, ``rules.own_draft``, ``rules.past`` (``first``).
    """
    _hold(session, version)
    if version.state != VersionState.DRAFT:
        raise Refusal("rules.not_draft")
    if version.created_by == by:
        raise Refusal("rules.own_draft")
    rules = parse_rule_set(version.content, _NAME)
    _refuse_past(rules.effective_from, local_day(at))
    version.state = VersionState.APPROVED
    version.approved_by, version.approved_at = by, at
    session.flush()


def withdraw_version(session: Session, version: RuleVersion, *, at: datetime) -> None:
    """Take a draft back, or an approved version that has not begun to hold.

    :raises Refusal: ``rules.withdrawn``, ``rules.in_force``.
    """
    _hold(session, version)
    if version.state == VersionState.WITHDRAWN:
        raise Refusal("rules.withdrawn")
    if version.state == VersionState.APPROVED and version.effective_from <= local_day(at):
        raise Refusal("rules.in_force")
    version.state = VersionState.WITHDRAWN
    session.flush()


def find_version(session: Session, version_id: int) -> RuleVersion:
    """:raises NotFoundError: no such version."""
    version = session.get(RuleVersion, version_id)
    if version is None:
        raise NotFoundError(f"rule version {version_id}")
    return version


def list_versions(session: Session, most: int = 200) -> Sequence[RuleVersion]:
    """Versions of all kinds, the newest first."""
    newest = (RuleVersion.created_at.desc(), RuleVersion.id.desc())
    return session.scalars(select(RuleVersion).order_by(*newest).limit(most)).all()


def book_with(session: Session, content: str) -> RuleBook:
    """The rules in use with this text in front of them, to preview what it would change.

    :raises DataFileError: the text is no sound rule set.
    """
    held = rule_book(session)
    rest = [one for entries in held.entries.values() for one in entries]
    fresh = entry(parse_rule_set(content, _NAME), _NAME)
    # ``RuleBook`` sorts files but keeps the order of versions: what is in use keeps its order.
    return RuleBook((), (fresh, *rest))


def _hold(session: Session, version: RuleVersion) -> None:
    """Of two who click at the same moment, the second one sees what the first one did."""
    session.flush()
    session.refresh(version, with_for_update=True)


def _refuse_past(first: date, today: date) -> None:
    if first < today:
        raise Refusal("rules.past", first=today)

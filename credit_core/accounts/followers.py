"""Who follows the account and who is bound: what staff see of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, false, func, select, true
from sqlalchemy.orm import Session

from credit_core.accounts.models import Binding, BindingRole, Follower
from credit_core.subjects.models import Subject


@dataclass(frozen=True, slots=True)
class FollowerCounts:
    """:ivar bound: followers with at least one current binding.
    :ivar bindings: current bindings by kind of subject."""

    following: int
    gone: int
    unreachable: int
    bound: int
    bindings: dict[str, int]


def count_followers(session: Session) -> FollowerCounts:
    following = _count(session, Follower.following == true())
    kinds = session.execute(
        select(Subject.kind, func.count().label("bindings"))
        .join(Binding, Binding.subject_id == Subject.id)
        .where(Binding.until.is_(None))
        .group_by(Subject.kind)
    ).all()
    bound = session.scalar(
        select(func.count(func.distinct(Binding.follower_id))).where(Binding.until.is_(None))
    )
    return FollowerCounts(
        following=following,
        gone=_count(session, Follower.following == false()),
        unreachable=_count(session, Follower.unreachable == true()),
        bound=bound or 0,
        bindings={row.kind: row.bindings for row in kinds},
    )


def clerks_of(session: Session, subject_id: int) -> Sequence[datetime]:
    """Since when each clerk who is bound now acts for the organisation, oldest first."""
    return session.scalars(
        select(Binding.since)
        .where(
            Binding.subject_id == subject_id,
            Binding.until.is_(None),
            Binding.role == BindingRole.CLERK,
        )
        .order_by(Binding.since)
    ).all()


def _count(session: Session, condition: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).select_from(Follower).where(condition)) or 0

"""People for the stories of offers: synthetic, each with a grade of choice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

import pytest
from sqlalchemy.orm import Session

import credit_core.offers.models  # noqa: F401  Registers its tables before they are created.
from credit_core.accounts.models import Binding, BindingRole, Follower
from credit_core.crypto import blind_index
from credit_core.ids import new_id
from credit_core.subjects.models import Subject, SubjectKind

MONDAY = date(2026, 11, 23)
MORNING = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Given:
    """A score as offers read it, without the records behind it."""

    grade: str | None
    score: int | None = None
    evaluated: bool = True
    lines: tuple[object, ...] = ()
    flags: tuple[str, ...] = field(default=())


def graded(grade: str) -> Given:
    points = {"AAA": 1060, "AA": 1035, "A": 1000, "B": 900, "C": 700, "D": 500}
    return Given(grade, points[grade])


@pytest.fixture
def person() -> Callable[..., Subject]:
    """Makes a resident (or another kind) bound to a follower, born on a given day."""
    count = iter(range(1, 1000))

    def make(
        session: Session,
        kind: SubjectKind = SubjectKind.RESIDENT,
        born: date = date(1980, 1, 1),
    ) -> Subject:
        number = next(count)
        subject = Subject(
            id=new_id(),
            kind=kind,
            identifier_index=blind_index("subject.identifier", f"{kind}:{number}"),
            name_index=blind_index("subject.name", str(number)),
            registered_on=date(2020, 1, 1),
            identity_verified=True,
        )
        subject.identifier = f"371002{born:%Y%m%d}{number:03d}X"
        subject.name = "测试"
        session.add(subject)
        session.flush()
        return subject

    return make


@pytest.fixture
def follower() -> Callable[..., Follower]:
    def make(session: Session, subject: Subject) -> Follower:
        found = Follower(id=new_id(), openid=f"test_{subject.id}")
        session.add(found)
        session.flush()
        session.add(
            Binding(
                id=new_id(),
                follower_id=found.id,
                subject_id=subject.id,
                role=BindingRole.SELF,
                since=MORNING,
            )
        )
        session.flush()
        return found

    return make

"""A small bureau: followers, a pharmacy with clerks, staff, and WeChat in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

import pytest

from credit_core.accounts.models import Binding, BindingRole, Follower, StaffMember
from credit_core.clock import FixedClock
from credit_core.database import Database
from credit_core.subjects.models import Subject, SubjectKind
from notices.clock import Done, Job
from notices.engine import Engine
from notices.memory import MemoryPlatform
from notices.models import Notice

GRADE = {
    "subject_name": "康宁大药房东山路店",
    "before": "A",
    "grade": "B",
    "score_before": 990,
    "score_after": 950,
    "reason": "新增扣分记录",
    "lines_text": "违规记录 -40 分",
    "since": date(2026, 11, 23),
}


@dataclass
class Bureau:
    """Short ways to say who is there."""

    database: Database
    clock: FixedClock
    platform: MemoryPlatform

    def follower(self, openid: str, **more: object) -> int:
        with self.database.begin() as session:
            row = Follower(openid=openid, followed_at=self.clock.now(), **more)
            session.add(row)
            session.flush()
            return row.id

    def subject(
        self, identifier: str = "91110000600037341L", kind: SubjectKind = SubjectKind.INSTITUTION
    ) -> int:
        with self.database.begin() as session:
            row = Subject(
                kind=kind,
                identifier=identifier,
                identifier_index=identifier.encode()[-16:],
                name="康宁大药房东山路店",
                name_index=b"n" * 16,
                registered_on=date(2020, 1, 1),
                district="环翠区",
                grade="A",
                score=990,
            )
            session.add(row)
            session.flush()
            return row.id

    def bind(
        self, follower_id: int, subject_id: int, role: BindingRole = BindingRole.CLERK
    ) -> None:
        with self.database.begin() as session:
            session.add(
                Binding(
                    follower_id=follower_id,
                    subject_id=subject_id,
                    role=role,
                    since=self.clock.now(),
                )
            )

    def staff(self, login: str, openid: str | None = None, roles: str = "clerk") -> int:
        with self.database.begin() as session:
            row = StaffMember(
                login=login,
                name="经办",
                password_hash="x",
                roles=roles,
                openid=openid,
                created_at=self.clock.now(),
            )
            session.add(row)
            session.flush()
            return row.id

    def engine(self, jobs: list[Job] | None = None) -> Engine:
        return Engine(
            self.database,
            self.platform,
            public_url="https://credit.example",
            jobs=jobs or [],
            clock=self.clock,
            wall=self.clock,
        )

    def tick(self, jobs: list[Job] | None = None) -> list[Done]:
        """One turn of everything, at the time of the clock."""
        return asyncio.run(self.engine(jobs).run_once())

    def notice(self, notice_id: int) -> Notice:
        with self.database.read() as session:
            found = session.get_one(Notice, notice_id)
            session.expunge(found)
            return found


@pytest.fixture
def bureau(database: Database, clock: FixedClock) -> Bureau:
    return Bureau(database, clock, MemoryPlatform())


@pytest.fixture
def at(clock: FixedClock) -> Callable[[str], datetime]:
    """Put the clock to a moment in Shanghai."""
    from credit_core.clock import parse_moment

    def set_to(moment: str) -> datetime:
        clock.current = parse_moment(moment)
        return clock.current

    return set_to

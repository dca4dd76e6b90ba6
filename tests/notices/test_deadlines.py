"""Days that have to be kept: when people are told of them, and by which index they are found."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import insert, select, text

from credit_core import workdays
from credit_core.accounts.models import BindingRole
from credit_core.clock import SHANGHAI, local_day
from credit_core.database import Database
from credit_core.deadlines.models import Deadline
from credit_core.ids import new_id
from credit_core.subjects.models import SubjectKind
from notices import jobs, plans, reminders
from notices.deadlines import notice_day, plan_due
from notices.models import Notice
from tests.bench.bench_notices import fill_deadlines
from tests.notices.conftest import Bureau


def deadline(
    bureau: Bureau, subject_id: int, kind: str, on: date, *, case_no: str | None = None
) -> int:
    with bureau.database.begin() as session:
        number = new_id()
        session.execute(
            insert(Deadline).values(
                id=number,
                kind=kind,
                ref=f"record:{number}",
                subject_id=subject_id,
                on=on,
                provisional=False,
                done=False,
                case_no=case_no,
            )
        )
        return number


@pytest.mark.parametrize(
    ("on", "offset", "expected"),
    [
        # Three working days before the Thursday after the National Day holiday of 2026.
        (date(2026, 10, 8), 3, date(2026, 9, 28)),
        # The Saturday that is worked (10 October) counts.
        (date(2026, 10, 12), 1, date(2026, 10, 10)),
        (date(2026, 11, 30), 1, date(2026, 11, 27)),
        (date(2026, 11, 30), 0, date(2026, 11, 30)),
        (date(2026, 9, 30), -1, date(2026, 10, 8)),
    ],
)
def test_working_days_before_and_after(on: date, offset: int, expected: date) -> None:
    when = plans.When(deadline=["papers_due"], before=[1], days="working", roll="earlier")
    assert notice_day(workdays.file_calendar(), on, offset, when) == expected


def test_a_deadline_that_was_set_late_is_told_at_once(bureau: Bureau) -> None:
    pharmacy = bureau.subject()
    bureau.bind(bureau.follower("clerk"), pharmacy)
    deadline(bureau, pharmacy, "papers_due", local_day(bureau.clock.now()) + timedelta(days=2))
    with bureau.database.begin() as session:
        assert plan_due(session, bureau.clock.now()) == 1
        assert plan_due(session, bureau.clock.now()) == 0


def test_a_statutory_day_of_somebody_without_wechat_becomes_a_task(bureau: Bureau) -> None:
    from notices.models import StaffTask

    pharmacy = bureau.subject()
    deadline(bureau, pharmacy, "papers_due", local_day(bureau.clock.now()))
    bureau.tick([job for job in jobs.jobs() if job.name == jobs.PLAN])
    with bureau.database.read() as session:
        task = session.scalars(select(StaffTask)).one()
        assert (task.kind, task.why, task.subject_id) == ("serve", "no_wechat", pharmacy)


def test_residents_are_reminded_of_what_they_switched_on(bureau: Bureau) -> None:
    person = bureau.subject("371002196205150018", SubjectKind.RESIDENT)
    follower = bureau.follower("resident")
    bureau.bind(follower, person, BindingRole.SELF)
    today = local_day(bureau.clock.now())
    deadline(bureau, person, "repair_possible", today + timedelta(days=7))
    deadline(bureau, person, "display_end", today + timedelta(days=7))
    with bureau.database.begin() as session:
        assert plan_due(session, bureau.clock.now()) == 0
        reminders.switch_on(session, follower, ["repair", "display"], now=bureau.clock.now())
        assert plan_due(session, bureau.clock.now()) == 2
    bureau.tick()
    # Both of one day stand in one message.
    assert len(bureau.platform.sent) == 1
    assert bureau.platform.sent[0].values["thing1"] == "今日有2项提醒"
    with bureau.database.read() as session:
        assert Counter(session.scalars(select(Notice.status))) == {"sent": 3}


def test_quiet_hours_hold_a_reminder_until_the_morning(bureau: Bureau) -> None:
    person = bureau.subject("371002196205150018", SubjectKind.RESIDENT)
    follower = bureau.follower("resident")
    bureau.bind(follower, person, BindingRole.SELF)
    bureau.clock.current = datetime(2026, 11, 23, 22, 30, tzinfo=SHANGHAI)
    deadline(bureau, person, "repair_possible", date(2026, 11, 30))
    with bureau.database.begin() as session:
        reminders.switch_on(session, follower, now=bureau.clock.now())
        assert plan_due(session, bureau.clock.now()) == 1
    bureau.tick()
    assert bureau.platform.sent == []
    bureau.clock.current = datetime(2026, 11, 24, 8, 0, tzinfo=SHANGHAI)
    bureau.tick()
    assert len(bureau.platform.sent) == 1


def test_switching_off_takes_back_what_is_planned(bureau: Bureau) -> None:
    person = bureau.subject("371002196205150018", SubjectKind.RESIDENT)
    follower = bureau.follower("resident")
    bureau.bind(follower, person, BindingRole.SELF)
    bureau.clock.current = datetime(2026, 11, 23, 22, 30, tzinfo=SHANGHAI)
    deadline(bureau, person, "repair_possible", date(2026, 11, 30))
    with bureau.database.begin() as session:
        reminders.switch_on(session, follower, now=bureau.clock.now())
        plan_due(session, bureau.clock.now())
        reminders.switch_off(session, follower, now=bureau.clock.now())
    bureau.clock.current += timedelta(days=1)
    bureau.tick()
    assert bureau.platform.sent == []


def test_planning_uses_the_index_on_the_day(database: Database) -> None:
    today = date(2026, 11, 23)
    fill_deadlines(database, today, opened=20_000, due=20)
    with database.begin() as session:
        session.execute(text("ANALYZE"))
    query = (
        "SELECT id FROM deadline WHERE done IS FALSE AND \"on\" IN ('2026-11-23', '2026-11-24') "
        "AND kind IN ('papers_due')"
    )
    prefix = "EXPLAIN QUERY PLAN " if database.is_sqlite else "EXPLAIN "
    with database.read() as session:
        plan = "\n".join(str(row) for row in session.execute(text(prefix + query)))
    assert "ix_deadline_done_on" in plan
    with database.begin() as session:
        assert plan_due(session, datetime(2026, 11, 23, 1, tzinfo=UTC)) == 20


def test_claiming_uses_the_index_of_due_notices(database: Database) -> None:
    query = (
        "SELECT id FROM notice WHERE lane = 1 AND next_at IS NOT NULL AND lease_by IS NULL "
        "AND next_at <= '2026-11-23' ORDER BY next_at, id LIMIT 100"
    )
    prefix = "EXPLAIN QUERY PLAN " if database.is_sqlite else "EXPLAIN "
    with database.begin() as session:
        if not database.is_sqlite:
            session.execute(text("SET LOCAL enable_seqscan = off"))
        plan = "\n".join(str(row) for row in session.execute(text(prefix + query)))
    assert "ix_notice_due" in plan

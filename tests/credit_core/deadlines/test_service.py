"""A day's tick reads only what is due; nothing is doubled; provisional days are counted again."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import text

from credit_core.deadlines.models import DeadlineKind
from credit_core.deadlines.service import (
    close_deadlines,
    deadlines_of,
    open_deadlines,
    set_deadline,
    set_many,
    settle_provisional,
)
from credit_core.ids import new_id
from credit_core.subjects.models import Subject
from credit_core.workdays import Due, calendar_for
from credit_core.workdays.notices import enter_notice
from tests.credit_core.workdays.test_notices import SOUND

DAY = date(2026, 11, 23)


@pytest.fixture
def subject_id(database):
    with database.begin() as session:
        subject = Subject(
            kind="institution",
            identifier_index=b"i" * 16,
            name_index=b"n" * 16,
            registered_on=date(2020, 1, 1),
        )
        subject.identifier, subject.name = "91110000600037341L", "测试药店"
        session.add(subject)
    return subject.id


def test_only_open_ones_of_the_span_come_back(database, subject_id):
    with database.begin() as session:
        for shift in range(10):
            set_deadline(
                session,
                DeadlineKind.OBJECTION_DECIDE,
                f"YY20261123-{shift:04d}",
                subject_id=subject_id,
                due=Due(DAY + timedelta(days=shift), False),
                case_no=f"YY20261123-{shift:04d}",
            )
        close_deadlines(session, "YY20261123-0003")
        found = open_deadlines(session, DAY + timedelta(days=2), DAY + timedelta(days=4))
    assert [(row.case_no, row.on) for row in found] == [
        ("YY20261123-0002", DAY + timedelta(days=2)),
        ("YY20261123-0004", DAY + timedelta(days=4)),
    ]


def test_setting_again_moves_and_opens_again(database, subject_id):
    with database.begin() as session:
        for day in (DAY, DAY + timedelta(days=5)):
            set_deadline(
                session, DeadlineKind.PAPERS_DUE, "XF1", subject_id=subject_id, due=Due(day, True)
            )
            close_deadlines(session, "XF1", [DeadlineKind.REPAIR_CHECK])
        assert [row.on for row in deadlines_of(session, subject_id)] == [DAY + timedelta(days=5)]
        close_deadlines(session, "XF1", [DeadlineKind.PAPERS_DUE])
        assert deadlines_of(session, subject_id) == []


def test_a_published_notice_settles_provisional_days(database, subject_id, clock):
    start = date(2027, 2, 4)
    with database.begin() as session:
        due = calendar_for(session).add_working_days(start, 1)
        assert due == Due(date(2027, 2, 9), True)
        set_deadline(
            session,
            DeadlineKind.OBJECTION_DECIDE,
            "YY1",
            subject_id=subject_id,
            due=due,
            start=start,
            working_days=1,
        )
        enter_notice(session, SOUND, by="clerk", at=clock.now())
        assert [(row.on, row.provisional) for row in settle_provisional(session)] == [
            (date(2027, 2, 12), False)
        ]
        assert settle_provisional(session) == []


def test_the_days_query_uses_the_index(database, subject_id):
    """The cost of a day's tick must follow what is due, not what is open."""
    with database.begin() as session:
        set_many(
            session,
            [
                {
                    "id": new_id(),
                    "kind": "repair_possible",
                    "ref": f"record:{number}",
                    "subject_id": subject_id,
                    "on": DAY + timedelta(days=number % 700),
                    "provisional": False,
                    "record_id": None,
                    "case_no": None,
                    "done": False,
                    "start": None,
                    "working_days": None,
                }
                for number in range(3000)
            ],
        )
    sql = 'SELECT id FROM deadline WHERE done = {no} AND "on" >= :a AND "on" <= :b ORDER BY "on"'
    with database.begin() as session:
        no = "0" if database.is_sqlite else "false"
        session.execute(text("ANALYZE deadline"))
        explain = "EXPLAIN QUERY PLAN " if database.is_sqlite else "EXPLAIN "
        plan = session.execute(text(explain + sql.format(no=no)), {"a": DAY, "b": DAY}).all()
    assert "ix_deadline_done_on" in str(plan)

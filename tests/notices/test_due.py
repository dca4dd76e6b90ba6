"""The order in which due notices are taken: what waits cannot be made up for goes first."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, insert, text, update

from credit_core.accounts.models import Follower
from credit_core.database import Database
from credit_core.ids import new_id
from notices import due, outbox
from notices.models import Notice
from notices.outbox import Draft
from tests.notices.conftest import GRADE, Bureau

A_MINUTE = timedelta(minutes=1)


def owe(bureau: Bureau, key: str, follower: int, kind: str = "grade_changed") -> int:
    with bureau.database.begin() as session:
        draft = Draft(
            kind,
            key,
            {"text": "答复"} if kind == outbox.REPLY_KIND else GRADE,
            follower_id=follower,
        )
        return outbox.post_all(session, [draft], bureau.clock.now())[0]


def stands(bureau: Bureau, notice: int, **values: object) -> None:
    with bureau.database.begin() as session:
        session.execute(update(Notice).where(Notice.id == notice).values(values))


def doubt(bureau: Bureau, notice: int, minutes: int) -> None:
    """Handed over so long ago and never answered."""
    stands(bureau, notice, channel="template", handed_at=bureau.clock.now() - minutes * A_MINUTE)


def taken(bureau: Bureau, limit: int = 100) -> list[int]:
    with bureau.database.begin() as session:
        return [row.id for row in due.take(session, bureau.clock.now(), limit)]


def test_one_of_unknown_outcome_does_not_queue_again_but_no_answer_waits_for_it(
    bureau: Bureau,
) -> None:
    queued = [owe(bureau, f"q{one}", bureau.follower(f"one_q{one}")) for one in range(3)]
    newer = owe(bureau, "d2", bureau.follower("one_d2"))
    older = owe(bureau, "d1", bureau.follower("one_d1"))
    doubt(bureau, newer, 2)
    doubt(bureau, older, 8)
    bureau.clock.current += A_MINUTE
    answer = owe(bureau, "r", bureau.follower("one_r"), outbox.REPLY_KIND)
    assert taken(bureau) == [answer, older, newer, *queued]
    assert taken(bureau, limit=2) == [answer, older]


def test_many_answers_leave_half_of_the_room_to_those_in_doubt(bureau: Bureau) -> None:
    doubtful = [owe(bureau, f"d{one}", bureau.follower(f"one_d{one}")) for one in range(3)]
    for notice in doubtful:
        doubt(bureau, notice, 2)
    answers = [
        owe(bureau, f"r{one}", bureau.follower(f"one_r{one}"), outbox.REPLY_KIND)
        for one in range(5)
    ]
    assert taken(bureau, limit=5) == [*answers[:3], *doubtful[:2]]


@pytest.mark.parametrize("older", [True, False], ids=["older", "newer"])
def test_a_person_gets_nothing_else_while_one_is_in_doubt_or_on_its_way(
    bureau: Bureau, older: bool
) -> None:
    person = bureau.follower("one_1")
    first, second = (owe(bureau, key, person) for key in ("a", "b"))
    other, fresh = (first, second) if older else (second, first)
    doubt(bureau, other, 2)
    assert taken(bureau) == [other]
    stands(bureau, other, lease_by=1)
    assert taken(bureau) == []
    stands(bureau, other, lease_by=None, next_at=None, handed_at=None)
    assert taken(bureau) == [fresh]


def test_two_in_doubt_keep_their_order(bureau: Bureau) -> None:
    person = bureau.follower("one_1")
    first, second = (owe(bureau, key, person) for key in ("a", "b"))
    doubt(bureau, first, 2)
    doubt(bureau, second, 8)
    assert taken(bureau) == [first]


def fill(database: Database, now: datetime, *, queued: int, in_doubt: int) -> None:
    people = [{"id": new_id(), "openid": f"one_{one}", "followed_at": now} for one in range(queued)]
    with database.begin() as session:
        session.execute(insert(Follower), people)
        drafts = [
            Draft("grade_changed", f"g{one['id']}", GRADE, follower_id=one["id"]) for one in people
        ]
        made = outbox.post_all(session, drafts, now)
        session.execute(
            update(Notice)
            .where(Notice.id.in_(made[-in_doubt:]))
            .values(channel="template", handed_at=now)
        )
    with database.begin() as session:
        session.execute(text("ANALYZE"))


def plans_of(database: Database, now: datetime) -> list[str]:
    """How the database goes about each query of one take."""
    asked: list[tuple[str, Any]] = []

    def note(_conn: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        asked.append((statement, parameters))

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        with database.begin() as session:
            due.take(session, now, 100_000)
    finally:
        event.remove(database.engine, "before_cursor_execute", note)
    prefix = "EXPLAIN QUERY PLAN " if database.is_sqlite else "EXPLAIN "
    with database.begin() as session:
        ask = session.connection().exec_driver_sql
        return [
            "\n".join(str(row) for row in ask(prefix + statement, parameters))
            for statement, parameters in asked
            if statement.startswith("SELECT")
        ]


def test_those_in_doubt_are_found_by_their_own_index(bureau: Bureau) -> None:
    fill(bureau.database, bureau.clock.now(), queued=2000, in_doubt=20)
    answers, in_doubt, *lanes = plans_of(bureau.database, bureau.clock.now())
    assert "ix_notice_in_doubt" in in_doubt
    assert "ix_notice_due" in answers
    assert len(lanes) == 3
    assert not [plan for plan in (answers, *lanes) if "ix_notice_in_doubt" in plan]

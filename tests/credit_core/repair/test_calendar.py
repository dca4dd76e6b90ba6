"""Deadlines of records that came in bulk, and of records whose period begins anew."""

from __future__ import annotations

from contextlib import suppress
from datetime import date

from credit_core.deadlines.service import deadlines_of, open_deadlines
from credit_core.events import SUBSCRIBERS
from credit_core.records.models import RecordState
from credit_core.records.service import change_state
from credit_core.repair.calendar import plan_records
from tests.credit_core.repair.bureau import Bureau, at

DECIDED = date(2026, 5, 11)


def test_bulk_and_single_give_the_same_rows(database):
    with database.begin() as session:
        bureau = Bureau(session)
        for item, day in (("I-1", 1), ("I-3", 2), ("I-7", 3), ("I+1", 4)):
            bureau.record(item, date(2026, 5, day))
        single = [(r.kind, r.ref, r.on) for r in deadlines_of(session, bureau.subject.id)]
        session.info[SUBSCRIBERS] = ()
        for row in deadlines_of(session, bureau.subject.id):
            session.delete(row)
        session.flush()
        after: int | None = 0
        pages = 0
        while after is not None:
            after = plan_records(session, date(2026, 5, 4), city="demo", after_id=after, most=2)
            pages += 1
        bulk = [(r.kind, r.ref, r.on) for r in deadlines_of(session, bureau.subject.id)]
    assert sorted(bulk) == sorted(row for row in single if row[2] >= date(2026, 5, 4))
    assert pages == 3


def test_in_zhejiang_a_new_item_moves_the_day_of_the_older_one(database):
    with database.begin() as session:
        bureau = Bureau(session, "浙江")
        first = bureau.record("I-3", date(2020, 3, 2))
        bureau.record("I-3", date(2020, 9, 1))
        found = open_deadlines(session, date(2021, 1, 1), date(2021, 12, 31), ["repair_possible"])
        moved = {row.record_id: row.on for row in found}
    assert moved[first.id] == date(2021, 9, 1)


def test_a_mark_keeps_the_days_and_an_end_closes_them(database):
    with database.begin() as session:
        bureau = Bureau(session)
        record = bureau.record("I-1", DECIDED)

        def become(state):
            change_state(session, record, state, on=DECIDED, at=at(DECIDED), by="x", reason="x")
            return len(deadlines_of(session, bureau.subject.id))

        assert become(RecordState.UNDER_OBJECTION) == 2
        assert become(RecordState.ACTIVE) == 2
        assert become(RecordState.REVOKED) == 0


def test_many_records_of_one_transaction_are_planned_before_it_commits(database):
    with database.begin() as session:
        bureau = Bureau(session)
        for number in range(30):
            bureau.record("I-2", DECIDED, document_no=f"批量〔2026〕{number}号")
        planned = len(deadlines_of(session, bureau.subject.id))
        assert planned < 60
    with database.read() as session:
        assert len(deadlines_of(session, bureau.subject.id)) == 60


def test_what_is_rolled_back_is_not_planned_later(database):
    with suppress(RuntimeError), database.begin() as session:
        bureau = Bureau(session)
        for number in range(30):
            bureau.record("I-2", DECIDED, document_no=f"批量〔2026〕{number}号")
        raise RuntimeError
    with database.read() as session:
        assert open_deadlines(session, date(2026, 1, 1), date(2030, 1, 1)) == []

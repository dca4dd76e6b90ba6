"""Rescoring all and rescoring what changed: the same stored ratings, events once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from sqlalchemy.orm import Session

from credit_core.database import Database
from credit_core.events import SUBSCRIBERS, EventKind
from credit_core.records.service import change_state
from credit_core.rules.book import DIRECTORY
from credit_core.scoring import score
from credit_core.scoring.bulk import rescore
from credit_core.scoring.history import history
from credit_core.seeding.service import Plan, seed
from credit_core.subjects.models import Subject
from credit_core.versions.models import ConfigVersion
from tests.credit_core.scoring.people import AT, give, someone

DAY = date(2026, 6, 1)
COUNTS = {"resident": 40, "institution": 12, "practitioner": 12, "employer": 8, "supplier": 8}


def quiet(_what: str, _done: int, _total: int) -> None:
    """Progress that nobody watches."""


@pytest.fixture
def town(database: Database) -> Database:
    seed(database, Plan(COUNTS, records_per_subject=8, until=date(2026, 8, 1)), quiet)
    return database


def stored(database: Database) -> dict[int, tuple[int | None, str | None]]:
    with database.read() as session:
        return {row.id: (row.score, row.grade) for row in session.query(Subject)}


def explained(database: Database, on: date) -> dict[int, tuple[int | None, str | None]]:
    with database.read() as session:
        made = {row.id: score(session, row, on) for row in session.query(Subject)}
    return {key: (one.score, one.grade) for key, one in made.items()}


def test_all_stores_what_is_explained(town):
    done = rescore(town, on=DAY, at=AT, complete=True)
    assert (done.subjects, done.records, done.changed) == (80, 640, 80)
    assert stored(town) == explained(town, DAY)


def test_a_second_run_changes_nothing(town):
    rescore(town, on=DAY, at=AT, complete=True)
    assert rescore(town, on=DAY, at=AT, complete=True).changed == 0


@pytest.mark.parametrize("days", [1, 30, 214, -45])
def test_the_increment_reaches_the_same_ratings_as_all(town, days):
    """Also over the new year, and backwards."""
    rescore(town, on=DAY, at=AT, complete=True)
    later = DAY + timedelta(days=days)
    done = rescore(town, on=later, at=AT + timedelta(days=1))
    assert not done.complete
    assert stored(town) == explained(town, later)
    if days == 1:
        assert done.subjects < 20


def approve(session: Session, kind: str, change: Callable[[str], str], first: str) -> None:
    """A version of staff: the file of a kind with a change."""
    content = change((DIRECTORY / f"{kind}.yaml").read_text(encoding="utf-8"))
    content = content.replace(f"id: {kind}-default", f"id: {kind}-changed", 1)
    content = content.replace("effective_from: 2020-01-01", f"effective_from: {first}", 1)
    session.add(
        ConfigVersion(
            topic="rules", name=kind, title="rules", effective_from=date.fromisoformat(first),
            content=content, state="approved", created_by="a", created_at=AT, approved_by="b",
            approved_at=AT,
        )
    )  # fmt: skip


def test_rules_that_begin_on_a_day_rate_everybody_anew_on_it(town):
    rescore(town, on=DAY, at=AT, complete=True)
    begins = DAY + timedelta(days=5)
    with town.begin() as session:
        approve(
            session, "resident", lambda raw: raw.replace("base: 1000", "base: 990", 1), str(begins)
        )
    before = rescore(town, on=begins - timedelta(days=1), at=AT + timedelta(days=1))
    assert not before.complete
    done = rescore(town, on=begins, at=AT + timedelta(days=2))
    assert (done.complete, done.subjects) == (True, 80)
    assert stored(town) == explained(town, begins)


def test_a_counter_that_counts_on_speaks_again_in_the_new_year(sqlite_database):
    """The decision that spoke in its place was one of the year before: a change that no record
    tells of."""
    new_year = date(2027, 1, 1)
    with sqlite_database.begin() as session:
        approve(
            session, "practitioner",
            lambda raw: raw.replace("    lasts: new_year\n    open:", "    open:", 1), "2020-01-01",
        )  # fmt: skip
        subject = someone(session, "practitioner")
        give(session, subject, "S-0", date(2026, 11, 2), points=12)
        give(session, subject, "S-1", date(2026, 6, 1), detail="暂停1个月")
        subject_id = subject.id
    rescore(sqlite_database, on=new_year - timedelta(days=1), at=AT + timedelta(days=1))
    assert stored(sqlite_database)[subject_id] == (880, "B")
    rescore(sqlite_database, on=new_year, at=AT + timedelta(days=2))
    assert stored(sqlite_database)[subject_id] == (880, "D")


def test_nothing_is_read_when_nothing_changed(town):
    rescore(town, on=DAY, at=AT, complete=True)
    assert rescore(town, on=DAY, at=AT + timedelta(hours=2)).subjects == 0


def test_a_changed_state_is_found_by_the_increment(town):
    from credit_core.records.models import Record, RecordEvent

    rescore(town, on=DAY, at=AT, complete=True)
    with town.begin() as session:
        record = next(r for r in session.query(Record) if r.item[1] == "-" and r.in_effect(DAY))
        record.state = "revoked"
        session.add(
            RecordEvent(
                record_id=record.id, state="revoked", on=DAY, at=AT + timedelta(hours=1),
                by="x", reason="",
            )
        )  # fmt: skip
    done = rescore(town, on=DAY, at=AT + timedelta(hours=2))
    assert done.subjects == 1
    assert stored(town) == explained(town, DAY)


def test_grades_that_change_are_told_once_in_the_same_transaction(sqlite_database):
    told = []
    listening = Database(
        str(sqlite_database.url), subscribers=[lambda _session, event: told.append(event)]
    )
    with listening.begin() as session:
        subject = someone(session)
        give(session, subject, "P-2", date(2026, 1, 10))
    told.clear()
    rescore(listening, on=date(2027, 1, 10), at=AT, complete=True)
    assert told == []
    rescore(listening, on=date(2027, 1, 11), at=AT + timedelta(days=1))
    (event,) = told
    assert event.kind is EventKind.GRADE_CHANGED
    assert (event.data["before"], event.data["after"]) == ("B", "A")
    assert (event.data["score_before"], event.data["score_after"]) == (950, 1000)
    told.clear()
    rescore(listening, on=date(2027, 1, 11), at=AT + timedelta(days=2), complete=True)
    assert told == []
    listening.dispose()


def test_a_failing_listener_leaves_the_rating_as_it_was(sqlite_database):
    def fail(_session: object, _event: object) -> None:
        raise RuntimeError("outbox is full")

    with sqlite_database.begin() as session:
        subject = someone(session)
        give(session, subject, "P-2", date(2026, 1, 10))
        subject_id = subject.id
    rescore(sqlite_database, on=date(2027, 1, 10), at=AT, complete=True)
    failing = Database(str(sqlite_database.url), subscribers=[fail])
    with pytest.raises(RuntimeError):
        rescore(failing, on=date(2027, 1, 11), at=AT + timedelta(days=1))
    failing.dispose()
    assert stored(sqlite_database)[subject_id] == (950, "B")


def test_history_is_a_stair(sqlite_database):
    with sqlite_database.begin() as session:
        subject = someone(session)
        record = give(session, subject, "P-2", date(2026, 1, 10))
        change_state(
            session, record, "repaired", on=date(2026, 12, 1), at=AT + timedelta(days=11),
            by="r", reason="done",
        )  # fmt: skip
        steps = [(row.on, row.score, row.grade) for row in history(session, subject)]
    assert steps == [(date(2026, 11, 20), 950, "B"), (date(2026, 12, 1), 1000, "A")]


def test_subscribers_of_a_session_are_those_of_its_database(sqlite_database):
    with sqlite_database.read() as session:
        assert session.info[SUBSCRIBERS] == ()

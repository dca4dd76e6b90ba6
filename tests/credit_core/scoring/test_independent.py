"""A rescore of everybody against the same scores computed by other code from the raw rows."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest
from sqlalchemy import text

from credit_core.database import Database
from credit_core.scoring.bulk import rescore
from credit_core.seeding.service import Plan, seed
from tests.credit_core.scoring.independent import differences
from tests.credit_core.scoring.people import AT

UNTIL = date(2026, 11, 1)
COUNTS = {
    "resident": 510,
    "institution": 130,
    "practitioner": 300,
    "employer": 251,
    "supplier": 251,
}


@pytest.fixture
def town(database: Database) -> Database:
    plan = Plan(COUNTS, records_per_subject=9, until=UNTIL)
    seed(database, plan, lambda *_: None)
    return database


def test_every_rating_is_the_one_computed_by_hand(town):
    """On a usual day, over the new year, far back and far ahead; each run by what changed."""
    for run, days in enumerate((0, 60, 61, -400, 500)):
        on = UNTIL + timedelta(days=days)
        rescore(town, on=on, at=AT + timedelta(days=run), complete=run == 0)
        assert list(differences(town.url, on))[:3] == []


def test_the_seeded_town_knows_every_case(town):
    """A comparison over records that are all alike would prove little."""
    rescore(town, on=UNTIL, at=AT, complete=True)
    with town.read() as session:
        states = Counter(session.scalars(text("SELECT state FROM record")))
        assert set(states) == {
            "active", "repaired", "revoked", "corrected", "under_objection", "suspected", "expired",
        }  # fmt: skip
        kinds = Counter(session.scalars(text("SELECT grade FROM subject")))
        assert {"AAA", "AA", "A", "B", "C", "D", None} <= set(kinds)
        status = Counter(session.scalars(text("SELECT status FROM subject")))
        assert {"active", "ended", "merged"} <= set(status)
        assert session.scalar(text("SELECT count(*) FROM list_entry")) > 0
        steps = session.scalar(text("SELECT count(*) FROM record_event"))
        assert steps == sum(count for state, count in states.items() if state != "active")


def test_a_wrong_rating_is_found(town):
    """The comparison itself can fail."""
    rescore(town, on=UNTIL, at=AT, complete=True)
    with town.begin() as session:
        session.execute(text("UPDATE subject SET score = score - 1 WHERE score = 1000"))
    assert len(list(differences(town.url, UNTIL))) > 10

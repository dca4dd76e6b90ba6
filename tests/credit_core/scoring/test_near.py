"""Within reach of the next lower grade: told once per crossing, alike by both ways of scoring."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from credit_core.database import Database
from credit_core.events import Event, EventKind
from credit_core.records.service import change_state
from credit_core.rules.book import rule_book
from credit_core.scoring import score
from credit_core.scoring.bulk import rescore
from credit_core.scoring.near import came_near, near
from credit_core.scoring.service import store
from credit_core.seeding.service import Plan, seed
from credit_core.subjects.models import Subject
from tests.credit_core.scoring.people import AT, TODAY, give, someone

DAY = date(2026, 6, 1)


@pytest.fixture
def heard(database):
    told: list[Event] = []
    url = database.url.render_as_string(hide_password=False)
    listening = Database(url, subscribers=[lambda _session, event: told.append(event)])
    yield listening, told
    listening.dispose()


def nears(told):
    return [
        (e.subject_id, e.data["grade"], e.data["next_lower"], e.data["points_left"])
        for e in told
        if e.kind is EventKind.GRADE_NEAR
    ]


def grades(session, kind):
    return rule_book(session).on(kind, TODAY).rules.grades


@pytest.mark.parametrize(
    ("standing", "expected"),
    [
        (("A", 970), None),
        (("A", 969), ("B", 10)),
        (("A", 960), ("B", 1)),
        (("B", 859), ("C", 10)),
        (("C", 1000), None),
        (("D", 3), None),
        ((None, None), None),
    ],
)
def test_ten_points_are_near(database, standing, expected):
    with database.read() as session:
        found = near(grades(session, "institution"), standing)
    assert (found and (found.next_lower, found.points_left)) == expected


def test_it_is_told_once_per_crossing(heard):
    database, told = heard
    with database.begin() as session:
        subject = someone(session, "institution")
        give(session, subject, "I-4", TODAY, detail="暂停结算")
        assert (subject.score, nears(told)) == (970, [])
        give(session, subject, "I-4", TODAY, detail="约谈")
        assert nears(told) == [(subject.id, "A", "B", 6)]
        give(session, subject, "I-4", TODAY, detail="约谈")
        assert subject.score == 960
        assert len(nears(told)) == 1


def test_who_rises_and_falls_again_is_told_again(heard):
    database, told = heard
    with database.begin() as session:
        subject = someone(session, "institution")
        give(session, subject, "I-4", TODAY, detail="暂停结算")
        wrong = give(session, subject, "I-4", TODAY, detail="约谈")
        change_state(session, wrong, "revoked", on=TODAY, at=AT, by="clerk", reason="记录有误")
        assert subject.score == 970
        give(session, subject, "I-4", TODAY, detail="约谈")
    assert nears(told) == [(subject.id, "A", "B", 6)] * 2


@pytest.mark.parametrize("kind", ["institution", "employer", "supplier", "practitioner"])
def test_whom_it_is_for(database, kind):
    with database.read() as session:
        assert came_near(grades(session, kind), kind, ("A", 990), ("A", 965)) is not None
        assert came_near(grades(session, kind), kind, ("A", 968), ("A", 965)) is None
        assert came_near(grades(session, kind), kind, ("B", 950), ("A", 965)) is None
        assert came_near(grades(session, kind), kind, ("A", 990), ("B", 855)) is not None
        assert came_near(grades(session, kind), kind, (None, None), ("A", 965)) is None
        assert came_near(grades(session, "resident"), "resident", ("A", 990), ("A", 965)) is None


def test_bulk_and_explained_tell_the_same(heard):
    database, told = heard
    counts = {"institution": 60, "practitioner": 40, "employer": 30, "supplier": 30}
    plan = Plan(counts, records_per_subject=3, until=DAY - timedelta(days=1))
    seed(database, plan, lambda *_: None)
    told.clear()

    def stand_high(session):
        for row in session.query(Subject):
            row.score, row.grade, row.rated_on = 1200, "A", date(2026, 1, 1)

    with database.begin() as session:
        stand_high(session)
    rescore(database, on=DAY, at=AT, complete=True)
    bulk = sorted(nears(told))
    assert bulk
    told.clear()
    with database.begin() as session:
        stand_high(session)
    with database.begin() as session:
        for row in session.query(Subject).all():
            store(session, row, score(session, row, DAY), AT)
    assert sorted(nears(told)) == bulk
    told.clear()
    rescore(database, on=DAY, at=AT + timedelta(days=1), complete=True)
    assert nears(told) == []

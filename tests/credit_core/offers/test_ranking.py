"""Points by table, a cap on each line, places by rank, ties by the earlier application."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credit_core.errors import Refusal
from credit_core.offers.catalogue import fact_catalogue
from credit_core.offers.facts import typed
from credit_core.offers.models import RankedApplication
from credit_core.offers.ranking import (
    allocate,
    apply_ranked,
    count_points,
    point_tables,
    ranking,
)
from credit_core.offers.service import evaluate_offers

from .conftest import MONDAY, MORNING, graded

SCHOOL = "ouhai-school"


def sheet(**values):
    return count_points(point_tables()[SCHOOL], values)


def test_twelve_indicators():
    assert len(point_tables()[SCHOOL].indicators) == 12
    assert point_tables()[SCHOOL].places == 97


@pytest.mark.parametrize(
    ("values", "points"),
    [
        ({}, 0),
        ({"residence": "5"}, 15),
        ({"residence": "6"}, 15),
        ({"residence": "4.9"}, 12),
        ({"education": "本科"}, 20),
        ({"offences": "1"}, -20),
        ({"offences": "9"}, -60),
        ({"bad_credit": "4"}, -40),
        ({"bad_credit": "5", "residence": "5"}, -25),
        ({"residence": "2", "education": "大专", "charity": "3"}, 19),
    ],
)
def test_points_and_their_caps(values, points):
    counted = sheet(**values)
    assert counted.total == points
    assert sum(line.points for line in counted.lines) == points


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"height": "180"}, "offers.indicator_unknown"),
        ({"education": "博士后"}, "offers.indicator_value"),
        ({"residence": "-1"}, "offers.indicator_value"),
        ({"residence": "许多"}, "offers.indicator_value"),
    ],
)
def test_a_wrong_value_is_refused(values, code):
    with pytest.raises(Refusal, match=code):
        sheet(**values)


def application(number, points, minute):
    return RankedApplication(
        id=number,
        table=SCHOOL,
        round="2026",
        subject_id=number,
        points=points,
        lines=[],
        applied_at=MORNING + timedelta(minutes=minute),
    )


def test_of_two_with_the_same_points_the_earlier_application_stands_first():
    late, early, best = application(1, 80, 9), application(2, 80, 3), application(3, 90, 99)
    placed = allocate([late, early, best], places=2)
    assert [place.application.id for place in placed] == [3, 2, 1]
    assert [place.admitted for place in placed] == [True, True, False]
    assert [place.gap for place in placed] == [0, 0, 1]


def test_the_gap_is_the_way_to_the_last_place():
    placed = allocate([application(1, 85, 1), application(2, 84, 1), application(3, 60, 1)], 1)
    assert [place.gap for place in placed] == [0, 1, 25]


def test_no_places_admit_nobody():
    assert [place.admitted for place in allocate([application(1, 5, 1)], 0)] == [False]


@given(st.lists(st.tuples(st.integers(-50, 50), st.integers(0, 5))), st.integers(0, 12))
def test_nobody_admitted_stands_behind_somebody_refused(rows, places):
    applications = [application(n, points, minute) for n, (points, minute) in enumerate(rows)]
    placed = allocate(applications, places)
    assert sum(place.admitted for place in placed) == min(places, len(rows))
    inside = [p.application for p in placed if p.admitted]
    outside = [p.application for p in placed if not p.admitted]
    for one in inside:
        for other in outside:
            assert (one.points, other.applied_at) >= (other.points, one.applied_at)


def test_a_round_is_entered_once(database, person):
    with database.begin() as session:
        one, other = person(session), person(session)
        apply_ranked(session, one.id, SCHOOL, "2026", {"residence": "5"}, now=MORNING)
        with pytest.raises(Refusal, match="applied_already"):
            apply_ranked(session, one.id, SCHOOL, "2026", {"residence": "9"}, now=MORNING)
        apply_ranked(session, other.id, SCHOOL, "2026", {"education": "本科"}, now=MORNING)
        placed = ranking(session, SCHOOL, "2026", places=1)
        assert [(place.application.subject_id, place.gap) for place in placed] == [
            (other.id, 0),
            (one.id, 5),
        ]
        assert len(ranking(session, SCHOOL, "2026")) == 2


def test_an_applicant_sees_the_gap_in_the_list_of_offers(database, person, monkeypatch):
    table = point_tables()[SCHOOL].model_copy(update={"places": 1})
    monkeypatch.setitem(point_tables(), SCHOOL, table)
    with database.begin() as session:
        first, tied, behind = person(session), person(session), person(session)
        for minute, (one, years) in enumerate(((first, "5"), (tied, "5"), (behind, "4"))):
            at = MORNING + timedelta(minutes=minute)
            apply_ranked(session, one.id, SCHOOL, "2026", {"residence": years}, now=at)

        def seen(one):
            states = evaluate_offers(
                session, one, MONDAY, typed({"新居民": "是"}), rated=graded("B")
            )
            state = next(one for one in states if one.offer.source == "X31")
            return state.open, state.missing_text

        assert seen(first) == (True, "")
        assert seen(tied) == (False, "新居民积分还差1分")
        assert seen(behind) == (False, "新居民积分还差3分")


def test_sums_and_last_places_are_facts_that_offers_ask_for():
    for table in point_tables().values():
        assert {table.gives, table.cutoff} <= set(fact_catalogue().facts)

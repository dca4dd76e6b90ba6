"""The draw: repeatable, weighted by grade, within the caps, with fair and fitting teams."""

from __future__ import annotations

import time
from collections import Counter
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit_core.inspection.draw import (
    DrawnInspector,
    DrawnObject,
    MatterTerms,
    Snapshot,
    _Roster,
    _team,
    _ticket,
    batches,
    draw,
    drawn_objects,
    shares,
)
from credit_core.inspection.plan import GRADES

RATES = {
    "AAA": Fraction(2, 100),
    "AA": Fraction(3, 100),
    "A": Fraction(5, 100),
    "B": Fraction(10, 100),
    "C": Fraction(40, 100),
    "D": Fraction(1),
}
TEAM = tuple(DrawnInspector(number, ("基金监管", "协议管理")) for number in range(1, 11))


def matter(name="fund", cap=None, skill="基金监管", *, everybody=False, kinds=("institution",)):
    return MatterTerms(name, kinds, skill, None if cap is None else Fraction(cap), everybody)


def snapshot(sizes, matters=None, team=TEAM, kind="institution"):
    objects, number = [], 0
    for grade, size in sizes.items():
        for _ in range(size):
            number += 1
            objects.append(DrawnObject(number, grade, kind))
    return Snapshot(tuple(objects), team, tuple(matters or [matter()]), RATES, 2)


def count(sizes, seed="s", **terms):
    made = snapshot(sizes, [matter(**terms)])
    grades = {one.id: one.grade for one in made.objects}
    return Counter(grades[key] for key in drawn_objects(seed, made.matters[0], made))


def test_the_rates_of_the_grades():
    found = count(dict.fromkeys(GRADES, 1000))
    assert found == {"AAA": 20, "AA": 30, "A": 50, "B": 100, "C": 400, "D": 1000}


@pytest.mark.parametrize("seed", ["a", "b", "c"])
def test_grade_d_is_always_drawn(seed):
    assert count({"AAA": 10, "D": 7}, seed)["D"] == 7


def test_a_small_group_is_drawn_as_often_as_its_rate_says():
    hits = sum(count({"AAA": 10}, str(seed))["AAA"] for seed in range(2000))
    assert 330 <= hits <= 470  # 2000 draws, 10 objects, 2 %: 400 expected.


def test_the_cap_of_a_general_matter_holds_and_the_good_give_way():
    sizes = dict.fromkeys(GRADES, 100)
    found = count(sizes, cap="0.2")
    assert sum(found.values()) <= 120
    assert found["D"] == 100
    assert found["AAA"] <= found["C"]


def test_a_cap_below_the_number_of_d_draws_among_d_alone():
    found = count({"AAA": 90, "D": 10}, cap="0.05")
    assert found == {"D": 5}


@pytest.mark.parametrize(("cap", "drawn"), [("0.05", 5), ("0.0599", 5), ("0.06", 6)])
def test_a_cap_is_rounded_down(cap, drawn):
    assert sum(count({"D": 100}, cap=cap).values()) == drawn


def test_a_key_matter_may_look_at_everybody_in_random_order():
    made = snapshot({"AAA": 50, "D": 50}, [matter(everybody=True)])
    result = draw("s", made)
    order = [visit.object_id for visit in result.visits]
    assert sorted(order) == list(range(1, 101))
    assert order != sorted(order)
    assert [len(batch) for batch in batches(result, 30)] == [30, 30, 30, 10]


def test_only_objects_of_the_matters_kind():
    made = snapshot({"D": 5}, [matter(kinds=("employer",))])
    assert draw("s", made).visits == ()


def test_all_matters_of_one_object_are_one_visit():
    made = snapshot({"D": 4}, [matter("one"), matter("two", skill="协议管理"), matter("three")])
    visits = draw("s", made).visits
    assert len(visits) == 4
    assert all(visit.matters == ("one", "three", "two") for visit in visits)


def test_two_inspectors_with_the_speciality():
    team = (
        DrawnInspector(1, ("基金监管",)),
        DrawnInspector(2, ("价格招采",)),
        DrawnInspector(3, ("价格招采",)),
    )
    made = snapshot({"D": 20}, [matter()], team)
    for visit in draw("s", made).visits:
        assert len(visit.inspectors) == 2
        assert 1 in visit.inspectors


def test_nobody_inspects_an_object_of_a_conflict():
    team = tuple(
        DrawnInspector(number, ("基金监管",), conflicts=(1, 2, 3) if number < 4 else ())
        for number in range(1, 7)
    )
    made = snapshot({"D": 6}, team=team)
    for visit in draw("s", made).visits:
        assert len(visit.inspectors) == 2
        if visit.object_id <= 3:
            assert not {1, 2, 3} & set(visit.inspectors)


def test_an_expert_joins_but_does_not_count():
    team = (
        DrawnInspector(1, ("基金监管",), titled=False),
        DrawnInspector(2, ("其他",)),
        DrawnInspector(3, ("其他",)),
    )
    (visit,) = draw("s", snapshot({"D": 1}, team=team)).visits
    assert set(visit.inspectors) == {1, 2, 3}


@pytest.mark.parametrize(
    ("team", "lacking"),
    [
        ((), "基金监管"),
        ((DrawnInspector(1, ("基金监管",)),), "few"),
        ((DrawnInspector(1, ("其他",)), DrawnInspector(2, ("其他",))), "基金监管"),
        (
            (DrawnInspector(1, ("基金监管",), conflicts=(1,)), DrawnInspector(2, ("基金监管",))),
            "few",
        ),
    ],
)
def test_no_fitting_team_is_said_and_not_papered_over(team, lacking):
    (visit,) = draw("s", snapshot({"D": 1}, team=team)).visits
    assert visit.inspectors == ()
    assert visit.lacking == lacking


def test_the_burden_is_shared():
    load = Counter(
        one for visit in draw("s", snapshot({"D": 100})).visits for one in visit.inspectors
    )
    assert max(load.values()) - min(load.values()) <= 2


def test_the_same_seed_and_snapshot_give_the_same_draw_after_storing():
    made = snapshot(dict.fromkeys(GRADES, 50), [matter(cap="0.3"), matter("two")])
    stored = Snapshot.from_bytes(made.as_bytes())
    assert stored == made
    assert draw("seed", stored) == draw("seed", made)
    assert draw("seed", made) != draw("other", made)


def test_a_known_draw_stays_what_it_was():
    """Frozen: if this changes, old draws could no longer be repeated.

    Checked with sha256sum: of ``2026-11-23|fund|41`` … ``50`` these four sort first.
    """
    made = snapshot({"AAA": 40, "C": 10, "D": 2}, [matter(cap="0.2")])
    drawn = sorted(visit.object_id for visit in draw("2026-11-23", made).visits)
    assert drawn == FROZEN


FROZEN = [41, 43, 44, 49, 51, 52]


@settings(deadline=None, max_examples=60)
@given(
    st.fixed_dictionaries({grade: st.integers(0, 30) for grade in GRADES}),
    st.fractions(min_value=Fraction(1, 100), max_value=1),
    st.text(max_size=5),
)
def test_no_pool_breaks_the_caps_or_draws_twice(sizes, cap, seed):
    made = snapshot(sizes, [matter(cap=cap)])
    found = drawn_objects(seed, made.matters[0], made)
    assert len(found) == len(set(found))
    assert len(found) <= len(made.objects) * cap
    room = int(len(made.objects) * cap)
    grades = {one.id: one.grade for one in made.objects}
    assert sum(grades[key] == "D" for key in found) == min(sizes["D"], room)


def test_shares_by_grade_for_the_dashboard():
    made = snapshot({"AAA": 100, "D": 3})
    counted = shares(made, draw("s", made))
    assert counted["D"] == (3, 3)
    assert counted["AAA"] == (2, 100)
    assert counted["B"] == (0, 0)


def test_a_hundred_thousand_objects_are_drawn_in_seconds():
    sizes = {"AAA": 20_000, "AA": 20_000, "A": 40_000, "B": 15_000, "C": 4_000, "D": 1_000}
    made = snapshot(sizes, [matter("one"), matter("two", cap="0.1")])
    started = time.perf_counter()
    result = draw("s", made)
    assert time.perf_counter() - started < 20
    assert 6_000 < len(result.visits) < 14_000


SKILLS = ("甲", "乙", "丙")
PEOPLE = st.lists(
    st.tuples(
        st.sets(st.sampled_from(SKILLS), max_size=2),
        st.sets(st.integers(1, 6), max_size=3),
        st.booleans(),
    ),
    max_size=12,
)


@settings(deadline=None, max_examples=80)
@given(PEOPLE, st.lists(st.sets(st.sampled_from(SKILLS), min_size=1), min_size=1, max_size=6))
def test_looking_at_the_first_in_turn_gives_the_team_of_the_whole_order(people, visits):
    team = tuple(
        DrawnInspector(number, tuple(sorted(skills)), tuple(sorted(conflicts)), titled)
        for number, (skills, conflicts, titled) in enumerate(people, 1)
    )
    roster = _Roster("s", Snapshot((), team, (), RATES, 2))
    load = Counter()

    def turn(one):
        return load[one.id], _ticket("s", f"team/{load[one.id]}", one.id)

    for object_id, skills in enumerate(visits, 1):
        wanted = tuple(sorted(skills))
        turns = sorted(team, key=turn)
        fit = [one for one in turns if object_id not in one.conflicts]
        expected = _team(fit, wanted, 2, complete=True)
        found, lacking = roster.match(object_id, wanted)
        if isinstance(expected, str):
            assert (found, lacking) == ((), expected)
        else:
            assert (found, lacking) == (tuple(one.id for one in expected), "")
            members = [one for one in team if one.id in found]
            assert sum(one.titled for one in members) >= 2
            assert all(object_id not in one.conflicts for one in members)
            assert set(wanted) <= {skill for one in members for skill in one.specialities}
        load.update(found)

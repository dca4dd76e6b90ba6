"""A draw over the libraries: stored whole, repeatable, and guarded against changes."""

from __future__ import annotations

import zlib
from datetime import date

import pytest
from sqlalchemy import select

import credit_core.inspection.models  # noqa: F401  Registers its tables before they are created.
from credit_core.crypto import blind_index
from credit_core.datafile import DataFileError, load
from credit_core.errors import Refusal
from credit_core.ids import new_id
from credit_core.inspection.library import (
    add_conflict,
    add_inspector,
    add_object,
    draw_class,
    fill_library,
    team_pool,
)
from credit_core.inspection.models import InspectionDraw, InspectionVisit, VisitStatus
from credit_core.inspection.plan import Plan, inspection_plan
from credit_core.inspection.service import (
    assign,
    enter_result,
    hold_draw,
    overdue,
    publish_result,
    read_draw,
    repeat,
    visit_for_clue,
)
from credit_core.subjects.models import Subject

TODAY = date(2026, 11, 23)
SKILLS = ["基金监管", "协议管理", "价格招采"]


def clinics(session, grades):
    made = []
    for number, grade in enumerate(grades):
        subject = Subject(
            id=new_id(),
            kind="institution",
            grade=grade,
            registered_on=date(2020, 1, 1),
            identifier_index=blind_index("subject.identifier", f"i{number}"),
            name_index=blind_index("subject.name", f"i{number}"),
        )
        subject.identifier, subject.name = f"i{number}", f"诊所{number}"
        session.add(subject)
        made.append(subject)
    session.flush()
    fill_library(session, ["institution"], since=date(2026, 1, 1))
    return made


def inspectors(session, number=4, **more):
    return [
        add_inspector(
            session,
            f"检查员{n}",
            certificate=f"证{n}",
            specialities=SKILLS,
            since=date(2026, 1, 1),
            **more,
        )
        for n in range(number)
    ]


def hold(session, clock, matters=("fund-use",), **more):
    return hold_draw(session, matters, on=TODAY, now=clock.now(), operator="测试", **more)


def visits(session, draw):
    return session.scalars(select(InspectionVisit).where(InspectionVisit.draw_id == draw.id)).all()


def test_a_draw_keeps_seed_snapshot_result_and_operator_and_repeats(database, clock):
    with database.begin() as session:
        clinics(session, ["D"] * 5 + ["A"] * 40 + [None])
        inspectors(session)
        draw_id = hold(session, clock, ("fund-use", "contract")).id
    with database.begin() as session:
        draw = session.get_one(InspectionDraw, draw_id)
        assert draw.operator == "测试"
        assert draw.objects == 46
        assert len(draw.seed) == 32
        assert draw.drawn >= 5
        assert draw.unassigned == 0
        planned = visits(session, draw)
        assert len(planned) == draw.drawn
        assert all(len(set(visit.inspectors)) >= 2 for visit in planned)
        # What changes later does not matter: the snapshot speaks.
        clinics_now = session.scalars(select(Subject)).all()
        for subject in clinics_now:
            subject.grade = "AAA"
        session.flush()
        again = repeat(session, draw_id)
        assert {one.object_id for one in again.visits} == {one.object_id for one in planned}
        snapshot, _ = read_draw(draw)
        assert sorted(one.grade for one in snapshot.objects)[:1] == ["A"]


def test_a_seed_from_outside_gives_the_same_draw_twice(database, clock):
    with database.begin() as session:
        clinics(session, ["D"] * 2 + ["B"] * 50)
        inspectors(session)
        one, two = (hold(session, clock, seed="彩票第2026135期") for _ in range(2))
        assert one.result_digest == two.result_digest
        assert hold(session, clock).result_digest != one.result_digest


@pytest.mark.parametrize("column", ["snapshot", "result", "seed"])
def test_a_changed_draw_is_noticed(database, clock, column):
    with database.begin() as session:
        clinics(session, ["D"] * 3 + ["B"] * 30)
        inspectors(session)
        draw = hold(session, clock)
        if column == "seed":
            draw.seed = "another"
        else:
            kept = zlib.decompress(getattr(draw, column)).decode()
            setattr(draw, column, zlib.compress(kept.replace('"D"', '"B"')[:-2].encode()))
        session.flush()
        with pytest.raises(Refusal, match="changed"):
            repeat(session, draw.id)


def test_another_seed_is_noticed_also_when_it_draws_the_same(sqlite_database, clock):
    with sqlite_database.begin() as session:
        clinics(session, ["D"])
        inspectors(session, 2)
        draw = hold(session, clock)
        for number in range(8):
            draw.seed = f"another {number}"
            with pytest.raises(Refusal, match="changed"):
                repeat(session, draw.id)


def test_the_lists_change_the_draw_class():
    plan = inspection_plan()
    expected = {
        ("AAA", ()): "AAA",
        (None, ()): "B",
        ("AAA", ("severe",)): "D",
        ("AAA", ("focus",)): "C",
        ("D", ("focus",)): "D",
        ("A", ("honour",)): "AA",
        ("AAA", ("honour",)): "AAA",
        ("C", ("honour",)): "C",
        ("A", ("honour", "focus")): "C",
        ("A", ("honour", "severe")): "D",
    }
    for (grade, listed), drawn_by in expected.items():
        said = draw_class(grade, listed, plan)
        assert said.grade == drawn_by, (grade, listed)
        assert drawn_by in said.why


def test_a_conflict_of_a_subject_reaches_all_its_objects(database, clock):
    with database.begin() as session:
        (subject,) = clinics(session, ["D"])
        project = add_object(session, subject, since=date(2026, 1, 1), label="血透中心")
        team = inspectors(session, 3)
        add_conflict(session, team[0], subject, "配偶在该院工作")
        add_conflict(session, team[0], subject, "再记一次")
        draw = hold(session, clock)
        for visit in visits(session, draw):
            assert team[0].id not in visit.inspectors
            assert len(visit.inspectors) == 2
        assert project.id in {visit.object_id for visit in visits(session, draw)}


def test_without_a_team_the_visit_waits_for_the_office(database, clock):
    with database.begin() as session:
        clinics(session, ["D"])
        (lonely,) = inspectors(session, 1)
        draw = hold(session, clock)
        assert draw.unassigned == 1
        (visit,) = visits(session, draw)
        assert visit.status == VisitStatus.UNASSIGNED
        with pytest.raises(Refusal, match="too_few"):
            assign(session, visit, [lonely.id, lonely.id], TODAY)
        helper = add_inspector(
            session, "外区检查员", certificate="证外", specialities=["基金监管"], since=TODAY
        )
        assign(session, visit, [lonely.id, helper.id], TODAY)
        assert visit.status == VisitStatus.PLANNED


def test_a_team_with_a_conflict_is_refused_by_hand_too(database, clock):
    with database.begin() as session:
        (subject,) = clinics(session, ["D"])
        team = inspectors(session, 2)
        add_conflict(session, team[0], subject, "亲属")
        (visit,) = visits(session, hold(session, clock))
        with pytest.raises(Refusal, match="conflict"):
            assign(session, visit, [one.id for one in team], TODAY)


def test_a_clue_goes_past_the_draw(database):
    with database.begin() as session:
        (subject,) = clinics(session, ["AAA"])
        project = add_object(session, subject, since=TODAY, label="项目")
        visit = visit_for_clue(session, project, ["fund-use"], clue="举报：挂床")
        assert visit.draw_id is None
        with pytest.raises(Refusal, match="clue"):
            visit_for_clue(session, project, ["fund-use"], clue=" ")


def test_a_result_is_entered_once_and_due_in_twenty_working_days(database, clock):
    with database.begin() as session:
        clinics(session, ["D"])
        inspectors(session)
        (visit,) = visits(session, hold(session, clock))
        entered = {"visited_on": date(2026, 9, 1), "way": "现场检查", "result": "未发现问题"}
        enter_result(session, visit, **entered, by="测试", at=clock.now())
        assert visit.result_due == date(2026, 9, 29)
        assert overdue(session, clock.now()) == [visit]
        with pytest.raises(Refusal, match="closed"):
            enter_result(session, visit, **entered, by="测试", at=clock.now())
        publish_result(session, visit, at=clock.now())
        assert overdue(session, clock.now()) == []


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"visited_on": date(2026, 11, 24)}, "visited_later"),
        ({"way": "打电话"}, "way"),
        ({"result": " "}, "result"),
    ],
)
def test_a_result_says_when_how_and_what(database, clock, changed, code):
    with database.begin() as session:
        clinics(session, ["D"])
        inspectors(session)
        (visit,) = visits(session, hold(session, clock))
        entered = {"visited_on": TODAY, "way": "现场检查", "result": "未发现问题"} | changed
        with pytest.raises(Refusal, match=code):
            enter_result(session, visit, **entered, by="测试", at=clock.now())


def test_a_team_by_hand_knows_the_matter_too(database, clock):
    with database.begin() as session:
        clinics(session, ["D"])
        (visit,) = visits(session, hold(session, clock))
        strangers = [
            add_inspector(
                session, f"外行{n}", certificate=f"证外{n}", specialities=["参保稽核"], since=TODAY
            )
            for n in range(2)
        ]
        with pytest.raises(Refusal, match="speciality"):
            assign(session, visit, [one.id for one in strangers], TODAY)


def test_the_libraries_are_dated_and_hold_nobody_twice(database):
    with database.begin() as session:
        (subject,) = clinics(session, ["A"])
        assert fill_library(session, ["institution"], since=TODAY) == 0
        with pytest.raises(Refusal, match="in_library"):
            add_object(session, subject, since=TODAY)
        (inspector,) = inspectors(session, 1)
        with pytest.raises(Refusal, match="inspector_known"):
            inspectors(session, 1)
        with pytest.raises(Refusal, match="inspector_title"):
            add_inspector(session, "无证", certificate=" ", specialities=[], since=TODAY)
        add_inspector(session, "专家", certificate=None, specialities=[], since=TODAY, expert=True)
        inspector.until = TODAY
        session.flush()
        assert [one.titled for one in team_pool(session, TODAY)] == [False]
        assert "检查员0".encode() not in inspector.name_sealed


@pytest.mark.parametrize(
    ("matters", "code"),
    [((), "no_matter"), (("nothing",), "matter"), (("contributions",), "empty")],
)
def test_what_cannot_be_drawn_is_refused(database, clock, matters, code):
    with database.begin() as session:
        clinics(session, ["A"])
        with pytest.raises(Refusal, match=code):
            hold(session, clock, matters)


GOOD = """\
rates: {AAA: 0.02, AA: 0.03, A: 0.05, B: 0.10, C: 0.40, D: 1}
unrated: B
lists: {severe: D, focus: C, honour: better}
basis: 国发〔2019〕5号
least_inspectors: 2
result_working_days: 20
matters:
  one:
    title: 一般事项
    class: general
    cap: 0.1
    basis: 某条例
    kinds: [institution]
    speciality: 基金监管
    ways: [现场检查]
"""


@pytest.mark.parametrize(
    ("right", "wrong", "line", "says"),
    [
        ("    cap: 0.1\n", "", 8, "要有抽查比例上限"),
        ("cap: 0.1", "cap: 1.1", 11, "不能大于1"),
        ("cap: 0.1", "cap: 0.1\n    everybody: true", 12, "只有重点事项"),
        ("AAA: 0.02", "AAA: 0.5", 1, "信用好的应少抽"),
        ("D: 1}", "D: 0.9}", 1, "D级必须抽查"),
        (", C: 0.40", "", 1, "请写全AAA"),
        ("least_inspectors: 2", "least_inspectors: 1", 5, "不能小于2"),
        ("basis: 某条例", 'basis: ""', 12, "不能为空"),
    ],
)
def test_a_faulty_plan_names_its_line(tmp_path, right, wrong, line, says):
    path = tmp_path / "plan.yaml"
    path.write_text(GOOD, encoding="utf-8")
    assert load(path, Plan).matters["one"].cap
    path.write_text(GOOD.replace(right, wrong, 1), encoding="utf-8")
    with pytest.raises(DataFileError) as caught:
        load(path, Plan)
    assert caught.value.line == line, caught.value
    assert says in str(caught.value)

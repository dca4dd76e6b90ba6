"""Random inspection: the two libraries, draws that anybody can repeat, visits and results."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, select

from config.texts import text
from credit_core.errors import NotFoundError, Refusal
from credit_core.inspection.draw import shares
from credit_core.inspection.library import (
    add_conflict,
    add_inspector,
    add_object,
    fill_library,
)
from credit_core.inspection.models import (
    InspectionDraw,
    InspectionObject,
    InspectionVisit,
    Inspector,
)
from credit_core.inspection.plan import Matter, inspection_plan
from credit_core.inspection.service import (
    assign,
    enter_result,
    hold_draw,
    overdue,
    publish_result,
    read_draw,
    repeat,
    visit_for_clue,
    ways_of,
)
from credit_core.subjects.models import Subject
from handlers.staff.audit import record
from handlers.staff.find import find_organisations
from handlers.staff.page import (
    APPROVER,
    CASES,
    Answer,
    Flash,
    Page,
    Redirect,
    Shown,
    Visit,
    get,
    post,
)

SHOWN = 200


def pages() -> list[Page]:
    return [
        get("/inspections", show, CASES),
        post("/inspections", hold, APPROVER),
        post("/inspections/library", fill, APPROVER),
        post("/inspections/inspectors", enter_inspector, APPROVER),
        post("/inspections/conflicts", enter_conflict, CASES),
        get("/inspections/clues", show_clues, CASES),
        post("/inspections/clues", enter_clue, CASES),
        get("/inspections/{draw_id}", show_draw, CASES),
        post("/inspections/{draw_id}/repeat", check, CASES),
        post("/inspections/visits/{visit_id}/assign", name_team, APPROVER),
        post("/inspections/visits/{visit_id}/result", enter, CASES),
        post("/inspections/visits/{visit_id}/publish", publish, CASES),
    ]


def show(visit: Visit) -> Answer:
    session = visit.session
    newest = (InspectionDraw.at.desc(), InspectionDraw.id.desc())
    objects = session.scalars(
        select(InspectionObject.id).where(InspectionObject.until.is_(None)).limit(1)
    ).first()
    return Shown(
        "inspections.html",
        {
            "draws": session.scalars(select(InspectionDraw).order_by(*newest).limit(SHOWN)).all(),
            "inspectors": _inspectors(visit),
            "matters": _matters(),
            "specialities": {one.speciality: one.speciality for one in _plan_matters()},
            "rates": inspection_plan().rates,
            "overdue": overdue(session, visit.now),
            "empty": objects is None,
        },
    )


def hold(visit: Visit) -> Answer:
    draw = hold_draw(
        visit.session,
        visit.several("matter"),
        on=visit.today,
        now=visit.now,
        operator=visit.member.login,
        seed=visit.text("seed")[:64] or None,
    )
    record(visit, "inspection.draw", f"inspection:{draw.id}", draw.result_digest[:16])
    return Redirect(f"/inspections/{draw.id}", Flash("inspection_drawn"))


def fill(visit: Visit) -> Answer:
    kinds = sorted({kind for one in _plan_matters() for kind in one.kinds})
    fresh = fill_library(visit.session, kinds, since=visit.today)
    record(visit, "inspection.library", "inspection:library", str(fresh))
    return Redirect("/inspections", Flash("library_filled", {"count": str(fresh)}))


def enter_inspector(visit: Visit) -> Answer:
    expert = visit.text("expert") == "1"
    one = add_inspector(
        visit.session,
        visit.require("name"),
        certificate=visit.text("certificate") or None,
        specialities=visit.several("speciality"),
        since=visit.today,
        qualification=visit.text("qualification")[:60],
        expert=expert,
    )
    record(visit, "inspection.inspector", f"inspector:{one.id}")
    return Redirect("/inspections", Flash("inspector_entered"))


def enter_conflict(visit: Visit) -> Answer:
    inspector = visit.session.get(Inspector, _chosen(visit, "inspector"))
    found = find_organisations(visit.session, visit.require("q"))
    if inspector is None:
        raise Refusal("form.choice")
    if len(found) != 1:
        raise Refusal("search.not_one")
    add_conflict(visit.session, inspector, found[0], visit.require("reason")[:120])
    record(visit, "inspection.conflict", f"inspector:{inspector.id}", f"subject:{found[0].id}")
    return Redirect("/inspections", Flash("conflict_entered"))


def show_draw(visit: Visit) -> Answer:
    draw = _draw(visit)
    snapshot, result = read_draw(draw)
    visits = _visits(visit, InspectionVisit.draw_id == draw.id, InspectionVisit.id.asc())
    return Shown("inspection.html", {"draw": draw, "shares": shares(snapshot, result)} | visits)


def show_clues(visit: Visit) -> Answer:
    newest = InspectionVisit.id.desc()
    return Shown("inspection_clues.html", _visits(visit, InspectionVisit.draw_id.is_(None), newest))


def enter_clue(visit: Visit) -> Answer:
    """A clue is looked at at once; its object enters the library when it is not in it."""
    found = find_organisations(visit.session, visit.require("q"))
    if len(found) != 1:
        raise Refusal("search.not_one")
    object_ = visit.session.scalar(
        select(InspectionObject).where(
            InspectionObject.subject_id == found[0].id,
            InspectionObject.label == "",
            InspectionObject.until.is_(None),
        )
    ) or add_object(visit.session, found[0], since=visit.today)
    one = visit_for_clue(visit.session, object_, visit.several("matter"), clue=visit.text("clue"))
    record(visit, "inspection.clue", f"inspection_visit:{one.id}")
    return Redirect("/inspections/clues", Flash("clue_entered"))


def _visits(
    visit: Visit, which: ColumnElement[bool], order: ColumnElement[Any]
) -> dict[str, object]:
    """What the table of visits shows."""
    rows = visit.session.execute(
        select(InspectionVisit, InspectionObject, Subject)
        .join(InspectionObject, InspectionObject.id == InspectionVisit.object_id)
        .join(Subject, Subject.id == InspectionObject.subject_id)
        .where(which)
        .order_by(order)
        .limit(SHOWN)
    )
    names = {one.id: one.name for one in _inspectors(visit)}
    return {
        "matters": _matters(),
        "names": names,
        "team": {str(key): name for key, name in names.items()},
        "visits": [
            (one, object_, subject, {way: way for way in ways_of(one)}, _lacking(one))
            for one, object_, subject in rows
        ],
    }


def check(visit: Visit) -> Answer:
    """Draw again from the stored seed and snapshot: the same result, or a refusal."""
    draw = _draw(visit)
    repeat(visit.session, draw.id)
    record(visit, "inspection.repeat", f"inspection:{draw.id}", draw.result_digest[:16])
    return Redirect(f"/inspections/{draw.id}", Flash("inspection_repeated"))


def name_team(visit: Visit) -> Answer:
    one = _visit(visit)
    chosen = [int(key) for key in visit.several("inspector") if key.isascii() and key.isdigit()]
    assign(visit.session, one, chosen, visit.today)
    record(visit, "inspection.assign", f"inspection_visit:{one.id}")
    return _back(one, "team_named")


def enter(visit: Visit) -> Answer:
    one = _visit(visit)
    enter_result(
        visit.session,
        one,
        visited_on=visit.day("visited_on"),
        way=visit.text("way"),
        result=visit.text("result"),
        by=visit.member.login,
        at=visit.now,
    )
    record(visit, "inspection.result", f"inspection_visit:{one.id}")
    return _back(one, "inspection_entered")


def publish(visit: Visit) -> Answer:
    one = _visit(visit)
    publish_result(visit.session, one, at=visit.now)
    record(visit, "inspection.publish", f"inspection_visit:{one.id}")
    return _back(one, "inspection_published")


def _plan_matters() -> list[Matter]:
    return list(inspection_plan().matters.values())


def _matters() -> dict[str, str]:
    return {key: one.title for key, one in inspection_plan().matters.items()}


def _inspectors(visit: Visit) -> list[Inspector]:
    return list(
        visit.session.scalars(
            select(Inspector)
            .where(Inspector.until.is_(None) | (Inspector.until > visit.today))
            .order_by(Inspector.id)
        )
    )


def _lacking(visit: InspectionVisit) -> str:
    if not visit.lacking:
        return ""
    if visit.lacking == "few":
        return text("inspection", "unassigned.few", least=inspection_plan().least_inspectors)
    return text("inspection", "unassigned.speciality", speciality=visit.lacking)


def _chosen(visit: Visit, name: str) -> int:
    value = visit.text(name)
    if not (value.isascii() and value.isdigit() and len(value) < 20):
        raise Refusal("form.choice")
    return int(value)


def _draw(visit: Visit) -> InspectionDraw:
    found = visit.session.get(InspectionDraw, visit.number("draw_id"))
    if found is None:
        raise NotFoundError("draw")
    return found


def _visit(visit: Visit) -> InspectionVisit:
    found = visit.session.get(InspectionVisit, visit.number("visit_id"))
    if found is None:
        raise NotFoundError("visit")
    return found


def _back(visit: InspectionVisit, flash: str) -> Redirect:
    return Redirect(f"/inspections/{visit.draw_id or 'clues'}", Flash(flash))

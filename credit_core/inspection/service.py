"""Holding a draw, repeating it, visits by clue, results and what is overdue."""

from __future__ import annotations

import hashlib
import secrets
import zlib
from collections.abc import Sequence
from datetime import date, datetime
from fractions import Fraction

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from credit_core.clock import local_day
from credit_core.errors import NotFoundError, Refusal
from credit_core.ids import new_id
from credit_core.inspection.draw import DrawResult, MatterTerms, Snapshot, draw
from credit_core.inspection.library import pool, team_pool
from credit_core.inspection.models import (
    InspectionDraw,
    InspectionObject,
    InspectionVisit,
    VisitStatus,
)
from credit_core.inspection.plan import Plan, inspection_plan
from credit_core.workdays import calendar_for


def hold_draw(
    session: Session,
    matters: Sequence[str],
    *,
    on: date,
    now: datetime,
    operator: str,
    district: str = "",
    seed: str | None = None,
    plan: Plan | None = None,
) -> InspectionDraw:
    """Draw objects and inspectors, and keep everything that repeating it needs.

    :param operator: login of who presses the button.
    :param seed: chance from outside, such as a lottery number read aloud; None: made here.
    :raises Refusal: ``inspection.no_matter``, ``inspection.matter`` or
        ``inspection.empty_library``.
    """
    plan = plan or inspection_plan()
    snapshot = take_snapshot(session, matters, on, plan, district)
    seed = seed or secrets.token_hex(16)
    result = draw(seed, snapshot)
    kept, drawn = snapshot.as_bytes(), result.as_bytes()
    row = InspectionDraw(
        id=new_id(),
        on=on,
        at=now,
        operator=operator,
        seed=seed,
        matters=sorted(set(matters)),
        snapshot=zlib.compress(kept),
        snapshot_digest=hashlib.sha256(kept).hexdigest(),
        result=zlib.compress(drawn),
        result_digest=_digest(seed, drawn),
        objects=len(snapshot.objects),
        drawn=len(result.visits),
        unassigned=sum(bool(visit.lacking) for visit in result.visits),
    )
    session.add(row)
    session.flush()
    _plan_visits(session, row.id, result)
    return row


def take_snapshot(
    session: Session, matters: Sequence[str], on: date, plan: Plan, district: str = ""
) -> Snapshot:
    """Both libraries and the terms of the matters as they are on a day."""
    if not matters:
        raise Refusal("inspection.no_matter")
    unknown = next((matter for matter in matters if matter not in plan.matters), None)
    if unknown is not None:
        raise Refusal("inspection.matter", matter=unknown)
    chosen = {name: plan.matters[name] for name in sorted(set(matters))}
    kinds = sorted({kind for matter in chosen.values() for kind in matter.kinds})
    objects = pool(session, kinds, on, plan, district)
    if not objects:
        raise Refusal("inspection.empty_library")
    return Snapshot(
        objects=tuple(objects),
        inspectors=tuple(team_pool(session, on, district)),
        matters=tuple(
            MatterTerms(
                name,
                tuple(sorted(matter.kinds)),
                matter.speciality,
                None if matter.cap is None else Fraction(matter.cap),
                matter.everybody,
            )
            for name, matter in chosen.items()
        ),
        rates={grade: Fraction(rate) for grade, rate in plan.rates.items()},
        least=plan.least_inspectors,
    )


def _plan_visits(session: Session, draw_id: int, result: DrawResult) -> None:
    rows = [
        {
            "id": new_id(),
            "draw_id": draw_id,
            "object_id": visit.object_id,
            "matters": list(visit.matters),
            "inspectors": list(visit.inspectors),
            "lacking": visit.lacking,
            "clue": "",
            "status": VisitStatus.UNASSIGNED if visit.lacking else VisitStatus.PLANNED,
            "way": "",
            "result": "",
        }
        for visit in result.visits
    ]
    if rows:
        session.execute(insert(InspectionVisit), rows)


def read_draw(row: InspectionDraw) -> tuple[Snapshot, DrawResult]:
    """The stored snapshot, and the draw repeated from it and the seed.

    :raises Refusal: ``inspection.changed``: snapshot or result are not what was stored.
    """
    try:
        kept = zlib.decompress(row.snapshot)
    except zlib.error:
        raise Refusal("inspection.changed") from None
    if hashlib.sha256(kept).hexdigest() != row.snapshot_digest:
        raise Refusal("inspection.changed")
    snapshot = Snapshot.from_bytes(kept)
    return snapshot, draw(row.seed, snapshot)


def repeat(session: Session, draw_id: int) -> DrawResult:
    """Draw again from the stored seed and snapshot, and compare.

    :raises NotFoundError: no such draw.
    :raises Refusal: ``inspection.changed``: the result is not the stored one.
    """
    row = session.get(InspectionDraw, draw_id)
    if row is None:
        raise NotFoundError("no such draw")
    _, result = read_draw(row)
    written = result.as_bytes()
    try:
        stored = zlib.decompress(row.result)
    except zlib.error:
        stored = b""
    if written != stored or _digest(row.seed, written) != row.result_digest:
        raise Refusal("inspection.changed")
    return result


def _digest(seed: str, result: bytes) -> str:
    """Of seed and result: another seed that happens to draw the same is another draw."""
    return hashlib.sha256(f"{seed}\n".encode() + result).hexdigest()


def visit_for_clue(
    session: Session,
    object_: InspectionObject,
    matters: Sequence[str],
    *,
    clue: str,
    plan: Plan | None = None,
) -> InspectionVisit:
    """A complaint, transfer or hit of the monitor is looked at at once, outside the draw.

    :raises Refusal: ``inspection.clue``, ``inspection.no_matter`` or ``inspection.matter``.
    """
    plan = plan or inspection_plan()
    if not clue.strip():
        raise Refusal("inspection.clue")
    if not matters:
        raise Refusal("inspection.no_matter")
    unknown = next((matter for matter in matters if matter not in plan.matters), None)
    if unknown is not None:
        raise Refusal("inspection.matter", matter=unknown)
    visit = InspectionVisit(
        id=new_id(),
        object_id=object_.id,
        matters=sorted(set(matters)),
        inspectors=[],
        clue=clue.strip(),
        status=VisitStatus.UNASSIGNED,
    )
    session.add(visit)
    session.flush()
    return visit


def assign(session: Session, visit: InspectionVisit, inspectors: Sequence[int], on: date) -> None:
    """Name a team by hand, where the lot found none.

    :raises Refusal: ``inspection.closed``, ``inspection.too_few``, ``inspection.conflict`` or
        ``inspection.speciality``: nobody of the team knows one of the matters.
    """
    if visit.status not in {VisitStatus.PLANNED, VisitStatus.UNASSIGNED}:
        raise Refusal("inspection.closed")
    known = {one.id: one for one in team_pool(session, on)}
    team = [known[key] for key in dict.fromkeys(inspectors) if key in known]
    plan = inspection_plan()
    least = plan.least_inspectors
    if sum(one.titled for one in team) < least:
        raise Refusal("inspection.too_few", least=least)
    if any(visit.object_id in one.conflicts for one in team):
        raise Refusal("inspection.conflict")
    skills = {skill for one in team for skill in one.specialities}
    for matter in visit.matters:
        wanted = plan.matters[matter].speciality if matter in plan.matters else ""
        if wanted and wanted not in skills:
            raise Refusal("inspection.speciality", speciality=wanted)
    visit.inspectors = [one.id for one in team]
    visit.lacking = ""
    visit.status = VisitStatus.PLANNED
    session.flush()


def enter_result(
    session: Session,
    visit: InspectionVisit,
    *,
    visited_on: date,
    way: str,
    result: str,
    by: str,
    at: datetime,
) -> None:
    """Who inspects enters the result; publication is due within the working days of the plan.

    :param way: one of the ways of the visit's matters.
    :raises Refusal: ``inspection.closed``, ``inspection.too_few``, ``inspection.visited_later``,
        ``inspection.way`` (``ways``) or ``inspection.result``.
    """
    if visit.status in {VisitStatus.DONE, VisitStatus.PUBLISHED}:
        raise Refusal("inspection.closed")
    plan = inspection_plan()
    if visit.status == VisitStatus.UNASSIGNED:
        raise Refusal("inspection.too_few", least=plan.least_inspectors)
    if visited_on > local_day(at):
        raise Refusal("inspection.visited_later")
    ways = ways_of(visit, plan)
    if ways and way not in ways:
        raise Refusal("inspection.way", ways="、".join(ways))
    if not result.strip():
        raise Refusal("inspection.result")
    due = calendar_for(session).add_working_days(visited_on, plan.result_working_days).due
    visit.visited_on = visited_on
    visit.result_due = due
    visit.way = way
    visit.result = result.strip()
    visit.entered_by = by
    visit.entered_at = at
    visit.status = VisitStatus.DONE
    session.flush()


def ways_of(visit: InspectionVisit, plan: Plan | None = None) -> list[str]:
    """How the matters of a visit may be looked at, in the order of the plan."""
    known = (plan or inspection_plan()).matters
    ways = (way for matter in visit.matters if matter in known for way in known[matter].ways)
    return list(dict.fromkeys(ways))


def publish_result(session: Session, visit: InspectionVisit, *, at: datetime) -> None:
    """:raises Refusal: ``inspection.closed``: there is no unpublished result."""
    if visit.status != VisitStatus.DONE:
        raise Refusal("inspection.closed")
    visit.published_at = at
    visit.status = VisitStatus.PUBLISHED
    session.flush()


def overdue(session: Session, now: datetime) -> list[InspectionVisit]:
    """Results whose day of publication has passed, oldest first."""
    return list(
        session.scalars(
            select(InspectionVisit)
            .where(
                InspectionVisit.status == VisitStatus.DONE,
                InspectionVisit.result_due < local_day(now),
            )
            .order_by(InspectionVisit.result_due, InspectionVisit.id)
        )
    )

"""The desk of cases: what waits for the bureau, the nearest statutory day first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from credit_core.cases.models import CaseKind
from credit_core.clock import local_day
from credit_core.deadlines.models import Deadline
from credit_core.errors import NotFoundError
from credit_core.evidence.models import Evidence
from credit_core.evidence.store import EvidenceStore
from credit_core.objections.models import CLOSED, Objection
from credit_core.repair.models import RUNNING, RepairCase, RepairState
from credit_core.subjects.models import Subject
from handlers.staff import objections, repairs, tipoffs
from handlers.staff.page import CASES, Answer, Download, Page, Shown, Visit, get

SHOWN = 200


@dataclass(frozen=True, slots=True)
class Waiting:
    """One case on the desk.

    :ivar due: the statutory day of the next step of the bureau; None: nothing is running.
    :ivar days_left: calendar days from today, negative when it is overdue.
    """

    case_no: str
    kind: CaseKind
    subject: Subject
    state: str
    opened: date
    due: date | None
    provisional: bool
    days_left: int | None


def pages() -> list[Page]:
    return [
        get("/cases", show_list, CASES),
        get("/cases/{case_no}", show_one, CASES, writes=True),
        get("/cases/{case_no}/pictures/{picture_id}", show_picture, CASES),
        *objections.pages(),
        *repairs.pages(),
    ]


def show_list(visit: Visit) -> Answer:
    closed = visit.asked("closed") == "1"
    return Shown("cases.html", {"cases": cases(visit, closed=closed), "closed": closed})


def show_one(visit: Visit) -> Answer:
    """One case; the prefix of its number says of which kind."""
    case_no = visit.params["case_no"].upper()
    if case_no.startswith(CaseKind.OBJECTION):
        return objections.show(visit, case_no)
    if case_no.startswith(CaseKind.REPAIR):
        return repairs.show(visit, case_no)
    if case_no.startswith(CaseKind.TIP_OFF):
        return tipoffs.show(visit, case_no)
    raise NotFoundError("case")


def show_picture(visit: Visit) -> Answer:
    """One picture of a case. The look was written down when the case was opened."""
    row = visit.session.get(Evidence, visit.number("picture_id"))
    if row is None or row.case_no != visit.params["case_no"].upper():
        raise NotFoundError("picture")
    data = EvidenceStore(visit.settings.var_dir / "evidence").get(row.path)
    name = f"{row.case_no}-{row.id}.{'png' if row.mime == 'image/png' else 'jpg'}"
    return Download(data, name, row.mime, inline=True)


def cases(visit: Visit, *, closed: bool = False, limit: int = SHOWN) -> list[Waiting]:
    """Open cases, overdue first; or closed ones, the newest first."""
    found = _objections(visit, closed=closed, limit=limit)
    found += _repairs(visit, closed=closed, limit=limit)
    if closed:
        return sorted(found, key=lambda one: one.opened, reverse=True)[:limit]
    return sorted(found, key=lambda one: (one.due or date.max, one.case_no))[:limit]


def _objections(visit: Visit, *, closed: bool, limit: int) -> list[Waiting]:
    state = Objection.state.in_(CLOSED) if closed else Objection.state.not_in(CLOSED)
    order = Objection.filed_at.desc() if closed else Objection.due_on
    rows = visit.session.scalars(select(Objection).where(state).order_by(order).limit(limit)).all()
    days = deadlines(visit.session, [row.case_no for row in rows])
    return [
        _waiting(
            visit,
            row.case_no,
            CaseKind.OBJECTION,
            row.subject_id,
            row.state,
            local_day(row.filed_at),
            days.get(row.case_no),
        )
        for row in rows
    ]


def _repairs(visit: Visit, *, closed: bool, limit: int) -> list[Waiting]:
    """Drafts belong to their applicants and are not shown."""
    open_ = RepairCase.state.in_([state for state in RUNNING if state is not RepairState.DRAFT])
    over = RepairCase.state.not_in(RUNNING)
    order = RepairCase.submitted_at.desc() if closed else RepairCase.due_on
    rows = visit.session.scalars(
        select(RepairCase).where(over if closed else open_).order_by(order).limit(limit)
    ).all()
    days = deadlines(visit.session, [row.case_no for row in rows])
    return [
        _waiting(
            visit,
            row.case_no,
            CaseKind.REPAIR,
            row.subject_id,
            row.state,
            local_day(row.submitted_at or row.opened_at),
            days.get(row.case_no),
        )
        for row in rows
    ]


def _waiting(
    visit: Visit,
    case_no: str,
    kind: CaseKind,
    subject_id: int,
    state: str,
    opened: date,
    deadline: Deadline | None,
) -> Waiting:
    return Waiting(
        case_no=case_no,
        kind=kind,
        subject=visit.session.get_one(Subject, subject_id),
        state=state,
        opened=opened,
        due=deadline.on if deadline else None,
        provisional=deadline.provisional if deadline else False,
        days_left=(deadline.on - visit.today).days if deadline else None,
    )


BUREAU_STEPS = (
    "repair_accept", "repair_check", "repair_show", "repair_label", "repair_decide",
    "objection_mark", "objection_accept", "objection_decide", "objection_review",
)  # fmt: skip
"""Deadlines that bind the bureau, not the applicant."""


def deadlines(session: Session, case_nos: list[str]) -> dict[str, Deadline]:
    """The nearest open deadline of the bureau for each case."""
    rows = session.scalars(
        select(Deadline)
        .where(
            Deadline.case_no.in_(case_nos),
            Deadline.done.is_(False),
            Deadline.kind.in_(BUREAU_STEPS),
        )
        .order_by(Deadline.on.desc())
    )
    return {row.case_no: row for row in rows if row.case_no}

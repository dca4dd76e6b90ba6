"""Clues about fraud: what was told and shown, never who told it."""

from __future__ import annotations

from sqlalchemy import select

from credit_core.accounts.staff import member_of
from credit_core.cases.steps import steps_of
from credit_core.errors import Refusal
from credit_core.evidence.store import evidence_of
from credit_core.tipoffs.handling import OPEN, conclude, find_clue, investigate
from credit_core.tipoffs.models import TipOff, TipOffState
from handlers.staff.audit import record
from handlers.staff.page import CASES, Answer, Flash, Page, Redirect, Shown, Visit, get, post

SHOWN = 200
OUTCOMES = (TipOffState.CONFIRMED, TipOffState.UNFOUNDED, TipOffState.TRANSFERRED)


def pages() -> list[Page]:
    return [
        get("/tipoffs", show_list, CASES),
        post("/cases/{case_no:JB[0-9-]+}/investigate", take_up, CASES),
        post("/cases/{case_no:JB[0-9-]+}/conclude", close, CASES),
    ]


def show_list(visit: Visit) -> Answer:
    closed = visit.asked("closed") == "1"
    state = TipOff.state.not_in(OPEN) if closed else TipOff.state.in_(OPEN)
    order = TipOff.received_at.desc() if closed else TipOff.received_at
    rows = visit.session.scalars(select(TipOff).where(state).order_by(order).limit(SHOWN)).all()
    return Shown("tipoffs.html", {"rows": rows, "closed": closed})


def show(visit: Visit, case_no: str) -> Shown:
    clue = find_clue(visit.session, case_no)
    record(visit, "tipoff.open", clue.case_no)
    return Shown(
        "tipoff.html",
        {
            "clue": clue,
            "pictures": evidence_of(visit.session, clue.case_no),
            "steps": steps_of(visit.session, clue.case_no),
        },
    )


def take_up(visit: Visit) -> Answer:
    clue = find_clue(visit.session, visit.params["case_no"])
    visit.session.refresh(clue, with_for_update=True)
    staff = member_of(visit.session, visit.member.id)
    investigate(visit.session, clue, staff=staff, note=visit.text("note"), now=visit.now)
    record(visit, "tipoff.investigate", clue.case_no)
    return Redirect(f"/cases/{clue.case_no}", Flash("case_moved"))


def close(visit: Visit) -> Answer:
    clue = find_clue(visit.session, visit.params["case_no"])
    visit.session.refresh(clue, with_for_update=True)
    outcome = visit.text("outcome")
    if outcome not in {*OUTCOMES}:
        raise Refusal("form.choice")
    conclude(
        visit.session,
        clue,
        TipOffState(outcome),
        staff=member_of(visit.session, visit.member.id),
        reason=visit.text("reason"),
        now=visit.now,
    )
    record(visit, "tipoff.conclude", clue.case_no, outcome)
    return Redirect(f"/cases/{clue.case_no}", Flash("case_moved"))

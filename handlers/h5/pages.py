"""What each page shows. Everybody sees only what was sent to them or concerns their subjects."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from aiohttp import web
from sqlalchemy import select
from sqlalchemy.orm import Session

from config.texts import text
from credit_core.accounts.models import Binding, Follower
from credit_core.cases.steps import steps_of
from credit_core.clock import local_day
from credit_core.deadlines.models import Deadline
from credit_core.errors import Refusal
from credit_core.repair.ways import lawful_score
from credit_core.reports.service import verify
from credit_core.scoring import Line
from credit_core.subjects.models import Subject
from handlers.chat.phrases import day, shown_name
from notices import outbox, plans
from notices.models import Notice

MOST = 30


@dataclass(frozen=True, slots=True)
class Visit:
    session: Session
    follower: Follower
    now: datetime
    parts: Mapping[str, str]
    city: str
    said: Mapping[str, str] = field(default_factory=dict)
    """The fields of a form that was sent."""

    def subject_ids(self) -> list[int]:
        """The subjects that the visitor is or speaks for."""
        return list(
            self.session.scalars(
                select(Binding.subject_id).where(
                    Binding.follower_id == self.follower.id, Binding.until.is_(None)
                )
            )
        )


def alert(visit: Visit) -> tuple[str, dict[str, Any]]:
    """One notice, word for word as it was sent, with 已知悉."""
    notice = _own_notice(visit)
    outbox.opened(visit.session, notice, visit.now)
    return "alert.html", {
        "title": plans.plan(notice.kind).title,
        "sent_on": day(notice.created_at),
        "body": _body(notice),
        "waits": plans.awaits_answer(notice.kind) and notice.acknowledged_at is None,
        "acknowledged_on": day(notice.acknowledged_at) if notice.acknowledged_at else "",
    }


def acknowledge(visit: Visit) -> tuple[str, dict[str, Any]]:
    notice = _own_notice(visit)
    outbox.acknowledge(visit.session, follower_id=visit.follower.id, now=visit.now)
    if notice.subject_id in visit.subject_ids():
        outbox.acknowledge(visit.session, subject_id=notice.subject_id, now=visit.now)
    return alert(visit)


def case(visit: Visit) -> tuple[str, dict[str, Any]]:
    """How far a case is, by the notices about it that this visitor was sent."""
    case_no = visit.parts["case_no"]
    notices = [
        notice
        for notice in outbox.notices_of(visit.session, case_no=case_no)
        if notice.follower_id == visit.follower.id or notice.subject_id in visit.subject_ids()
    ]
    if not notices:
        raise web.HTTPNotFound
    steps = [
        {
            "on": day(step.at),
            "state": text("h5", f"case_states.{step.after}"),
            "due": day(step.due_on) if step.due_on else "",
            "provisional": step.provisional,
        }
        for step in steps_of(visit.session, case_no)
    ]
    return "case.html", {"case_no": case_no, "steps": steps}


def todo(visit: Visit) -> tuple[str, dict[str, Any]]:
    """The days that are near for the visitor's subjects, nearest first."""
    today = local_day(visit.now)
    rows = visit.session.scalars(
        select(Deadline)
        .where(
            Deadline.subject_id.in_(visit.subject_ids()),
            Deadline.done.is_(False),
            Deadline.on >= today,
        )
        .order_by(Deadline.on)
        .limit(MOST)
    )
    items = [
        {
            "what": text("h5", f"deadlines.{row.kind}"),
            "on": day(row.on),
            "left": (row.on - today).days,
            "provisional": row.provisional,
        }
        for row in rows
    ]
    return "todo.html", {"items": items}


def report(visit: Visit) -> tuple[str, dict[str, Any]]:
    """An issued report in full, for those whom it is about."""
    try:
        made = verify(visit.session, visit.parts["serial"], local_day(visit.now))
    except Refusal:
        raise web.HTTPNotFound from None
    if made.subject_id not in visit.subject_ids():
        raise web.HTTPNotFound
    return "report.html", {
        "serial": made.serial,
        "issued_on": day(made.issued_on),
        "valid_to": day(made.valid_to),
        "state": made.state_text,
        "name": made.name,
        "content": made.content,
    }


def large(visit: Visit) -> tuple[str, dict[str, Any]]:
    """Score, reasons and next steps of each of the visitor's subjects, in large print."""
    today = local_day(visit.now)
    people = []
    for subject_id in visit.subject_ids():
        subject = visit.session.get_one(Subject, subject_id)
        result = lawful_score(visit.session, subject, today, city=visit.city)
        people.append(
            {
                "name": shown_name(subject),
                "score": result.score if result.evaluated else None,
                "grade": result.grade,
                "reason": result.reason_text or "",
                "lines": [_large_line(line) for line in result.lines if line.negative],
            }
        )
    return "large.html", {"people": people}


def _large_line(line: Line) -> dict[str, str]:
    ends = {end.way: day(end.on) for end in line.ends_by if end.on is not None}
    return {
        "title": line.title,
        "points": text("h5", "large_points", points=-line.points),
        "until": ends.get("expires", ""),
        "repair": ends.get("repair", ""),
    }


VIEWS: dict[str, Callable[[Visit], tuple[str, dict[str, Any]]]] = {
    "/alerts/{id}": alert,
    "/cases/{case_no}": case,
    "/reports/{serial}": report,
    "/todo": todo,
    "/large": large,
}


def _body(notice: Notice) -> str:
    """The long wording where the plan has one (a template shows a few keywords only), with the
    fields that the notice was made from; else what was sent."""
    message = plans.plan(notice.kind).messages.get("custom")
    if message is None:
        return notice.text or ""
    told_on = local_day(notice.sent_at or notice.created_at)
    own = plans.own_fields(notice.kind, notice.id, notice.case_no, told_on)
    return plans.text_of(message, {**own, **outbox.fields_of(notice)})


def _own_notice(visit: Visit) -> Notice:
    number = visit.parts["id"]
    notice = visit.session.get(Notice, int(number)) if number.isdecimal() else None
    if notice is None or notice.follower_id != visit.follower.id:
        raise web.HTTPNotFound
    return notice

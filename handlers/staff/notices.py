"""What people were told: every notice with its status, its history and the text that was sent."""

from __future__ import annotations

from sqlalchemy import func, select

from credit_core.access.models import Purpose
from credit_core.errors import NotFoundError, Refusal
from credit_core.subjects.models import Subject
from handlers.staff.audit import looked
from handlers.staff.page import CASES, READERS, Answer, Page, Shown, Visit, get
from notices import plans
from notices.models import Notice, StaffTask
from notices.outbox import history
from notices.status import NoticeStatus

PAGE_SIZE = 50


def pages() -> list[Page]:
    return [
        get("/notices", show_list, READERS),
        get("/notices/{notice_id}", show_one, READERS, writes=True),
    ]


def show_list(visit: Visit) -> Answer:
    status, kind = visit.asked("status"), visit.asked("kind")
    before = visit.asked("before")
    query = select(Notice).order_by(Notice.id.desc()).limit(PAGE_SIZE + 1)
    if status in {*NoticeStatus}:
        query = query.where(Notice.status == status)
    if kind:
        query = query.where(Notice.kind == kind)
    if visit.asked("case_no"):
        query = query.where(Notice.case_no == visit.asked("case_no"))
    if before.isdigit():
        query = query.where(Notice.id < int(before))
    rows = visit.session.scalars(query).all()
    return Shown(
        "notices.html",
        {
            "rows": [(row, _subject(visit, row), title_of(row.kind)) for row in rows[:PAGE_SIZE]],
            "older": rows[PAGE_SIZE - 1].id if len(rows) > PAGE_SIZE else None,
            "status": status,
            "kind": kind,
            "case_no": visit.asked("case_no"),
            "kinds": {name: title_of(name) for name in _kinds(visit)},
            "counts": _counts(visit),
        },
    )


def show_one(visit: Visit) -> Answer:
    """The page shows the text that was sent, so opening it is a look at the person."""
    notice = visit.session.get(Notice, visit.number("notice_id"))
    if notice is None:
        raise NotFoundError("notice")
    subject = _subject(visit, notice)
    if subject is not None:
        at_work = visit.member.roles & CASES
        purpose = Purpose.SOCIAL_SECURITY if at_work else Purpose.INSPECTION
        looked(visit, subject, purpose, notice.case_no or title_of(notice.kind), "notice")
    task = visit.session.scalar(select(StaffTask).where(StaffTask.notice_id == notice.id))
    return Shown(
        "notice.html",
        {
            "notice": notice,
            "subject": subject,
            "title": title_of(notice.kind),
            "events": history(visit.session, notice.id),
            "task": task,
        },
    )


def title_of(kind: str) -> str:
    """The Chinese title of a kind of notice."""
    try:
        return plans.plan(kind).title
    except (plans.PlanError, Refusal):
        return kind


def _subject(visit: Visit, notice: Notice) -> Subject | None:
    if notice.subject_id is None:
        return None
    return visit.session.get(Subject, notice.subject_id)


def _kinds(visit: Visit) -> list[str]:
    return sorted(visit.session.scalars(select(Notice.kind).distinct()))


def _counts(visit: Visit) -> dict[str, int]:
    rows = visit.session.execute(
        select(Notice.status, func.count().label("notices")).group_by(Notice.status)
    )
    found = {row.status: row.notices for row in rows}
    return {status.value: found.get(status, 0) for status in NoticeStatus}

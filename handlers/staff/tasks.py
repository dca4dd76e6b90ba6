"""Work that WeChat could not do: notices to serve by phone, post or in person."""

from __future__ import annotations

from sqlalchemy import select

from credit_core.access.models import Purpose
from credit_core.errors import NotFoundError, Refusal
from credit_core.subjects.models import Subject
from handlers.staff.audit import looked, record
from handlers.staff.notices import title_of
from handlers.staff.page import CASES, Answer, Flash, Page, Redirect, Shown, Visit, get, post
from handlers.staff.rendering import label
from notices.models import Notice, StaffTask
from notices.outbox import served_otherwise

MEANS = ("phone", "post", "in_person", "none")
SHOWN = 100
RECORD_MOST = 1000


def pages() -> list[Page]:
    return [
        get("/tasks", show_list, CASES),
        get("/tasks/{task_id}", show_one, CASES, writes=True),
        post("/tasks/{task_id}", finish, CASES),
    ]


def show_list(visit: Visit) -> Answer:
    done = visit.asked("done") == "1"
    query = select(StaffTask).order_by(
        StaffTask.created_at.desc() if done else StaffTask.created_at
    )
    query = query.where(StaffTask.done_at.is_not(None) if done else StaffTask.done_at.is_(None))
    rows = visit.session.scalars(query.limit(SHOWN)).all()
    return Shown("tasks.html", {"rows": [_row(visit, task) for task in rows], "done": done})


def show_one(visit: Visit) -> Answer:
    """Serving needs the person's telephone number, so opening a task is a look at the person."""
    task = _task(visit)
    _, notice, subject, title = _row(visit, task)
    title = title or label(task.kind, "task_kind")
    if subject is not None:
        looked(visit, subject, Purpose.SOCIAL_SECURITY, task.case_no or title, "task")
    return Shown("task.html", {"task": task, "notice": notice, "subject": subject, "title": title})


def finish(visit: Visit) -> Answer:
    task = _task(visit)
    means = visit.text("means")
    if means not in MEANS:
        raise Refusal("form.choice")
    visit.session.refresh(task, with_for_update=True)
    if task.done_at is not None:
        raise Refusal("task.done")
    task.done_at, task.done_by = visit.now, visit.member.actor
    told = visit.require("record")[:RECORD_MOST]
    # A call back carries its number in the record; what was said is written below it.
    earlier = task.record if task.record_sealed is not None else ""
    task.means, task.record = means, f"{earlier}\n{told}".strip()
    _serve(visit, task)
    record(visit, "task.done", f"task:{task.id}", means)
    return Redirect("/tasks", Flash("task_done"))


def _serve(visit: Visit, task: StaffTask) -> None:
    """A notice that was told by phone, post or in person is served; also one of which it was
    not known whether it had arrived."""
    if task.notice_id is None or task.means in (None, "none"):
        return
    served_otherwise(
        visit.session,
        visit.session.get_one(Notice, task.notice_id),
        means=task.means,
        record=task.record,
        by=visit.member.actor,
        now=visit.now,
    )


def _task(visit: Visit) -> StaffTask:
    task = visit.session.get(StaffTask, visit.number("task_id"))
    if task is None:
        raise NotFoundError("task")
    return task


def _row(visit: Visit, task: StaffTask) -> tuple[StaffTask, Notice | None, Subject | None, str]:
    notice = visit.session.get(Notice, task.notice_id) if task.notice_id else None
    subject = visit.session.get(Subject, task.subject_id) if task.subject_id else None
    return task, notice, subject, title_of(notice.kind) if notice else ""

"""The front of the console: what waits, what went wrong, how many people there are."""

from __future__ import annotations

import json
from datetime import timedelta

from sqlalchemy import func, select

from credit_core.accounts.followers import count_followers
from credit_core.subjects.models import Subject, SubjectKind, SubjectStatus
from handlers.staff.cases import cases
from handlers.staff.notices import title_of
from handlers.staff.page import ANY, CASES, Answer, Page, Shown, Visit, get
from notices.models import Notice, StaffTask
from notices.status import NoticeStatus

GRADES = ("AAA", "AA", "A", "B", "C", "D")
CASES_SHOWN = 8
RECENT = timedelta(days=14)
TROUBLE = (NoticeStatus.FAILED, NoticeStatus.UNCERTAIN)


def pages() -> list[Page]:
    return [get("/", show, ANY)]


def show(visit: Visit) -> Answer:
    return Shown(
        "home.html",
        {
            "cases": cases(visit, limit=CASES_SHOWN) if visit.member.roles & CASES else [],
            "mine": reminders(visit),
            "followers": count_followers(visit.session),
            "grades": grade_table(visit),
            "grade_names": GRADES,
            "trouble": trouble_counts(visit),
            "open_tasks": open_tasks(visit),
        },
    )


def reminders(visit: Visit) -> list[tuple[Notice, str, dict[str, str]]]:
    """What this member was told in the last weeks, for those who have no WeChat bound."""
    rows = visit.session.scalars(
        select(Notice)
        .where(Notice.staff_id == visit.member.id, Notice.created_at > visit.now - RECENT)
        .order_by(Notice.id.desc())
        .limit(CASES_SHOWN)
    )
    return [(row, title_of(row.kind), json.loads(row.fields)) for row in rows]


def grade_table(visit: Visit) -> list[tuple[str, int, dict[str, int]]]:
    """Per kind: how many there are, and how many stand in each grade; ``""`` is 暂不评价."""
    counts: dict[str, dict[str, int]] = {}
    rows = visit.session.execute(
        select(Subject.kind, Subject.grade, func.count())
        .where(Subject.status == SubjectStatus.ACTIVE)
        .group_by(Subject.kind, Subject.grade)
    )
    for kind, grade, count in rows:
        counts.setdefault(kind, {})[grade or ""] = count
    return [
        (kind, sum(counts[kind].values()), counts[kind]) for kind in SubjectKind if kind in counts
    ]


def trouble_counts(visit: Visit) -> dict[str, int]:
    rows = visit.session.execute(
        select(Notice.status, func.count().label("notices"))
        .where(Notice.status.in_(TROUBLE))
        .group_by(Notice.status)
    )
    found = {row.status: row.notices for row in rows}
    return {status.value: found.get(status, 0) for status in TROUBLE}


def open_tasks(visit: Visit) -> int:
    query = select(func.count()).select_from(StaffTask).where(StaffTask.done_at.is_(None))
    return visit.session.scalar(query) or 0

"""The front of the console: what waits, what went wrong, how many people there are."""

from __future__ import annotations

import json
from datetime import timedelta

from sqlalchemy import func, select

from credit_core.accounts.followers import count_followers
from credit_core.deadlines.models import Deadline
from credit_core.offers.book import offer_book
from credit_core.offers.totals import Total, totals_by_offer
from credit_core.subjects.models import Subject, SubjectKind, SubjectStatus
from handlers.staff.cases import BUREAU_STEPS, cases
from handlers.staff.notices import title_of
from handlers.staff.page import ANY, CASES, READERS, Answer, Page, Shown, Visit, get
from notices.models import Notice, StaffTask
from notices.status import NoticeStatus

GRADES = ("AAA", "AA", "A", "B", "C", "D")
CASES_SHOWN = OFFERS_SHOWN = 8
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
            "coverage": coverage(visit),
            "offers": offer_totals(visit),
            "overdue": overdue(visit) if visit.member.roles & CASES else 0,
            "uncertain": uncertain(visit) if visit.member.roles & READERS else [],
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


def coverage(visit: Visit) -> list[tuple[str, int, int]]:
    """Per kind: subjects with a current grade, and subjects on the register."""
    rows = visit.session.execute(
        select(Subject.kind, func.count(Subject.grade), func.count())
        .where(Subject.status == SubjectStatus.ACTIVE)
        .group_by(Subject.kind)
    )
    found = {kind: (graded, total) for kind, graded, total in rows}
    return [(kind, *found[kind]) for kind in SubjectKind if kind in found]


def offer_totals(visit: Visit) -> list[tuple[str, Total]]:
    """This year's claimed and redeemed offers, each with its title, most saved first."""
    book = offer_book(visit.session)
    totals = totals_by_offer(visit.session, visit.today.replace(month=1, day=1), visit.today)
    found = [(book.get(total.key, visit.today), total) for total in totals[:OFFERS_SHOWN]]
    return [(offer.title if offer else total.key, total) for offer, total in found]


def overdue(visit: Visit) -> int:
    """Statutory days of the bureau that are over with the step not taken."""
    query = select(func.count()).select_from(Deadline)
    query = query.where(
        Deadline.kind.in_(BUREAU_STEPS), Deadline.done.is_(False), Deadline.on < visit.today
    )
    return visit.session.scalar(query) or 0


def uncertain(visit: Visit) -> list[tuple[Notice, str, int | None]]:
    """The newest notices of unknown outcome, each with its open task where there is one."""
    query = select(Notice).where(Notice.status == NoticeStatus.UNCERTAIN)
    rows = visit.session.scalars(query.order_by(Notice.id.desc()).limit(CASES_SHOWN)).all()
    open_ = select(StaffTask.notice_id, StaffTask.id).where(
        StaffTask.notice_id.in_([row.id for row in rows]), StaffTask.done_at.is_(None)
    )
    found = {row.notice_id: row.id for row in visit.session.execute(open_)}
    return [(row, title_of(row.kind), found.get(row.id)) for row in rows]

"""The logs, read by the auditor: who looked at whom and why, and who did what; with exports."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import select

from credit_core.access.models import AccessLog
from credit_core.access.service import verify_chain
from credit_core.accounts.actions import find_actions
from credit_core.accounts.models import StaffAction
from credit_core.accounts.staff import list_members
from credit_core.clock import start_of_day
from credit_core.errors import Refusal
from credit_core.subjects.models import Subject
from handlers.staff.audit import record
from handlers.staff.page import AUDITOR, Answer, Download, Page, Shown, Visit, get
from handlers.staff.rendering import label, labels, moment, shown_name

PAGE_SIZE = 100
EXPORT_MOST = 100_000


def pages() -> list[Page]:
    return [
        get("/logs", show_looks, AUDITOR),
        get("/logs/export", export_looks, AUDITOR, writes=True),
        get("/logs/verify", verify, AUDITOR),
        get("/logs/actions", show_actions, AUDITOR),
        get("/logs/actions/export", export_actions, AUDITOR, writes=True),
    ]


def show_looks(visit: Visit) -> Answer:
    rows = _looks(visit, PAGE_SIZE + 1)
    older = rows[PAGE_SIZE - 1].seq if len(rows) > PAGE_SIZE else None
    named = [(row, _whom(visit, row)) for row in rows[:PAGE_SIZE]]
    return Shown("log_looks.html", _frame(visit) | {"rows": named, "older": older})


def show_actions(visit: Visit) -> Answer:
    rows = _actions(visit, PAGE_SIZE + 1)
    older = rows[PAGE_SIZE - 1].id if len(rows) > PAGE_SIZE else None
    return Shown("log_actions.html", _frame(visit) | {"rows": rows[:PAGE_SIZE], "older": older})


def verify(visit: Visit) -> Answer:
    """Walk the whole chain: whether a row was changed, cut off or slipped in."""
    return Shown("log_verify.html", {"report": verify_chain(visit.session)})


def export_looks(visit: Visit) -> Answer:
    rows = (
        (
            str(row.seq),
            moment(row.at),
            row.actor,
            _whom(visit, row),
            label(row.purpose, "purpose"),
            row.matter,
            row.content,
            row.ip,
        )
        for row in _looks(visit, EXPORT_MOST)
    )
    return _download(visit, "looks", rows)


def export_actions(visit: Visit) -> Answer:
    rows = (
        (moment(row.at), row.login, label(row.action, "action"), row.target, row.detail)
        for row in _actions(visit, EXPORT_MOST)
    )
    return _download(visit, "actions", rows)


def _frame(visit: Visit) -> dict[str, object]:
    names = ("who", "purpose", "area", "target", "from", "to")
    return {
        "asked": {name: visit.asked(name) for name in names},
        "people": {one.login: one.login for one in list_members(visit.session)},
    }


def _looks(visit: Visit, limit: int) -> Sequence[AccessLog]:
    query = select(AccessLog).order_by(AccessLog.seq.desc()).limit(limit)
    since, until, before = _span(visit)
    if visit.asked("who"):
        query = query.where(AccessLog.actor == visit.asked("who"))
    if visit.asked("purpose"):
        query = query.where(AccessLog.purpose == visit.asked("purpose"))
    if visit.asked("target").isdigit():
        query = query.where(AccessLog.subject_id == int(visit.asked("target")))
    if since is not None:
        query = query.where(AccessLog.at >= since)
    if until is not None:
        query = query.where(AccessLog.at < until)
    if before is not None:
        query = query.where(AccessLog.seq < before)
    return visit.session.scalars(query).all()


def _actions(visit: Visit, limit: int) -> Sequence[StaffAction]:
    since, until, before = _span(visit)
    return find_actions(
        visit.session,
        login=visit.asked("who"),
        area=visit.asked("area"),
        target=visit.asked("target"),
        since=since,
        until=until,
        before_id=before,
        limit=limit,
    )


def _span(visit: Visit) -> tuple[datetime | None, datetime | None, int | None]:
    """From when (included), until when (not included), and before which row."""
    until = _day(visit, "to")
    before = visit.asked("before")
    return (
        _day(visit, "from"),
        until + timedelta(days=1) if until else None,
        int(before) if before.isdigit() else None,
    )


def _day(visit: Visit, name: str) -> datetime | None:
    asked = visit.asked(name)
    if not asked:
        return None
    try:
        return start_of_day(date.fromisoformat(asked))
    except ValueError:
        raise Refusal("form.day") from None


def _whom(visit: Visit, row: AccessLog) -> str:
    subject = visit.session.get(Subject, row.subject_id)
    return shown_name(subject) if subject else ""


def _download(visit: Visit, what: str, rows: Iterable[tuple[str, ...]]) -> Download:
    """CSV for a spreadsheet, UTF-8 with a byte order mark; the export itself is logged."""
    body = io.StringIO()
    writer = csv.writer(body)
    writer.writerow(labels(f"log_{what}").values())
    writer.writerows([_no_formula(cell) for cell in row] for row in rows)
    record(visit, "log.export", what, f"{visit.asked('from')}/{visit.asked('to')}")
    name = f"{what}-{visit.today.isoformat()}.csv"
    return Download(body.getvalue().encode("utf-8-sig"), name, "text/csv")


def _no_formula(cell: str) -> str:
    """A cell that a spreadsheet would compute is made text."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell

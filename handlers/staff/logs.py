"""The logs, read by the auditor: who did what, who looked at whom and why; with an export."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from credit_core.accounts.actions import find_actions
from credit_core.accounts.models import StaffAction
from credit_core.accounts.staff import list_members
from credit_core.clock import start_of_day
from credit_core.errors import Refusal
from handlers.staff.audit import record
from handlers.staff.page import AUDITOR, Answer, Download, Page, Shown, Visit, get
from handlers.staff.rendering import label, labels, moment

PAGE_SIZE = 100
EXPORT_MOST = 100_000


def pages() -> list[Page]:
    return [
        get("/logs", show, AUDITOR),
        get("/logs/export", export, AUDITOR, writes=True),
    ]


def show(visit: Visit) -> Answer:
    before = visit.asked("before")
    rows = _rows(visit, limit=PAGE_SIZE + 1, before=int(before) if before.isdigit() else None)
    return Shown(
        "logs.html",
        {
            "rows": rows[:PAGE_SIZE],
            "older": rows[PAGE_SIZE - 1].id if len(rows) > PAGE_SIZE else None,
            "asked": {name: visit.asked(name) for name in ("who", "area", "target", "from", "to")},
            "people": {one.login: one.login for one in list_members(visit.session)},
        },
    )


def export(visit: Visit) -> Answer:
    """CSV for a spreadsheet, UTF-8 with a byte order mark; the export itself is logged."""
    body = io.StringIO()
    writer = csv.writer(body)
    writer.writerow(labels("log_column").values())
    for row in _rows(visit, limit=EXPORT_MOST, before=None):
        cells = (moment(row.at), row.login, label(row.action, "action"), row.target, row.detail)
        writer.writerow([_no_formula(cell) for cell in cells])
    record(visit, "log.export", "", visit.asked("from") + "/" + visit.asked("to"))
    name = f"staff-actions-{visit.today.isoformat()}.csv"
    return Download(body.getvalue().encode("utf-8-sig"), name, "text/csv")


def _rows(visit: Visit, *, limit: int, before: int | None) -> Sequence[StaffAction]:
    until = _day(visit, "to")
    return find_actions(
        visit.session,
        login=visit.asked("who"),
        area=visit.asked("area"),
        target=visit.asked("target"),
        since=_day(visit, "from"),
        until=until + timedelta(days=1) if until else None,
        before_id=before,
        limit=limit,
    )


def _day(visit: Visit, name: str) -> datetime | None:
    asked = visit.asked(name)
    if not asked:
        return None
    try:
        return start_of_day(date.fromisoformat(asked))
    except ValueError:
        raise Refusal("form.day") from None


def _no_formula(cell: str) -> str:
    """A cell that a spreadsheet would compute is made text."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell

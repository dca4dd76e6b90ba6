"""The rules in force, to read: grades, items with points and basis, limits, periods."""

from __future__ import annotations

from datetime import date

from credit_core.errors import NotFoundError, Refusal
from credit_core.rules.book import KINDS, rule_book
from handlers.staff.page import ANY, Answer, Page, Shown, Visit, get


def pages() -> list[Page]:
    return [
        get("/rules", show_overview, ANY),
        get("/rules/{kind}", show_kind, ANY),
    ]


def show_overview(visit: Visit) -> Answer:
    book = rule_book(visit.session)
    return Shown(
        "rules.html",
        {
            "sets": [one for kind in KINDS for one in book.entries[kind]],
            "kinds": KINDS,
        },
    )


def show_kind(visit: Visit) -> Answer:
    kind = visit.params["kind"]
    if kind not in KINDS:
        raise NotFoundError("kind")
    entry = rule_book(visit.session).on(kind, _asked_day(visit))
    return Shown(
        "rule_set.html",
        {"rules": entry.rules, "version": entry.version, "on": _asked_day(visit), "kinds": KINDS},
    )


def _asked_day(visit: Visit) -> date:
    asked = visit.asked("on")
    if not asked:
        return visit.today
    try:
        return date.fromisoformat(asked)
    except ValueError:
        raise Refusal("form.day") from None

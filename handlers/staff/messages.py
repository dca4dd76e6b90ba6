"""Messages that were not understood: masked, to be labelled with what was meant."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import func, select

from bot.models import NotUnderstood
from config.data import read
from config.settings import DATA
from credit_core.errors import NotFoundError, Refusal
from handlers.staff.audit import record
from handlers.staff.page import CLERK, Answer, Flash, Page, Redirect, Shown, Visit, get, post

PAGE_SIZE = 50


def pages() -> list[Page]:
    return [
        get("/messages", show_list, CLERK),
        post("/messages/{message_id}", give_label, CLERK),
    ]


def show_list(visit: Visit) -> Answer:
    labelled = visit.asked("labelled") == "1"
    state = NotUnderstood.label.is_not(None) if labelled else NotUnderstood.label.is_(None)
    rows = visit.session.scalars(
        select(NotUnderstood).where(state).order_by(NotUnderstood.at.desc()).limit(PAGE_SIZE)
    ).all()
    total = visit.session.scalar(select(func.count()).select_from(NotUnderstood).where(state))
    return Shown(
        "messages.html",
        {"rows": rows, "total": total, "labelled": labelled, "intents": intents()},
    )


def give_label(visit: Visit) -> Answer:
    row = visit.session.get(NotUnderstood, visit.number("message_id"), with_for_update=True)
    if row is None:
        raise NotFoundError("message")
    intent = visit.text("intent")
    if intent not in intents():
        raise Refusal("form.choice")
    row.label, row.labelled_by = intent, visit.member.login
    record(visit, "message.label", f"message:{row.id}", intent)
    return Redirect("/messages", Flash("message_labelled"))


@cache
def intents() -> dict[str, str]:
    """Intent → its Chinese name, as the conversation knows them."""
    loaded: Any = read(DATA / "intents" / "intents.yaml")
    found = loaded.get("intents", loaded)
    return {str(key): _name(key, value) for key, value in found.items()}


def _name(key: object, value: Any) -> str:
    if isinstance(value, dict):
        return str(value.get("title") or value.get("name") or value.get("label") or key)
    return str(value)

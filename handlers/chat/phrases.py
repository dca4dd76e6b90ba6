"""Short tappable choices and small wordings that several conversations offer."""

from __future__ import annotations

from datetime import date, datetime

from bot.reply import Choice, Text
from bot.turn import Turn
from config.texts import text
from credit_core.accounts.binding import PERSONS
from credit_core.clock import local_day
from credit_core.masking import mask_name
from credit_core.subjects.models import Subject

_TAPS = {
    "bind": "intent:bind",
    "score": "intent:score",
    "detail": "intent:score_detail",
    "improve": "intent:improve",
    "trend": "intent:score_trend",
    "benefits": "intent:benefits",
    "coupons": "intent:coupons",
    "objection": "intent:objection_file",
    "objection_status": "intent:objection_status",
    "repair": "intent:repair_guide",
    "repair_apply": "intent:repair_apply",
    "repair_status": "intent:repair_status",
    "remind_on": "intent:remind_on",
    "remind_settings": "remind_settings",
    "lines": "intent:score_detail",
    "more_lines": "more_lines",
    "more_offers": "more_offers",
    "alerts": "intent:alerts",
    "report": "intent:report",
    "commitment": "intent:commitment",
    "agent": "intent:agent",
    "help": "intent:help",
    "acknowledge": "acknowledge",
}


def choices(*names: str) -> tuple[Choice, ...]:
    """The named next steps, with their labels from config/texts/common.yaml."""
    return tuple(Choice(_TAPS[name], text("common", f"choices.{name}")) for name in names)


def day(value: date | datetime) -> str:
    """``2026年3月1日``; an instant is told as its day in Shanghai."""
    if isinstance(value, datetime):
        value = local_day(value)
    return f"{value.year}年{value.month}月{value.day}日"


def due_day(on: date | datetime, *, provisional: bool) -> str:
    """A day as :func:`day` tells it, marked while it hangs on an unpublished calendar."""
    return day(on) + (text("common", "provisional") if provisional else "")


def points_in_words(points: int) -> str:
    """扣50分, 加30分: no sign that somebody of seventy would have to make out."""
    key = "plus" if points > 0 else "minus" if points < 0 else "none"
    return text("common", f"points.{key}", points=abs(points))


def bind_first(turn: Turn, after: str) -> Text:
    """Ask to bind; what was asked for is answered right after the binding."""
    turn.context["after_bind"] = after
    if turn.open_form is not None and turn.open_form["name"] == "bind":
        return Text(text("common", "bind_going"))
    if turn.organisation() is not None:
        # A clerk asked for their own: the institution's is not theirs.
        return Text(text("common", "bind_self_first"), choices("bind", "help"))
    return Text(text("common", "bind_first"), choices("bind", "help"))


def shown_name(subject: Subject) -> str:
    """A person's name masked, an organisation's in full."""
    return mask_name(subject.name) if subject.kind in PERSONS else subject.name

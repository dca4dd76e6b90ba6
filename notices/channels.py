"""Which channel carries a notice, decided at the moment of sending by what WeChat allows.

The order is the plan's. A channel is left out when it refused this notice before, when the
person does not take it (no credit, not following, window closed), or when it is stopped.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from notices.plans import Message, Plan, templates

MESSAGE_WINDOW, MESSAGES = timedelta(hours=48), 5
TAP_WINDOW, TAPS = timedelta(minutes=1), 3
_SAFETY = timedelta(seconds=5)
"""A message must arrive inside the window, not leave in it."""


@dataclass(slots=True)
class Person:
    """What the choice needs to know of a follower."""

    openid: str
    following: bool
    unreachable: bool
    window_kind: str | None
    window_opened_at: datetime | None
    window_used: int
    credits: Mapping[str, tuple[bool, int]] = field(default_factory=dict)
    """Template id to (long term, credits left)."""
    refusals: frozenset[tuple[str, str]] = frozenset()
    """(channel, template id) that they closed; an empty template id closes the channel."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A channel with its message; or None and why, and until when it is only a matter of time."""

    channel: str | None
    message: Message | None = None
    why: str = ""
    until: datetime | None = None


def choose(
    plan: Plan,
    person: Person | None,
    *,
    refused: frozenset[str],
    stopped: Mapping[str, datetime],
    now: datetime,
) -> Choice:
    """The first channel that is open for this person now."""
    if person is None:
        return Choice(None, why="no_wechat")
    if person.unreachable:
        return Choice(None, why="unreachable")
    why, until = "", None
    for channel, message in plan.messages.items():
        if channel in refused:
            why = why or "refused"
            continue
        closed = _closed(channel, message, person, now)
        if closed:
            why = closed
            continue
        ends = _stopped_until(channel, message, stopped)
        if ends is not None:
            until = min(until or ends, ends)
            continue
        return Choice(channel, message)
    if until is not None:
        return Choice(None, why="api_stopped", until=until)
    return Choice(None, why=why or "no_channel")


def window_open(person: Person, now: datetime) -> bool:
    """5 messages in 48 h after a message, 3 in a minute after a tap, a scan, a subscription."""
    if person.window_opened_at is None or person.window_kind is None:
        return False
    length, most = (
        (MESSAGE_WINDOW, MESSAGES) if person.window_kind == "message" else (TAP_WINDOW, TAPS)
    )
    if person.window_used >= most:
        return False
    return person.window_opened_at <= now < person.window_opened_at + length - _SAFETY


def template_id(message: Message) -> str:
    return templates()[message.template].id if message.template else ""


def _closed(channel: str, message: Message, person: Person, now: datetime) -> str:
    """Why the person does not take this channel; empty when they do."""
    template = template_id(message)
    if (channel, "") in person.refusals or (channel, template) in person.refusals:
        return "refused"
    if channel == "subscription":
        _, left = person.credits.get(template, (False, 0))
        return "" if left > 0 else "no_credit"
    if not person.following:
        return "not_following"
    if channel == "custom":
        return "" if window_open(person, now) else "window_closed"
    return ""


def _stopped_until(
    channel: str, message: Message, stopped: Mapping[str, datetime]
) -> datetime | None:
    ends = [
        stopped[name] for name in (channel, f"template:{template_id(message)}") if name in stopped
    ]
    return max(ends) if ends else None

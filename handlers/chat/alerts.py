"""等级预警: what was sent to an institution or a person, and 已知悉."""

from __future__ import annotations

from bot.reply import Choice, Reply, Text
from bot.turn import Routes, Turn
from config.texts import text, topic
from handlers.chat.phrases import choices, day, shown_name
from notices import outbox, plans
from notices.models import Notice

MOST = 6


def register(routes: Routes) -> None:
    routes.intents["alerts"] = alerts
    routes.taps["acknowledge"] = acknowledge
    for word in topic("alerts")["words"]:
        routes.words[word] = acknowledge_word


def alerts(turn: Turn) -> Reply:
    """The newest notices of the organisation, or of the person where there is none."""
    subject = turn.organisation() or turn.resident()
    if subject is None:
        return Text(
            text("alerts", "unbound"),
            (Choice("bind_organisation", text("alerts", "bind_organisation")),),
        )
    rows = [
        row
        for row in outbox.notices_of(turn.session, subject_id=subject.id, limit=40)
        if row.follower_id == turn.follower.id
    ][:MOST]
    if not rows:
        if turn.organisation() is None:
            return Text(text("alerts", "none_person"), choices("remind_on", "score"))
        return Text(text("alerts", "none", name=shown_name(subject)), choices("score"))
    lines = [text("alerts", "head", name=shown_name(subject))]
    lines += [_shown(row) for row in rows]
    if any(plans.awaits_answer(row.kind) and row.acknowledged_at is None for row in rows):
        lines.append(text("alerts", "hint"))
        return Text("\n".join(lines), choices("acknowledge", "detail"))
    return Text("\n".join(lines), choices("score", "detail"))


def acknowledge(turn: Turn) -> Reply:
    return _acknowledged(turn) or Text(text("alerts", "nothing_open"), choices("alerts"))


def acknowledge_word(turn: Turn) -> Reply | None:
    """收到 and the like mean 已知悉 when something waits for it, else they are small talk."""
    if turn.text.strip("。.!！~ ") == text("common", "choices.acknowledge"):
        return acknowledge(turn)
    courtesy = turn.services.routes.courtesy
    return _acknowledged(turn) or (courtesy(turn) if courtesy else None)


def _acknowledged(turn: Turn) -> Reply | None:
    """已知悉 for every notice that waits for it, of this follower and of the organisation that
    the follower speaks for."""
    rows = list(outbox.acknowledge(turn.session, follower_id=turn.follower.id, now=turn.now))
    organisation = turn.organisation()
    if organisation is not None:
        rows += outbox.acknowledge(turn.session, subject_id=organisation.id, now=turn.now)
    if not rows:
        return None
    count = len({row.id for row in rows})
    return Text(text("alerts", "acknowledged", count=count), choices("detail", "repair"))


def _shown(row: Notice) -> str:
    return text(
        "alerts",
        "line",
        on=day(row.created_at),
        title=plans.plan(row.kind).title,
        status=text("alerts", f"status.{row.status}"),
    )

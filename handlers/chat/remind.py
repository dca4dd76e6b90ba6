"""开启提醒, 退订: reminders of days that come near, switched on and off by the person."""

from __future__ import annotations

from sqlalchemy import select

from bot.reply import Reply, Text
from bot.turn import Routes, Turn
from config.texts import text
from credit_core.deadlines.models import Deadline
from handlers.chat.phrases import choices, day
from notices import reminders


def register(routes: Routes) -> None:
    routes.intents["remind_on"] = switch_on
    routes.intents["remind_off"] = switch_off
    for word in ("退订", "TD", "td", "关闭提醒"):
        routes.words[word] = switch_off


def switch_on(turn: Turn) -> Reply:
    reminders.switch_on(turn.session, turn.follower.id, now=turn.now)
    kinds = "、".join(reminders.titles().values())
    lines = [text("reminders_chat", "switched_on", kinds=kinds)]
    subject = turn.subject()
    if subject is None:
        lines.append(text("reminders_chat", "on_unbound"))
        return Text("\n".join(lines), choices("bind"))
    near = turn.session.scalar(
        select(Deadline)
        .where(
            Deadline.subject_id == subject.id,
            Deadline.done.is_(False),
            Deadline.on >= turn.today,
        )
        .order_by(Deadline.on)
        .limit(1)
    )
    if near is not None:
        lines.append(
            text(
                "reminders_chat",
                "near",
                what=text("h5", f"deadlines.{near.kind}"),
                on=day(near.on),
                provisional=text("reminders_chat", "provisional") if near.provisional else "",
            )
        )
    return Text("\n".join(lines), choices("score", "benefits"))


def switch_off(turn: Turn) -> Reply:
    if not reminders.setting(turn.session, turn.follower.id).on:
        return Text(text("reminders_chat", "off_none"))
    reminders.switch_off(turn.session, turn.follower.id, now=turn.now)
    return Text(text("reminders_chat", "switched_off"), choices("remind_on"))

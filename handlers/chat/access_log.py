"""谁查过我: every look at one's own data by somebody else."""

from __future__ import annotations

from bot.reply import Reply, Text
from bot.turn import Routes, Turn
from config.texts import text
from credit_core.access.service import looks_at
from handlers.chat.bind import shown_name
from handlers.chat.phrases import bind_first, choices, day

MOST = 8


def register(routes: Routes) -> None:
    routes.intents["access_log"] = access_log


def access_log(turn: Turn) -> Reply:
    subject = turn.subject()
    if subject is None:
        return bind_first(turn, "access_log")
    rows = looks_at(turn.session, subject.id, most=MOST)
    if not rows:
        return Text(text("access_chat", "none", name=shown_name(subject)), choices("score"))
    lines = [text("access_chat", "head", name=shown_name(subject))]
    lines += [
        text(
            "access_chat",
            "line",
            on=day(row.at),
            who=row.actor_name,
            purpose=text("access", f"purposes.{row.purpose}"),
            matter=row.matter,
        )
        for row in rows
    ]
    lines.append(text("access_chat", "hint"))
    return Text("\n".join(lines), choices("agent"))

"""Conversations, one file each, named as on the menu."""

from __future__ import annotations

from bot.turn import Routes
from handlers.chat import (
    agent,
    benefits,
    bind,
    objection,
    policy,
    score,
    start,
    tip_off,
)

CONVERSATIONS = (agent, benefits, bind, objection, policy, score, start, tip_off)


def register_all(routes: Routes) -> None:
    for conversation in CONVERSATIONS:
        conversation.register(routes)

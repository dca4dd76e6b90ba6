"""我都不想活了, 唉就是气话: the person first, whatever else is said and whatever form is open."""

from __future__ import annotations

import re
from typing import Any

from bot.reply import Reply, Text
from bot.turn import Handler, Routes, Turn
from config.texts import text, topic
from handlers.chat.phrases import choices


def register(routes: Routes) -> None:
    routes.urgent.append(cared_for)


def cared_for(turn: Turn) -> Handler | None:
    """Who answers somebody who says that they do not want to live, and what they say next."""
    said = re.sub(r"\s+", "", turn.text)
    if despairs(said):
        return comfort
    after: dict[str, Any] = topic("safety")["after"]
    if not turn.context.get("comforted") or len(said) > after["longest"]:
        return None
    if re.search(after["eases"], said):
        return ease
    return comfort if re.search(after["deeper"], said) else None


def despairs(said: str) -> bool:
    """Whether somebody speaks of ending their life: not 气死我了, not 累死了, and not a question
    what is paid for.

    >>> despairs("活着没意思"), despairs("急死人了"), despairs("我可不想跳楼")
    (True, False, False)
    """
    words = topic("safety")
    left = re.sub(words["denies"], "", said)
    if len(said) > words["longest"]:
        return False
    if any(re.search(one, left) for one in words["says"]):
        return True
    if re.search(words["besides"], left):
        return False
    acts = re.finditer(words["acts"], left)
    return any(
        re.search(words["leads"], left[: act.start()]) or len(left) <= len(act[0]) + 2
        for act in acts
    )


def comfort(turn: Turn) -> Reply:
    """Who listens at any hour, who comes in danger, and that the matter itself can be mended."""
    lines = [text("safety", "told_again" if turn.context.get("comforted") else "told")]
    turn.context["comforted"] = True
    if turn.open_form is not None:
        lines.append(text("safety", "kept"))
    return Text("\n".join(lines), choices("agent"))


def ease(turn: Turn) -> Reply:
    """就是说说气话: taken at their word, and the ways on."""
    turn.context.pop("comforted", None)
    return Text(text("safety", "eased"), choices("repair", "objection", "agent"))

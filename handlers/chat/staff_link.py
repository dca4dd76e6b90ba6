"""A member of staff sends the code from the console, so that previews reach their WeChat."""

from __future__ import annotations

from bot.reply import Reply, Text
from bot.turn import Routes, Turn
from config.texts import text
from credit_core.accounts.staff import is_link_code, link_openid
from credit_core.errors import Refusal


def register(routes: Routes) -> None:
    routes.forms_of_text.append((is_link_code, link))


def link(turn: Turn) -> Reply:
    try:
        link_openid(turn.session, turn.text, turn.follower.openid, turn.now)
    except Refusal as refusal:
        if refusal.code == "tries.locked":
            return Text(text("bind", "locked", minutes=refusal.fields["minutes"]))
        return Text(text("bind", "staff_link_wrong"))
    return Text(text("bind", "staff_linked"))

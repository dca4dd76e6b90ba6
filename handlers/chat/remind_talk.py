"""提前三天吧, 都关, 还会不会发: what is said about reminders once they were spoken of, and
questions about them, which change nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from bot.follow_up import bare, is_question
from bot.reply import Reply, Text
from bot.turn import Handler, Routes, Turn
from bot.understanding.numbers import whole
from config.texts import text, topic
from handlers.chat import remind
from handlers.chat.phrases import choices
from notices import reminders

OF_REMINDERS = frozenset({"remind_on", "remind_off"})
LAST_HOUR = 23


def register(routes: Routes) -> None:
    routes.pointing.append(spoken_of)
    routes.named.append((asks_which, which_are_on))
    routes.named.append((_asks_what_is_left, what_is_left))


def _follow() -> dict[str, Any]:
    found: dict[str, Any] = topic("reminders_chat")["follow"]
    return found


def _any(patterns: Sequence[str], said: str) -> bool:
    return any(re.search(one, said) for one in patterns)


def _short(turn: Turn) -> bool:
    typed = turn.inbound.kind == "text" and not turn.choice
    return typed and len(turn.text) <= int(_follow()["longest"])


def asks_which(turn: Turn) -> bool:
    """我都开了哪些提醒, 提醒关了没: how it is, nothing to change."""
    said = bare(turn.text)
    named = text("reminders_chat", "remind_word") in said
    about = named or turn.context.get("topic") in OF_REMINDERS
    return _short(turn) and about and _any(topic("reminders_chat")["asks_which"], said)


def which_are_on(turn: Turn) -> Reply:
    """What is switched on and what is not; all that there is, where nothing is on."""
    turn.context["topic"] = "remind_on"
    wish, titles = reminders.setting(turn.session, turn.follower.id), reminders.titles()
    if not wish.on:
        lines = "\n".join(f"· {title}" for title in titles.values())
        following = ("remind_on", "help") if turn.bindings() else ("bind", "help")
        return Text(text("reminders_chat", "off_can", lines=lines), choices(*following))
    told = remind.how_it_is(turn)
    left = [title for kind, title in titles.items() if kind not in wish.kinds]
    if not left or not isinstance(told, Text):
        return told
    line = text("reminders_chat", "off_line", kinds="、".join(left))
    return Text(f"{told.content}\n{line}", told.choices)


def _asks_what_is_left(turn: Turn) -> bool:
    """关了申诉结果还告诉我不, whatever was spoken of."""
    words = topic("reminders_chat")
    said = turn.text
    named = any(word in said for word in (words["remind_word"], *words["off_words"]))
    named = named or any(said.startswith(sign) for sign in words["off_signs"])
    return _short(turn) and named and _any(_follow()["still"], said)


def what_is_left(turn: Turn) -> Reply:
    """What is still sent, and what the law prescribes."""
    wish = reminders.setting(turn.session, turn.follower.id)
    kinds = "、".join(title for kind, title in reminders.titles().items() if kind in wish.kinds)
    state = text("reminders_chat", "still_on" if wish.on else "still_off", kinds=kinds)
    following = ("remind_settings",) if wish.on else ("remind_on",)
    return Text(text("reminders_chat", "still", state=state), choices(*following, "help"))


def spoken_of(turn: Turn) -> Handler | None:
    """Who answers a message that goes on about the reminders."""
    if turn.context.get("topic") not in OF_REMINDERS or not _short(turn):
        return None
    said, words = turn.text, _follow()
    if _any(words["still"], said):
        return what_is_left
    if _any(words["whom"], said):
        return _whom
    on = reminders.setting(turn.session, turn.follower.id).on
    if remind.days_in(said) and not is_question(said):
        return remind.switch_on if on else None
    if _hours_meant(said) is not None and on:
        return _set_hours
    if _any(words["when_sent"], said) or _disturbs(said):
        return _hours
    if _only(said) and turn.bindings():
        return _keep_only
    if re.fullmatch(words["all_off"], bare(said)):
        return remind.switch_all_off
    return None


def _whom(_turn: Turn) -> Reply:
    return Text(text("reminders_chat", "whom"), choices("remind_settings", "agent"))


def _disturbs(said: str) -> bool:
    """莫要一大清早发: a time of day at which nothing shall come."""
    words = _follow()
    return any(one in said for one in words["times"]) and any(
        one in said for one in words["not_then"]
    )


def _hours(turn: Turn) -> Reply:
    """When nothing is sent, and how that is changed."""
    quiet = reminders.setting(turn.session, turn.follower.id).quiet
    hours = remind.hours(quiet.start, quiet.end)
    lines = [text("reminders_chat", "hours_now", quiet=hours), text("reminders_chat", "hours_how")]
    return Text("\n".join(lines), choices("remind_settings"))


def _hours_meant(said: str) -> int | None:
    """早上九点以后再发: the hour from which it may be sent."""
    found = re.search(_follow()["from_then"], said)
    hour = whole(found[1]) if found is not None else None
    return hour if hour is not None and 0 < hour <= LAST_HOUR else None


def _set_hours(turn: Turn) -> Reply:
    hour = _hours_meant(turn.text) or 0
    quiet = reminders.setting(turn.session, turn.follower.id).quiet
    reminders.switch_on(turn.session, turn.follower.id, (), now=turn.now, quiet=(quiet.start, hour))
    return remind.told(turn, "set")


def _only(said: str) -> bool:
    return bool(_kinds(said)) and _any(_follow()["only"], said) and not is_question(said)


def _kinds(said: str) -> list[str]:
    """The kinds that are named, by their own words or by one for several."""
    rows = topic("reminders_chat")["kind_groups"]
    grouped = [one for row in rows if any(w in said for w in row["words"]) for one in row["kinds"]]
    return remind.kinds_in(said) or list(dict.fromkeys(grouped))


def _keep_only(turn: Turn) -> Reply:
    """只要期限快到的: these on, the others off."""
    kinds = _kinds(turn.text)
    reminders.switch_on(turn.session, turn.follower.id, kinds, now=turn.now)
    unwanted = set(reminders.titles()) - set(kinds)
    if unwanted:
        reminders.switch_off(turn.session, turn.follower.id, unwanted, now=turn.now)
    names = "、".join(title for kind, title in reminders.titles().items() if kind in kinds)
    return Text(text("reminders_chat", "only", kinds=names), choices("remind_settings"))

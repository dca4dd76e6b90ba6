"""提前三天吧, 都关, 还会不会发: what is said about reminders once they were spoken of, and
questions about them, which change nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from bot import commands, wishes
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
    routes.words_in_text.append((_wants_only, _keep_only))
    routes.named.append((asks_which, which_are_on))
    routes.named.append((_asks_what_is_left, what_is_left))


def _follow() -> dict[str, Any]:
    found: dict[str, Any] = topic("reminders_chat")["follow"]
    return found


def _any(patterns: Sequence[str], said: str) -> bool:
    return any(re.search(one, said) for one in patterns)


def _short(turn: Turn) -> bool:
    return turn.typed and len(turn.text) <= int(_follow()["longest"])


def asks_which(turn: Turn) -> bool:
    """我都开了哪些提醒, 提醒关了没: how it is, nothing to change."""
    said = bare(turn.text)
    named = text("reminders_chat", "remind_word") in said
    about = named or turn.context.get("topic") in OF_REMINDERS
    return _short(turn) and about and _any(topic("reminders_chat")["asks_which"], said)


def which_are_on(turn: Turn) -> Reply:
    """What is switched on and what is not; all that there is, where nothing is on."""
    turn.context["topic"] = "remind_on"
    wish, titles = remind.wish_of(turn), reminders.titles()
    if not wish.on:
        rows = enumerate(titles.values(), 1)
        listed = "\n".join(
            text("reminders_chat", "kind_line", number=at, title=title) for at, title in rows
        )
        if not turn.bindings():
            lines = [text("reminders_chat", "can", lines=listed)]
            lines.append(text("reminders_chat", "on_unbound"))
            return Text("\n".join(lines), choices("bind", "help"))
        lines = [text("reminders_chat", "is_off"), text("reminders_chat", "can", lines=listed)]
        lines.append(text("reminders_chat", "can_how"))
        return Text("\n".join(lines), choices("remind_on", "help"))
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
    named = any(
        word in said for word in (words["remind_word"], *words["off_words"], *words["law_words"])
    )
    named = named or any(said.startswith(sign) for sign in words["off_signs"])
    return _short(turn) and named and _any(_follow()["still"], said)


def what_is_left(turn: Turn) -> Reply:
    """What is still sent, and what the law prescribes."""
    wish = remind.wish_of(turn)
    kinds = "、".join(title for kind, title in reminders.titles().items() if kind in wish.kinds)
    state = text("reminders_chat", "still_on" if wish.on else "still_off", kinds=kinds)
    following = ("remind_settings",) if wish.on else ("remind_on",)
    return Text(text("reminders_chat", "still", state=state), choices(*following, "help"))


def spoken_of(turn: Turn) -> Handler | None:
    """Who answers a message that goes on about the reminders."""
    if not _short(turn):
        return None
    said, about = turn.text, turn.context.get("topic")
    named = text("reminders_chat", "remind_word") in said
    if (named or about in {*OF_REMINDERS, "alerts"}) and _any(_follow()["whom"], said):
        return _whom
    if about not in OF_REMINDERS:
        return None
    told = (
        (_any(_follow()["still"], said), what_is_left),
        (_any(_follow()["where"], said), _where),
        (_about_hours(said), _hours),
    )
    return next((handler for fits, handler in told if fits), None) or _changing(turn)


def _changing(turn: Turn) -> Handler | None:
    """Who changes what is switched on; a question changes nothing."""
    said = turn.text
    on = remind.wish_of(turn).on
    wishes_: tuple[tuple[object, Handler], ...] = (
        (on and remind.days_in(said), remind.switch_on),
        (on and _hours_meant(said), _set_hours),
        (turn.bindings() and _numbered(turn), _by_number),
        (turn.bindings() and _only(said), _keep_only),
        (on and _drops(said), remind.switch_off),
        (re.fullmatch(_follow()["all_off"], bare(said)), remind.switch_all_off),
        (_keeps_on(said), _keep_on),
    )
    if is_question(said):
        return None
    return next((handler for fits, handler in wishes_ if fits), None)


def _keeps_on(said: str) -> bool:
    """还是打开吧, 老伴说要留到 再给我开起: the last clause says it, and none takes it back."""
    clauses = commands.all_clauses(said)
    if len(clauses) > 1 and re.match(_follow()["reasons"], clauses[-1]):
        clauses = clauses[:-1]
    last = bare(clauses[-1]) if clauses else ""
    return any(re.fullmatch(_follow()["all_on"], one) for one in (bare(said), last))


def _about_hours(said: str) -> bool:
    """几点发, 莫要一大清早发, where no hour is named from which it may be sent."""
    about = _any(_follow()["when_sent"], said) or _disturbs(said)
    return about and _hours_meant(said) is None


def _whom(_turn: Turn) -> Reply:
    return Text(text("reminders_chat", "whom"), choices("remind_settings", "agent"))


def _where(_turn: Turn) -> Reply:
    return Text(text("reminders_chat", "where"), choices("remind_settings"))


def _keep_on(turn: Turn) -> Reply:
    """算了还是开着吧: as they are, or on again."""
    return remind.how_it_is(turn) if remind.wish_of(turn).on else remind.switch_on(turn)


def _disturbs(said: str) -> bool:
    """莫要一大清早发: a time of day at which nothing shall come."""
    words = _follow()
    return any(one in said for one in words["times"]) and any(
        one in said for one in words["not_then"]
    )


def _hours(turn: Turn) -> Reply:
    """When nothing is sent, and how that is changed."""
    quiet = remind.wish_of(turn).quiet
    hours = remind.hours(quiet.start, quiet.end)
    lines = [text("reminders_chat", "hours_now", quiet=hours), text("reminders_chat", "hours_how")]
    return Text("\n".join(lines), choices("remind_settings"))


def _hours_meant(said: str) -> int | None:
    """早上九点以后再发: the hour from which it may be sent."""
    found = re.search(_follow()["from_then"], said)
    hour = whole(found[1]) if found is not None else None
    return hour if hour is not None and 0 < hour <= LAST_HOUR else None


def _set_hours(turn: Turn) -> Reply:
    remind.begin(turn)
    hour = _hours_meant(turn.text) or 0
    quiet = remind.wish_of(turn).quiet
    reminders.switch_on(turn.session, turn.follower.id, (), now=turn.now, quiet=(quiet.start, hour))
    return remind.told(turn, "set")


def _numbered(turn: Turn) -> list[str]:
    """The kinds that are named by their numbers in the list: 开第一个, 要第1和第5个."""
    wishes.understand(turn)
    kinds, numbers = list(reminders.titles()), turn.slots.get("record_numbers") or []
    inside = [at for at in numbers if 1 <= at <= len(kinds)]
    return [kinds[at - 1] for at in inside] if len(inside) == len(numbers) else []


def _by_number(turn: Turn) -> Reply:
    remind.begin(turn)
    kinds = _numbered(turn)
    if any(word in turn.text for word in topic("reminders_chat")["drop_words"]):
        reminders.switch_off(turn.session, turn.follower.id, kinds, now=turn.now)
    else:
        reminders.switch_on(turn.session, turn.follower.id, kinds, now=turn.now)
    return which_are_on(turn)


def _only(said: str) -> bool:
    return bool(_kinds(said)) and _any(_follow()["only"], said)


def _kinds(said: str) -> list[str]:
    """The kinds that are named, by their own words or by one for several."""
    rows = topic("reminders_chat")["kind_groups"]
    grouped = [one for row in rows if any(w in said for w in row["words"]) for one in row["kinds"]]
    return remind.kinds_in(said) or list(dict.fromkeys(grouped))


def _drops(said: str) -> bool:
    """优惠券的不要."""
    drops = any(word in said for word in topic("reminders_chat")["drop_words"])
    return drops and bool(remind.kinds_in(said))


def _wants_only(said: str) -> bool:
    """只提醒我优惠券."""
    return text("reminders_chat", "remind_word") in said and _only(said) and not is_question(said)


def _keep_only(turn: Turn) -> Reply:
    """只要期限快到的: these on, the others off."""
    if not turn.bindings():
        return remind.switch_on(turn)
    turn.context["topic"] = "remind_on"
    kinds = _kinds(turn.text)
    reminders.switch_on(turn.session, turn.follower.id, kinds, now=turn.now)
    unwanted = set(reminders.titles()) - set(kinds)
    if unwanted:
        reminders.switch_off(turn.session, turn.follower.id, unwanted, now=turn.now)
    names = "、".join(title for kind, title in reminders.titles().items() if kind in kinds)
    return Text(text("reminders_chat", "only", kinds=names), choices("remind_settings"))

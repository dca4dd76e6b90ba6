"""哪个最快, 哪样最省事, 我这把年纪能弄哪个: which of the ways up, by what the rules say."""

from __future__ import annotations

import re

from bot.follow_up import bare
from bot.reply import Reply, Text
from bot.turn import Handler, Routes, Turn
from config.texts import text, topic
from credit_core.rules.book import rule_book
from credit_core.rules.schema import Item
from handlers.chat.phrases import bind_first, choices, day, points_in_words
from handlers.chat.repair import repair_from, repairable

ABOUT = frozenset({"improve", "acts"})
LONGEST = 24
MOST_REPAIRS = 2


def register(routes: Routes) -> None:
    routes.pointing.append(_asks)


def _asks(turn: Turn) -> Handler | None:
    said = bare(turn.text)
    typed = turn.typed and len(said) <= LONGEST
    if turn.context.get("topic") not in ABOUT or not typed:
        return None
    if re.search(topic("score")["easiest"]["asks_else"], said):
        return None  # 现在这个等级能享受点啥.
    of_act = turn.context.get("topic") == "acts"
    if of_act and re.fullmatch(topic("acts")["asks_most"], said):
        return None  # 一年最多呢, of the act spoken of.
    wanted = topic("score")["easiest"]["asks"]
    return easiest if any(re.search(one, said) for one in wanted) else None


def easiest(turn: Turn) -> Reply:
    """What a repair gives back and from when, then what one can do oneself, most points first."""
    subject = turn.subject()
    if subject is None:
        return bind_first(turn, "improve")
    turn.context["topic"] = "improve"
    rules = rule_book(turn.session).on(subject.kind, turn.today).rules
    own = [item for item in rules.items if item.self_help]
    own.sort(key=_points, reverse=True)
    lines, bad = [], [line for line in repairable(turn) if line.points < 0]
    for line in sorted(bad, key=lambda one: one.points)[:MOST_REPAIRS]:
        on = repair_from(turn, line)
        if on is not None:
            key = "repair_now" if on <= turn.today else "repair_later"
            shown = {"title": line.title, "points": -line.points, "on": day(on)}
            lines.append(text("score", f"easiest.{key}", **shown))
    if own:
        lines.append(text("score", "easiest.head"))
        lines += [_row(item) for item in own]
    return Text("\n".join(lines), choices(*(["repair"] if bad else []), "improve", "agent"))


def _row(item: Item) -> str:
    """One act: its points, and what is known of how it is done."""
    note = topic("score")["easiest"]["notes"].get(item.code, "")
    points = points_in_words(_points(item))
    return text("score", "easiest.line", title=item.title, points=points, note=note)


def _points(item: Item) -> int:
    return max(variant.points for variant in item.variants)

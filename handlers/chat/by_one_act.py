"""光靠这个到得了AAA吗: how far the act that was just asked about leads by itself."""

from __future__ import annotations

import re

from bot import wishes
from bot.reply import Reply, Text
from bot.turn import Handler, Routes, Turn
from config.texts import text, topic
from credit_core.rules.book import rule_book
from credit_core.rules.schema import Item, RuleSet
from credit_core.scoring import Score, score
from credit_core.subjects.models import Subject
from handlers.chat import acts
from handlers.chat.phrases import choices
from handlers.chat.score import not_evaluated

LONGEST = 20


def register(routes: Routes) -> None:
    routes.pointing.append(_asks)


def _asks(turn: Turn) -> Handler | None:
    item, subject = acts.act_spoken_of(turn), turn.subject()
    if item is None or subject is None or not turn.typed or len(turn.text) > LONGEST:
        return None
    wishes.understand(turn)
    grades = turn.slots.get("grades") or []
    asks = re.search(topic("acts")["reaches"]["asks"], turn.text)
    if not grades or asks is None or acts.usual_level(item).points <= 0:
        return None
    return lambda turn: told(turn, subject, item, grades[0])


def told(turn: Turn, subject: Subject, item: Item, wanted: str) -> Reply:
    """The score with all that this act can add, beside the grade that is wanted."""
    rules = rule_book(turn.session).on(subject.kind, turn.today).rules
    target = next((grade for grade in rules.grades if grade.grade == wanted), None)
    now = score(turn.session, subject, turn.today)
    if target is None or not now.evaluated or now.score is None:
        return not_evaluated(turn, subject, now)
    points = _most(item, rules, now)
    then = min(now.score + points, rules.cap)
    shown = {"title": item.title, "points": points, "then": then, "wanted": wanted}
    if then < target.at_least:
        gap = {"at_least": target.at_least, "gap": target.at_least - then}
        return Text(text("acts", "reaches.short", **shown, **gap), choices("improve", "score"))
    bad = any(line.negative for line in now.lines)
    key = "reaches.points_only" if bad and target.conditions else "reaches.enough"
    return Text(text("acts", key, **shown), choices("improve", "score"))


def _most(item: Item, rules: RuleSet, now: Score) -> int:
    """What the act can still add until its limit, done as often as it takes; once without one."""
    usual = acts.usual_level(item)
    name = item.group or usual.group or ""
    group = rules.groups.get(name)
    if group is None or group.at_most is None:
        return usual.points
    same = {one.code for one in rules.items if (one.group or acts.usual_level(one).group) == name}
    gained = sum(line.points for line in now.lines if line.item in same and line.points > 0)
    return max(group.at_most - gained, 0)

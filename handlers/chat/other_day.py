"""六月份我多少分, 那明年这时候呢: the score of another day, past or to come."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta

from bot import wishes
from bot.follow_up import bare
from bot.reply import Reply, Text
from bot.turn import Routes, Turn
from bot.understanding.dates import find
from config.texts import text, topic
from credit_core.errors import Refusal
from credit_core.repair.ways import lawful_score
from credit_core.scoring import Score
from credit_core.scoring.whatif import changes
from credit_core.subjects.models import Subject
from handlers.chat.phrases import bind_first, choices, day, shown_name
from handlers.chat.score import summary

FARTHEST = timedelta(days=366 * 10)
MOST_CAUSES = 4
OF_SCORE = frozenset({"score", "score_detail", "score_trend", "improve", "repair_guide", "acts"})


def register(routes: Routes) -> None:
    routes.named.append((lambda turn: other_day(turn) is not None, on_day))


def other_day(turn: Turn) -> date | None:
    """The day whose score the message asks for: 去年底我多少分, 9月1号几分, 那明年呢."""
    words, said = topic("score")["past"], turn.text
    if len(said) > words["longest"]:
        return None
    asks = any(word in said for word in words["asks"])
    if not asks and not _goes_on(turn):
        return None
    periods = wishes.understand(turn).slots.get("dates") or []
    ends = {end for one in periods if "to" in one and (end := _end(turn, one))}
    ends = {end for end in ends if end < turn.today} or ends
    on = ends.pop() if len(ends) == 1 else None
    if on is None or on > turn.today + FARTHEST:
        return None
    unwanted = words["not"] if on < turn.today else words["not_ahead"]
    return None if any(word in said for word in unwanted) else on


def _end(turn: Turn, period: dict[str, str]) -> date | None:
    """The last day of a period that is over or has not begun; of 年底 its last day as well.

    这个月 and 今年 are not over: that is the score of now.
    """
    first, last = date.fromisoformat(period["from"]), date.fromisoformat(period["to"])
    ahead = first > turn.today or re.search(topic("score")["past"]["edge"], turn.text)
    return last if last < turn.today or (last > turn.today and ahead) else None


def _goes_on(turn: Turn) -> bool:
    """那8月底呢, 再过一年呢: only another day, after a score."""
    words = topic("score")["past"]
    if turn.context.get("past_day") and len(bare(turn.text)) <= words["only_day"]:
        return True
    named = find(turn.text, turn.today)
    if len(named) != 1 or turn.context.get("topic") not in OF_SCORE:
        return False
    left = turn.text[: named[0].start] + turn.text[named[0].end :]
    return re.fullmatch(words["beside_day"], left) is not None


def on_day(turn: Turn) -> Reply:
    """The score of a past day by the rules of that day, and what has become of it; of a day to
    come what today's records make of it by then."""
    subject, on = turn.subject(), other_day(turn)
    if subject is None or on is None:
        return bind_first(turn, "score")
    turn.context["topic"] = "score_trend"
    turn.context["past_day"] = True
    if on < subject.registered_on:
        return Text(text("score", "on_before", on=day(on)), choices("score", "trend"))
    city = turn.services.settings.city
    try:
        then = lawful_score(turn.session, subject, on, city=city)
    except Refusal:
        return Text(text("score", "on_before", on=day(on)), choices("score", "trend"))
    if not then.evaluated:
        reason = then.reason_text or ""
        return Text(text("score", "on_not_evaluated", on=day(on), reason=reason), choices("score"))
    shown = {"on": day(on), "name": shown_name(subject), "score": then.score, "grade": then.grade}
    now = lawful_score(turn.session, subject, turn.today, city=city)
    if on > turn.today:
        return _ahead(turn, subject, now, on, shown)
    lines = [text("score", "on_day", **shown), summary(then)]
    if now.evaluated:
        key = "on_same" if now.score == then.score else "on_now"
        lines.append(text("score", key, score=now.score, grade=now.grade))
    return Text("\n".join(lines), choices("trend", "lines"))


def _ahead(turn: Turn, subject: Subject, now: Score, on: date, shown: Mapping[str, object]) -> Text:
    """A day to come, with what will have changed by itself."""
    lines = [text("score", "on_ahead", **shown)]
    found = changes(turn.session, subject, turn.today, on)
    for one in found[:MOST_CAUSES]:
        titles = "、".join(f"“{cause.title}”" for cause in one.causes if cause.title)
        if titles and one.score.evaluated:
            moved = {"score": one.score.score, "titles": titles}
            lines.append(text("score", "on_ahead_line", on=day(one.on), **moved))
    if now.evaluated and not found:
        lines.append(text("score", "on_same", score=now.score, grade=now.grade))
    lines.append(text("score", "on_ahead_if"))
    return Text("\n".join(lines), choices("improve", "lines"))

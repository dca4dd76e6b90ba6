"""分数走势, 怎么提高: how the score came to be what it is, and the honest ways up."""

from __future__ import annotations

import re
from datetime import timedelta

from bot import wishes
from bot.follow_up import bare
from bot.reply import Reply, Text
from bot.turn import Handler, Routes, Turn
from bot.understanding.numbers import NUMBER, whole
from config.texts import text, topic
from credit_core.rules.book import rule_book
from credit_core.scoring import score as score_on
from credit_core.scoring.wanted import Step, Way, ways_to
from credit_core.scoring.whatif import Change, upcoming, what_if_all_repaired
from credit_core.scoring.whatif import changes as changed_days
from credit_core.subjects.models import Subject
from handlers.chat.phrases import bind_first, choices, day, points_in_words, shown_name
from handlers.chat.score import not_evaluated

YEAR = timedelta(days=365)
MOST_WAYS, MOST_LETTERS = 2, 180
MOST_TREND = 10
LONGEST_REACH = 24
_POINTS = re.compile(rf"({NUMBER})分")
MOST_ADDITIONS = 3
ENDING = frozenset({"repair", "wait"})


def register(routes: Routes) -> None:
    routes.intents["score_trend"] = changes
    routes.intents["improve"] = improve
    routes.pointing.append(only_grade)
    routes.named.append((lambda turn: _reached(turn) is not None, reaches))
    routes.named.append((_asks_when_first, when))
    routes.asks["score", "when"] = when
    routes.asks["score_trend", "when"] = when
    routes.asks["score_detail", "when"] = when


def changes(turn: Turn) -> Reply:
    """The days on which the score changed, with the cause of each point."""
    subject = turn.subject()
    if subject is None:
        return bind_first(turn, "score_trend")
    now = score_on(turn.session, subject, turn.today)
    first = max(subject.registered_on, turn.today - YEAR)
    found = [
        one for one in changed_days(turn.session, subject, first, turn.today) if one.score.evaluated
    ]
    if not found:
        if not now.evaluated:
            return not_evaluated(turn, subject, now)
        same = text("score", "trend_none", score=now.score, grade=now.grade)
        return Text(same, choices("lines", "improve"))
    lines = []
    for one in found:
        made = one.score
        lines.append(
            text("score", "trend_line", on=day(one.on), score=made.score, grade=made.grade)
        )
        for cause in one.causes:
            why = text("score", f"trend_why.{cause.why}", title=cause.title)
            lines.append(
                text("score", "trend_cause", change=points_in_words(cause.points), cause=why)
            )
    head = text("score", "trend_head", name=shown_name(subject))
    return Text("\n".join([head, *lines[-MOST_TREND:]]), choices("lines", "improve"))


def _asks_when_first(turn: Turn) -> bool:
    """那我什么时候才有, from somebody who has no score yet."""
    if len(turn.text) > LONGEST_REACH or not turn.typed:
        return False
    if not any(re.search(one, bare(turn.text)) for one in topic("score")["begins"]):
        return False
    subject = turn.subject()
    return subject is not None and not score_on(turn.session, subject, turn.today).evaluated


def when(turn: Turn) -> Reply:
    """什么时候 after the score: what changes when, after its lines: when they can end; the first
    day with a score, where there is none yet."""
    subject = turn.subject()
    if subject is None:
        return bind_first(turn, "score")
    result = score_on(turn.session, subject, turn.today)
    if result.evaluated:
        if turn.context.get("topic") == "score_detail":
            turn.context["topic"] = "repair_guide"
            return turn.services.routes.asks["repair_guide", "when"](turn)
        return turn.services.routes.intents["improve"](turn)
    begins = subject.evaluable_from
    if begins is None or begins <= turn.today:
        return not_evaluated(turn, subject, result)
    shown = {"name": shown_name(subject), "on": day(begins), "reason": result.reason_text or ""}
    return Text(text("score", "evaluated_from", **shown), choices("help"))


def _reached(turn: Turn) -> int | None:
    """The points of 什么时候能回到1000分."""
    if len(turn.text) > LONGEST_REACH:
        return None
    found = _POINTS.search(turn.text)
    asks = re.search(topic("score")["reach"]["asks"], turn.text)
    return whole(found[1]) if found and asks else None


def reaches(turn: Turn) -> Reply:
    """When the score gets there by itself, and what repairs would bring at once."""
    subject, wanted = turn.subject(), _reached(turn) or 0
    if subject is None:
        return bind_first(turn, "improve")
    now = score_on(turn.session, subject, turn.today)
    if not now.evaluated or now.score is None:
        return not_evaluated(turn, subject, now)
    turn.context["topic"] = "improve"
    if now.score >= wanted:
        return Text(text("score", "reach.there", score=now.score), choices("lines", "benefits"))
    coming = upcoming(turn.session, subject, turn.today, months=120)
    then = next((one for one in coming if (one.score.score or 0) >= wanted), None)
    lines = [text("score", "reach.never", wanted=wanted)]
    if then is not None:
        shown = {"score": then.score.score, "grade": then.score.grade}
        lines = [text("score", "reach.itself", on=day(then.on), **shown)]
    ids = {line.record_id for line in now.lines if line.negative and line.record_id is not None}
    if ids:
        mended = what_if_all_repaired(turn.session, subject, ids, turn.today)
        lines.append(text("score", "reach.repaired", score=mended.score, grade=mended.grade))
    return Text("\n".join(lines), choices("repair", "improve") if ids else choices("improve"))


def only_grade(turn: Turn) -> Handler | None:
    """那AA呢, after the way up to another grade."""
    grades = turn.slots.get("grades") if wishes.understand(turn) else None
    if turn.context.get("topic") not in {"improve", "acts"} or not grades:
        return None
    said = bare(re.sub(topic("score")["not_that_grade"], "", turn.text))
    return improve if len(said) <= len(grades[0]) + len("级呢") else None


def improve(turn: Turn) -> Reply:
    """The next better grade: what is missing, the cheapest honest ways, and what comes by
    itself."""
    subject = turn.subject()
    if subject is None:
        return bind_first(turn, "improve")
    turn.context["topic"] = "improve"
    now = score_on(turn.session, subject, turn.today)
    if not now.evaluated or now.grade is None or now.score is None:
        return not_evaluated(turn, subject, now)
    grades = rule_book(turn.session).on(subject.kind, turn.today).rules.grades
    ladder = sorted(grades, key=lambda grade: grade.at_least)
    better = [grade for grade in ladder if grade.at_least > now.score or grade.grade != now.grade]
    names = [grade.grade for grade in ladder]
    above = [grade for grade in better if names.index(grade.grade) > names.index(now.grade)]
    wanted = turn.slots.get("grades") or []
    target = next(
        (grade for grade in above if wanted and grade.grade == wanted[0]),
        above[0] if above else None,
    )
    if target is None:
        return Text(text("score", "improve_top", grade=now.grade), choices("benefits", "lines"))
    gap = max(target.at_least - now.score, 0)
    lines = [text("score", "improve_head", grade=now.grade, wanted=target.grade, gap=gap)]
    ways = _ways(turn, subject, target.grade)
    for number, way in enumerate(ways, 1):
        steps = "；".join(_step(step) for step in way.steps)
        key = "improve_way_now" if way.on <= turn.today else "improve_way"
        told = text("score", key, number=number, steps=steps, on=day(way.on))
        if number > 1 and sum(map(len, lines)) + len(told) > MOST_LETTERS:
            break
        lines.append(told)
    if not ways:
        lines.append(text("score", "improve_none"))
    others = _other_additions(turn, subject, ways) if len(ways) <= 1 else []
    if others:
        lines.append(text("score", "adds", titles="、".join(others)))
    coming = upcoming(turn.session, subject, turn.today, months=24)
    if coming:
        lines.append(_by_itself(coming[0]))
    has_bad = any(line.negative for line in now.lines)
    following = ("repair", "detail", "benefits") if has_bad else ("benefits", "lines")
    return Text("\n".join(lines), choices(*following))


def _ways(turn: Turn, subject: Subject, grade: str) -> list[Way]:
    """The ways up; one that only waits where another repairs is told by what comes by itself."""
    found = ways_to(turn.session, subject, grade, turn.today, city=turn.services.settings.city)
    told: list[Way] = []
    for way in found[:MOST_WAYS]:
        ended = {step.title for step in way.steps if step.kind in ENDING}
        if any(ended == {step.title for step in one.steps if step.kind in ENDING} for one in told):
            continue
        told.append(way)
    return told


def _other_additions(turn: Turn, subject: Subject, ways: list[Way]) -> list[str]:
    """What else adds points, for somebody who asks what to do."""
    if turn.follower.elderly_mode:
        return []
    named = {step.title for way in ways for step in way.steps}
    items = rule_book(turn.session).on(subject.kind, turn.today).rules.items
    adding = (item for item in items if any(variant.points > 0 for variant in item.variants))
    return [item.title for item in adding if item.title not in named][:MOST_ADDITIONS]


def _step(step: Step) -> str:
    pointless = step.kind in {"repair", "wait"} and step.points == 0
    return text(
        "score",
        f"improve_step.{step.kind}{'_only' if pointless else ''}",
        title=step.title,
        points=points_in_words(step.points),
        times=step.times,
        on=day(step.on),
        document_no=step.document_no,
    )


def _by_itself(change: Change) -> str:
    names = "、".join(dict.fromkeys(cause.title for cause in change.causes if cause.title))
    if change.score.score is None:
        return text("score", "improve_itself_none", on=day(change.on))
    return text(
        "score",
        "improve_itself",
        on=day(change.on),
        score=change.score.score,
        grade=change.score.grade,
        cause=names,
    )

"""分数走势, 怎么提高: how the score came to be what it is, and the honest ways up."""

from __future__ import annotations

from datetime import timedelta

from bot.reply import Reply, Text
from bot.turn import Routes, Turn
from config.texts import text
from credit_core.rules.book import rule_book
from credit_core.scoring import score as score_on
from credit_core.scoring.history import causes, month_starts, trend
from credit_core.scoring.whatif import Change, Step, upcoming, ways_to
from handlers.chat.bind import shown_name
from handlers.chat.phrases import bind_first, choices, day
from handlers.chat.score import not_evaluated

YEAR = timedelta(days=365)
MOST_WAYS = 2
MOST_TREND = 10


def register(routes: Routes) -> None:
    routes.intents["score_trend"] = changes
    routes.intents["improve"] = improve
    routes.asks["score", "when"] = when
    routes.asks["score_trend", "when"] = when
    routes.asks["score_detail", "when"] = when


def changes(turn: Turn) -> Reply:
    """The months in which the score changed, with the cause of each point."""
    subject = turn.subject()
    if subject is None:
        return bind_first(turn, "score_trend")
    first = max(subject.registered_on, turn.today - YEAR)
    scores = [
        one
        for one in trend(turn.session, subject, [first, *month_starts(first, turn.today)])
        if one.evaluated
    ]
    if not scores:
        return not_evaluated(turn, subject, score_on(turn.session, subject, turn.today))
    lines = [text("score", "trend_head", name=shown_name(subject))]
    before = scores[0]
    for after in scores[1:]:
        if after.score == before.score and after.grade == before.grade:
            continue
        lines.append(
            text("score", "trend_line", on=day(after.on), score=after.score, grade=after.grade)
        )
        for cause in causes(before, after):
            why = text("score", f"trend_why.{cause.why}", title=cause.title)
            lines.append(text("score", "trend_cause", change=_signed(cause.points), cause=why))
        before = after
    lines = lines[:1] + lines[1:][-MOST_TREND:]
    if len(lines) == 1:
        last = scores[-1]
        lines = [text("score", "trend_none", score=last.score, grade=last.grade)]
    return Text("\n".join(lines), choices("lines", "improve"))


def when(turn: Turn) -> Reply:
    """什么时候 after the score: what changes when, after its lines: when they can end; the first
    day with a score, where there is none yet."""
    subject = turn.subject()
    if subject is None:
        return bind_first(turn, "score")
    result = score_on(turn.session, subject, turn.today)
    if result.evaluated:
        ends = turn.context.get("topic") == "score_detail"
        return turn.services.routes.intents["repair_guide" if ends else "improve"](turn)
    begins = subject.evaluable_from
    if begins is None or begins <= turn.today:
        return not_evaluated(turn, subject, result)
    shown = {"name": shown_name(subject), "on": day(begins)}
    return Text(text("score", "evaluated_from", **shown), choices("help"))


def improve(turn: Turn) -> Reply:
    """The next better grade: what is missing, the cheapest honest ways, and what comes by
    itself."""
    subject = turn.subject()
    if subject is None:
        return bind_first(turn, "improve")
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
    ways = ways_to(
        turn.session, subject, target.grade, turn.today, city=turn.services.settings.city
    )[:MOST_WAYS]
    for number, way in enumerate(ways, 1):
        steps = "；".join(_step(step) for step in way.steps)
        key = "improve_way_now" if way.on <= turn.today else "improve_way"
        lines.append(text("score", key, number=number, steps=steps, on=day(way.on)))
    if not ways:
        lines.append(text("score", "improve_none"))
    coming = upcoming(turn.session, subject, turn.today, months=24)
    if coming:
        lines.append(_by_itself(coming[0]))
    has_bad = any(line.negative for line in now.lines)
    following = ("repair", "detail", "benefits") if has_bad else ("benefits", "lines")
    return Text("\n".join(lines), choices(*following))


def _step(step: Step) -> str:
    return text(
        "score",
        f"improve_step.{step.kind}",
        title=step.title,
        points=_signed(step.points),
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


def _signed(points: int) -> str:
    return f"+{points}" if points > 0 else f"−{-points}"

"""我的信用分、为什么扣分: the score, and every line behind it."""

from __future__ import annotations

from bot.reply import Reply, Text
from bot.turn import Routes, Turn
from config.texts import text
from credit_core.records.models import RecordState
from credit_core.scoring import Line, Override, Score
from credit_core.scoring import score as score_on
from credit_core.scoring.result import End
from credit_core.subjects.models import Subject
from handlers.chat.bind import shown_name
from handlers.chat.phrases import bind_first, choices, day


def register(routes: Routes) -> None:
    routes.intents["score"] = score
    routes.intents["score_detail"] = detail


def score(turn: Turn) -> Reply:
    """Score, grade, as of when, and how it came about in one line."""
    subject = turn.subject()
    if subject is None:
        return bind_first(turn, "score")
    result = score_on(turn.session, subject, turn.today)
    if not result.evaluated:
        return not_evaluated(subject, result)
    lines = [
        text(
            "score",
            "score",
            name=shown_name(subject),
            score=result.score,
            grade=result.grade,
            on=day(turn.today),
        ),
        _summary(result),
        *(_held(override) for override in result.overrides),
    ]
    if any(line.negative for line in result.lines):
        lines.append(text("score", "human"))
        return Text("\n".join(lines), choices("detail", "improve", "benefits"))
    return Text("\n".join(lines), choices("detail", "benefits", "improve"))


def not_evaluated(subject: Subject, result: Score) -> Text:
    """暂不评价, and why."""
    lines = [
        text("score", "not_evaluated", name=shown_name(subject), reason=result.reason_text or ""),
        text("score", "not_evaluated_hint"),
    ]
    return Text("\n".join(lines), choices("benefits", "agent"))


def detail(turn: Turn) -> Reply:
    """The lines behind the score: record, rule, basis, since when, until when, how it ends.

    The numbers of this list are remembered: «第二条怎么修复» then means its second line.
    """
    subject = turn.subject()
    if subject is None:
        return bind_first(turn, "score_detail")
    result = score_on(turn.session, subject, turn.today)
    if not result.evaluated:
        return not_evaluated(subject, result)
    # What was asked for first: the lines that cost points.
    numbered = sorted(
        (line for line in result.lines if line.record_id is not None),
        key=lambda line: not line.negative,
    )
    limits = [line for line in result.lines if line.record_id is None]
    turn.context["records"] = [line.record_id for line in numbered]
    shown = {
        "on": day(turn.today),
        "name": shown_name(subject),
        "score": result.score,
        "grade": result.grade,
    }
    if not result.lines:
        body = [text("score", "no_lines", **shown)]
    else:
        total = "".join(_signed(line.points) for line in (*numbered, *limits))
        body = [text("score", "detail_head", base=result.base, sum=total, **shown)]
        body += [explained(line, number) for number, line in enumerate([*numbered, *limits], 1)]
    body += [_held(override) for override in result.overrides]
    if result.ended:
        body.append(text("score", "ended_head"))
        body += [
            text(
                "score",
                "ended_line",
                title=line.title,
                state=text("score", f"states.{line.state}").strip("（）"),
                document_no=line.document_no,
            )
            for line in result.ended
        ]
    if any(line.negative for line in result.lines):
        body.append(text("score", "detail_hint"))
        return Text("\n".join(body), choices("objection", "repair", "improve"))
    return Text("\n".join(body), choices("benefits", "improve"))


def explained(line: Line, number: int) -> str:
    """One line of a score for people."""
    if line.record_id is None:
        return text(
            "score",
            "line_limit",
            number=number,
            title=line.title,
            points=_signed(line.points),
            note=line.basis,
        )
    return text(
        "score",
        "line",
        number=number,
        title=line.title,
        points=_signed(line.points),
        state=text("score", f"states.{RecordState(line.state)}"),
        basis=line.basis,
        document_no=line.document_no,
        source_unit=line.source_unit,
        since=day(line.effective_from),
        ends="；".join(_end(end) for end in line.ends_by),
    )


def _end(end: End) -> str:
    return text("score", f"ends.{end.way}", on=day(end.on) if end.on else "")


def _summary(result: Score) -> str:
    plus = [line.points for line in result.lines if line.points > 0]
    minus = [-line.points for line in result.lines if line.points < 0]
    parts = []
    if plus:
        parts.append(text("score", "plus", count=len(plus), points=sum(plus)))
    if minus:
        parts.append(text("score", "minus", count=len(minus), points=sum(minus)))
    if not parts:
        return text("score", "same", base=result.base)
    return text("score", "counted", base=result.base, parts="，".join(parts))


def _held(override: Override) -> str:
    until = (
        text("score", "held_until", on=day(override.effective_to)) if override.effective_to else ""
    )
    return text(
        "score",
        "held",
        title=override.title,
        document_no=override.document_no,
        at_most=override.at_most,
        until=until,
    )


def _signed(points: int) -> str:
    return f"+{points}" if points > 0 else f"−{-points}" if points < 0 else "0"

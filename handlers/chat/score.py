"""我的信用分、为什么扣分: the score, and every line behind it."""

from __future__ import annotations

from bot.follow_up import names_both, number
from bot.reply import Choice, Reply, Text
from bot.turn import Routes, Turn
from config.texts import text
from credit_core.records.models import Record, RecordState
from credit_core.repair.ends import label_of
from credit_core.repair.ways import lawful_file, lawful_score
from credit_core.scoring import Line, Override, Score
from credit_core.scoring.result import End
from credit_core.subjects.models import Subject
from handlers.chat import which
from handlers.chat.phrases import bind_first, choices, day, points_in_words, shown_name

MOST_LINES = 3
MOST_ENDED = 3
OVER = {RecordState.REPAIRED, RecordState.EXPIRED}


def register(routes: Routes) -> None:
    routes.intents["score"] = score
    routes.intents["score_detail"] = detail
    routes.taps["more_lines"] = more
    routes.taps["whose"] = other
    routes.asks["score_detail", "next"] = more
    for about in ("score", "score_detail", "improve", "score_trend"):
        routes.numbered[about] = one_line


def score(turn: Turn) -> Reply:
    """Score, grade, as of when, and how it came about; of both, where both are named."""
    if turn.resident() and turn.organisation() and names_both(turn.text):
        told = []
        for whose in ("person", "organisation"):
            turn.context["whose"] = whose
            told.append(_one_score(turn))
        return Text(
            "\n\n".join(one.content for one in told if isinstance(one, Text)),
            choices("detail", "benefits"),
        )
    return _one_score(turn)


def _one_score(turn: Turn) -> Reply:
    subject = turn.subject()
    if subject is None:
        return bind_first(turn, "score")
    result = lawful_score(turn.session, subject, turn.today, city=turn.services.settings.city)
    if not result.evaluated:
        return not_evaluated(turn, subject, result)
    plain = turn.follower.elderly_mode
    lines = [
        text(
            "elderly" if plain else "score",
            "score",
            name=shown_name(subject),
            score=result.score,
            grade=result.grade,
            on=day(turn.today),
        ),
        _plain_summary(result) if plain else summary(result),
        *(_held(override) for override in result.overrides),
    ]
    if any(line.negative for line in result.lines):
        following = choices("detail", "improve", "benefits")
    elif result.lines:
        following = choices("lines", "benefits", "improve")
    else:
        following = choices("benefits", "improve")
    return Text("\n".join(lines), (*following, *_other_subject(turn, subject)))


def _other_subject(turn: Turn, shown: Subject) -> tuple[Choice, ...]:
    """Somebody who is a person and a clerk is offered the other score."""
    person, organisation = turn.resident(), turn.organisation()
    if person is None or organisation is None:
        return ()
    if shown.id == person.id:
        return (Choice("whose:organisation", text("score", "other", name=organisation.name)),)
    return (Choice("whose:person", text("score", "other_own")),)


def other(turn: Turn) -> Reply:
    turn.context["whose"] = turn.choice.partition(":")[2]
    turn.context["topic"] = "score"
    return score(turn)


def not_evaluated(turn: Turn, subject: Subject, result: Score) -> Text:
    """暂不评价, and why."""
    lines = [
        text("score", "not_evaluated", name=shown_name(subject), reason=result.reason_text or ""),
        text("score", "not_evaluated_hint"),
    ]
    following = (*choices("benefits", "agent"), *_other_subject(turn, subject))
    return Text("\n".join(lines), following)


def detail(turn: Turn) -> Reply:
    """The lines behind the score: record, rule, basis, since when, until when, how it ends.

    The numbers of this list are remembered: «第二条怎么修复» then means its second line. A
    message that tells one of several records apart gets that one: 为什么扣了50分.
    """
    lines = records_of(turn)
    if len(lines) > 1 and turn.typed:
        named = number(turn, len(lines))
        if named is not None and not 1 <= named <= len(lines):
            return Text(text("common", "only_so_many", count=len(lines)), choices("lines"))
        line = which.meant(turn, lines)
        if line is not None:
            return about_line(turn, line)
    return _lines_from(turn, 0)


def records_of(turn: Turn) -> list[Line]:
    """The lines with a record, as they are numbered, and those that are over."""
    subject = turn.subject()
    if subject is None:
        return []
    result = lawful_file(turn.session, subject, turn.today, city=turn.services.settings.city)
    lines = sorted(result.lines, key=lambda line: not line.negative)
    return [line for line in (*lines, *result.ended) if line.record_id is not None]


def more(turn: Turn) -> Reply:
    """The lines after those that were shown last."""
    turn.context["topic"] = "score_detail"
    return _lines_from(turn, int(turn.context.get("lines_shown", 0)))


def _lines_from(turn: Turn, start: int) -> Reply:
    subject = turn.subject()
    if subject is None:
        return bind_first(turn, "score_detail")
    result = lawful_score(turn.session, subject, turn.today, city=turn.services.settings.city)
    if not result.evaluated:
        return not_evaluated(turn, subject, result)
    listed = _listed(turn, result)
    if start and start >= len(listed):
        return Text(text("common", "just_these"), choices("score", "agent"))
    shown = listed[start : start + MOST_LINES]
    turn.context["lines_shown"] = start + len(shown)
    turn.context.pop("record", None)
    body = _head(turn, subject, result, listed) if not start else []
    tell = _told_plainly if turn.follower.elderly_mode else explained
    body += [tell(line, at, turn) for at, line in enumerate(shown, start + 1)]
    if not start:
        body += [_held(override) for override in result.overrides]
    left = len(listed) - start - len(shown)
    if not left and result.ended:
        body += _ended(turn, result)
    has_bad = any(line.negative for line in result.lines)
    if left:
        body.append(text("score", "left", count=left))
    elif has_bad:
        key = "detail_more" if turn.follower.elderly_mode else "detail_hint"
        body.append(text("elderly" if turn.follower.elderly_mode else "score", key))
    following = ("repair", "objection", "improve") if has_bad else ("benefits", "improve")
    return Text(
        "\n".join(body), (*choices(*(["more_lines"] if left else [])), *choices(*following))
    )


def _listed(turn: Turn, result: Score) -> list[Line]:
    """The lines in the order of their numbers; those that cost points first."""
    numbered = sorted(
        (line for line in result.lines if line.record_id is not None),
        key=lambda line: not line.negative,
    )
    turn.context["records"] = [line.record_id for line in numbered]
    return [*numbered, *(line for line in result.lines if line.record_id is None)]


def _head(turn: Turn, subject: Subject, result: Score, listed: list[Line]) -> list[str]:
    shown = {
        "on": day(turn.today),
        "name": shown_name(subject),
        "score": result.score,
        "grade": result.grade,
    }
    if not listed:
        return [text("score", "no_lines", **shown)]
    if turn.follower.elderly_mode:
        return [text("elderly", "score", **shown)]
    total = "、".join(points_in_words(line.points) for line in listed)
    if len(listed) > 1:
        whole = sum(line.points for line in listed)
        key = "detail_total" if whole else "detail_even"
        total += text("score", key, total=points_in_words(whole))
    head = [text("score", "detail_head", base=result.base, sum=total, **shown)]
    if not any(line.negative for line in listed):
        head.append(text("score", "no_minus"))
    return head


def _ended(turn: Turn, result: Score) -> list[str]:
    lines = [text("score", "ended_head")]
    lines += [
        text(
            "score",
            "ended_line",
            title=line.title,
            state=_how_ended(turn, line),
            document_no=line.document_no,
        )
        for line in result.ended[:MOST_ENDED]
    ]
    return lines


def one_line(turn: Turn) -> Reply:
    """第二条 alone after the score or its lines: that line, and what can be done about it."""
    subject = turn.subject()
    if subject is None:
        return bind_first(turn, "score_detail")
    result = lawful_score(turn.session, subject, turn.today, city=turn.services.settings.city)
    if not result.evaluated:
        return not_evaluated(turn, subject, result)
    listed = _listed(turn, result)
    if not listed:
        return detail(turn)
    wanted = number(turn, len(listed))
    if wanted is None or not 1 <= wanted <= len(listed):
        return Text(text("common", "only_so_many", count=len(listed)), choices("lines"))
    line = listed[wanted - 1]
    if line.record_id is None:
        turn.context["topic"] = "score_detail"
        tell = _told_plainly if turn.follower.elderly_mode else explained
        return Text(tell(line, wanted, turn), choices("lines"))
    return about_line(turn, line)


def about_line(turn: Turn, line: Line) -> Reply:
    """One record, and what can be done about it; from here on it is the one spoken of."""
    turn.context["topic"] = "score_detail"
    turn.context["record"] = line.record_id
    listed = [one.record_id for one in records_of(turn)]
    turn.context["records"] = listed
    at = listed.index(line.record_id) + 1 if line.record_id in listed else 1
    if line.state in OVER or line.note == "ended":
        return Text(over(turn, line), choices("lines"))
    objection = Choice(f"object_to:{line.record_id}", text("score", "object_to", number=at))
    repair = Choice(f"repair_of:{line.record_id}", text("score", "repair_of", number=at))
    tell = _told_plainly if turn.follower.elderly_mode else explained
    return Text(tell(line, at, turn), (repair, objection) if line.negative else (objection,))


def over(turn: Turn, line: Line) -> str:
    """A record that no longer counts, and why."""
    return text(
        "score",
        "over_already",
        title=line.title,
        document_no=line.document_no,
        state=_how_ended(turn, line),
    )


def _how_ended(turn: Turn, line: Line) -> str:
    """Expired, or repaired: then with the label that it carries by law."""
    record = turn.session.get(Record, line.record_id) if line.record_id is not None else None
    label = label_of(turn.session, record) if record is not None else None
    state = text("score", f"states.{line.state}").strip("（）")
    return f"{state}；{label}" if label and line.state == RecordState.REPAIRED else state


def explained(line: Line, number: int, turn: Turn) -> str:
    """One line of a score for people."""
    if line.record_id is None:
        return text(
            "score",
            "line_limit",
            number=number,
            title=line.title,
            points=points_in_words(line.points),
            note=line.basis,
        )
    return text(
        "score",
        "line",
        number=number,
        title=line.title,
        points=points_in_words(line.points),
        state=text("score", f"states.{RecordState(line.state)}"),
        basis=line.basis,
        document_no=line.document_no,
        source_unit=line.source_unit,
        since=day(line.effective_from),
        ends="；".join(_end(end, turn) for end in _telling(line)),
    )


def _told_plainly(line: Line, number: int, _turn: Turn) -> str:
    """One line in one or two short sentences."""
    key = "detail_line" if line.points < 0 else "detail_plus"
    told = text("elderly", key, number=number, title=line.title, points=abs(line.points))
    until = next((end.on for end in line.ends_by if end.way == "expires" and end.on), None)
    return told if until is None else told + text("elderly", "detail_until", on=day(until))


def _telling(line: Line) -> tuple[End, ...]:
    """That one may object stands once below the list, so a line says it only for want of more."""
    ends = tuple(end for end in line.ends_by if end.way != "objection")
    return ends or tuple(line.ends_by)


def _end(end: End, turn: Turn) -> str:
    if end.way == "repair" and end.on is not None and end.on <= turn.today:
        return text("score", "ends.repair_now")
    return text("score", f"ends.{end.way}", on=day(end.on) if end.on else "")


def summary(result: Score) -> str:
    """How many lines add and how many take away, in one line."""
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


def _plain_summary(result: Score) -> str:
    minus = [-line.points for line in result.lines if line.points < 0]
    if not minus:
        return text("elderly", "score_same")
    return text("elderly", "score_minus", count=len(minus), points=sum(minus))


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

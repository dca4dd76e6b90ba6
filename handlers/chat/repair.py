"""信用修复: whether and when a record can be repaired."""

from __future__ import annotations

from datetime import date

from bot.follow_up import number
from bot.reply import Reply, Text
from bot.turn import Routes, Turn
from config.texts import text, topic
from credit_core.records.models import Record
from credit_core.repair.check import Condition, RepairCheck, check
from credit_core.repair.ways import lawful_file
from credit_core.scoring import Line
from handlers.chat import questions, which
from handlers.chat.phrases import bind_first, choices, day, points_in_words

MOST_DAYS = 4


def register(routes: Routes) -> None:
    routes.intents["repair_guide"] = guide
    routes.taps["repair_of"] = guide_tapped
    routes.asks["repair_guide", "when"] = when
    routes.asks["repair_guide", "how"] = how
    routes.asks["repair_guide", "why"] = why
    for about in ("repair_guide", "score_detail"):
        routes.asks[about, "sooner"] = no_sooner
    for about in ("score", "score_trend", "improve"):
        routes.asks[about, "plead"] = no_sooner
    routes.asks["repair_guide", "then"] = then
    for about in ("repair_guide", "repair_apply", "repair_status", "score_detail"):
        routes.asks[about, "place"] = place
    routes.asks["score", "ends"] = when
    routes.asks["score_trend", "ends"] = when
    for about in ("repair_guide", "score_detail"):
        routes.asks[about, "fix"] = fix
    routes.asks["repair_guide", "next"] = following
    routes.asks["score_detail", "how"] = guide
    routes.numbered["repair_guide"] = guide
    routes.numbered["repair_apply"] = guide


def guide(turn: Turn) -> Reply:
    """The conditions of one record, each with the day from which it passes.

    «怎么修复第二条» after the list of lines means its second line.
    """
    subject = turn.subject()
    if subject is None:
        return bind_first(turn, "repair_guide")
    lines = repairable(turn)
    if not lines:
        return Text(text("repair_chat", "none"), choices("score", "benefits"))
    turn.context["topic"] = "repair_guide"
    listed = turn.context.get("records") or lines
    named = number(turn, len(listed))
    if named is not None and not 1 <= named <= len(listed):
        shown = questions.numbered(lines, "repair_of")
        return Text(text("repair_chat", "too_many", count=len(listed)), shown)
    chosen = meant(turn, lines) or (lines[0] if len(lines) == 1 else None)
    if chosen is None:
        _remember_list(turn, lines)
        return Text(
            text(
                "repair_chat",
                "which",
                count=len(lines),
                lines=questions.listed("repair_chat", lines),
            ),
            questions.numbered(lines, "repair_of"),
        )
    return guide_to(turn, chosen)


def _remember_list(turn: Turn, lines: list[Line]) -> None:
    """From here on 第二条 means the second line of this list."""
    turn.context["records"] = [line.record_id for line in lines]
    turn.context.pop("record", None)


def spoken_of(turn: Turn) -> Line | None:
    """The record of the guide that was shown last, while it can still be repaired."""
    lines = repairable(turn)
    wanted = turn.context.get("record")
    return next((line for line in lines if line.record_id == wanted), None) or (
        lines[0] if len(lines) == 1 else None
    )


def when(turn: Turn) -> Reply:
    """多久, 到什么时候: the two days of the record that was spoken of, or of each."""
    line, lines = spoken_of(turn), repairable(turn)
    each = len(lines) > 1 and any(w in turn.text for w in topic("repair_chat")["plural_words"])
    if line is not None and not each:
        return days_of(turn, line)
    return _days_of_each(turn, lines) if lines else guide(turn)


def the_rest(turn: Turn) -> Reply:
    """剩下的两条呢: the days of all but the one that was spoken of."""
    spoken = turn.context.get("record")
    turn.context["topic"] = "repair_guide"
    return _days_of_each(turn, [one for one in repairable(turn) if one.record_id != spoken])


def _days_of_each(turn: Turn, lines: list[Line]) -> Text:
    shown = lines[:MOST_DAYS]
    return Text(
        "\n".join(_days_line(turn, at, one) for at, one in enumerate(shown, 1)),
        questions.numbered(shown, "repair_of"),
    )


def _days_line(turn: Turn, at: int, line: Line) -> str:
    found = _checked(turn, line)
    told = _verdict(found)
    if found.ends_on:
        told += text("repair_chat", "ends", on=day(found.ends_on))
    return text("repair_chat", "days_line", number=at, title=line.title, told=told)


def days_of(turn: Turn, line: Line) -> Text:
    """From when one record can be repaired, and when it ends by itself."""
    turn.context["record"] = line.record_id
    found = _checked(turn, line)
    shown = text("repair_chat", "of_record", title=line.title, points=points_in_words(line.points))
    lines = [shown, _verdict(found)]
    if found.ends_on:
        lines.append(text("repair_chat", "ends", on=day(found.ends_on)))
    return Text("\n".join(lines), choices("remind_on" if blocking(found) else "repair_apply"))


def how(turn: Turn) -> Reply:
    """怎么办: the steps, in order."""
    line = spoken_of(turn)
    if line is None:
        return guide(turn)
    found = _checked(turn, line)
    turn.context["steps"] = line.record_id
    steps = text("repair_chat", "steps", verdict=_verdict(found))
    return Text(steps, choices("remind_on" if blocking(found) else "repair_apply", "agent"))


def why(turn: Turn) -> Reply:
    """为什么不行: the conditions of the record that was spoken of."""
    line = spoken_of(turn)
    return guide(turn) if line is None else guide_to(turn, line)


def no_sooner(turn: Turn) -> Reply:
    """能不能早一点, 通融一下: the shortest time of display is what it is."""
    turn.context["topic"] = "repair_guide"
    line, told = spoken_of(turn), when(turn)
    if not repairable(turn):
        return Text(text("repair_chat", "no_favour"), choices("improve", "lines"))
    if line is None and isinstance(told, Text):
        return Text(f"{text('repair_chat', 'no_sooner')}\n{told.content}", told.choices)
    if line is None or not blocking(_checked(turn, line)):
        return why(turn)
    told = days_of(turn, line)
    lines = [text("repair_chat", "no_sooner"), told.content, text("repair_chat", "remind_then")]
    return Text("\n".join(lines), (*told.choices, *choices("objection")))


def place(turn: Turn) -> Reply:
    """在哪交, 上哪儿去办: in this talk, and at a counter for whom it is hard."""
    turn.context["topic"] = "repair_guide"
    return Text(text("repair_chat", "place"), choices("repair_apply", "agent"))


def then(turn: Turn) -> Reply:
    """然后呢: the steps, and after them what becomes of an application."""
    line = spoken_of(turn)
    if line is None or turn.context.get("steps") != line.record_id:
        return how(turn)
    blocked = blocking(_checked(turn, line))
    after = text("repair_chat", "after_steps")
    return Text(after, choices("remind_on" if blocked else "repair_apply", "agent"))


def fix(turn: Turn) -> Reply:
    """能修复吗: of the record that was spoken of, or of which."""
    turn.context["topic"] = "repair_guide"
    return why(turn)


def following(turn: Turn) -> Reply:
    """下一个: the guide of the record after the one that was spoken of."""
    lines = repairable(turn)
    ids = [line.record_id for line in lines]
    now = turn.context.get("record")
    at = ids.index(now) + 1 if now in ids else 0
    if at >= len(lines):
        return Text(text("common", "just_these"), choices("score", "agent"))
    return guide_to(turn, lines[at])


def _checked(turn: Turn, line: Line) -> RepairCheck:
    return check(
        turn.session,
        turn.session.get_one(Record, line.record_id),
        turn.today,
        city=turn.services.settings.city,
    )


def guide_tapped(turn: Turn) -> Reply:
    turn.context["topic"] = "repair_guide"
    wanted = turn.choice.partition(":")[2]
    for line in repairable(turn):
        if str(line.record_id) == wanted:
            return guide_to(turn, line)
    return guide(turn)


def guide_to(turn: Turn, line: Line) -> Reply:
    """Whether one record can be repaired, from when, and with what."""
    found = _checked(turn, line)
    turn.context["record"] = line.record_id
    lines = [
        text("repair_chat", "guide", title=line.title, document_no=line.document_no),
        _verdict(found),
        *(text("repair_chat", "failed", why=one.why) for one in blocking(found)),
    ]
    papers = _papers(found)
    if turn.follower.elderly_mode:
        lines = [f"“{line.title}”：", _verdict(found)]
        if papers:
            lines.append(text("elderly", "papers", papers="、".join(papers)))
    elif papers:
        lines.append(text("repair_chat", "papers_head"))
        lines += [text("repair_chat", "paper", paper=paper) for paper in papers]
    if found.ends_on:
        lines.append(text("repair_chat", "ends", on=day(found.ends_on)))
    next_steps = ("remind_on", "objection") if blocking(found) else ("repair_apply", "objection")
    return Text("\n".join(lines), choices(*next_steps))


def blocking(found: RepairCheck) -> list[Condition]:
    """What no paper can mend: the application would be refused at the door."""
    papers: dict[str, str] = topic("repair_chat")["papers"]
    return [one for one in found.conditions if not one.passed and one.code not in papers]


def _papers(found: RepairCheck) -> list[str]:
    """What is handed in with the application, for the conditions that it can meet."""
    papers: dict[str, str] = topic("repair_chat")["papers"]
    failed = (one.code for one in found.conditions if not one.passed)
    return [papers[code] for code in failed if code in papers]


def _verdict(found: RepairCheck) -> str:
    blocked = blocking(found)
    if not blocked:
        return text("repair_chat", "allowed")
    days = [one.passes_from for one in blocked]
    known = [one for one in days if one is not None]
    if known and len(known) == len(days):
        return text("repair_chat", "too_early", on=day(max(known)))
    return text("repair_chat", "waiting")


def repair_from(turn: Turn, line: Line) -> date | None:
    """The first day on which one record can be repaired; None while that is not known."""
    days = [one.passes_from for one in blocking(_checked(turn, line))]
    known = [one for one in days if one is not None]
    return max(known, default=turn.today) if len(known) == len(days) else None


def repairable(turn: Turn) -> list[Line]:
    """Negative lines with a record of their own: in effect, or over and still in the file."""
    subject = turn.subject()
    if subject is None:
        return []
    result = lawful_file(turn.session, subject, turn.today, city=turn.services.settings.city)
    open_ones = [line for line in result.ended if any(end.way == "repair" for end in line.ends_by)]
    lines = (*result.lines, *open_ones)
    return [line for line in lines if line.negative and line.record_id is not None]


def meant(turn: Turn, lines: list[Line]) -> Line | None:
    """The line that the message means; 这条 alone is the one that is left, too."""
    found = which.meant(turn, lines)
    if found is None and number(turn, len(lines)) is None:
        words = topic("repair_chat")["this_words"]
        return spoken_of(turn) if any(word in turn.text for word in words) else None
    return found

"""借卡那条什么时候到期, 头一条能不能修, 上一条呢: questions about one record of several."""

from __future__ import annotations

from bot import commands, follow_up, wishes
from bot.commands import plain
from bot.form import start
from bot.reply import Reply, Text
from bot.turn import Handler, Routes, Turn
from config.texts import text
from credit_core.scoring import Line
from handlers.chat import record_facts, which
from handlers.chat.phrases import choices, day, points_in_words
from handlers.chat.record_order import ordering
from handlers.chat.repair import days_of, guide_to, repairable, the_rest
from handlers.chat.score import about_line, over, records_of

ABOUT_RECORDS = frozenset(
    {"score", "score_detail", "score_trend", "improve", "repair_guide", "repair_apply"}
)
BESIDE_RECORDS = frozenset({"acts", "remind_on", "remind_off", "access_log", "report"})
"""After these 第一条 is still a record, while 谁定的 need not be of one."""
ABOUT_CASES = frozenset({"objection_file", "objection_status", "repair_status"})
"""Here 这条 is a record as well, but 什么时候有结果 asks about the case."""


def register(routes: Routes) -> None:
    routes.pointing.append(wished)
    routes.pointing.append(ordering)
    routes.pointing.append(pointing)


def wished(turn: Turn) -> Handler | None:
    """Who answers 申诉借卡那条, 修复七月那条: the form of this record."""
    for name, intent in (("objection", "objection_file"), ("repair", "repair_apply")):
        rest = commands.after_verb(turn.text, name) or commands.before_verb(turn.text, name)
        whose = follow_up.whose_alone(rest) if rest else None
        if whose is not None and turn.resident() and turn.organisation():
            return _form_for(whose, intent)
        if not rest or not which.points_at(rest) or follow_up.is_question(turn.text):
            continue
        wishes.understand(turn)
        lines = records_of(turn) if name == "objection" else repairable(turn)
        this = which.this_one(turn, plain(rest), lines)
        line = this or which.told(turn, plain(rest), lines)
        if line is None or line.record_id is None:
            continue
        if (
            this is not None
            or name == "objection"
            or text("repair_chat", "apply_word") in turn.text
        ):
            return _form_of(name, intent, line.record_id)
        return _guide_of(line)
    return None


def _form_for(whose: str, intent: str) -> Handler:
    """申诉店里的: the records of the one that is named."""

    def started(turn: Turn) -> Reply:
        turn.context["whose"], turn.context["topic"] = whose, intent
        return turn.services.routes.intents[intent](turn)

    return started


def _guide_of(line: Line) -> Handler:
    def told(turn: Turn) -> Reply:
        turn.context["topic"] = "repair_guide"
        return guide_to(turn, line)

    return told


def _form_of(name: str, intent: str, record_id: int) -> Handler:
    def started(turn: Turn) -> Reply:
        turn.context["topic"] = intent
        return start(turn, name, {"record_id": record_id})

    return started


def pointing(turn: Turn) -> Handler | None:
    """Who answers a message that points at a record and asks at most one thing of it."""
    about = which.topic_of(turn)
    if about not in ABOUT_RECORDS | BESIDE_RECORDS | ABOUT_CASES | {None} or turn.subject() is None:
        return None
    if which.means_the_rest(turn.text) and len(repairable(turn)) > 1:
        return the_rest
    if not which.points_at(turn.text):
        return record_facts.without_record(turn) if about in ABOUT_RECORDS else None
    wishes.understand(turn)
    found = which.pointed(turn, records_of(turn))
    if found is None and which.beside(turn) is not None:
        return _none_beside
    if found is None:
        return record_facts.without_record(turn) if about in ABOUT_RECORDS else None
    found = which.named_further(turn, found)
    if found.rest and asked_twice(turn, found):
        found = which.Pointed(found.line, "", found.how)
    asked = (_asked_of(turn, found.rest) or follow_up.ask(found.rest)) if found.rest else None
    if about is None and found.how != "told" and (found.how != "place" or asked is None):
        return None
    if found.rest and asked is None and follow_up.bare(found.rest):
        return None
    another = asked is None and found.how in {"told", "other", "beside"}
    of_record = record_facts.FACTS | {"ends", "why", "fix", "what"}
    if about in ABOUT_CASES and not another and asked not in of_record:
        return None
    if asked is None and found.how in {"this", "place"}:
        return None
    line = found.line
    return lambda turn: answered(turn, line, asked)


def asked_twice(turn: Turn, found: which.Pointed) -> bool:
    """骗保那条呢 九月一号那个: the rest only points at the same record again."""
    rest = which.without_ends(follow_up.bare(found.rest))
    again = which.points_at(rest) and which.asked_of(rest) is None
    return again and which.told(turn, rest, [found.line], least=which.PLAIN_ENOUGH) is not None


def _asked_of(turn: Turn, rest: str) -> str | None:
    """What the rest asks of the record, unless the message plainly wants something else."""
    understood = wishes.understand(turn)
    of_records = ABOUT_RECORDS | wishes.NOT_A_WISH | {"policy", "help"}
    sure = understood.confidence >= wishes.SURE_OF_HALF and not understood.ask_back
    return None if sure and understood.intent not in of_records else which.asked_of(rest)


def answered(turn: Turn, line: Line, asked: str | None) -> Reply:
    about = turn.context.get("topic")
    in_repair = about in {"repair_guide", "repair_apply", "repair_status"}
    can_repair = any(one.record_id == line.record_id for one in repairable(turn))
    turn.context["records"] = [one.record_id for one in records_of(turn)]
    if asked in record_facts.FACTS:
        return record_facts.told(turn, [line], asked)
    if asked in {"ends", "when"}:
        turn.context["topic"] = "repair_guide" if can_repair else "score_detail"
        return days_of(turn, line) if can_repair else ends(turn, line)
    if asked == "do" and can_repair:
        turn.context["topic"] = "repair_apply"
        return start(turn, "repair", {"record_id": line.record_id})
    if can_repair and (asked in {"fix", "how"} or (in_repair and asked in {None, "why"})):
        turn.context["topic"] = "repair_guide"
        return guide_to(turn, line)
    return about_line(turn, line)


def _none_beside(turn: Turn) -> Reply:
    """上一条 of the first, 下一条 of the last."""
    if which.beside(turn) == "before":
        return Text(text("score", "before_first"), choices("lines"))
    return Text(text("common", "just_these"), choices("lines"))


def ends(turn: Turn, line: Line) -> Reply:
    """Until when a line counts that cannot be repaired: points gained, or one that is over."""
    turn.context["record"] = line.record_id
    shown = {"title": line.title, "points": points_in_words(line.points)}
    if line.note == "ended":
        return Text(over(turn, line), choices("lines"))
    on = until(line)
    if on is None:
        return Text(text("score", "runs_on", **shown), choices("lines"))
    return Text(text("score", "runs_until", **shown, on=on), choices("lines", "remind_on"))


def until(line: Line) -> str | None:
    """The day after which a record ends by itself; None where there is none."""
    ends_by = (end.on for end in line.ends_by if end.on and end.way in {"expires", "new_year"})
    on = next(ends_by, None)
    return None if on is None else day(on)

"""信用修复: whether and when a record can be repaired, applying, and how far it is."""

from __future__ import annotations

from typing import Any

from bot.follow_up import number
from bot.form import (
    Answers,
    Field,
    Form,
    Leave,
    Stay,
    WrongAnswer,
    choose,
    start,
    yes_no,
    yes_no_choices,
)
from bot.reply import Choice, Reply, Text
from bot.turn import Routes, Turn
from config.texts import text, topic
from credit_core.cases.wording import explain
from credit_core.commitments.models import CommitmentKind
from credit_core.commitments.service import show, sign
from credit_core.commitments.texts import Shown
from credit_core.errors import Refusal
from credit_core.evidence.store import Stored
from credit_core.records.models import Record
from credit_core.repair.check import Condition, RepairCheck, check
from credit_core.repair.models import RepairCase
from credit_core.repair.service import cases_of, open_application, submit
from credit_core.repair.service import status as standing_of
from credit_core.repair.ways import lawful_score
from credit_core.scoring import Line
from handlers.chat import photos
from handlers.chat.phrases import bind_first, choices, day

SHORTEST, LONGEST, MOST_CASES = 6, 500, 5


def register(routes: Routes) -> None:
    routes.intents["repair_guide"] = guide
    routes.intents["repair_apply"] = apply
    routes.intents["repair_status"] = status
    routes.taps["repair_of"] = guide_tapped
    routes.asks["repair_guide", "when"] = when
    routes.asks["repair_guide", "how"] = how
    routes.asks["repair_guide", "why"] = why
    routes.asks["repair_guide", "next"] = following
    routes.asks["score_detail", "how"] = guide
    routes.numbered["repair_guide"] = guide
    routes.numbered["repair_apply"] = guide
    routes.forms["repair"] = Form(
        "repair",
        text("repair_chat", "title"),
        (
            Field("record_id", _ask_record, _parse_record),
            Field("statement", _ask_statement, _parse_statement, free=True),
            Field("photos", _ask_photos, _parse_photos, takes_photos=True),
            Field("sure", _ask_sure, _parse_sure),
        ),
        _applied,
        intents=frozenset({"repair_apply"}),
        elsewhere=choices("repair", "score"),
        about="repair_apply",
        hint=text("repair_chat", "hint"),
    )


# --- whether and when ---------------------------------------------------------------------------


def guide(turn: Turn) -> Reply:
    """The conditions of one record, each with the day from which it passes.

    «怎么修复第二条» after the list of lines means its second line.
    """
    subject = turn.subject()
    if subject is None:
        return bind_first(turn, "repair_guide")
    lines = _repairable(turn)
    if not lines:
        return Text(text("repair_chat", "none"), choices("score", "benefits"))
    turn.context["topic"] = "repair_guide"
    chosen = _named(turn, lines) or (lines[0] if len(lines) == 1 else None)
    if chosen is None:
        _remember_list(turn, lines)
        return Text(
            text("repair_chat", "which", count=len(lines), lines=_listed(lines)),
            tuple(
                Choice(f"repair_of:{line.record_id}", f"{at}. {line.title}")
                for at, line in enumerate(lines, 1)
            ),
        )
    return _guide_to(turn, chosen)


def _remember_list(turn: Turn, lines: list[Line]) -> None:
    """From here on 第二条 means the second line of this list."""
    turn.context["records"] = [line.record_id for line in lines]


def _spoken_of(turn: Turn) -> Line | None:
    """The record of the guide that was shown last, while it can still be repaired."""
    lines = _repairable(turn)
    wanted = turn.context.get("record")
    return next((line for line in lines if line.record_id == wanted), None) or (
        lines[0] if len(lines) == 1 else None
    )


def when(turn: Turn) -> Reply:
    """多久, 到什么时候: the two days of the record that was spoken of."""
    line = _spoken_of(turn)
    if line is None:
        return guide(turn)
    found = _checked(turn, line)
    lines = [f"“{line.title}”：", _verdict(found)]
    if found.ends_on:
        lines.append(text("repair_chat", "ends", on=day(found.ends_on)))
    return Text("\n".join(lines), choices("remind_on" if _blocking(found) else "repair_apply"))


def how(turn: Turn) -> Reply:
    """怎么办: the steps, in order."""
    line = _spoken_of(turn)
    if line is None:
        return guide(turn)
    found = _checked(turn, line)
    steps = text("repair_chat", "steps", verdict=_verdict(found))
    return Text(steps, choices("remind_on" if _blocking(found) else "repair_apply", "agent"))


def why(turn: Turn) -> Reply:
    """为什么不行: the conditions of the record that was spoken of."""
    line = _spoken_of(turn)
    return guide(turn) if line is None else _guide_to(turn, line)


def following(turn: Turn) -> Reply:
    """下一个: the guide of the record after the one that was spoken of."""
    lines = _repairable(turn)
    ids = [line.record_id for line in lines]
    now = turn.context.get("record")
    at = ids.index(now) + 1 if now in ids else 0
    if at >= len(lines):
        return Text(text("common", "just_these"), choices("score", "agent"))
    return _guide_to(turn, lines[at])


def _checked(turn: Turn, line: Line) -> RepairCheck:
    return check(
        turn.session,
        turn.session.get_one(Record, line.record_id),
        turn.today,
        city=turn.services.settings.city,
    )


def guide_tapped(turn: Turn) -> Reply:
    turn.context["topic"] = "repair_guide"
    wanted = turn.inbound.choice.partition(":")[2]
    for line in _repairable(turn):
        if str(line.record_id) == wanted:
            return _guide_to(turn, line)
    return guide(turn)


def _guide_to(turn: Turn, line: Line) -> Reply:
    found = _checked(turn, line)
    turn.context["record"] = line.record_id
    lines = [
        text("repair_chat", "guide", title=line.title, document_no=line.document_no),
        _verdict(found),
        *(text("repair_chat", "failed", why=one.why) for one in _blocking(found)),
    ]
    papers = _papers(found)
    if papers:
        lines.append(text("repair_chat", "papers_head"))
        lines += [text("repair_chat", "paper", paper=paper) for paper in papers]
    if found.ends_on:
        lines.append(text("repair_chat", "ends", on=day(found.ends_on)))
    next_steps = ("remind_on", "objection") if _blocking(found) else ("repair_apply", "objection")
    return Text("\n".join(lines), choices(*next_steps))


def _blocking(found: RepairCheck) -> list[Condition]:
    """What no paper can mend: the application would be refused at the door."""
    papers: dict[str, str] = topic("repair_chat")["papers"]
    return [one for one in found.conditions if not one.passed and one.code not in papers]


def _papers(found: RepairCheck) -> list[str]:
    """What is handed in with the application, for the conditions that it can meet."""
    papers: dict[str, str] = topic("repair_chat")["papers"]
    failed = (one.code for one in found.conditions if not one.passed)
    return [papers[code] for code in failed if code in papers]


def _verdict(found: RepairCheck) -> str:
    blocking = _blocking(found)
    if not blocking:
        return text("repair_chat", "allowed")
    days = [one.passes_from for one in blocking]
    known = [one for one in days if one is not None]
    if known and len(known) == len(days):
        return text("repair_chat", "too_early", on=day(max(known)))
    return text("repair_chat", "waiting")


def _repairable(turn: Turn) -> list[Line]:
    """Negative lines with a record of their own: in effect, or over and still in the file."""
    subject = turn.subject()
    if subject is None:
        return []
    result = lawful_score(turn.session, subject, turn.today, city=turn.services.settings.city)
    open_ones = [line for line in result.ended if any(end.way == "repair" for end in line.ends_by)]
    lines = (*result.lines, *open_ones)
    return [line for line in lines if line.negative and line.record_id is not None]


def _named(turn: Turn, lines: list[Line]) -> Line | None:
    """The line that the message means by the number of the list that was shown last."""
    listed = turn.context.get("records") or [line.record_id for line in lines]
    named = number(turn, len(listed))
    if named is None:
        if any(word in turn.text for word in topic("repair_chat")["this_words"]):
            return _spoken_of(turn)
        return None
    if not 1 <= named <= len(listed):
        return None
    wanted = listed[named - 1]
    return next((line for line in lines if line.record_id == wanted), None)


def _listed(lines: list[Line]) -> str:
    return "\n".join(
        text(
            "repair_chat",
            "line",
            number=at,
            title=line.title,
            document_no=line.document_no,
        )
        for at, line in enumerate(lines, 1)
    )


# --- applying -----------------------------------------------------------------------------------


def apply(turn: Turn) -> Reply:
    if turn.subject() is None:
        return bind_first(turn, "repair_apply")
    lines = _repairable(turn)
    chosen = _named(turn, lines) or _spoken_of(turn)
    return start(turn, "repair", {"record_id": chosen.record_id} if chosen else {})


def _ask_record(turn: Turn, _answers: Answers) -> Text:
    lines = _repairable(turn)
    if not lines:
        raise Leave(Text(text("repair_chat", "none"), choices("score", "benefits")))
    return Text(
        text("repair_chat", "record", lines=_listed(lines)),
        tuple(
            Choice(f"record:{line.record_id}", f"{at}. {line.title}")
            for at, line in enumerate(lines, 1)
        ),
    )


def _parse_record(turn: Turn, _answers: Answers) -> int:
    lines = _repairable(turn)
    tapped = choose(turn, "record")
    turn.understood = turn.services.understander.understand(turn.text, today=turn.today)
    plain = turn.text.strip(" .。、")
    named = int(plain) if plain.isdecimal() else number(turn, len(lines))
    for at, line in enumerate(lines, 1):
        if line.record_id is not None and (tapped == str(line.record_id) or named == at):
            return line.record_id
    raise WrongAnswer(text("repair_chat", "record_wrong", count=len(lines)))


def _ask_statement(turn: Turn, answers: Answers) -> Text:
    """The door: what no paper can mend is said before anything is filled in."""
    subject = turn.subject()
    record = turn.session.get(Record, answers["record_id"])
    if subject is None or record is None:
        raise Leave(Text(text("repair_chat", "none"), choices("score")))
    found = check(turn.session, record, turn.today, city=turn.services.settings.city)
    blocked = _blocking(found)
    if blocked:
        why = "\n".join(text("repair_chat", "failed", why=one.why) for one in blocked)
        turn.context["record"] = record.id
        raise Leave(Text(text("repair_chat", "not_yet", why=why), choices("remind_on", "repair")))
    title = next((one.title for one in _repairable(turn) if one.record_id == record.id), "")
    return Text(text("repair_chat", "statement", title=title, document_no=record.document_no))


def _parse_statement(turn: Turn, _answers: Answers) -> str:
    if len(turn.text) < SHORTEST:
        raise WrongAnswer(text("repair_chat", "statement_short"))
    if len(turn.text) > LONGEST:
        raise WrongAnswer(text("repair_chat", "statement_long", most=LONGEST))
    return turn.text


def _ask_photos(_turn: Turn, answers: Answers) -> Text:
    return photos.ask(text("repair_chat", "photos", most=photos.MOST), answers, optional=False)


def _parse_photos(turn: Turn, answers: Answers) -> Stay | list[dict[str, Any]]:
    kept = photos.parse(turn, answers)
    if not kept:
        raise WrongAnswer(text("repair_chat", "photos_none"))
    return kept


def _ask_sure(turn: Turn, answers: Answers) -> Text:
    record = turn.session.get_one(Record, answers["record_id"])
    title = next(
        (line.title for line in _repairable(turn) if line.record_id == record.id), record.item
    )
    return Text(
        text(
            "repair_chat",
            "confirm",
            title=title,
            document_no=record.document_no,
            statement=answers["statement"],
            photos=len(answers["photos"]),
            promise=_promise(turn, record).text,
        ),
        yes_no_choices(text("repair_chat", "confirm_yes"), text("repair_chat", "confirm_no")),
    )


def _promise(turn: Turn, record: Record) -> Shown:
    """The text that submitting signs (信用修复承诺书)."""
    return show(CommitmentKind.REPAIR, turn.today, matter=record.document_no)


def _parse_sure(turn: Turn, _answers: Answers) -> bool:
    if turn.text == text("repair_chat", "confirm_no"):
        return False
    sure = True if turn.text == text("repair_chat", "confirm_yes") else yes_no(turn)
    if sure is None:
        raise WrongAnswer(text("repair_chat", "confirm_wrong"))
    return sure


def _applied(turn: Turn, answers: Answers) -> Reply:
    if not answers["sure"]:
        return Text(text("repair_chat", "kept_back"), choices("score"))
    subject, record = turn.subject(), turn.session.get(Record, answers["record_id"])
    if subject is None or record is None:
        return bind_first(turn, "repair_apply")
    try:
        with turn.session.begin_nested():
            case = open_application(
                turn.session,
                subject,
                record,
                follower_id=turn.follower.id,
                city=turn.services.settings.city,
                now=turn.now,
            )
            sign(
                turn.session,
                subject,
                CommitmentKind.REPAIR,
                follower_id=turn.follower.id,
                now=turn.now,
                matter=record.document_no,
                record=record,
            )
            submit(
                turn.session,
                case,
                statement=answers["statement"],
                evidence=[Stored.from_json(photo) for photo in answers["photos"]],
                now=turn.now,
            )
    except Refusal as refusal:
        return Text(explain(refusal), choices("repair", "agent"))
    now = standing_of(turn.session, case.case_no)
    return Text(
        text(
            "repair_chat",
            "done",
            case_no=case.case_no,
            state=now.state_text,
        ),
        choices("repair_status", "score"),
    )


# --- how far ------------------------------------------------------------------------------------


def status(turn: Turn) -> Reply:
    subject = turn.subject()
    if subject is None:
        return bind_first(turn, "repair_status")
    cases = cases_of(turn.session, subject.id)
    if not cases:
        return Text(text("repair_chat", "status_none"), choices("repair", "score"))
    lines = [text("repair_chat", "status_head")]
    for case in cases[:MOST_CASES]:
        lines += _standing(turn, case)
    return Text("\n".join(lines), choices("score", "agent"))


def _standing(turn: Turn, case: RepairCase) -> list[str]:
    now = standing_of(turn.session, case.case_no)
    record = turn.session.get_one(Record, case.record_id)
    lines = [
        text(
            "repair_chat",
            "status_line",
            case_no=case.case_no,
            document_no=record.document_no,
            state=now.state_text,
            next=now.next_text,
        )
    ]
    if now.due is not None:
        provisional = text("repair_chat", "provisional") if now.due.provisional else ""
        lines.append(
            text("repair_chat", "status_due", due=day(now.due.due), provisional=provisional)
        )
    if now.missing:
        lines.append(text("repair_chat", "status_missing", missing="、".join(now.missing)))
    if now.reason:
        lines.append(text("repair_chat", "status_reason", reason=now.reason))
    if now.object_until:
        lines.append(text("repair_chat", "status_object", until=day(now.object_until)))
    return lines

"""我要申诉: which record, what is wrong, photos, confirm; and how far an objection is."""

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
from credit_core.errors import Refusal
from credit_core.evidence.store import Stored
from credit_core.objections.models import Objection
from credit_core.objections.service import cases_of, file_objection
from credit_core.objections.service import status as standing_of
from credit_core.records.models import Record
from credit_core.scoring import Line
from credit_core.scoring import score as score_on
from handlers.chat import photos
from handlers.chat.phrases import bind_first, choices, day

SHORTEST, LONGEST, MOST_CASES = 6, 500, 5


def register(routes: Routes) -> None:
    routes.intents["objection_file"] = file
    routes.intents["objection_status"] = status
    routes.taps["object_to"] = file_tapped
    routes.forms["objection"] = Form(
        "objection",
        text("objection", "title"),
        (
            Field("record_id", _ask_record, _parse_record),
            Field("statement", _ask_statement, _parse_statement, free=True),
            Field("photos", _ask_photos, _parse_photos, takes_photos=True),
            Field("sure", _ask_sure, _parse_sure),
        ),
        _filed,
        intents=frozenset({"objection_file"}),
        elsewhere=choices("objection", "score"),
        about="objection_file",
        hint=text("objection", "hint"),
    )


def file(turn: Turn) -> Reply:
    """Start an objection; «第二条我要申诉» after the list of lines has chosen its record."""
    if turn.subject() is None:
        return bind_first(turn, "objection_file")
    if any(word in turn.text for word in topic("objection")["others_words"]):
        return Text(text("objection", "for_others"), choices("objection", "agent"))
    known: dict[str, Any] = {}
    objectable = [line.record_id for line in _objectable(turn)]
    listed = turn.context.get("records") or objectable
    named = number(turn, len(listed))
    if named is not None and 1 <= named <= len(listed) and listed[named - 1] in objectable:
        known["record_id"] = listed[named - 1]
    elif len(objectable) == 1:
        known["record_id"] = objectable[0]
    return start(turn, "objection", known)


def file_tapped(turn: Turn) -> Reply:
    """Tapping 申诉第2条 under a line."""
    if turn.subject() is None:
        return bind_first(turn, "objection_file")
    wanted = turn.inbound.choice.partition(":")[2]
    record_id = next(
        (line.record_id for line in _objectable(turn) if str(line.record_id) == wanted), None
    )
    turn.context["topic"] = "objection_file"
    return start(turn, "objection", {"record_id": record_id} if record_id else {})


def _objectable(turn: Turn) -> list[Line]:
    """Lines with a record: what counts against the person first."""
    subject = turn.subject()
    if subject is None:
        return []
    result = score_on(turn.session, subject, turn.today)
    lines = [line for line in (*result.lines, *result.ended) if line.record_id is not None]
    return sorted(lines, key=lambda line: not line.negative)


def _ask_record(turn: Turn, _answers: Answers) -> Text:
    lines = _objectable(turn)
    if not lines:
        raise Leave(Text(text("objection", "none"), choices("score", "agent")))
    shown = [_shown(line, number) for number, line in enumerate(lines, 1)]
    return Text(
        text("objection", "record", lines="\n".join(shown)),
        tuple(
            Choice(f"record:{line.record_id}", f"{number}. {line.title}")
            for number, line in enumerate(lines, 1)
        ),
    )


def _parse_record(turn: Turn, _answers: Answers) -> int:
    lines = _objectable(turn)
    tapped = choose(turn, "record")
    for line in lines:
        if tapped == str(line.record_id):
            return line.record_id or 0
    understood = turn.services.understander.understand(turn.text, today=turn.today)
    turn.understood = understood
    plain = turn.text.strip(" .。、")
    named = int(plain) if plain.isdecimal() else number(turn, len(lines)) or 0
    titled = [line for line in lines if plain and plain in line.title] if len(plain) > 1 else []
    if len(titled) == 1:
        return titled[0].record_id or 0
    if not 1 <= named <= len(lines):
        raise WrongAnswer(text("objection", "record_wrong", count=len(lines)))
    return lines[named - 1].record_id or 0


def _ask_statement(turn: Turn, answers: Answers) -> Text:
    line = _line_of(turn, answers)
    return Text(text("objection", "statement", title=line.title, document_no=line.document_no))


def _parse_statement(turn: Turn, _answers: Answers) -> str:
    length = len(turn.text)
    if length < SHORTEST:
        raise WrongAnswer(text("objection", "statement_short"))
    if length > LONGEST:
        raise WrongAnswer(text("objection", "statement_long", length=length, most=LONGEST))
    return turn.text


def _ask_photos(_turn: Turn, answers: Answers) -> Text:
    return photos.ask(text("objection", "photos", most=photos.MOST), answers)


def _parse_photos(turn: Turn, answers: Answers) -> Stay | list[dict[str, Any]]:
    return photos.parse(turn, answers)


def _ask_sure(turn: Turn, answers: Answers) -> Text:
    line = _line_of(turn, answers)
    return Text(
        text(
            "objection",
            "confirm",
            title=line.title,
            document_no=line.document_no,
            statement=answers["statement"],
            photos=len(answers["photos"]),
        ),
        yes_no_choices(text("objection", "confirm_yes"), text("objection", "confirm_no")),
    )


def _parse_sure(turn: Turn, _answers: Answers) -> bool:
    if turn.text == text("objection", "confirm_no"):
        return False
    sure = yes_no(turn)
    if sure is None:
        raise WrongAnswer(text("objection", "confirm_wrong"))
    return sure


def _filed(turn: Turn, answers: Answers) -> Reply:
    if not answers["sure"]:
        return Text(text("objection", "kept_back"), choices("score"))
    subject, record = turn.subject(), turn.session.get(Record, answers["record_id"])
    if subject is None or record is None:
        return bind_first(turn, "objection_file")
    try:
        filed = file_objection(
            turn.session,
            subject,
            record,
            statement=answers["statement"],
            evidence=[Stored.from_json(photo) for photo in answers["photos"]],
            follower_id=turn.follower.id,
            city=turn.services.settings.city,
            now=turn.now,
        )
    except Refusal as refusal:
        return Text(explain(refusal), choices("objection_status", "agent"))
    due = filed.answer_due
    return Text(
        text(
            "objection",
            "done",
            case_no=filed.case_no,
            due=day(due.due),
            provisional=text("objection", "provisional") if due.provisional else "",
        ),
        choices("objection_status", "score"),
    )


def _line_of(turn: Turn, answers: Answers) -> Line:
    for line in _objectable(turn):
        if line.record_id == answers["record_id"]:
            return line
    raise Leave(Text(text("objection", "none"), choices("score", "agent")))


def _shown(line: Line, number: int) -> str:
    points = f"+{line.points}" if line.points > 0 else f"−{-line.points}"
    return text(
        "objection",
        "record_line",
        number=number,
        title=line.title,
        points=points,
        document_no=line.document_no,
    )


def status(turn: Turn) -> Reply:
    """How far each objection is, newest first."""
    subject = turn.subject()
    if subject is None:
        return bind_first(turn, "objection_status")
    cases = cases_of(turn.session, subject.id)
    if not cases:
        return Text(text("objection", "status_none"), choices("objection", "score"))
    lines = [text("objection", "status_head")]
    for case in cases[:MOST_CASES]:
        lines += _standing(turn, case)
    return Text("\n".join(lines), choices("score", "agent"))


def _standing(turn: Turn, case: Objection) -> list[str]:
    now = standing_of(turn.session, case.case_no)
    record = turn.session.get_one(Record, case.record_id)
    lines = [
        text(
            "objection",
            "status_line",
            case_no=case.case_no,
            document_no=record.document_no,
            state=now.state_text,
        )
    ]
    if now.outcome_text:
        lines.append(text("objection", "status_outcome", outcome=now.outcome_text))
        if now.reason:
            lines.append(text("objection", "status_reason", reason=now.reason))
    else:
        lines.append(
            text(
                "objection",
                "status_due",
                due=day(now.answer_due.due),
                provisional=text("objection", "provisional") if now.answer_due.provisional else "",
            )
        )
    lines.append(text("objection", "status_next", next=now.next_text))
    if now.review_until:
        lines.append(text("objection", "status_review", until=day(now.review_until)))
    return lines

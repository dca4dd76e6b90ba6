"""我要申诉: which record, what is wrong, photos, confirm; and how far an objection is."""

from __future__ import annotations

from typing import Any

from bot.form import Answers, Form, Leave, start
from bot.reply import Reply, Text
from bot.turn import Routes, Turn
from config.texts import text, topic
from credit_core.cases.places import place_of_city
from credit_core.cases.wording import explain
from credit_core.errors import Refusal
from credit_core.evidence.store import Stored
from credit_core.objections.models import Objection
from credit_core.objections.periods import answer_periods
from credit_core.objections.service import cases_of, file_objection
from credit_core.objections.service import status as standing_of
from credit_core.records.models import Record
from credit_core.scoring import Line
from credit_core.scoring.service import on_file
from handlers.chat import progress, questions, which
from handlers.chat.phrases import bind_first, choices, day, due_day

LEAST_OF_STORY = 12
"""Signs besides the wish itself: enough to tell what is wrong."""


def register(routes: Routes) -> None:
    routes.intents["objection_file"] = file
    routes.intents["objection_status"] = status
    routes.taps["object_to"] = file_tapped
    routes.cases["objection_status"] = progress.has(cases_of)
    for about in ("objection_file", "objection_status"):
        routes.asks[about, "why_wait"] = why_wait
        routes.asks[about, "sooner"] = why_wait
        routes.asks[about, "when"] = when
        routes.asks[about, "overdue"] = progress.overdue
        routes.asks[about, "unhappy"] = unhappy
        routes.asks[about, "place"] = place
    routes.forms["objection"] = Form(
        "objection",
        text("objection", "title"),
        (
            questions.record("objection", _objectable, otherwise=choices("score", "agent")),
            questions.statement("objection", _ask_statement),
            questions.photos("objection"),
            questions.sure("objection", _summary, joins="statement"),
        ),
        _filed,
        intents=frozenset({"objection_file"}),
        elsewhere=choices("objection", "score"),
        about="objection_file",
        hint=text("objection", "hint"),
        of_subject=True,
        redo=questions.handed_in,
        asked=questions.asked("objection", handed_in=True, answer_days=_answer_days),
        remembered=frozenset({"record_id", "statement"}),
    )


def place(_turn: Turn) -> Reply:
    """在哪交: in this talk."""
    return Text(text("objection", "place"), choices("objection_file", "agent"))


def file(turn: Turn) -> Reply:
    """Start an objection; «第二条我要申诉» after the list of lines has chosen its record."""
    if turn.subject() is None:
        return bind_first(turn, "objection_file")
    if any(word in turn.text for word in topic("objection")["others_words"]):
        return Text(text("objection", "for_others"), choices("objection", "agent"))
    known: dict[str, Any] = {}
    objectable = _objectable(turn)
    chosen = which.meant(turn, objectable) or (objectable[0] if len(objectable) == 1 else None)
    if chosen is None or chosen.record_id is None:
        return start(turn, "objection", known)
    known["record_id"] = chosen.record_id
    story = questions.told_in(turn, "objection", least=LEAST_OF_STORY)
    # 收到短信说扣了五十分 tells what happened, not what is wrong.
    if story is not None and not any(word in story for word in topic("objection")["story_words"]):
        story = None
    if story is None or _pending(turn, chosen.record_id) is not None:
        return start(turn, "objection", known)
    reply = start(turn, "objection", {**known, "statement": story})
    if turn.open_form is None or not isinstance(reply, Text):
        return reply
    line = text("objection", "told_already", title=chosen.title, document_no=chosen.document_no)
    return Text(f"{line}\n{reply.content}", reply.choices)


def file_tapped(turn: Turn) -> Reply:
    """Tapping 申诉第2条 under a line."""
    if turn.subject() is None:
        return bind_first(turn, "objection_file")
    wanted = turn.choice.partition(":")[2]
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
    result = on_file(turn.session, subject, turn.today)
    lines = [line for line in (*result.lines, *result.ended) if line.record_id is not None]
    return sorted(lines, key=lambda line: not line.negative)


def _ask_statement(turn: Turn, answers: Answers) -> Text:
    """The door: a record that is objected to already is not asked about again."""
    line = _line_of(turn, answers)
    pending = _pending(turn, answers["record_id"])
    if pending is not None:
        raise Leave(pending)
    turn.context["record"] = line.record_id
    return Text(text("objection", "statement", title=line.title, document_no=line.document_no))


def _pending(turn: Turn, record_id: int) -> Text | None:
    """What to say where this record is objected to already."""
    subject = turn.subject()
    cases = cases_of(turn.session, subject.id) if subject is not None else ()
    running = next((case for case in cases if case.record_id == record_id and case.running), None)
    if running is None:
        return None
    due, provisional = standing_of(turn.session, running.case_no).answer_due
    told = text(
        "objection",
        "pending",
        case_no=running.case_no,
        due=due_day(due, provisional=provisional),
    )
    return Text(told, choices("objection_status", "agent"))


def _summary(turn: Turn, answers: Answers) -> str:
    line = _line_of(turn, answers)
    return text(
        "objection",
        "confirm",
        title=line.title,
        document_no=line.document_no,
        statement=answers["statement"],
        photos=len(answers["photos"]),
    )


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
    due, provisional = filed.answer_due
    return Text(
        text(
            "objection",
            "done",
            case_no=filed.case_no,
            due=due_day(due, provisional=provisional),
        ),
        choices("objection_status", "score"),
    )


def _line_of(turn: Turn, answers: Answers) -> Line:
    for line in _objectable(turn):
        if line.record_id == answers["record_id"]:
            return line
    raise Leave(Text(text("objection", "none"), choices("score", "agent")))


def unhappy(_turn: Turn) -> Reply:
    """结果不满意怎么办: the ways after an answer."""
    return Text(text("objection", "unhappy"), choices("objection_status", "agent"))


def why_wait(turn: Turn) -> Reply:
    """为什么要等这么久: the steps and their days, and how far each objection is."""
    told = status(turn)
    if not isinstance(told, Text):
        return told
    return Text(f"{_answer_days(turn)}\n{told.content}", told.choices)


def when(turn: Turn) -> Reply:
    """几天给答复: of each objection, or of one that may still be filed."""
    subject = turn.subject()
    if subject is not None and cases_of(turn.session, subject.id):
        return status(turn)
    return Text(_answer_days(turn), choices("objection", "agent"))


def _answer_days(turn: Turn) -> str:
    """The steps and their days by the rules in force."""
    days = answer_periods(place_of_city(turn.services.settings.city), turn.today).decide
    return text("objection", "why_wait", days=days)


def status(turn: Turn) -> Reply:
    """How far each objection is, newest first."""
    return progress.of_cases(
        turn, "objection", cases_of, _standing, intent="objection_status", begin="objection"
    )


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
    elif case.running:
        due, provisional = now.answer_due
        lines.append(text("objection", "status_due", due=due_day(due, provisional=provisional)))
    lines.append(text("objection", "status_next", next=now.next_text))
    if now.review_until:
        lines.append(text("objection", "status_review", until=day(now.review_until)))
    return lines

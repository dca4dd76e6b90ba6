"""申请修复: which record, how it was put right, photos, the promise; and how far it is."""

from __future__ import annotations

from bot.form import Answers, Form, Leave, start
from bot.reply import Reply, Text
from bot.turn import Routes, Turn
from config.texts import text
from credit_core.cases.wording import explain
from credit_core.commitments.models import CommitmentKind
from credit_core.commitments.service import show, sign
from credit_core.errors import Refusal
from credit_core.evidence.store import Stored
from credit_core.records.models import Record
from credit_core.repair.check import check
from credit_core.repair.models import RepairCase
from credit_core.repair.service import cases_of, open_application, submit
from credit_core.repair.service import status as standing_of
from handlers.chat import progress, questions
from handlers.chat.phrases import bind_first, choices, day, due_day
from handlers.chat.repair import (
    blocking,
    guide,
    meant,
    no_sooner,
    repairable,
    spoken_of,
    then,
    when,
)
from handlers.chat.repair_rules import days_of_steps


def register(routes: Routes) -> None:
    routes.intents["repair_apply"] = apply
    routes.intents["repair_status"] = status
    routes.cases["repair_status"] = progress.has(cases_of)
    routes.asks["repair_apply", "when"] = when_done
    for about in ("repair_apply", "repair_status"):
        routes.asks[about, "sooner"] = no_hurry
        routes.asks[about, "why_wait"] = why_wait
        routes.asks[about, "overdue"] = progress.overdue
        routes.asks[about, "unhappy"] = unhappy
    routes.asks["repair_apply", "then"] = after_this
    routes.forms["repair"] = Form(
        "repair",
        text("repair_chat", "title"),
        (
            questions.record("repair_chat", repairable, otherwise=choices("score", "benefits")),
            questions.statement("repair_chat", _ask_statement),
            questions.photos("repair_chat", optional=False),
            questions.sure("repair_chat", _summary, joins="statement"),
        ),
        _applied,
        intents=frozenset({"repair_apply"}),
        near=frozenset({"repair_guide"}),
        elsewhere=choices("repair", "score"),
        about="repair_apply",
        hint=text("repair_chat", "hint"),
        of_subject=True,
        redo=questions.handed_in,
        asked=questions.asked("repair_chat", handed_in=True, days=days_of_steps),
        remembered=frozenset({"record_id", "statement"}),
    )


def apply(turn: Turn) -> Reply:
    if turn.subject() is None:
        return bind_first(turn, "repair_apply")
    chosen = meant(turn, repairable(turn)) or spoken_of(turn)
    return start(turn, "repair", {"record_id": chosen.record_id} if chosen else {})


def _ask_statement(turn: Turn, answers: Answers) -> Text:
    """The door: what no paper can mend is said before anything is filled in."""
    subject = turn.subject()
    record = turn.session.get(Record, answers["record_id"])
    if subject is None or record is None:
        raise Leave(Text(text("repair_chat", "none"), choices("score")))
    found = check(turn.session, record, turn.today, city=turn.services.settings.city)
    blocked = blocking(found)
    if blocked:
        why = "\n".join(text("repair_chat", "failed", why=one.why) for one in blocked)
        turn.context["record"] = record.id
        raise Leave(Text(text("repair_chat", "not_yet", why=why), choices("remind_on", "repair")))
    turn.context["record"] = record.id
    return Text(
        text(
            "repair_chat",
            "statement",
            title=_title(turn, record),
            document_no=record.document_no,
        )
    )


def _summary(turn: Turn, answers: Answers) -> str:
    record = turn.session.get_one(Record, answers["record_id"])
    return text(
        "repair_chat",
        "confirm",
        title=_title(turn, record),
        document_no=record.document_no,
        statement=answers["statement"],
        photos=len(answers["photos"]),
        # Submitting signs this text (信用修复承诺书).
        promise=show(CommitmentKind.REPAIR, turn.today, matter=record.document_no).text,
    )


def _title(turn: Turn, record: Record) -> str:
    return next(
        (line.title for line in repairable(turn) if line.record_id == record.id), record.item
    )


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


def when_done(turn: Turn) -> Reply:
    """多久 after 申请修复: how far it is, or, where nothing was handed in, from when it can be."""
    subject = turn.subject()
    if subject is not None and not cases_of(turn.session, subject.id):
        return when(turn)
    return status(turn)


def no_hurry(turn: Turn) -> Reply:
    """能不能加急: the day by law; of a record that cannot be repaired yet, its first day."""
    subject = turn.subject()
    if subject is None or not cases_of(turn.session, subject.id):
        return no_sooner(turn)
    told = status(turn)
    if not isinstance(told, Text):
        return told
    return Text(f"{text('repair_chat', 'no_hurry')}\n{told.content}", told.choices)


def why_wait(turn: Turn) -> Reply:
    """为什么要等这么久: how far the case is; without one, what has to pass before it can begin."""
    subject = turn.subject()
    waits = subject is not None and not cases_of(turn.session, subject.id)
    return guide(turn) if waits else status(turn)


def unhappy(_turn: Turn) -> Reply:
    """没通过怎么办."""
    return Text(text("repair_chat", "unhappy"), choices("objection", "agent"))


def after_this(turn: Turn) -> Reply:
    """然后呢 after 申请修复: how far it is, or the steps where nothing was handed in."""
    subject = turn.subject()
    if subject is not None and not cases_of(turn.session, subject.id):
        turn.context["topic"] = "repair_guide"
        return then(turn)
    return status(turn)


def status(turn: Turn) -> Reply:
    """How far each application is, newest first."""
    return progress.of_cases(
        turn, "repair_chat", cases_of, _standing, intent="repair_status", begin="repair"
    )


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
        due, provisional = now.due
        lines.append(text("repair_chat", "status_due", due=due_day(due, provisional=provisional)))
    if now.missing:
        lines.append(text("repair_chat", "status_missing", missing="、".join(now.missing)))
    if now.reason:
        lines.append(text("repair_chat", "status_reason", reason=now.reason))
    if now.object_until:
        lines.append(text("repair_chat", "status_object", until=day(now.object_until)))
    return lines

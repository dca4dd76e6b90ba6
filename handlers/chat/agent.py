"""转人工: to WeChat's customer service within its hours, a call back outside them."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime, time
from functools import cache

import yaml
from sqlalchemy import select

from bot.form import Answers, Field, Form, WrongAnswer, start
from bot.reply import Reply, Text, ToAgent
from bot.turn import Routes, Turn
from bot.understanding.numbers import digits_said
from config.settings import DATA
from config.texts import text
from credit_core.cases.models import CaseKind
from credit_core.cases.numbers import next_case_no
from credit_core.clock import SHANGHAI, local_day
from credit_core.masking import mask_phone
from credit_core.workdays import calendar_for
from handlers.chat import questions
from handlers.chat.city import hotline
from handlers.chat.phrases import choices
from notices.models import StaffTask

_MOBILE = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")
_LANDLINE = re.compile(r"(?<!\d)0\d{2,3}\d{7,8}(?!\d)")


def register(routes: Routes) -> None:
    routes.intents["agent"] = agent
    routes.forms["callback"] = Form(
        "callback",
        text("agent", "title"),
        (Field("phone", _ask_phone, _parse_phone),),
        _left,
        intents=frozenset({"agent"}),
        elsewhere=choices("score", "help"),
        about="agent",
        hint=text("agent", "hint"),
        redo=another_number,
        asked=questions.asked("agent"),
        gives_way=True,
    )
    for ask in ("when", "status", "inform"):
        routes.asks["agent", ask] = when


def agent(turn: Turn) -> Reply:
    """Within the hours handed over, and an open form waits; outside them a call back."""
    if on_duty(turn, turn.now):
        return ToAgent(text("agent", "open", hours=text("agent", "hours")))
    return start(turn, "callback")


def another_number(turn: Turn) -> Reply:
    """刚才电话写错了: the number of the same call back is asked for again."""
    return start(turn, "callback", {"instead_of": turn.context.get("call_back")})


def when(turn: Turn) -> Reply:
    """什么时候打给我, after the number was left or while nobody is there."""
    if on_duty(turn, turn.now):
        return Text(text("agent", "when_open"), choices("agent", "help"))
    return Text(text("agent", "when", hours=text("agent", "hours")), choices("score", "help"))


def on_duty(turn: Turn, now: datetime) -> bool:
    """Whether people answer at this moment: a working day, within the hours."""
    if not calendar_for(turn.session).is_working_day(local_day(now)):
        return False
    at = now.astimezone(SHANGHAI).time()
    return any(begin <= at < end for begin, end in _spans())


@cache
def _spans() -> tuple[tuple[time, time], ...]:
    loaded = yaml.safe_load((DATA / "service_hours.yaml").read_text(encoding="utf-8"))
    return tuple(
        (time.fromisoformat(begin), time.fromisoformat(end)) for begin, end in loaded["spans"]
    )


def _ask_phone(_turn: Turn, _answers: Answers) -> Text:
    return Text(text("agent", "closed", hours=text("agent", "hours")))


def _parse_phone(turn: Turn, _answers: Answers) -> str:
    """A mobile number or a landline with its area code, also dictated: 幺三九…."""
    signs = re.sub(r"[\s\-—·,，.]", "", unicodedata.normalize("NFKC", turn.text))
    said = digits_said(signs).replace("+86", "")
    found = _MOBILE.search(said) or _LANDLINE.search(said)
    if found is None:
        raise WrongAnswer(text("agent", "phone_wrong"))
    return found.group()


def _to_correct(turn: Turn, answers: Answers) -> StaffTask | None:
    """The call back whose number was wrong, unless it was made meanwhile."""
    case_no = answers.get("instead_of")
    if case_no is None:
        return None
    task = turn.session.scalar(select(StaffTask).where(StaffTask.key == f"call_back:{case_no}"))
    return task if task is not None and task.done_at is None else None


def _new_task(turn: Turn) -> StaffTask:
    case_no = next_case_no(turn.session, CaseKind.CALL_BACK, turn.today)
    subject = turn.subject()
    task = StaffTask(
        key=f"call_back:{case_no}",
        kind="call_back",
        subject_id=subject.id if subject else None,
        case_no=case_no,
        why="asked",
        created_at=turn.now,
    )
    turn.session.add(task)
    return task


def _left(turn: Turn, answers: Answers) -> Reply:
    """A task for staff; the number stands in a sealed column."""
    task = _to_correct(turn, answers) or _new_task(turn)
    task.record = answers["phone"]
    case_no = turn.context["call_back"] = task.case_no
    return Text(
        text(
            "agent",
            "left",
            phone=mask_phone(answers["phone"]),
            case_no=case_no,
            hotline=hotline(turn),
        ),
        choices("score", "help"),
    )

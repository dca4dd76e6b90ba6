"""转人工: to WeChat's customer service within its hours, a call back outside them."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime, time
from functools import cache

from sqlalchemy import select

from bot import follow_up
from bot.form import Answers, Field, Form, Stay, WrongAnswer, start
from bot.reply import Reply, Text, ToAgent
from bot.turn import Routes, Turn
from bot.understanding.numbers import digits_said
from config.data import read
from config.settings import DATA
from config.texts import text, topic
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
_BESIDE = re.compile(r"\+?[\d\s\-—·]{7,}")
_SIGNS = " ，,。.；;：:"
LEAST_NOTE, LONGEST_NOTE = 4, 200
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
        outlived=_somebody_is_there,
    )
    for ask in ("when", "status", "inform"):
        routes.asks["agent", ask] = when
    routes.named.append((_belongs_to_call, noted))


def agent(turn: Turn) -> Reply:
    """Within the hours handed over, and an open form waits; outside them a call back."""
    if on_duty(turn, turn.now):
        return ToAgent(text("agent", "open", hours=text("agent", "hours")))
    return start(turn, "callback")


def _somebody_is_there(turn: Turn) -> str | None:
    """Asked for at night and looked at in the morning: nobody needs to call back any more, unless
    a number is given after all."""
    again = (turn.open_form or {}).get("answers", {}).get("instead_of")
    if again or not on_duty(turn, turn.now) or _number_in(turn.text):
        return None
    return text("agent", "open_now")


def another_number(turn: Turn) -> Reply:
    """刚才电话写错了: the number of the same call back is asked for again."""
    return start(turn, "callback", {"instead_of": turn.context.get("call_back")})


def when(turn: Turn) -> Reply:
    """什么时候打给我, after the number was left or while nobody is there."""
    if on_duty(turn, turn.now):
        return Text(text("agent", "when_open"), choices("agent", "help"))
    return Text(text("agent", "when", hours=text("agent", "hours")), choices("score", "help"))


def _belongs_to_call(turn: Turn) -> bool:
    """想问扣分的事，下午打给我, right after the number was left: what staff should know."""
    if turn.open_form is not None or turn.context.get("topic") != "agent":
        return False
    if turn.context.get("call_back") is None or follow_up.ask(turn.text) is not None:
        return False
    return _tells_of_call(turn.text) and _task(turn, turn.context["call_back"]) is not None


def _tells_of_call(said: str) -> bool:
    words = topic("agent")["note_words"]
    about_call = any(re.search(one, said) for one in words["call"])
    matter = any(re.search(one, said) for one in words["matter"])
    return about_call or (matter and not follow_up.is_question(said))


def noted(turn: Turn) -> Reply:
    """What was said joins the task, below the number."""
    task = _task(turn, turn.context["call_back"])
    if task is None:
        return when(turn)
    task.record = f"{task.record}\n{turn.text[:LONGEST_NOTE]}"
    return Text(text("agent", "noted", case_no=task.case_no), choices("score", "help"))


def on_duty(turn: Turn, now: datetime) -> bool:
    """Whether people answer at this moment: a working day, within the hours."""
    if not calendar_for(turn.session).is_working_day(local_day(now)):
        return False
    at = now.astimezone(SHANGHAI).time()
    return any(begin <= at < end for begin, end in _spans())


@cache
def _spans() -> tuple[tuple[time, time], ...]:
    loaded = read(DATA / "service_hours.yaml")
    return tuple(
        (time.fromisoformat(begin), time.fromisoformat(end)) for begin, end in loaded["spans"]
    )


def _ask_phone(_turn: Turn, _answers: Answers) -> Text:
    return Text(text("agent", "closed", hours=text("agent", "hours")))


def _parse_phone(turn: Turn, answers: Answers) -> str | Stay:
    """A mobile number or a landline with its area code, also dictated: 幺三九….

    What is told beside it, or before it, is noted for staff.
    """
    found = _number_in(turn.text)
    beside = _BESIDE.sub("", digits_said(turn.text)).strip(_SIGNS) if found else turn.text
    tells = _tells_of_call(beside) or (found is not None and len(beside) >= LEAST_NOTE)
    if tells and (found is not None or not follow_up.is_question(beside)):
        answers["note"] = "\n".join(filter(None, [answers.get("note"), beside[:LONGEST_NOTE]]))
        if found is None:
            return Stay(None, text("agent", "note_first"))
    if found is None:
        raise WrongAnswer(text("agent", "phone_wrong"))
    return found.group()


def _number_in(said: str) -> re.Match[str] | None:
    signs = re.sub(r"[\s\-—·,，.]", "", unicodedata.normalize("NFKC", said))
    digits = digits_said(signs).replace("+86", "")
    return _MOBILE.search(digits) or _LANDLINE.search(digits)


def _to_correct(turn: Turn, answers: Answers) -> StaffTask | None:
    """The call back whose number was wrong, unless it was made meanwhile."""
    case_no = answers.get("instead_of")
    return None if case_no is None else _task(turn, case_no)


def _task(turn: Turn, case_no: str) -> StaffTask | None:
    """The call back of this number that is still to be made."""
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
    notes = (task.record or "").splitlines()[1:] if task.record_sealed is not None else []
    task.record = "\n".join(filter(None, [answers["phone"], *notes, answers.get("note")]))
    case_no = turn.context["call_back"] = task.case_no
    told = text(
        "agent",
        "left",
        phone=mask_phone(answers["phone"]),
        case_no=case_no,
        hotline=hotline(turn),
    )
    if answers.get("note"):
        told = f"{told}\n{text('agent', 'left_note')}"
    return Text(told, choices("score", "help"))

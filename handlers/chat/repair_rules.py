"""啥样的记录修不了, 上了名单的呢: the rules of repair, told from the rules in force."""

from __future__ import annotations

import re

from bot.follow_up import in_plain_words
from bot.reply import Reply, Text
from bot.turn import Routes, Turn
from config.texts import text, topic
from credit_core.errors import Refusal
from credit_core.lists.models import ListKind
from credit_core.lists.rules import list_book
from credit_core.lists.service import ends_on
from credit_core.lists.service import on_list as listed
from credit_core.records.models import Severity
from credit_core.repair.rules import Law, law_for
from credit_core.subjects.models import Subject, SubjectKind
from handlers.chat import which
from handlers.chat.phrases import choices, day

LONGEST = 24
ABOUT = frozenset({"repair_guide", "repair_apply", "repair_status", "score_detail", "policy"})


def register(routes: Routes) -> None:
    routes.named.append((_asks_which, which_can))
    routes.named.append((_asks_of_list, on_list))


def _says(turn: Turn, key: str) -> bool:
    typed = turn.typed and len(turn.text) <= LONGEST
    said = in_plain_words(turn.text)
    return typed and any(re.search(one, said) for one in topic("repair_chat")[key])


def _asks_which(turn: Turn) -> bool:
    """那个啥子时候可以修复 is about one record: no rule is asked for."""
    return not which.begins_with_one(turn.text) and _says(turn, "asks_which_can")


def _asks_of_list(turn: Turn) -> bool:
    asks = _says(turn, "asks_of_list")
    return asks or (turn.context.get("topic") in ABOUT and _says(turn, "names_list"))


def which_can(turn: Turn) -> Reply:
    """What cannot be repaired yet, and that all the rest can."""
    turn.context["topic"] = "repair_guide"
    laws = {severity: law for severity in Severity if (law := _law(turn, severity)) is not None}
    conditions = dict.fromkeys(code for law in laws.values() for code in law.conditions)
    periods = "，".join(
        text(
            "repair_chat",
            "cannot_period" if law.minimum_months else "cannot_no_period",
            severity=severity.value,
            months=law.minimum_months,
        )
        for severity, law in laws.items()
    )
    known: dict[str, str] = topic("repair_chat")["cannot"]
    lines = [text("repair_chat", "cannot_head")]
    lines += [known[code].format(periods=periods) for code in conditions if code in known]
    lines.append(text("repair_chat", "cannot_else"))
    return Text("\n".join(lines), choices("repair", "lines"))


def days_of_steps(turn: Turn) -> str:
    """几天能批: the working days of each step, by the rules for an application of today."""
    law = _law(turn, Severity.GENERAL)
    if law is None:
        return text("repair_chat", "steps_unknown")
    days = law.procedure
    rows = [text("repair_chat", f"steps_days.{days.verify_from}", days=days.verify)]
    if days.accept is not None:
        rows.insert(0, text("repair_chat", "steps_days.accept", days=days.accept))
    if days.verify_extension is not None:
        rows.append(text("repair_chat", "steps_days.extension", days=days.verify_extension))
    return text("repair_chat", "steps_days.whole", steps="，".join(rows))


def _law(turn: Turn, severity: Severity) -> Law | None:
    try:
        return law_for(
            severity,
            None,
            decided_on=turn.today,
            applied_on=turn.today,
            city=turn.services.settings.city,
        )
    except Refusal:
        return None


def on_list(turn: Turn) -> Reply:
    """How one gets off the list of severe breaches: before that nothing is repaired."""
    turn.context["topic"] = "repair_guide"
    subject = turn.subject()
    kind = subject.kind if subject is not None else SubjectKind.RESIDENT
    rule = next(
        (
            rule
            for rule in list_book(turn.session).in_force(turn.today)
            if rule.list == ListKind.SEVERE and kind in rule.kinds
        ),
        None,
    )
    lines = [text("repair_chat", "list_first")]
    if subject is not None:
        lines.insert(0, _own_entry(turn, subject))
    if rule is not None:
        shown = {"repair": rule.repair, "months": rule.period_months}
        lines.append(text("repair_chat", "list_rule", **shown))
    return Text("\n".join(lines), choices("repair", "agent"))


def _own_entry(turn: Turn, subject: Subject) -> str:
    """Whether the one who asks is on the list, and until when."""
    entry = listed(turn.session, subject.id, ListKind.SEVERE, turn.today)
    if entry is None:
        return text("repair_chat", "list_not_on")
    over = ends_on(turn.session, entry)
    until = text("repair_chat", "list_until", on=day(over)) if over is not None else ""
    return text("repair_chat", "list_on", document_no=entry.document_no, until=until)

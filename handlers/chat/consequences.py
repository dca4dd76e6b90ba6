"""会不会停我们医保, 影响结算不, 别的店也这样吗: what follows from a low score, and what does not.

No measure follows from points; only a decision with a document number stops anything.
"""

from __future__ import annotations

import re

from bot import follow_up
from bot.commands import plain
from bot.reply import Reply, Text
from bot.turn import Handler, Routes, Turn
from config.texts import text, topic
from credit_core.measures.catalogue import catalogue
from credit_core.reports.check import Verdict, check
from credit_core.subjects.models import Subject, SubjectKind
from handlers.chat.phrases import choices, shown_name

LONGEST = 30
ELSEWHERE = frozenset({"remind_on", "remind_off", "unbind", "privacy", "alerts"})
"""After these 会不会停 is of something else."""


def register(routes: Routes) -> None:
    routes.pointing.append(_asks)


def _asks(turn: Turn) -> Handler | None:
    """Who asks what may be stopped, or whether others fare alike."""
    said = follow_up.in_plain_words(plain(turn.text))
    typed = turn.typed and len(said) <= LONGEST
    subject = turn.subject()
    if not typed or subject is None or follow_up.is_plainly_elsewhere(turn.text):
        return None
    of_institution = subject.kind == SubjectKind.INSTITUTION
    if of_institution and _fits("asks_renewal", said):
        return lambda turn: renewal(turn, subject)
    named = turn.context.get("topic") not in ELSEWHERE or _fits("names_care", said)
    if named and _fits("asks_stop", said):
        return lambda turn: stopping(turn, subject)
    if of_institution and _fits("asks_others", said):
        return others
    return None


def _fits(key: str, said: str) -> bool:
    return any(re.search(one, said) for one in topic("consequences")[key])


def stopping(turn: Turn, subject: Subject) -> Reply:
    """That points stop nothing, which decisions could, and whether one is in force."""
    turn.context["topic"] = "score_detail"
    kind = "institution" if subject.kind == SubjectKind.INSTITUTION else "person"
    in_force = {one.id: one for one in catalogue(turn.session).in_force(turn.today)}
    rows = [
        text("consequences", "measure", matter=one.matter, least=one.months[0], most=one.months[1])
        for name in topic("consequences")["stops"][kind]
        if (one := in_force.get(name)) is not None and subject.kind in one.objects
    ]
    lines = [text("consequences", f"{kind}.calm")]
    if rows:
        lines.append(text("consequences", f"{kind}.could", measures="、".join(rows)))
    now = check(turn.session, subject, "settlement", turn.today)
    if now.verdict is Verdict.ALLOW:
        lines.append(text("consequences", "none_now", name=shown_name(subject)))
    else:
        lines.append(text("consequences", "now", basis="；".join(now.basis)))
    return Text("\n".join(lines), choices("repair", "objection", "agent"))


def renewal(turn: Turn, subject: Subject) -> Reply:
    """Whether the agreement could be signed again as things stand, and on what basis not."""
    turn.context["topic"] = "score_detail"
    found = check(turn.session, subject, "renew_contract", turn.today)
    told = text("consequences", f"renewal.{found.verdict}", basis="；".join(found.basis))
    return Text(told, choices("repair", "objection", "agent"))


def others(_turn: Turn) -> Reply:
    """别的店也这样吗: the rules are the same; whose record is whose stays theirs."""
    return Text(text("consequences", "others"), choices("detail", "help"))

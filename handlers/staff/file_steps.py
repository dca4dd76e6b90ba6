"""Steps taken on a subject's file: the file is open for a purpose, and shows itself again."""

from __future__ import annotations

from collections.abc import Callable

from credit_core.access.models import Purpose
from credit_core.errors import Refusal
from credit_core.subjects.models import Subject
from handlers.staff.find import subject_of
from handlers.staff.page import Answer, Flash, Shown, Visit
from handlers.staff.rendering import refusal_text

File = Callable[[Visit, Subject, Purpose, str, Flash | None], Shown]
Step = Callable[[Visit, Subject], Flash]


def purpose_of(visit: Visit) -> tuple[Purpose, str]:
    """Why the file is open, from the form; it cannot be shown without.

    :raises Refusal: ``search.purpose``.
    """
    purpose, matter = visit.text("purpose"), visit.text("matter")
    if purpose not in {*Purpose} or not matter:
        raise Refusal("search.purpose")
    return Purpose(purpose), matter[:200]


def on_file(show: File, step: Step) -> Callable[[Visit], Answer]:
    """The page that takes a step; the file says how it went, a refused step changes nothing."""

    def act(visit: Visit) -> Answer:
        why, matter = purpose_of(visit)
        subject = subject_of(visit.session, visit.number("subject_id"))
        try:
            with visit.session.begin_nested():
                flash = step(visit, subject)
        except Refusal as refusal:
            visit.session.expire_all()
            flash = Flash("plain", {"sentence": refusal_text(refusal)}, "danger")
        return show(visit, subject, why, matter, flash)

    return act

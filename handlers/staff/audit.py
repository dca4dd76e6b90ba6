"""What staff do and look at is written down in the transaction that does it."""

from __future__ import annotations

from credit_core.access.models import Purpose
from credit_core.access.service import look
from credit_core.accounts.actions import record_action
from credit_core.subjects.models import Subject
from handlers.staff.page import Visit
from handlers.staff.rendering import labels


def record(visit: Visit, action: str, target: str, detail: str = "") -> None:
    """One change by staff; ``target`` is a case number or ``kind:id``."""
    record_action(visit.session, visit.member.login, action, target, visit.now, detail)


def looked(visit: Visit, subject: Subject, purpose: Purpose, matter: str, seen: str) -> None:
    """Somebody saw a person's data, for a purpose and in a matter; the person can read it.

    :param seen: what was shown, a key of ``labels.seen`` in the texts.
    """
    look(
        visit.session,
        actor=visit.member.login,
        actor_name=visit.member.name,
        subject_id=subject.id,
        purpose=purpose,
        matter=matter,
        content=labels("seen")[seen],
        ip=visit.ip,
        at=visit.now,
    )

"""Who a follower is, and for whom a follower speaks.

A person binds with name and identity number against the bureau's register; a clerk binds an
organisation with its unified social credit code and a one-time code that staff issued. A person
is bound to one WeChat at a time: binding again from another one moves the binding.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from credit_core.accounts.models import Binding, BindingRole, Consent, Follower
from credit_core.accounts.tries import count_failure, forgive, refuse_when_locked
from credit_core.errors import Refusal
from credit_core.subjects.models import Subject, SubjectKind, SubjectStatus
from credit_core.subjects.service import carries_name, find_subject

TRIES = 5
CONSENT_PURPOSES = {BindingRole.SELF: "binding", BindingRole.CLERK: "clerk"}
"""What a person agrees to by role: a clerk gives no name and no identity number."""
ORGANISATIONS = (SubjectKind.INSTITUTION, SubjectKind.EMPLOYER, SubjectKind.SUPPLIER)
PERSONS = (SubjectKind.RESIDENT, SubjectKind.PRACTITIONER)


@dataclass(frozen=True, slots=True)
class Bound:
    """:ivar moved_from: the follower that had this person before, to be told."""

    binding: Binding
    subject: Subject
    moved_from: int | None = None


def plain_name(name: str) -> str:
    """A name as it was meant: without spaces and with one kind of middle dot."""
    folded = unicodedata.normalize("NFKC", name)
    return re.sub(r"\s", "", re.sub(r"[•・‧∙.]", "·", folded))


def refuse_if_locked(session: Session, follower_id: int, now: datetime) -> None:
    """:raises Refusal: ``tries.locked`` with ``minutes``."""
    refuse_when_locked(session, _try_key(follower_id), now)


def count_wrong_try(session: Session, follower_id: int, now: datetime) -> int:
    """One wrong identity number or name more; returns how many tries are left."""
    return max(TRIES - count_failure(session, _try_key(follower_id), now), 0)


def match_person(session: Session, name: str, number: str) -> Subject:
    """The person on the register with this name and identity number (or medical staff code).

    :raises IdentifierError: the number itself is wrong.
    :raises Refusal: ``bind.not_on_register``: the number is unknown or the name is another's;
        which of both is not told, so that nobody can ask whose number it is.
    """
    kind = SubjectKind.PRACTITIONER if number[:1].isalpha() else SubjectKind.RESIDENT
    subject = find_subject(session, kind, number)
    if (
        subject is None
        or subject.status != SubjectStatus.ACTIVE
        or not carries_name(session, subject, plain_name(name))
    ):
        raise Refusal("bind.not_on_register")
    return subject


def match_organisation(session: Session, code: str) -> Subject:
    """:raises IdentifierError: the code is wrong.
    :raises Refusal: ``bind.organisation_unknown``.
    """
    for kind in ORGANISATIONS:
        subject = find_subject(session, kind, code)
        if subject is not None and subject.status == SubjectStatus.ACTIVE:
            return subject
    raise Refusal("bind.organisation_unknown")


def bind_person(session: Session, follower: Follower, subject: Subject, now: datetime) -> Bound:
    """Bind a matched person; an earlier person of this follower and an earlier WeChat of this
    person end."""
    forgive(session, _try_key(follower.id))
    moved_from = None
    current = session.scalars(
        select(Binding).where(
            Binding.role == BindingRole.SELF,
            Binding.until.is_(None),
            (Binding.subject_id == subject.id) | (Binding.follower_id == follower.id),
        )
    )
    for binding in current:
        if binding.subject_id == subject.id and binding.follower_id == follower.id:
            return Bound(binding, subject)
        if binding.follower_id != follower.id:
            moved_from = binding.follower_id
        binding.until, binding.ended_by = now, "moved"
    session.flush()
    return Bound(_add(session, follower, subject, BindingRole.SELF, now), subject, moved_from)


def bind_organisation(
    session: Session, follower: Follower, subject: Subject, now: datetime
) -> Bound:
    """Bind a clerk whose one-time code was accepted
    (:func:`credit_core.accounts.codes.redeem_code`); an organisation may have several."""
    existing = session.scalar(
        select(Binding).where(
            Binding.follower_id == follower.id,
            Binding.subject_id == subject.id,
            Binding.until.is_(None),
        )
    )
    return Bound(existing or _add(session, follower, subject, BindingRole.CLERK, now), subject)


def unbind(session: Session, binding: Binding, now: datetime, *, by: str = "self") -> None:
    """End a binding; with the last one of its role, the consent to it is withdrawn as well."""
    binding.until, binding.ended_by = now, by
    session.flush()
    left = session.scalar(
        select(Binding.id)
        .where(
            Binding.follower_id == binding.follower_id,
            Binding.role == binding.role,
            Binding.until.is_(None),
        )
        .limit(1)
    )
    if left is None:
        withdraw_consent(session, binding.follower_id, BindingRole(binding.role), now)


def unbind_all(session: Session, follower_id: int, now: datetime, *, by: str) -> int:
    """End every binding of a follower; returns how many there were."""
    current = session.scalars(
        select(Binding).where(Binding.follower_id == follower_id, Binding.until.is_(None))
    ).all()
    for binding in current:
        unbind(session, binding, now, by=by)
    return len(current)


def give_consent(
    session: Session, follower_id: int, role: BindingRole, version: str, now: datetime
) -> None:
    session.add(
        Consent(
            follower_id=follower_id,
            purpose=CONSENT_PURPOSES[role],
            version=version,
            given_at=now,
        )
    )


def has_consent(session: Session, follower_id: int, role: BindingRole, version: str) -> bool:
    """Whether the person agreed to being bound in this role, in this wording."""
    found = session.scalar(
        select(Consent.id)
        .where(
            Consent.follower_id == follower_id,
            Consent.purpose == CONSENT_PURPOSES[role],
            Consent.version == version,
            Consent.withdrawn_at.is_(None),
        )
        .limit(1)
    )
    return found is not None


def withdraw_consent(session: Session, follower_id: int, role: BindingRole, now: datetime) -> None:
    for consent in session.scalars(
        select(Consent).where(
            Consent.follower_id == follower_id,
            Consent.purpose == CONSENT_PURPOSES[role],
            Consent.withdrawn_at.is_(None),
        )
    ):
        consent.withdrawn_at = now


def _add(
    session: Session, follower: Follower, subject: Subject, role: BindingRole, now: datetime
) -> Binding:
    binding = Binding(follower_id=follower.id, subject_id=subject.id, role=role, since=now)
    session.add(binding)
    session.flush()
    return binding


def _try_key(follower_id: int) -> str:
    return f"bind:{follower_id}"

"""One-time codes that staff hand to an institution so that its clerk can bind it.

Eight digits, easy to read over the phone and to type. The code is shown once; stored is only a
blind index over subject and code, so nobody can read it from the database and codes of two
institutions never meet. It holds for seven days, works once, and staff may revoke it.
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from credit_core.accounts.models import BindingCode
from credit_core.accounts.tries import count_failure, forgive, refuse_when_locked
from credit_core.crypto import blind_index
from credit_core.errors import NotFoundError, Refusal

LIFETIME = timedelta(days=7)
DIGITS = 8
_PLACE = "binding_code.code_index"
_FORM = re.compile(rf"\d{{{DIGITS}}}")


class CodeState(StrEnum):
    OPEN = "open"
    """May be used by the institution's clerk."""
    USED = "used"
    REVOKED = "revoked"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class IssuedCode:
    """The only moment at which the code is readable."""

    row: BindingCode
    code: str

    @property
    def spoken(self) -> str:
        """``4821 0937``: in groups of four, for print and phone."""
        return f"{self.code[:4]} {self.code[4:]}"


def compact(typed: str) -> str:
    """What a person typed, as digits: full-width forms, spaces and dashes are accepted."""
    return re.sub(r"[\s\-_.·—–]", "", unicodedata.normalize("NFKC", typed))


def is_code(typed: str) -> bool:
    return _FORM.fullmatch(compact(typed)) is not None


def issue_code(session: Session, subject_id: int, by: str, now: datetime) -> IssuedCode:
    """A fresh code for the institution; codes that were still open end, so one works at a time."""
    session.execute(
        update(BindingCode)
        .where(
            BindingCode.subject_id == subject_id,
            BindingCode.used_at.is_(None),
            BindingCode.revoked_at.is_(None),
            BindingCode.expires_at > now,
        )
        .values(revoked_at=now, revoked_by=by)
    )
    while True:
        code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
        index = _index(subject_id, code)
        if session.scalar(select(BindingCode.id).where(BindingCode.code_index == index)) is None:
            break
    row = BindingCode(
        subject_id=subject_id,
        code_index=index,
        issued_by=by,
        issued_at=now,
        expires_at=now + LIFETIME,
    )
    session.add(row)
    session.flush()
    return IssuedCode(row, code)


def revoke_code(session: Session, code_id: int, by: str, now: datetime) -> BindingCode:
    """:raises NotFoundError: no such code. :raises Refusal: ``code.not_open``."""
    row = session.get(BindingCode, code_id)
    if row is None:
        raise NotFoundError(f"binding code {code_id}")
    if state_of(row, now) is not CodeState.OPEN:
        raise Refusal("code.not_open")
    row.revoked_at, row.revoked_by = now, by
    session.flush()
    return row


def redeem_code(
    session: Session, subject_id: int, typed: str, follower_id: int, now: datetime
) -> BindingCode:
    """Use the code for this institution, once.

    Wrong tries are counted per follower, in this session: the caller commits also after a
    refusal, or the count is lost.

    :raises Refusal: ``tries.locked`` (minutes), ``code.wrong`` (left: tries before a lock),
        ``code.used``, ``code.revoked``, ``code.expired``.
    """
    key = f"code:{follower_id}"
    refuse_when_locked(session, key, now)
    row = session.scalar(
        select(BindingCode)
        .where(BindingCode.code_index == _index(subject_id, compact(typed)))
        .with_for_update()
    )
    if row is None:
        failures = count_failure(session, key, now)
        raise Refusal("code.wrong", left=max(5 - failures, 0))
    state = state_of(row, now)
    if state is not CodeState.OPEN:
        raise Refusal(f"code.{state.value}")
    row.used_at, row.used_by_id = now, follower_id
    forgive(session, key)
    session.flush()
    return row


def state_of(row: BindingCode, now: datetime) -> CodeState:
    if row.used_at is not None:
        return CodeState.USED
    if row.revoked_at is not None:
        return CodeState.REVOKED
    return CodeState.OPEN if now < row.expires_at else CodeState.EXPIRED


def list_codes(
    session: Session, *, subject_id: int | None = None, limit: int = 50
) -> Sequence[BindingCode]:
    """Newest first."""
    query = select(BindingCode).order_by(BindingCode.issued_at.desc()).limit(limit)
    if subject_id is not None:
        query = query.where(BindingCode.subject_id == subject_id)
    return session.scalars(query).all()


def _index(subject_id: int, code: str) -> bytes:
    return blind_index(_PLACE, f"{subject_id}:{code}")

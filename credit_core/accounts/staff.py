"""Accounts of the bureau's console: passwords, roles, a second factor, and their own WeChat.

Signing in is three steps, so that the slow hash is never computed inside a transaction:
:func:`start_attempt` counts the try before it is known to be wrong (tries at the same time
cannot slip past the lock), :meth:`Attempt.password_fits` computes the hash, and
:func:`finish_attempt` forgives the count and checks the second factor.
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from credit_core.accounts.models import StaffMember, StaffRole, StaffSession
from credit_core.accounts.tries import count_failure, forgive, refuse_when_locked
from credit_core.crypto import blind_index
from credit_core.errors import NotFoundError, Refusal

PASSWORD_LEAST = 10
LINK_LIFETIME = timedelta(minutes=10)
_LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{1,39}")
_LINK_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_LINK_FORM = re.compile(rf"GZ[{_LINK_LETTERS}]{{8}}")
_TOTP_STEP = 30
_hasher = PasswordHasher()


def normalise_login(login: str) -> str:
    """:raises Refusal: ``staff.login_form``."""
    login = unicodedata.normalize("NFKC", login).strip().lower()
    if not _LOGIN.fullmatch(login):
        raise Refusal("staff.login_form")
    return login


def hash_password(password: str) -> str:
    """:raises Refusal: ``staff.password_weak`` with ``least`` (characters)."""
    if len(password) < PASSWORD_LEAST or len(set(password)) < 5:
        raise Refusal("staff.password_weak", least=PASSWORD_LEAST)
    return _hasher.hash(password)


def create_member(
    session: Session,
    login: str,
    password: str,
    *,
    name: str,
    roles: Collection[StaffRole],
    now: datetime,
    openid: str | None = None,
    district: str = "",
) -> StaffMember:
    """A new account.

    :raises Refusal: ``staff.login_form``, ``staff.login_taken``, ``staff.password_weak``,
        ``staff.no_role``.
    """
    login = normalise_login(login)
    if find_member(session, login) is not None:
        raise Refusal("staff.login_taken", login=login)
    if not roles:
        raise Refusal("staff.no_role")
    member = StaffMember(
        login=login,
        password_hash=hash_password(password),
        roles=_joined(roles),
        district=district,
        openid=openid,
        active=True,
        created_at=now,
    )
    member.name = name.strip() or login
    session.add(member)
    session.flush()
    return member


def find_member(session: Session, login: str) -> StaffMember | None:
    return session.scalar(select(StaffMember).where(StaffMember.login == login))


def member_of(session: Session, member_id: int) -> StaffMember:
    """:raises NotFoundError: no such account."""
    member = session.get(StaffMember, member_id)
    if member is None:
        raise NotFoundError(f"staff member {member_id}")
    return member


def list_members(session: Session) -> Sequence[StaffMember]:
    return session.scalars(select(StaffMember).order_by(StaffMember.login)).all()


def roles_of(member: StaffMember) -> frozenset[StaffRole]:
    return frozenset(StaffRole(role) for role in member.roles.split(",") if role)


def set_roles(session: Session, member: StaffMember, roles: Collection[StaffRole]) -> None:
    """Other roles; whoever is signed in has them at the next click.

    :raises Refusal: ``staff.no_role``.
    """
    if not roles:
        raise Refusal("staff.no_role")
    member.roles = _joined(roles)
    session.flush()


def set_password(session: Session, member: StaffMember, password: str) -> None:
    """Another password; every signed-in browser of the member is signed out.

    :raises Refusal: ``staff.password_weak``.
    """
    member.password_hash = hash_password(password)
    forgive(session, _try_key(member.login))
    end_sessions(session, member.id)


def set_active(session: Session, member: StaffMember, active: bool) -> None:
    member.active = active
    if not active:
        end_sessions(session, member.id)
    session.flush()


def end_sessions(session: Session, member_id: int) -> None:
    session.execute(delete(StaffSession).where(StaffSession.member_id == member_id))


# --- signing in -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Attempt:
    """A try to sign in that was counted and may now be checked."""

    login: str
    member_id: int | None
    password_hash: str

    def password_fits(self, password: str) -> bool:
        """Slow on purpose (tens of milliseconds, 64 MiB); call it outside transactions."""
        if self.member_id is None:
            # An unknown login costs as much time as a wrong password.
            _hasher.hash(password)
            return False
        try:
            return _hasher.verify(self.password_hash, password)
        except (VerificationError, InvalidHashError):
            return False


def start_attempt(session: Session, login: str, now: datetime) -> Attempt:
    """Count the try.

    :raises Refusal: ``tries.locked`` (minutes).
    """
    login = unicodedata.normalize("NFKC", login).strip().lower()[:40]
    refuse_when_locked(session, _try_key(login), now)
    count_failure(session, _try_key(login), now)
    member = find_member(session, login)
    if member is None or not member.active:
        return Attempt(login, None, "")
    return Attempt(login, member.id, member.password_hash)


def finish_attempt(session: Session, attempt: Attempt, totp_code: str, now: datetime) -> int:
    """The password fitted: check the second factor where there is one. Returns the member's id.

    :raises Refusal: ``staff.totp_needed``, ``staff.totp_wrong``, ``staff.sign_in_wrong``.
    """
    member = session.get(StaffMember, attempt.member_id, with_for_update=True)
    if member is None or not member.active:
        raise Refusal("staff.sign_in_wrong")
    if member.totp_sealed is not None:
        if not totp_code.strip():
            raise Refusal("staff.totp_needed")
        if not _use_totp(member, member.totp, totp_code, now):
            raise Refusal("staff.totp_wrong")
    forgive(session, _try_key(attempt.login))
    session.flush()
    return member.id


def new_totp_secret() -> str:
    return pyotp.random_base32()


def totp_uri(member: StaffMember, secret: str, issuer: str) -> str:
    """What an authenticator scans."""
    return pyotp.TOTP(secret, name=member.login, issuer=issuer).provisioning_uri()


def enable_totp(
    session: Session, member: StaffMember, secret: str, code: str, now: datetime
) -> None:
    """Switch the second factor on, with a first code as proof that the authenticator has it.

    :raises Refusal: ``staff.totp_wrong``.
    """
    member.totp_last_step = None
    if not _use_totp(member, secret, code, now):
        raise Refusal("staff.totp_wrong")
    member.totp = secret
    session.flush()


def disable_totp(session: Session, member: StaffMember) -> None:
    member.totp_sealed = None
    member.totp_last_step = None
    session.flush()


def _use_totp(member: StaffMember, secret: str, code: str, now: datetime) -> bool:
    """A code of this half minute or the one before or after, each at most once (RFC 6238 5.2)."""
    typed = re.sub(r"\s", "", unicodedata.normalize("NFKC", code))
    totp = pyotp.TOTP(secret)
    this_step = int(now.timestamp()) // _TOTP_STEP
    for step in (this_step, this_step - 1, this_step + 1):
        fits = secrets.compare_digest(totp.generate_otp(step).encode(), typed.encode())
        if fits and (member.totp_last_step is None or step > member.totp_last_step):
            member.totp_last_step = step
            return True
    return False


# --- their own WeChat -------------------------------------------------------------------------


def new_link_code(session: Session, member: StaffMember, now: datetime) -> str:
    """A code that the member sends to the account from their own WeChat within ten minutes."""
    code = "GZ" + "".join(secrets.choice(_LINK_LETTERS) for _ in range(8))
    member.link_index = _link_index(code)
    member.link_expires_at = now + LINK_LIFETIME
    session.flush()
    return code


def is_link_code(typed: str) -> bool:
    """Whether a message has the form of such a code; nothing else looks like it."""
    return _LINK_FORM.fullmatch(_compact_link(typed)) is not None


def link_openid(session: Session, code: str, openid: str, now: datetime) -> StaffMember:
    """Bind the WeChat that sent the code to the member who was shown it.

    Wrong tries are counted in this session: the caller commits also after a refusal.

    :raises Refusal: ``tries.locked`` (minutes), ``staff.link_wrong`` (also when it ran out).
    """
    key = f"link:{openid}"
    refuse_when_locked(session, key, now)
    member = session.scalar(
        select(StaffMember).where(
            StaffMember.link_index == _link_index(_compact_link(code)),
            StaffMember.link_expires_at > now,
            StaffMember.active,
        )
    )
    if member is None:
        count_failure(session, key, now)
        raise Refusal("staff.link_wrong")
    member.openid = openid
    member.link_index = member.link_expires_at = None
    forgive(session, key)
    session.flush()
    return member


def unlink_openid(session: Session, member: StaffMember) -> None:
    member.openid = None
    session.flush()


def _compact_link(typed: str) -> str:
    return re.sub(r"[\s\-]", "", unicodedata.normalize("NFKC", typed)).upper()


def _link_index(code: str) -> bytes:
    return blind_index("staff_member.link_index", code)


def _joined(roles: Collection[StaffRole]) -> str:
    return ",".join(role.value for role in StaffRole if role in roles)


def _try_key(login: str) -> str:
    return f"staff:{login}"

"""Cookies and tokens of the console: who is signed in, and that the form was ours.

The session cookie carries a random token. The form token is derived from it with the
installation's secret, so nothing has to be stored and a foreign page cannot know it; before
signing in it is derived from a cookie of its own.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from datetime import datetime

from aiohttp import web
from sqlalchemy.orm import Session

from config.settings import Settings, SettingsError
from credit_core.accounts.models import StaffMember
from credit_core.accounts.sessions import ABSOLUTE, find_session, needs_touch
from credit_core.accounts.staff import roles_of
from handlers.staff.page import BASE, Flash, Member

SESSION_COOKIE = "medcredit_staff"
BEFORE_COOKIE = "medcredit_staff_before"
FLASH_COOKIE = "medcredit_staff_flash"
CSRF_FIELD = "csrf"
_FLASH_KINDS = ("success", "danger", "warning")


class Guard:
    """Makes and checks what the browser carries.

    :raises SettingsError: the secret is too short to sign with.
    """

    def __init__(self, settings: Settings) -> None:
        secret = settings.secret_key.get_secret_value()
        if len(secret) < 32:
            raise SettingsError(
                "MEDCREDIT_SECRET_KEY is missing or weak: set at least 32 random characters."
            )
        self._key = hashlib.sha256(b"staff console:" + secret.encode()).digest()
        self._secure = settings.public_url.startswith("https://")

    # --- who ---------------------------------------------------------------------------------

    def recognise(
        self, session: Session, request: web.Request, now: datetime
    ) -> tuple[Member, bool] | None:
        """The member who asks, and whether the session wants to be touched."""
        found = find_session(session, request.cookies.get(SESSION_COOKIE, ""), now)
        if found is None:
            return None
        row, member = found
        return snapshot(member), needs_touch(row, now)

    # --- forms -------------------------------------------------------------------------------

    def form_token(self, request: web.Request) -> str:
        """The token for forms of this browser."""
        return self._sign("form", request.cookies.get(SESSION_COOKIE, ""))

    def form_is_ours(self, request: web.Request, token: str) -> bool:
        return self._same(token, self.form_token(request)) and _same_site(request)

    def before_token(self, cookie: str) -> str:
        return self._sign("before", cookie)

    def before_is_ours(self, request: web.Request, token: str) -> bool:
        cookie = request.cookies.get(BEFORE_COOKIE, "")
        return bool(cookie) and self._same(token, self.before_token(cookie)) and _same_site(request)

    # --- cookies -----------------------------------------------------------------------------

    def sign_in(self, response: web.StreamResponse, token: str) -> None:
        self._set(response, SESSION_COOKIE, token, int(ABSOLUTE.total_seconds()))
        response.del_cookie(BEFORE_COOKIE, path=BASE)

    def sign_out(self, response: web.StreamResponse) -> None:
        response.del_cookie(SESSION_COOKIE, path=BASE)

    def mark_before(self, response: web.StreamResponse, cookie: str) -> None:
        self._set(response, BEFORE_COOKIE, cookie, 3600)

    def set_flash(self, response: web.StreamResponse, flash: Flash) -> None:
        body = json.dumps([flash.key, flash.kind, dict(flash.fields)]).encode()
        packed = base64.urlsafe_b64encode(body).decode()
        self._set(response, FLASH_COOKIE, f"{packed}.{self._sign('flash', packed)}", 60)

    def take_flash(self, request: web.Request) -> Flash | None:
        packed, _, signature = request.cookies.get(FLASH_COOKIE, "").partition(".")
        if not packed or not self._same(signature, self._sign("flash", packed)):
            return None
        try:
            key, kind, fields = json.loads(base64.urlsafe_b64decode(packed))
        except (binascii.Error, ValueError):
            return None
        return Flash(key, fields, kind) if kind in _FLASH_KINDS else None

    def clear_flash(self, response: web.StreamResponse) -> None:
        response.del_cookie(FLASH_COOKIE, path=BASE)

    def _set(self, response: web.StreamResponse, name: str, value: str, seconds: int) -> None:
        response.set_cookie(
            name,
            value,
            max_age=seconds,
            path=BASE,
            httponly=True,
            samesite="Lax",
            secure=self._secure,
        )

    def _sign(self, purpose: str, value: str) -> str:
        return hmac.new(self._key, f"{purpose}:{value}".encode(), "sha256").hexdigest()[:40]

    @staticmethod
    def _same(one: str, other: str) -> bool:
        return hmac.compare_digest(one.encode(), other.encode())


def new_before_cookie() -> str:
    return secrets.token_urlsafe(16)


def snapshot(member: StaffMember) -> Member:
    return Member(member.id, member.login, member.name, roles_of(member), member.district)


def _same_site(request: web.Request) -> bool:
    """Browsers say where a request comes from; another site's form is refused even with a
    right token."""
    return request.headers.get("Sec-Fetch-Site", "same-origin") in {"same-origin", "none"}

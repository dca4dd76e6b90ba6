"""What a page of the console is: a synchronous function of a visit that returns an answer.

The function runs in a database thread inside one unit of work; :mod:`handlers.staff.app`
finds out who asks, checks role and token, and turns the answer into a response.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy.orm import Session

from config.settings import Settings
from credit_core.accounts.models import StaffRole
from credit_core.clock import local_day
from credit_core.database import Database
from credit_core.errors import NotFoundError, Refusal

BASE = "/staff"
ANY = frozenset(StaffRole)
"""Every signed-in member."""
CASES = frozenset({StaffRole.CLERK, StaffRole.REVIEWER, StaffRole.APPROVER})
"""Who works on cases and may look at people."""
CLERK = frozenset({StaffRole.CLERK})
DECIDERS = frozenset({StaffRole.REVIEWER, StaffRole.APPROVER})
APPROVER = frozenset({StaffRole.APPROVER})
READERS = CASES | {StaffRole.AUDITOR}
AUDITOR = frozenset({StaffRole.AUDITOR})
ADMIN = frozenset({StaffRole.ADMIN})


@dataclass(frozen=True, slots=True)
class Member:
    """Who is signed in."""

    id: int
    login: str
    name: str
    roles: frozenset[StaffRole]
    district: str = ""

    @property
    def actor(self) -> str:
        """How services and logs name the member."""
        return self.login

    def may(self, *roles: str) -> bool:
        return any(role in self.roles for role in roles)


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came with a form."""

    filename: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Flash:
    """A sentence for the next page: a key of ``config/texts/staff.yaml`` under ``flash``."""

    key: str
    fields: Mapping[str, str] = field(default_factory=dict)
    kind: Literal["success", "danger", "warning"] = "success"


@dataclass(frozen=True, slots=True)
class Shown:
    """A template, filled inside the unit of work."""

    template: str
    context: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Redirect:
    """Elsewhere in the console, after a change."""

    path: str
    flash: Flash | None = None


@dataclass(frozen=True, slots=True)
class Download:
    body: bytes
    filename: str
    content_type: str
    inline: bool = False


@dataclass(frozen=True, slots=True)
class Started:
    """Long work that begins when the page's transaction is over, in a thread of its own.

    :ivar work: it opens its own transactions; what goes wrong in it, it tells by itself.
    """

    path: str
    work: Callable[[Database], None]
    flash: Flash | None = None


Answer = Shown | Redirect | Download | Started


@dataclass(slots=True)
class Visit:
    """One request of one member, with everything a page needs."""

    session: Session
    member: Member
    now: datetime
    settings: Settings
    params: Mapping[str, str]
    query: Mapping[str, str]
    form: Mapping[str, list[str]] = field(default_factory=dict)
    files: Mapping[str, Upload] = field(default_factory=dict)
    ip: str = ""

    @property
    def today(self) -> date:
        return local_day(self.now)

    def number(self, name: str) -> int:
        """A row number from the address.

        :raises NotFoundError: it is not a number.
        """
        value = self.params[name]
        if not value.isascii() or not value.isdigit() or len(value) > 19:
            raise NotFoundError(name)
        return int(value)

    def text(self, name: str) -> str:
        """One field of the form, trimmed; empty when it is not there."""
        values = self.form.get(name)
        return values[0].strip() if values else ""

    def several(self, name: str) -> list[str]:
        """All ticked values of one field."""
        return [value.strip() for value in self.form.get(name, []) if value.strip()]

    def day(self, name: str) -> date:
        """A day from the form.

        :raises Refusal: ``form.day``.
        """
        try:
            return date.fromisoformat(self.text(name))
        except ValueError:
            raise Refusal("form.day") from None

    def count(self, name: str) -> int:
        """A whole number from the form.

        :raises Refusal: ``form.number``.
        """
        value = self.text(name)
        if not re.fullmatch(r"[+-]?[0-9]{1,6}", value):
            raise Refusal("form.number")
        return int(value)

    def asked(self, name: str) -> str:
        """One part of the query, trimmed."""
        return self.query.get(name, "").strip()

    def require(self, name: str, code: str = "form.missing") -> str:
        """A field that may not be empty.

        :raises Refusal: ``code``, with the name of the field.
        """
        value = self.text(name)
        if not value:
            raise Refusal(code, field=name)
        return value


Action = Callable[[Visit], Answer]


@dataclass(frozen=True, slots=True)
class Page:
    """A route: who may ask it and whether it writes.

    :ivar path: inside the console, such as ``/codes/{code_id}``.
    :ivar writes: a GET that leaves a trace (every look at a person does).
    :ivar largest: bytes of the form with its files; 0: what is usual.
    """

    method: Literal["GET", "POST"]
    path: str
    action: Action
    roles: frozenset[StaffRole]
    writes: bool = False
    largest: int = 0

    @property
    def nav(self) -> str:
        """The entry of the menu that it belongs to: the first part of its path."""
        return self.path.split("/")[1] or "home"


def get(path: str, action: Action, roles: frozenset[StaffRole], *, writes: bool = False) -> Page:
    return Page("GET", path, action, roles, writes)


def post(path: str, action: Action, roles: frozenset[StaffRole], *, largest: int = 0) -> Page:
    return Page("POST", path, action, roles, writes=True, largest=largest)

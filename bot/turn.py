"""One turn of a conversation: who, what, now, and the database session of this message.

A handler is an ordinary synchronous function ``(turn) -> Reply``. All it changes, the
conversation's state and every notice it causes stand in one transaction with the inbox row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.message import Inbound
from bot.reply import Reply
from config.settings import Settings
from credit_core.accounts.models import Binding, BindingRole, Follower
from credit_core.clock import local_day
from credit_core.errors import Refusal
from credit_core.subjects.models import Subject, SubjectKind

if TYPE_CHECKING:
    from bot.asides import Aside
    from bot.form import Form


class Understood(Protocol):
    """What the conversation needs of an understood message."""

    @property
    def intent(self) -> str: ...
    @property
    def confidence(self) -> float: ...
    @property
    def slots(self) -> Mapping[str, Any]: ...
    @property
    def alternatives(self) -> tuple[tuple[str, float], ...]: ...
    @property
    def ask_back(self) -> bool: ...


class Understands(Protocol):
    def understand(self, text: str, *, today: date | None = None) -> Understood: ...


class KeepsEvidence(Protocol):
    """Stores a photo outside the database; see credit_core.evidence."""

    def put(self, data: bytes) -> Any: ...


@dataclass(frozen=True, slots=True)
class Services:
    """What a turn may use besides the database; put together by the composition root."""

    settings: Settings
    understander: Understands
    evidence: KeepsEvidence
    routes: Routes


@dataclass(slots=True)
class Turn:
    """:ivar context: what was spoken of last (record ids in the order shown, last intent …);
    JSON values only, kept between turns.
    :ivar picked: the choice that a typed message means, as if it had been tapped.
    :ivar restated: what was said before and is meant now (就写这句话).
    :ivar media: the bytes of a photo, fetched before the turn; a refusal when it is not
        acceptable (too large); None when it could not be had.
    """

    session: Session
    now: datetime
    inbound: Inbound
    follower: Follower
    services: Services
    context: dict[str, Any] = field(default_factory=dict)
    open_form: dict[str, Any] | None = None
    understood: Understood | None = None
    media: bytes | Refusal | None = None
    picked: str = ""
    restated: str | None = None
    _bindings: list[tuple[Binding, Subject]] | None = None

    @property
    def today(self) -> date:
        return local_day(self.now)

    @property
    def text(self) -> str:
        return (self.inbound.content if self.restated is None else self.restated).strip()

    @property
    def choice(self) -> str:
        """The id of the choice that was tapped or typed."""
        return self.picked or self.inbound.choice

    @property
    def typed(self) -> bool:
        """Whether it was said in words; no choice was tapped or named."""
        return self.inbound.kind == "text" and not self.choice

    @property
    def slots(self) -> Mapping[str, Any]:
        return self.understood.slots if self.understood else {}

    def bindings(self) -> list[tuple[Binding, Subject]]:
        """Current bindings of the follower, newest first; read once a turn."""
        if self._bindings is not None:
            return [pair for pair in self._bindings if pair[0].until is None]
        rows = self.session.execute(
            select(Binding, Subject)
            .join(Subject, Subject.id == Binding.subject_id)
            .where(Binding.follower_id == self.follower.id, Binding.until.is_(None))
            .order_by(Binding.since.desc(), Binding.id.desc())
        )
        self._bindings = [(binding, subject) for binding, subject in rows]
        return self._bindings

    def rebound(self) -> None:
        """A binding was added in this turn: they are read again."""
        self._bindings = None

    def resident(self) -> Subject | None:
        """The person that the follower is, if bound."""
        for binding, subject in self.bindings():
            if binding.role == BindingRole.SELF:
                return subject
        return None

    def organisation(self) -> Subject | None:
        """The institution, employer or supplier that the follower speaks for, if bound."""
        for binding, subject in self.bindings():
            if binding.role == BindingRole.CLERK:
                return subject
        return None

    def subject(self) -> Subject | None:
        """The subject meant when none is named: the person first, then the organisation.

        «我们药店…» means the organisation, and so does what follows it; «我自己的…» ends that,
        and never shows an organisation's.
        """
        organisation = self.organisation()
        whose = self.context.get("whose")
        if organisation is not None and (
            whose == "organisation" or (whose is None and self.slots.get("institution_names"))
        ):
            return organisation
        return self.resident() if whose == "person" else self.resident() or organisation


def is_person(subject: Subject) -> bool:
    return subject.kind in {SubjectKind.RESIDENT, SubjectKind.PRACTITIONER}


Handler = Callable[[Turn], Reply]


@dataclass(slots=True)
class Routes:
    """Which handler answers what; filled by the handlers, read by the conversation."""

    intents: dict[str, Handler] = field(default_factory=dict)
    """By intent id; `unknown` is the last resort."""
    events: dict[str, Handler] = field(default_factory=dict)
    """By lower-case event name."""
    taps: dict[str, Handler] = field(default_factory=dict)
    """By key of a menu button or id of a tapped choice, exact or up to the first ``:``."""
    kinds: dict[str, Handler] = field(default_factory=dict)
    """By message type, for everything that is not text."""
    forms: dict[str, Form] = field(default_factory=dict)
    words: dict[str, Callable[[Turn], Reply | None]] = field(default_factory=dict)
    """Exact words that mean one thing (已知悉, 退订); None: not this time, go on."""
    courtesy: Callable[[Turn], Reply | None] | None = None
    """Who answers the words that add nothing beside another (好的，收到)."""
    urgent: list[Callable[[Turn], Handler | None]] = field(default_factory=list)
    """Who answers before all others, whatever form is open: somebody who is in danger."""
    forms_of_text: list[tuple[Callable[[str], bool], Handler]] = field(default_factory=list)
    """Texts that are recognised by their form alone, such as a code from the console."""
    about_us: list[tuple[Callable[[str], bool], Handler]] = field(default_factory=list)
    """Questions about the service itself (你是谁), inside a form as well."""
    words_in_text: list[tuple[Callable[[str], bool], Handler]] = field(default_factory=list)
    """Wishes about the talk itself (大字版), which also hold inside a form."""
    named: list[tuple[Callable[[Turn], bool], Handler]] = field(default_factory=list)
    """Wishes that are known by what they name (somebody else's score, a past day), whatever the
    intent seems to be."""
    pointing: list[Callable[[Turn], Handler | None]] = field(default_factory=list)
    """Who answers a message that points at something by its words: 借卡那条什么时候到期."""
    rules: Callable[[Turn], Reply | None] | None = None
    """Who answers a question about the rules from the documents; None: nothing is written."""
    asides: Callable[[Turn], list[Aside]] | None = None
    """The questions often asked that a message may be, the most likely first."""
    cases: dict[str, Callable[[Turn], bool]] = field(default_factory=dict)
    """By intent that tells how far cases are: whether there is one."""
    asks: dict[tuple[str, str], Handler] = field(default_factory=dict)
    """By what was spoken of and what is asked of it (``why``, ``how``, ``when``, ``next``)."""
    numbered: dict[str, Handler] = field(default_factory=dict)
    """By what was spoken of: who answers 第二条 alone."""
    finishing: list[Callable[[Turn, Reply], Reply]] = field(default_factory=list)
    """The last touch to every answer of a talk, such as the large print."""
    titles: dict[str, str] = field(default_factory=dict)
    """Short title of each intent, for tappable choices."""
    destructive: frozenset[str] = frozenset()
    acting: frozenset[str] = frozenset()
    """Intents that open a form, change something or fetch a person; the others only tell."""

    def wishes(self) -> list[tuple[str, str, Form]]:
        """The forms that a word asks for, each with the intent that opens it."""
        return [
            (name, next(iter(one.intents)), one) for name, one in self.forms.items() if one.intents
        ]

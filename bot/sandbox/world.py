"""Everything the stand-in knows, in one place that all its parts share."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from pydantic import JsonValue

from bot.sandbox.config import CallbackMode, SandboxConfig
from bot.sandbox.crypto import MessageCipher
from bot.sandbox.faults import Faults
from bot.sandbox.idempotency import RecentKeys
from bot.sandbox.journal import Journal
from bot.sandbox.models import (
    Contact,
    Credit,
    Draft,
    Job,
    Media,
    Person,
    QrCode,
    Settings,
    Tag,
    Template,
    Token,
)
from bot.sandbox.monthly import MonthlyCounts, beijing_day
from bot.sandbox.quota import Quotas
from bot.sandbox.refusals import Refusals
from bot.sandbox.store import Collection, Store
from bot.sandbox.traffic import Hub, Traffic

if TYPE_CHECKING:
    from bot.sandbox.callback import Deliverer

TEMPLATE_KEY_SECONDS = 600.0
MASS_KEY_SECONDS = 24 * 3600.0
_LONGEST_MONTH = 31 * 24 * 3600.0


class World:
    """The state of one sandbox: contacts, chats, templates, tokens, faults and the log."""

    deliverer: Deliverer

    def __init__(self, config: SandboxConfig, clock: Callable[[], float] = time.time) -> None:
        self.config = config
        self.clock = clock
        self.store = Store(config.state_dir / "sandbox.sqlite")
        self.media_dir = config.state_dir / "media"
        self.media_dir.mkdir(parents=True, exist_ok=True)
        self.journal = Journal(config.state_dir / "effects.jsonl")
        self.hub = Hub()
        self.traffic = Traffic(self.hub)
        self.faults = Faults()
        self.quotas = Quotas(clock)
        self.refusals = Refusals()
        self.cipher = MessageCipher(config.token, config.aes_key, config.appid)
        self.persons = Collection(self.store, "persons", Person)
        self.contacts = Collection(self.store, "contacts", Contact)
        self.templates = Collection(self.store, "templates", Template)
        self.credits = Collection(self.store, "credits", Credit)
        self.media = Collection(self.store, "media", Media)
        self.tags = Collection(self.store, "tags", Tag)
        self.jobs = Collection(self.store, "jobs", Job)
        self.drafts = Collection(self.store, "drafts", Draft)
        self.published = Collection(self.store, "published", Draft)
        self.qr_codes = Collection(self.store, "qr_codes", QrCode)
        self.tokens = Collection(self.store, "tokens", Token)
        # Settings and faults end with the process: a restart is as its configuration says.
        self.settings = Settings(receipts=config.receipts, answer_seconds=config.answer_seconds)
        self.template_keys = RecentKeys(TEMPLATE_KEY_SECONDS, clock)
        self.mass_keys = RecentKeys(MASS_KEY_SECONDS, clock)
        self.monthly = MonthlyCounts()
        self._last_id = 0
        self._openids: dict[str, Person] = {}
        self._settle()

    # -- who is there

    def _settle(self) -> None:
        configured = {spec.key for spec in self.config.persons}
        for person in self.persons.values():
            if not person.joined and person.key not in configured:
                self.persons.drop(person.key)
        for spec in self.config.persons:
            self.persons.put(spec.key, Person(**spec.model_dump()))
        for template in self.config.templates:
            self.templates.put(template.template_id, Template(**template.model_dump()))
        self._openids = {person.openid: person for person in self.persons.values()}
        now = self.clock()
        for entry in self.journal.lines(since=now - MASS_KEY_SECONDS):
            self._remember_key(entry)
        month = beijing_day(now)[:7]
        for entry in self.journal.lines(since=now - _LONGEST_MONTH, api="mass"):
            at, openids = entry.get("at"), entry.get("openids")
            if isinstance(at, float) and beijing_day(at)[:7] == month:
                for openid in openids if isinstance(openids, list) else []:
                    self.monthly.take(str(openid), at)

    def _remember_key(self, entry: dict[str, JsonValue]) -> None:
        key, at, number = entry.get("key"), entry.get("at"), entry.get("msgid")
        if not isinstance(key, str) or not isinstance(at, float) or not isinstance(number, int):
            return
        if entry.get("api") == "template":
            self.template_keys.remember((str(entry.get("openid")), key), number, at)
        elif entry.get("api") == "mass":
            self.mass_keys.remember((key,), number, at)

    def add_person(self, person: Person) -> None:
        """Put one more phone on the page."""
        person = person.model_copy(update={"joined": self.clock()})
        self.persons.put(person.key, person)
        self._openids[person.openid] = person
        self.hub.publish({"type": "persons"})

    def people(self) -> list[Person]:
        """Everybody: those of the configuration in its order, then the others as they came."""
        places = {spec.key: place for place, spec in enumerate(self.config.persons)}
        return sorted(
            self.persons.values(), key=lambda one: (places.get(one.key, len(places)), one.joined)
        )

    def person_of(self, openid: str) -> Person | None:
        """Whose phone an openid is, if anybody on the page holds it."""
        return self._openids.get(openid)

    def is_crowd(self, openid: str) -> bool:
        """Whether the openid is one of the followers that nobody plays."""
        return openid.startswith(self.config.crowd) if self.config.crowd else False

    def known(self, openid: str) -> bool:
        """Whether the openid belongs to this account at all (else 40003)."""
        return openid in self.contacts or openid in self._openids or self.is_crowd(openid)

    def is_following(self, openid: str) -> bool:
        """Whether the account may write to them."""
        contact = self.contacts.get(openid)
        if contact is not None:
            return contact.following
        return openid not in self._openids and self.is_crowd(openid)

    def contact(self, openid: str) -> Contact:
        """The record of an openid, made at its first sign of life."""
        held = self.contacts.get(openid)
        if held is not None:
            return held
        crowd = openid not in self._openids and self.is_crowd(openid)
        return Contact(openid=openid, following=crowd, followed_at=int(self.clock()))

    def keep(self, contact: Contact) -> None:
        """Write a changed record."""
        self.contacts.put(contact.openid, contact)

    # -- what a phone shows

    def show(self, openid: str, side: str, entry: dict[str, JsonValue]) -> int:
        """Put an entry into a chat; 0 when nobody holds that phone."""
        person = self._openids.get(openid)
        if person is None:
            return 0
        data: dict[str, JsonValue] = {"at": round(self.clock(), 3), "side": side, **entry}
        number = self.store.add_message(openid, data)
        self.hub.publish(
            {"type": "message", "person": person.key, "message": {"id": number, **data}}
        )
        return number

    def changed(self, what: str) -> None:
        """Tell the pages that something other than a chat changed (menu, persons, settings)."""
        self.hub.publish({"type": what})

    # -- numbers and settings

    def next_id(self) -> int:
        """A new message id: the time in microseconds, never the same twice."""
        self._last_id = max(self._last_id + 1, int(self.clock() * 1_000_000))
        return self._last_id

    @staticmethod
    def new_name(length: int = 64) -> str:
        """A random id of letters, digits, `-` and `_`, as media and tickets have."""
        return secrets.token_urlsafe(length)[:length]

    @property
    def mode(self) -> CallbackMode:
        """How callbacks are written now."""
        chosen = self.settings.mode
        if chosen == "plain":
            return "plain"
        if chosen == "compatible":
            return "compatible"
        return "safe" if chosen == "safe" else self.config.mode

    @property
    def callback_url(self) -> str:
        """Where messages and events are posted now; empty: nowhere."""
        return self.settings.callback_url or self.config.callback_url

    def change_settings(self, settings: Settings) -> None:
        """Put other settings in force."""
        self.settings = settings
        self.changed("settings")

    def close(self) -> None:
        """Close the files."""
        self.journal.close()
        self.store.close()

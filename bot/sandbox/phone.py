"""A phone for tests: the same actions as the page, in this process or over HTTP.

phone = sandbox.phone("openid-of-wang")          # in this process
phone = Phone.over_http(session, "http://127.0.0.1:8080/sandbox", "openid-of-wang")
await phone.follow()
reply = await phone.say("我的信用分")
print(reply.text)
"""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import aiohttp
from pydantic import JsonValue

from bot.sandbox.actions import NotPossibleError
from bot.sandbox.fields import Fields
from bot.sandbox.models import Person
from bot.sandbox.performance import perform

if TYPE_CHECKING:
    from bot.sandbox.world import World


@dataclass(frozen=True)
class Reply:
    """How one delivery went.

    `status`: success, replied, timeout, unreachable, malformed or off; `entry` is what the chat
    shows of the reply (`kind`, `text`, `articles`, …), None without one.
    """

    status: str
    deliveries: int
    reason: str
    xml: str
    entry: Mapping[str, JsonValue] | None

    @property
    def text(self) -> str:
        """The text of a text reply, else empty."""
        value = self.entry.get("text") if self.entry else None
        return value if isinstance(value, str) else ""


class Line(Protocol):
    """The way to a sandbox."""

    async def act(self, openid: str, body: dict[str, JsonValue], data: bytes) -> JsonValue:
        """Perform one action."""

    async def messages(self, openid: str, after: int) -> list[dict[str, JsonValue]]:
        """The chat."""

    async def add(self, person: Person) -> None:
        """Make the openid a person whose chat is kept."""


class LocalLine:
    """Straight to a sandbox in this process."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def act(self, openid: str, body: dict[str, JsonValue], data: bytes) -> JsonValue:
        """Perform one action."""
        return await perform(self._world, openid, Fields(body), data)

    async def messages(self, openid: str, after: int) -> list[dict[str, JsonValue]]:
        """The chat."""
        return self._world.store.messages(openid, after=after)

    async def add(self, person: Person) -> None:
        """Make the openid a person whose chat is kept."""
        self._world.add_person(person)


class HttpLine:
    """To a sandbox in another process, by its control API."""

    def __init__(self, session: aiohttp.ClientSession, base_url: str) -> None:
        self._session = session
        self._base = base_url.rstrip("/")

    async def act(self, openid: str, body: dict[str, JsonValue], data: bytes) -> JsonValue:
        """Perform one action."""
        sent = {**body, "openid": openid, "data": base64.b64encode(data).decode()}
        async with self._session.post(f"{self._base}/control/act", json=sent) as answer:
            told: JsonValue = await answer.json()
            if answer.status != 200:
                raise NotPossibleError(Fields(told if isinstance(told, dict) else {}).text("error"))
            return told

    async def messages(self, openid: str, after: int) -> list[dict[str, JsonValue]]:
        """The chat."""
        query = {"openid": openid, "after": str(after)}
        async with self._session.get(f"{self._base}/control/messages", params=query) as answer:
            answer.raise_for_status()
            found: list[dict[str, JsonValue]] = await answer.json()
            return found

    async def add(self, person: Person) -> None:
        """Make the openid a person whose chat is kept."""
        async with self._session.post(
            f"{self._base}/control/persons", json=person.model_dump()
        ) as answer:
            answer.raise_for_status()


class Phone:
    """One person's phone."""

    def __init__(self, line: Line, openid: str) -> None:
        self._line = line
        self.openid = openid

    @classmethod
    def over_http(cls, session: aiohttp.ClientSession, base_url: str, openid: str) -> Phone:
        """A phone of a sandbox in another process; `base_url` ends in `/sandbox`."""
        return cls(HttpLine(session, base_url), openid)

    async def join(self, name: str, key: str = "") -> Phone:
        """Put this openid among the persons, so that its chat is kept."""
        await self._line.add(Person(key=key or self.openid, name=name, openid=self.openid))
        return self

    async def follow(self, scene: str = "") -> Reply:
        """Follow the account, perhaps by a scene code."""
        return await self._one({"do": "follow", "scene": scene})

    async def unfollow(self) -> Reply:
        """Stop following."""
        return await self._one({"do": "unfollow"})

    async def scan(self, scene: str) -> Reply:
        """Scan a scene code."""
        return await self._one({"do": "scan", "scene": scene})

    async def say(self, text: str, *, menu_id: str = "") -> Reply:
        """Send a text."""
        return await self._one({"do": "say", "text": text, "menu_id": menu_id})

    async def tap(self, key: str, result: str = "") -> Reply:
        """Tap a menu item by key, name or URL."""
        return await self._one({"do": "tap", "key": key, "result": result})

    async def send_photo(self, data: bytes, filename: str = "photo.jpg") -> Reply:
        """Send a picture."""
        return await self._one({"do": "photo", "filename": filename}, data)

    async def send_voice(self, data: bytes) -> Reply:
        """Send a voice message."""
        return await self._one({"do": "voice"}, data)

    async def send_video(self, data: bytes, kind: str = "video") -> Reply:
        """Send a video."""
        return await self._one({"do": "video", "kind": kind}, data)

    async def send_file(self, filename: str, data: bytes) -> Reply:
        """Send a file."""
        return await self._one({"do": "file", "filename": filename}, data)

    async def send_location(self, latitude: float, longitude: float, label: str = "") -> Reply:
        """Send a place."""
        return await self._one(
            {"do": "location", "latitude": latitude, "longitude": longitude, "label": label}
        )

    async def send_link(self, title: str, description: str, url: str) -> Reply:
        """Forward a web page."""
        return await self._one(
            {"do": "link", "title": title, "description": description, "url": url}
        )

    async def event(self, name: str, **fields: JsonValue) -> Reply:
        """Any event; fields by their XML names."""
        return await self._one({"do": "event", "name": name, "fields": {**fields}})

    async def subscribe_to(self, *template_ids: str, accept: bool = True) -> Reply:
        """Answer the popup for subscription notices."""
        answers: dict[str, JsonValue] = dict.fromkeys(template_ids, accept)
        return await self._one({"do": "popup", "answers": answers})

    async def deliver_raw(self, xml: str, times: int = 1, *, at_once: bool = False) -> list[Reply]:
        """A packet in clear as it stands, signed and encrypted by the sandbox."""
        return await self._many({"do": "raw", "xml": xml, "times": times, "at_once": at_once})

    async def deliver_many(
        self,
        text: str = "",
        times: int = 3,
        *,
        concurrently: bool = True,
        event: str = "",
        **fields: JsonValue,
    ) -> list[Reply]:
        """The same text (or event) several times with one MsgId, one delivery each."""
        body: dict[str, JsonValue] = {
            "do": "many",
            "times": times,
            "at_once": concurrently,
            "name": event,
            "fields": {**fields},
        }
        if not event:
            body["text"] = text
        return await self._many(body)

    async def messages(self, after: int = 0) -> list[dict[str, JsonValue]]:
        """The chat, oldest first: `id`, `at`, `side` (me, account, system), `kind`, …"""
        return await self._line.messages(self.openid, after)

    async def wait_for(
        self, kind: str, *, after: int = 0, seconds: float = 5.0
    ) -> dict[str, JsonValue]:
        """The first entry of a kind from the account that comes after `after`."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for message in await self.messages(after):
                if message["kind"] == kind and message["side"] == "account":
                    return message
            await asyncio.sleep(0.02)
        raise TimeoutError(f"no {kind} came within {seconds} s")

    async def _one(self, body: dict[str, JsonValue], data: bytes = b"") -> Reply:
        return _reply(await self._line.act(self.openid, body, data))

    async def _many(self, body: dict[str, JsonValue]) -> list[Reply]:
        told = await self._line.act(self.openid, body, b"")
        return [_reply(item) for item in told] if isinstance(told, list) else []


def _reply(told: JsonValue) -> Reply:
    fields = Fields(told if isinstance(told, dict) else {})
    entry = fields.raw.get("entry")
    return Reply(
        status=fields.text("status"),
        deliveries=fields.number("deliveries"),
        reason=fields.text("reason"),
        xml=fields.text("xml"),
        entry=entry if isinstance(entry, dict) else None,
    )

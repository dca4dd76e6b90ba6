"""Posting messages and events to the account's callback URL."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections import deque
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlencode

import aiohttp
from pydantic import JsonValue

from bot.sandbox.crypto import signature
from bot.sandbox.replies import MalformedReplyError, Reply, read_reply
from bot.sandbox.wire import element, write_packet

if TYPE_CHECKING:
    from bot.sandbox.world import World

log = logging.getLogger("medcredit.sandbox.callback")

Status = Literal["success", "replied", "timeout", "unreachable", "malformed", "off"]
_RECEIPTS_AT_ONCE = 8
_MOST_RECEIPTS = 200_000


@dataclass(frozen=True)
class Outcome:
    """How a callback went: its last status, the reply, and how often it was delivered."""

    status: Status
    deliveries: int
    reply: Reply | None = None
    reason: str = ""

    def as_json(self) -> dict[str, JsonValue]:
        """For the control API."""
        return {
            "status": self.status,
            "deliveries": self.deliveries,
            "reason": self.reason,
            "xml": self.reply.xml if self.reply else "",
            "entry": self.reply.entry if self.reply else None,
        }


@dataclass(frozen=True)
class Packet:
    """One message or event, in clear; every delivery of it carries the same content."""

    name: str
    openid: str
    clear: bytes
    is_message: bool


class Deliverer:
    """The platform's side of the callback: sign, encrypt, post, wait, repeat, read the reply."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._session: aiohttp.ClientSession | None = None
        self._receipts: deque[tuple[str, str, dict[str, JsonValue]]] = deque()
        self._pumps: set[asyncio.Task[None]] = set()
        self._later: set[asyncio.Task[Outcome]] = set()

    async def close(self) -> None:
        """Stop everything under way."""
        for task in (*self._pumps, *self._later):
            task.cancel()
        if self._session is not None:
            await self._session.close()

    # -- messages and events that a person causes

    def packet(
        self, openid: str, kind: str, fields: dict[str, JsonValue], *, event: str = ""
    ) -> Packet:
        """A packet from a person: `kind` is the MsgType, `event` the name of an event."""
        world = self._world
        head: dict[str, JsonValue] = {
            "ToUserName": world.config.original_id,
            "FromUserName": openid,
            "CreateTime": int(world.clock()),
            "MsgType": kind,
        }
        if event:
            head["Event"] = event
        body = {**head, **fields}
        if not event and "MsgId" not in body:
            body["MsgId"] = world.next_id()
        return Packet(event or kind, openid, write_packet(body), not event)

    async def send(self, packet: Packet) -> Outcome:
        """Deliver with repeats, show the reply (or that the account is out of service)."""
        world = self._world
        rule = world.faults.for_callback("reorder_callback", packet.name)
        if rule is not None:
            await asyncio.sleep(rule.ms / 1000)
        rule = world.faults.for_callback("duplicate_callback", packet.name)
        if rule is not None:
            for _ in range(rule.copies):
                self._spawn(self._deliver(packet))
        outcome = await self._deliver(packet)
        shows = _shows_reply(packet)
        if shows and outcome.reply is not None and outcome.reply.entry is not None:
            world.show(packet.openid, "account", outcome.reply.entry)
        elif outcome.status in {"timeout", "unreachable", "malformed"} and shows:
            world.show(packet.openid, "system", {"kind": "unavailable", "reason": outcome.reason})
        return outcome

    async def send_many(self, packet: Packet, times: int, *, at_once: bool) -> list[Outcome]:
        """The same packet several times, one delivery each; shows the first reply only."""
        if at_once:
            outcomes = list(
                await asyncio.gather(*(self._deliver(packet, tries=1) for _ in range(times)))
            )
        else:
            outcomes = [await self._deliver(packet, tries=1) for _ in range(times)]
        shown = next((o.reply for o in outcomes if o.reply and o.reply.entry), None)
        if shown is not None and shown.entry is not None:
            self._world.show(packet.openid, "account", shown.entry)
        return outcomes

    async def _deliver(self, packet: Packet, tries: int | None = None) -> Outcome:
        if not self._world.callback_url:
            return Outcome("off", 0, reason="no callback URL is set")
        allowed = tries or self._world.config.deliveries
        outcome = Outcome("timeout", 0)
        for delivery in range(1, allowed + 1):
            outcome = await self._deliver_once(packet, delivery)
            if outcome.status not in {"timeout", "unreachable"}:
                return outcome
            if outcome.status == "unreachable" and delivery < allowed:
                await asyncio.sleep(min(1.0, self._world.settings.answer_seconds / 5))
        return outcome

    async def _deliver_once(self, packet: Packet, delivery: int) -> Outcome:
        world = self._world
        url, body = self._envelope(packet)
        title = packet.name if delivery == 1 else f"{packet.name} ({delivery})"
        try:
            rule = world.faults.for_callback("cut_callback", packet.name)
            seconds = world.settings.answer_seconds if rule is None else (rule.ms or 50) / 1000
            status, answer = await self._post(url, body, seconds)
        except TimeoutError:
            world.traffic.add(world.clock(), "callback", title, packet.clear, "timeout")
            return Outcome("timeout", delivery, reason="no answer in time")
        except (aiohttp.ClientError, OSError) as error:
            world.traffic.add(world.clock(), "callback", title, packet.clear, repr(error))
            return Outcome("unreachable", delivery, reason=type(error).__name__)
        outcome = self._read(packet, delivery, status, answer)
        shown = outcome.reply.xml if outcome.reply else answer
        world.traffic.add(
            world.clock(), "callback", f"{title} → {outcome.status}", packet.clear, shown
        )
        return outcome

    def _read(self, packet: Packet, delivery: int, status: int, answer: bytes) -> Outcome:
        if status != 200:
            return Outcome("malformed", delivery, reason=f"HTTP {status}")
        try:
            reply = read_reply(self._world, answer, packet.openid, to_message=packet.is_message)
        except MalformedReplyError as error:
            return Outcome("malformed", delivery, reason=str(error))
        return Outcome("replied" if reply else "success", delivery, reply)

    def _envelope(self, packet: Packet) -> tuple[str, bytes]:
        """The URL with its signatures and the body, fresh for every delivery."""
        world = self._world
        stamp, nonce = str(int(world.clock())), str(secrets.randbelow(9 * 10**8) + 10**8)
        query = {
            "signature": signature(world.cipher.token, stamp, nonce),
            "timestamp": stamp,
            "nonce": nonce,
            "openid": packet.openid,
        }
        body = packet.clear
        if world.mode != "plain":
            encrypted = world.cipher.encrypt(packet.clear)
            query["encrypt_type"] = "aes"
            query["msg_signature"] = world.cipher.sign(stamp, nonce, encrypted)
            if world.mode == "safe":
                body = write_packet({"ToUserName": world.config.original_id, "Encrypt": encrypted})
            else:
                body = packet.clear[: -len(b"</xml>")] + element("Encrypt", encrypted).encode()
                body += b"</xml>"
        joint = "&" if "?" in world.callback_url else "?"
        return world.callback_url + joint + urlencode(query), body

    async def _post(self, url: str, body: bytes, seconds: float) -> tuple[int, bytes]:
        limit = aiohttp.ClientTimeout(total=seconds)
        async with self._client().post(
            url, data=body, timeout=limit, allow_redirects=False
        ) as answer:
            return answer.status, await answer.read()

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0), headers={"Content-Type": "text/xml"}
            )
        return self._session

    # -- receipts, which nobody waits for

    def receipt(self, openid: str, event: str, fields: dict[str, JsonValue]) -> None:
        """Report the end of a job by an event, soon; the oldest are lost beyond a limit."""
        world = self._world
        if not world.settings.receipts or not world.callback_url:
            return
        if world.faults.for_callback("drop_receipt", event) is not None:
            return
        if len(self._receipts) >= _MOST_RECEIPTS:
            self._receipts.popleft()
            log.warning("too many receipts wait, the oldest is dropped")
        self._receipts.append((openid, event, fields))
        if len(self._pumps) < _RECEIPTS_AT_ONCE:
            pump = asyncio.get_running_loop().create_task(self._pump())
            self._pumps.add(pump)
            pump.add_done_callback(self._pumps.discard)

    async def report_now(self, openid: str, event: str, fields: dict[str, JsonValue]) -> None:
        """Report the end of a job before its call is answered."""
        if self._world.settings.receipts and self._world.callback_url:
            await self.send(self.packet(openid, "event", fields, event=event))

    async def _pump(self) -> None:
        while self._receipts:
            openid, event, fields = self._receipts.popleft()
            await self.send(self.packet(openid, "event", fields, event=event))

    async def idle(self) -> None:
        """Wait until no receipt and no copy is under way."""
        while self._pumps or self._later:
            await asyncio.gather(*self._pumps, *self._later, return_exceptions=True)

    def _spawn(self, work: Coroutine[None, None, Outcome]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._later.add(task)
        task.add_done_callback(self._later.discard)

    async def check_url(self) -> tuple[bool, str]:
        """The GET check of the callback URL with an `echostr`."""
        world = self._world
        stamp, nonce, echo = str(int(world.clock())), secrets.token_hex(5), secrets.token_hex(8)
        query = urlencode(
            {
                "signature": signature(world.cipher.token, stamp, nonce),
                "timestamp": stamp,
                "nonce": nonce,
                "echostr": echo,
            }
        )
        limit = aiohttp.ClientTimeout(total=world.settings.answer_seconds)
        try:
            async with self._client().get(f"{world.callback_url}?{query}", timeout=limit) as answer:
                text = await answer.text()
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            return False, type(error).__name__
        return text == echo, text[:100]


# Replies to these are thrown away: no chat is open, or the client has left for a web page.
_SILENT_EVENTS = frozenset(
    {
        "unsubscribe",
        "VIEW",
        "view_miniprogram",
        "TEMPLATESENDJOBFINISH",
        "MASSSENDJOBFINISH",
        "PUBLISHJOBFINISH",
        "LOCATION",
        "subscribe_msg_popup_event",
        "subscribe_msg_change_event",
        "subscribe_msg_sent_event",
    }
)


def _shows_reply(packet: Packet) -> bool:
    return packet.is_message or packet.name not in _SILENT_EVENTS

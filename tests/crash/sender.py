"""WeChat's side of the callback: signs, seals, delivers, hangs up after 5 s, delivers again."""

from __future__ import annotations

import asyncio
import itertools
import json
import secrets
import time
import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

import aiohttp
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.crypto import Envelope, sign
from notices.models import Notice
from notices.outbox import REPLY_KIND
from tests.crash.installation import AES_KEY, APPID, TOKEN

HANGS_UP = 5.0
PATIENCE = 240.0
"""Seconds for a message to be answered, restarts on a loaded machine included."""
_numbers = itertools.count(24_000_000_000_000_000)


@dataclass(frozen=True)
class Message:
    openid: str
    xml: str


def text(openid: str, content: str, choice: str = "") -> Message:
    tapped = f"<bizmsgmenuid>{choice}</bizmsgmenuid>" if choice else ""
    return _message(
        openid,
        f"<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[{content}]]></Content>"
        f"<MsgId>{next(_numbers)}</MsgId>{tapped}",
    )


def click(openid: str, key: str) -> Message:
    return _message(
        openid,
        "<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[CLICK]]></Event>"
        f"<EventKey><![CDATA[{key}]]></EventKey>",
    )


def _message(openid: str, more: str) -> Message:
    return Message(
        openid,
        "<xml><ToUserName><![CDATA[gh_medcredit]]></ToUserName>"
        f"<FromUserName><![CDATA[{openid}]]></FromUserName>"
        f"<CreateTime>{int(time.time())}</CreateTime>{more}</xml>",
    )


@dataclass
class Sender:
    """:ivar answers: every complete answer by message; the time it took beside it."""

    ports: Sequence[int]
    answers: dict[Message, list[tuple[str, float]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    lost: int = 0
    """Deliveries that broke off: the service was killed in the middle."""

    def __post_init__(self) -> None:
        self.envelope = Envelope(TOKEN, AES_KEY, APPID)
        self._turn = itertools.cycle(self.ports)

    async def __aenter__(self) -> Self:
        self.http = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=HANGS_UP),
            connector=aiohttp.TCPConnector(force_close=True, limit=0),
        )
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.http.close()

    async def deliver(self, message: Message, port: int | None = None) -> str | None:
        """One delivery; None when it broke off."""
        stamp, nonce = str(int(time.time())), secrets.token_hex(5)
        encrypted, signature = self.envelope.seal(
            message.xml.encode(), nonce=nonce, timestamp=stamp
        )
        params = {
            "signature": sign(TOKEN, stamp, nonce),
            "timestamp": stamp,
            "nonce": nonce,
            "openid": message.openid,
            "encrypt_type": "aes",
            "msg_signature": signature,
        }
        body = f"<xml><ToUserName>gh</ToUserName><Encrypt><![CDATA[{encrypted}]]></Encrypt></xml>"
        began = time.monotonic()
        url = f"http://127.0.0.1:{port or next(self._turn)}/wechat"
        try:
            async with self.http.post(url, params=params, data=body) as response:
                assert response.status == 200
                answer = self._opened(await response.text())
        except (aiohttp.ClientError, TimeoutError, OSError):
            self.lost += 1
            return None
        self.answers[message].append((answer, time.monotonic() - began))
        return answer

    async def three_times(self, message: Message) -> None:
        """At once, to whatever process is next."""
        await asyncio.gather(*(self.deliver(message) for _ in range(3)))

    async def until_answered(self, message: Message, *, at_once: bool = False) -> str:
        """As WeChat does, but as often as it takes to outlive a restart."""
        until = time.monotonic() + PATIENCE
        for attempt in itertools.count():
            if at_once and attempt % 3 == 0:
                await self.three_times(message)
                if self.answers[message]:
                    return self.answers[message][-1][0]
            elif (answer := await self.deliver(message)) is not None:
                return answer
            if time.monotonic() > until:
                break
            await asyncio.sleep(0.2)
        raise AssertionError("never answered")

    def _opened(self, body: str) -> str:
        if body == "success":
            return body
        root = ET.fromstring(body)
        return self.envelope.open(
            root.findtext("Encrypt") or "",
            signature=root.findtext("MsgSignature") or "",
            timestamp=root.findtext("TimeStamp") or "",
            nonce=root.findtext("Nonce") or "",
        ).decode()

    def different(self) -> list[tuple[Message, list[tuple[str, float]]]]:
        """Messages whose deliveries were answered differently.

        `success` beside an answer is right only where it took the whole time WeChat allows:
        that delivery was still waiting for the other one.
        """
        found = []
        for message, answers in self.answers.items():
            quick = {answer for answer, seconds in answers if answer != "success" or seconds < 4}
            if len(quick) > 1:
                found.append((message, answers))
        return found

    def said(self) -> list[str]:
        """What each message was answered with, once, however often it was delivered."""
        return [
            content(answer)
            for answers in self.answers.values()
            for answer in {answer for answer, _seconds in answers} - {"success"}
        ]


def content(answer: str) -> str:
    return "" if answer == "success" else ET.fromstring(answer).findtext("Content") or ""


def said_later(session: Session) -> list[str]:
    """Answers that missed the five seconds and stand in the outbox instead."""
    replies = session.scalars(select(Notice).where(Notice.kind == REPLY_KIND))
    return [json.loads(notice.fields)["text"] for notice in replies]

"""A small account for tests: real gateway, real inbox, one or two handlers of the test's own."""

from __future__ import annotations

import hashlib
import itertools
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from bot.crypto import Envelope, sign
from bot.turn import Routes, Services
from config.settings import Settings

TOKEN, AES_KEY, APPID = (
    "testtoken",
    "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
    "wxb11529c136998cb6",
)


def settings(**changes: Any) -> Settings:
    return Settings(
        wechat_token=TOKEN,
        wechat_aes_key=AES_KEY,
        wechat_appid=APPID,
        wechat_secret="s" * 32,
        **changes,
    )


@dataclass
class Understood:
    intent: str = "unknown"
    confidence: float = 1.0
    slots: Mapping[str, Any] = field(default_factory=dict)
    alternatives: tuple[tuple[str, float], ...] = ()
    ask_back: bool = False


class Phrasebook:
    """Understands exactly the phrases that it is given."""

    def __init__(self, phrases: Mapping[str, Understood | str]) -> None:
        self.phrases = phrases

    def understand(self, text: str, *, today: date | None = None) -> Understood:  # noqa: ARG002
        found = self.phrases.get(text, "unknown")
        return Understood(found) if isinstance(found, str) else found


class NoEvidence:
    def put(self, data: bytes) -> str:
        return hashlib.sha256(data).hexdigest()


def services(routes: Routes, phrases: Mapping[str, Understood | str], **changes: Any) -> Services:
    return Services(settings(**changes), Phrasebook(phrases), NoEvidence(), routes)


_numbers = itertools.count(24_000_000_000_000_000)


def text_xml(content: str, openid: str = "openid_of_a_test", number: int | None = None) -> str:
    return (
        f"<xml><ToUserName><![CDATA[gh_test]]></ToUserName>"
        f"<FromUserName><![CDATA[{openid}]]></FromUserName><CreateTime>{int(time.time())}</CreateTime>"
        f"<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[{content}]]></Content>"
        f"<MsgId>{number or next(_numbers)}</MsgId></xml>"
    )


def event_xml(event: str, key: str = "", openid: str = "openid_of_a_test", more: str = "") -> str:
    return (
        f"<xml><ToUserName><![CDATA[gh_test]]></ToUserName>"
        f"<FromUserName><![CDATA[{openid}]]></FromUserName><CreateTime>1790000000</CreateTime>"
        f"<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[{event}]]></Event>"
        f"<EventKey><![CDATA[{key}]]></EventKey>{more}</xml>"
    )


def query(encrypted: str | None, stamp: int | None = None) -> dict[str, str]:
    """The query of a callback, signed as WeChat signs."""
    stamp_text, nonce = str(stamp or int(time.time())), "n0nce"
    made = {
        "signature": sign(TOKEN, stamp_text, nonce),
        "timestamp": stamp_text,
        "nonce": nonce,
        "openid": "openid_of_a_test",
    }
    if encrypted is not None:
        made["encrypt_type"] = "aes"
        made["msg_signature"] = sign(TOKEN, stamp_text, nonce, encrypted)
    return made


def sealed(xml: str, clear: str = "") -> tuple[dict[str, str], str]:
    """Query and body of a callback in safe mode, or compatible mode with clear fields."""
    stamp = int(time.time())
    encrypted, _signature = Envelope(TOKEN, AES_KEY, APPID).seal(
        xml.encode(), nonce="n0nce", timestamp=str(stamp)
    )
    body = (
        f"<xml><ToUserName><![CDATA[gh_test]]></ToUserName>{clear}"
        f"<Encrypt><![CDATA[{encrypted}]]></Encrypt></xml>"
    )
    return query(encrypted, stamp), body

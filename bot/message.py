"""What WeChat sends us: messages and events as one immutable value.

Parsing is lenient, for WeChat adds types and fields without notice: whatever is signed and
well-formed becomes an :class:`Inbound`, and what is not becomes None and is answered `success`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import xmltodict
from wechatpy import parse_message

MAX_FIELD = 20_000


@dataclass(frozen=True, slots=True)
class Inbound:
    """One message or event.

    :ivar kind: ``text``, ``image``, … or ``event``; ``unknown`` when WeChat named none.
    :ivar event: lower-case name of the event, ``""`` for messages.
    :ivar key: what makes it this message and no other; repeats carry the same.
    :ivar fields: everything that was sent, as parsed.
    """

    kind: str
    event: str
    openid: str
    account: str
    created_at: datetime
    key: bytes
    fields: Mapping[str, Any] = field(repr=False)

    @property
    def content(self) -> str:
        return self.text_of("Content")

    @property
    def event_key(self) -> str:
        return self.text_of("EventKey")

    @property
    def media_id(self) -> str:
        return self.text_of("MediaId")

    @property
    def choice(self) -> str:
        """The id of the tapped option of a message menu, if it was a tap."""
        return self.text_of("bizmsgmenuid")

    def text_of(self, name: str) -> str:
        value = self.fields.get(name)
        return value[:MAX_FIELD] if isinstance(value, str) else "" if value is None else str(value)


def parse(body: bytes, *, now: datetime) -> Inbound | None:
    """The message in a clear (decrypted or plain-mode) body, XML or JSON; None if it is none."""
    fields = _fields(body)
    if not fields:
        return None
    kind = _name(fields.get("MsgType")) or "unknown"
    event = _name(fields.get("Event")) if kind == "event" else ""
    openid = _openid(fields)
    return Inbound(
        kind=kind,
        event=event,
        openid=openid,
        account=_plain(fields.get("ToUserName")),
        created_at=_moment(fields.get("CreateTime"), now),
        key=_key(fields, kind, openid),
        fields=fields,
    )


def _fields(body: bytes) -> dict[str, Any]:
    """The fields of a body as a flat-topped mapping; empty when it cannot be understood."""
    text = body.decode("utf-8", errors="replace").strip("\ufeff \t\r\n")
    if text.startswith("{"):
        try:
            loaded = json.loads(text)
        except ValueError:
            return {}
        return loaded if isinstance(loaded, dict) else {}
    # wechatpy knows the types; what it stumbles over is still a message with fields.
    try:
        message = parse_message(text)
        data = getattr(message, "_data", None)
    except Exception:  # noqa: BLE001  Seven kinds of errors for odd input, all meaning this.
        data = None
    if isinstance(data, dict):
        return data
    try:
        root = xmltodict.parse(text)
    except Exception:  # noqa: BLE001  Expat, encoding and entity errors alike.
        return {}
    top = next(iter(root.values()), None)
    return top if isinstance(top, dict) else {}


def _openid(fields: Mapping[str, Any]) -> str:
    return _plain(fields.get("FromUserName")) or _plain(fields.get("openid"))


def _plain(value: object) -> str:
    if isinstance(value, list):
        value = value[0] if value else ""
    return value.strip()[:64] if isinstance(value, str) else ""


def _name(value: object) -> str:
    return _plain(value).lower()


def _moment(value: object, now: datetime) -> datetime:
    try:
        return datetime.fromtimestamp(int(str(value)), UTC)
    except (ValueError, OverflowError, OSError):
        return now


def _key(fields: Mapping[str, Any], kind: str, openid: str) -> bytes:
    """MsgId for messages; for events everything that was sent.

    The documents' key for events (openid and second) would drop a second event of the same
    second, and a message's number alone was seen to repeat between users.
    """
    number = fields.get("MsgId")
    if kind != "event" and number:
        parts: object = [openid, kind, str(number)]
    else:
        parts = fields
    canonical = json.dumps(parts, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(canonical.encode()).digest()

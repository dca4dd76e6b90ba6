"""What WeChat sends us: messages and events as one immutable value.

Parsing is lenient, for WeChat adds types and fields without notice: whatever is signed and
well-formed becomes an :class:`Inbound`, and what is not becomes None and is answered `success`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import xmltodict
from wechatpy import parse_message

MAX_FIELD = 20_000
MOST_NESTING = 64
"""WeChat's deepest push has six levels; beyond this a body is an attack on our stack."""

_IDENTITY = re.compile(r"[A-Za-z0-9_@.\-]{1,64}")
_WORD = re.compile(r"[a-z0-9_\-]{1,40}")
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML and databases cannot hold: control characters (JSON can carry them) and surrogates."""


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
        """A field's text; of a repeated field the first; ``""`` when it is none."""
        value = self.fields.get(name)
        if isinstance(value, list):
            value = value[0] if value else None
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            return ""
        return str(value)[:MAX_FIELD]


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
        account=_identity(fields.get("ToUserName")),
        created_at=_moment(fields.get("CreateTime"), now),
        key=_key(fields, kind, openid),
        fields=fields,
    )


def _fields(body: bytes) -> dict[str, Any]:
    """The fields of a body as a flat-topped mapping; empty when it cannot be understood."""
    text = body.decode("utf-8", errors="replace").strip("\ufeff \t\r\n")
    found = _from_json(text) if text.startswith("{") else _from_xml(text)
    cleaned = _clean(found, MOST_NESTING)
    return cleaned if isinstance(cleaned, dict) else {}


def _from_json(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _from_xml(text: str) -> object:
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
        return None
    return next(iter(root.values()), None)


def _clean(value: object, depth: int) -> object:
    """Without what cannot be stored or answered; what is nested too deeply is left out."""
    if isinstance(value, str):
        return _FORBIDDEN.sub("", value)
    if depth == 0:
        return None
    if isinstance(value, dict):
        return {
            _FORBIDDEN.sub("", str(key)): _clean(inner, depth - 1) for key, inner in value.items()
        }
    if isinstance(value, list):
        return [_clean(inner, depth - 1) for inner in value]
    return value


def _openid(fields: Mapping[str, Any]) -> str:
    return _identity(fields.get("FromUserName")) or _identity(fields.get("openid"))


def _identity(value: object) -> str:
    """An openid or account as WeChat writes them; anything else is nobody's."""
    text = _plain(value)
    return text if _IDENTITY.fullmatch(text) else ""


def _plain(value: object) -> str:
    if isinstance(value, list):
        value = value[0] if value else ""
    return value.strip() if isinstance(value, str) else ""


def _name(value: object) -> str:
    """A type's or event's name in lower case; ``""`` for what cannot be one."""
    text = _plain(value).lower()
    return text if _WORD.fullmatch(text) else ""


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

"""`/wechat`: bytes in, bytes out.

Only what is signed is believed: in safe and compatible mode the content comes from the signed,
decrypted part and from nowhere else. What is not from WeChat gets 403, what is signed but odd
gets `success`, and nothing gets a 5xx or a trace.
"""

from __future__ import annotations

import asyncio
import json
import re
import secrets
import time
from xml.sax.saxutils import escape

import structlog
from aiohttp import ClientPayloadError, web
from aiohttp.http_exceptions import HttpProcessingError

from bot.crypto import Envelope, EnvelopeError, signed
from bot.message import parse
from bot.turns import Turns
from config.settings import Settings
from credit_core.clock import Clock

log = structlog.get_logger("bot.gateway")

BODY_LIMIT = 256 * 1024
"""A text of 20,000 signs in compatible mode: 60 KB in clear, 80 KB sealed."""
BODY_SECONDS = 5.0
"""WeChat sends a body at once; who drips one holds a connection and nothing else."""
FRESH_SECONDS = 600
SUCCESS = "success"

# No two parts can take the same bytes: a body of blanks is read once and not in n^4 ways.
_ENCRYPT = re.compile(rb"<Encrypt>(?:[^<]*<!\[CDATA\[([^<\]]*)\]\]>[^<]*|([^<]*))</Encrypt>")
_ENVELOPES = 8
"""As many are looked at; in compatible mode a text may quote one before the real one."""


class Gateway:
    """The two handlers of the callback URL."""

    def __init__(self, settings: Settings, turns: Turns, clock: Clock) -> None:
        self._settings = settings
        self._token = settings.wechat_token.get_secret_value()
        self._turns = turns
        self._clock = clock
        self._envelope = Envelope(
            self._token, settings.wechat_aes_key.get_secret_value(), settings.wechat_appid
        )

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/wechat", self.verify), web.post("/wechat", self.receive)]

    async def verify(self, request: web.Request) -> web.Response:
        """The check that WeChat makes when the URL is set: echo what it sent."""
        if not self._is_signed(request):
            return _refused("signature")
        echo = request.query.get("echostr", "").encode(errors="surrogateescape")
        return web.Response(body=echo, content_type="text/plain")

    async def receive(self, request: web.Request) -> web.Response:
        """One message or event."""
        query = request.query
        if not self._is_signed(request):
            return _refused("signature")
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body = await _body(request)
        except TimeoutError:
            return _refused("slow", status=408)
        except (web.RequestPayloadError, ClientPayloadError, HttpProcessingError, OSError):
            return _refused("broken body", status=400)
        if body is None:
            return _refused("size", status=413)
        sealed = self._settings.wechat_mode != "plain"
        try:
            clear = self._open(body, request) if sealed else body
        except EnvelopeError as error:
            return _refused(str(error))
        inbound = parse(clear, now=self._clock.now())
        if inbound is None:
            log.warning("not_understood_body", size=len(clear))
            return _answer(SUCCESS)
        xml = await self._turns.answer(inbound)
        if not xml:
            return _answer(SUCCESS)
        if not sealed:
            return web.Response(text=xml, content_type="application/xml")
        return self._sealed(xml, query.get("nonce", ""))

    def _is_signed(self, request: web.Request) -> bool:
        query = request.query
        stamp, nonce = query.get("timestamp", ""), query.get("nonce", "")
        if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12):
            return False
        if abs(self._clock.now().timestamp() - int(stamp)) > FRESH_SECONDS:
            return False
        if not nonce.isascii():
            return False
        if "signature" in query:
            return signed(query["signature"], self._token, stamp, nonce)
        # Some senders leave the plain signature out where the envelope carries its own, which
        # is then the only proof: never in plain mode, where no envelope is opened.
        sealed = self._settings.wechat_mode != "plain"
        return sealed and request.method == "POST" and "msg_signature" in query

    def _open(self, body: bytes, request: web.Request) -> bytes:
        """:raises EnvelopeError: no envelope, or one that is not ours."""
        query = request.query
        if "msg_signature" not in query:
            raise EnvelopeError("no signed envelope")
        fault = EnvelopeError("no signed envelope")
        for encrypted in _envelopes(body):
            try:
                return self._envelope.open(
                    encrypted,
                    signature=query["msg_signature"],
                    timestamp=query.get("timestamp", ""),
                    nonce=query.get("nonce", ""),
                )
            except EnvelopeError as error:
                fault = error
        raise fault

    def _sealed(self, xml: str, nonce: str) -> web.Response:
        stamp = str(int(time.time()))
        nonce = nonce if nonce.isalnum() else secrets.token_hex(8)
        encrypted, signature = self._envelope.seal(xml.encode(), nonce=nonce, timestamp=stamp)
        return web.Response(
            text=(
                f"<xml><Encrypt><![CDATA[{encrypted}]]></Encrypt>"
                f"<MsgSignature><![CDATA[{signature}]]></MsgSignature>"
                f"<TimeStamp>{stamp}</TimeStamp>"
                f"<Nonce><![CDATA[{escape(nonce)}]]></Nonce></xml>"
            ),
            content_type="application/xml",
        )


async def _body(request: web.Request) -> bytes | None:
    """The whole body; None when it is beyond the limit, of which no more is read."""
    if request.content_length is not None and request.content_length > BODY_LIMIT:
        return None
    body = bytearray()
    while len(body) <= BODY_LIMIT and not request.content.at_eof():
        body += await request.content.read(BODY_LIMIT + 1 - len(body))
    return bytes(body) if len(body) <= BODY_LIMIT else None


def _envelopes(body: bytes) -> list[str]:
    """What stands between the marks of an envelope, the last first: WeChat writes it last."""
    found = [quoted or bare for quoted, bare in _ENCRYPT.findall(body)][-_ENVELOPES:]
    texts = ["".join(one.decode("ascii", errors="replace").split()) for one in reversed(found)]
    return [one for one in texts or [_json_encrypt(body)] if one]


def _json_encrypt(body: bytes) -> str:
    """An account may be set to JSON; its envelope has the same field."""
    try:
        loaded = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    value = loaded.get("Encrypt") if isinstance(loaded, dict) else None
    return value if isinstance(value, str) and value.isascii() else ""


def _refused(why: str, *, status: int = 403) -> web.Response:
    log.warning("refused", why=why)
    return web.Response(status=status, text="refused", content_type="text/plain")


def _answer(text: str) -> web.Response:
    return web.Response(text=text, content_type="text/plain")

"""Messages to one person: template, subscription, customer service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from bot.wechat.transport import Transport

_TEMPLATE = "/cgi-bin/message/template/send"
_SUBSCRIPTION = "/cgi-bin/message/subscribe/bizsend"
_CUSTOM = "/cgi-bin/message/custom/send"
_TYPING = "/cgi-bin/message/custom/typing"


class Messages:
    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def template(
        self,
        openid: str,
        template_id: str,
        values: Mapping[str, str],
        *,
        url: str | None = None,
        client_msg_id: str | None = None,
    ) -> str:
        """A template message; returns its ``msgid``.

        The same ``client_msg_id`` for the same person is sent once within ten minutes.
        """
        body: dict[str, Any] = {
            "touser": openid,
            "template_id": template_id,
            "data": {key: {"value": value} for key, value in values.items()},
        }
        if url:
            body["url"] = url
        if client_msg_id:
            body["client_msg_id"] = client_msg_id
        answer = await self._transport.post(_TEMPLATE, body)
        return str(answer.get("msgid", ""))

    async def subscription(
        self,
        openid: str,
        template_id: str,
        values: Mapping[str, str],
        *,
        page: str | None = None,
    ) -> str:
        """A subscription notice. WeChat knows no idempotency key for it."""
        body: dict[str, Any] = {
            "touser": openid,
            "template_id": template_id,
            "data": {key: {"value": value} for key, value in values.items()},
        }
        if page:
            body["page"] = page
        answer = await self._transport.post(_SUBSCRIPTION, body)
        return str(answer.get("msgid", ""))

    async def custom_text(self, openid: str, text: str) -> None:
        """A text through the customer-service window. No idempotency key either."""
        await self.custom(openid, "text", {"content": text})

    async def custom(self, openid: str, kind: str, content: Mapping[str, Any]) -> None:
        """Any customer-service message: ``text``, ``image``, ``news``, ``msgmenu``, …"""
        body = {"touser": openid, "msgtype": kind, kind: dict(content)}
        await self._transport.post(_CUSTOM, body)

    async def typing(
        self, openid: str, command: Literal["Typing", "CancelTyping"] = "Typing"
    ) -> None:
        await self._transport.post(_TYPING, {"touser": openid, "command": command})

"""Mass messages, drafts and publishing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from bot.wechat.errors import AlreadyDone
from bot.wechat.transport import Body, Transport

MassKind = Literal["text", "image", "mpnews"]


@dataclass(frozen=True, slots=True)
class MassJob:
    """WeChat's job; the numbers come later, in MASSSENDJOBFINISH."""

    msg_id: str
    msg_data_id: str = ""
    repeated: bool = False
    """The same ``clientmsgid`` had been accepted before."""


class Mass:
    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def to_openids(
        self,
        openids: Sequence[str],
        kind: MassKind,
        content: Mapping[str, Any],
        *,
        clientmsgid: str,
    ) -> MassJob:
        """Two to ten thousand followers. ``clientmsgid`` has at most 32 characters."""
        body = {"touser": list(openids), **_message(kind, content), "clientmsgid": clientmsgid}
        return await self._send("/cgi-bin/message/mass/send", body)

    async def to_tag(
        self,
        tag_id: int | None,
        kind: MassKind,
        content: Mapping[str, Any],
        *,
        clientmsgid: str,
    ) -> MassJob:
        """All followers with a tag; ``None`` is everybody."""
        to = {"is_to_all": True} if tag_id is None else {"is_to_all": False, "tag_id": tag_id}
        body = {"filter": to, **_message(kind, content), "clientmsgid": clientmsgid}
        return await self._send("/cgi-bin/message/mass/sendall", body)

    async def preview(self, openid: str, kind: MassKind, content: Mapping[str, Any]) -> None:
        """To one's own WeChat; 100 a day."""
        message = _message(kind, content)
        message.pop("send_ignore_reprint", None)
        await self._transport.post("/cgi-bin/message/mass/preview", {"touser": openid, **message})

    async def status(self, msg_id: str) -> str:
        """``SEND_SUCCESS``, ``SENDING``, ``SEND_FAIL`` or ``DELETE``."""
        answer = await self._transport.post("/cgi-bin/message/mass/get", {"msg_id": msg_id})
        return str(answer.get("msg_status", ""))

    async def delete(self, msg_id: str, article: int = 0) -> None:
        """Take articles back from those who have not opened them; 0 means all."""
        body = {"msg_id": int(msg_id), "article_idx": article}
        await self._transport.post("/cgi-bin/message/mass/delete", body)

    async def add_draft(self, articles: Sequence[Mapping[str, Any]]) -> str:
        """Into the draft box; returns its ``media_id``. A mass message uses the draft up."""
        answer = await self._transport.post(
            "/cgi-bin/draft/add", {"articles": [dict(one) for one in articles]}
        )
        return str(answer["media_id"])

    async def publish(self, draft_id: str) -> str:
        """Publish without pushing it to followers; returns the ``publish_id``."""
        answer = await self._transport.post("/cgi-bin/freepublish/submit", {"media_id": draft_id})
        return str(answer["publish_id"])

    async def published(self, publish_id: str) -> Body:
        return await self._transport.post("/cgi-bin/freepublish/get", {"publish_id": publish_id})

    async def _send(self, path: str, body: Body) -> MassJob:
        try:
            answer = await self._transport.post(path, body)
        except AlreadyDone as done:
            told = done.body or {}
            return MassJob(
                str(told.get("msg_id", "")), str(told.get("msg_data_id", "")), repeated=True
            )
        return MassJob(str(answer.get("msg_id", "")), str(answer.get("msg_data_id", "")))


def _message(kind: MassKind, content: Mapping[str, Any]) -> Body:
    if kind == "image":
        return {"msgtype": "image", "images": {"media_ids": [content["media_id"]]}}
    message: Body = {"msgtype": kind, kind: dict(content)}
    if kind == "mpnews":
        message["send_ignore_reprint"] = 0
    return message

"""Media: uploads, and files that people sent, fetched within bounds."""

from __future__ import annotations

from dataclasses import dataclass

from bot.wechat.errors import no_answer
from bot.wechat.transport import Transport, read_answer

_BLOCK = 64 * 1024
_MOST = 10 * 1024 * 1024


class MediaTooLarge(Exception):
    """The file is larger than what is accepted; nothing more of it was read."""


@dataclass(frozen=True, slots=True)
class MediaFile:
    content: bytes
    content_type: str


class Media:
    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def get(self, media_id: str, *, most_bytes: int = _MOST) -> MediaFile:
        """A file that a person sent; WeChat keeps it for three days.

        :raises MediaTooLarge: it is larger than ``most_bytes``.
        :raises bot.wechat.errors.MessageRefused: 40007, it is gone.
        """
        path = "/cgi-bin/media/get"
        async with self._transport.stream(path, media_id=media_id) as response:
            if response.status != 200:
                raise no_answer(path, f"HTTP {response.status}")
            if (response.content_length or 0) > most_bytes:
                raise MediaTooLarge
            content = bytearray()
            async for block in response.content.iter_chunked(_BLOCK):
                content += block
                if len(content) > most_bytes:
                    raise MediaTooLarge
            kind = response.content_type
        if kind in {"application/json", "text/plain"}:
            # Errors come with status 200 as JSON.
            read_answer(path, bytes(content))
        return MediaFile(bytes(content), kind)

    async def upload_image(self, content: bytes, content_type: str) -> str:
        """A picture for messages, kept for three days; returns its ``media_id``."""
        name = "picture.png" if content_type == "image/png" else "picture.jpg"
        answer = await self._transport.upload(
            "/cgi-bin/media/upload",
            name=name,
            content=content,
            content_type=content_type,
            type="image",
        )
        return str(answer["media_id"])

    async def upload_permanent(self, content: bytes, content_type: str, kind: str = "image") -> str:
        """A picture for articles' covers (``thumb``) or for good; returns its ``media_id``."""
        name = "picture.png" if content_type == "image/png" else "picture.jpg"
        answer = await self._transport.upload(
            "/cgi-bin/material/add_material",
            name=name,
            content=content,
            content_type=content_type,
            type=kind,
        )
        return str(answer["media_id"])

    async def upload_for_article(self, content: bytes, content_type: str) -> str:
        """A picture inside an article; returns its address."""
        name = "picture.png" if content_type == "image/png" else "picture.jpg"
        answer = await self._transport.upload(
            "/cgi-bin/media/uploadimg", name=name, content=content, content_type=content_type
        )
        return str(answer["url"])

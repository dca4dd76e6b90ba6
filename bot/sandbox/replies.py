"""Reading what the account answered to a callback, as strictly as the platform."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from pydantic import JsonValue

from bot.sandbox.crypto import CipherError
from bot.sandbox.wire import NotXmlError, as_mapping, read_packet, text_of

if TYPE_CHECKING:
    from bot.sandbox.world import World

TEXT_BYTES = 2048
_ARTICLES_TO_MESSAGE = 1
_ARTICLES_TO_EVENT = 8


class MalformedReplyError(Exception):
    """The user would see that the account is out of service."""


@dataclass(frozen=True)
class Reply:
    """A checked answer: the XML in clear and what the chat shows (None: nothing)."""

    xml: str
    entry: dict[str, JsonValue] | None
    transfer: bool = False


def read_reply(world: World, body: bytes, openid: str, *, to_message: bool) -> Reply | None:
    """The answer to show, None for `success` or an empty body.

    Raises `MalformedReplyError` with the reason, which the traffic panel shows.
    """
    if body in {b"", b"success"}:
        return None
    try:
        clear, root = body, read_packet(body)
        if root.find("Encrypt") is not None:
            clear = _unwrap(world, root)
            root = read_packet(clear)
        elif world.mode == "safe":
            raise MalformedReplyError("the answer must be encrypted in safe mode")
    except (NotXmlError, CipherError) as error:
        raise MalformedReplyError(str(error)) from error
    _check_head(world, root, openid)
    kind = text_of(root.find("MsgType"))
    xml = clear.decode("utf-8", "replace")
    if kind == "transfer_customer_service":
        if not to_message:
            raise MalformedReplyError("only a message can be handed to customer service")
        return Reply(xml, {"kind": "system", "code": "transferred"}, transfer=True)
    read = _KINDS.get(kind)
    if read is None:
        raise MalformedReplyError(f"unknown MsgType {kind!r}")
    entry = read(world, root)
    articles = entry.get("articles")
    if isinstance(articles, list):
        entry["articles"] = articles[: _ARTICLES_TO_MESSAGE if to_message else _ARTICLES_TO_EVENT]
    return Reply(xml, {"kind": kind, **entry})


def _unwrap(world: World, envelope: ET.Element) -> bytes:
    encrypted = text_of(envelope.find("Encrypt"))
    stamp, nonce = text_of(envelope.find("TimeStamp")), text_of(envelope.find("Nonce"))
    if text_of(envelope.find("MsgSignature")) != world.cipher.sign(stamp, nonce, encrypted):
        raise MalformedReplyError("MsgSignature does not fit the encrypted answer")
    return world.cipher.decrypt(encrypted)


def _check_head(world: World, root: ET.Element, openid: str) -> None:
    if text_of(root.find("ToUserName")) != openid:
        raise MalformedReplyError("ToUserName is not the user who wrote")
    if text_of(root.find("FromUserName")) != world.config.original_id:
        raise MalformedReplyError("FromUserName is not this account")
    if not text_of(root.find("CreateTime")).strip().isdigit():
        raise MalformedReplyError("CreateTime is not a whole number")


def _text(_world: World, root: ET.Element) -> dict[str, JsonValue]:
    content = text_of(root.find("Content"))
    if not content:
        raise MalformedReplyError("Content is empty")
    if len(content.encode()) > TEXT_BYTES:
        raise MalformedReplyError(f"Content is longer than {TEXT_BYTES} bytes")
    return {"text": content}


def _media(world: World, root: ET.Element, path: str, kind: str) -> str:
    media_id = text_of(root.find(path))
    held = world.media.get(media_id)
    if held is None or held.kind != kind or (held.expires and held.expires < world.clock()):
        raise MalformedReplyError(f"{path} is no valid {kind}")
    return media_id


def _image(world: World, root: ET.Element) -> dict[str, JsonValue]:
    return {"media_id": _media(world, root, "Image/MediaId", "image")}


def _voice(world: World, root: ET.Element) -> dict[str, JsonValue]:
    return {"media_id": _media(world, root, "Voice/MediaId", "voice")}


def _video(world: World, root: ET.Element) -> dict[str, JsonValue]:
    return {
        "media_id": _media(world, root, "Video/MediaId", "video"),
        "title": text_of(root.find("Video/Title")),
        "description": text_of(root.find("Video/Description")),
    }


def _music(world: World, root: ET.Element) -> dict[str, JsonValue]:
    _media(world, root, "Music/ThumbMediaId", "thumb")
    return {
        "title": text_of(root.find("Music/Title")),
        "description": text_of(root.find("Music/Description")),
        "url": text_of(root.find("Music/MusicUrl")),
    }


def _news(_world: World, root: ET.Element) -> dict[str, JsonValue]:
    items = root.findall("Articles/item")
    count = text_of(root.find("ArticleCount"))
    if not items or count != str(len(items)):
        raise MalformedReplyError("ArticleCount does not fit Articles")
    articles: list[JsonValue] = []
    for item in items:
        fields = as_mapping(item)
        if not fields.get("Title"):
            raise MalformedReplyError("an article has no Title")
        articles.append(
            {
                "title": fields.get("Title", ""),
                "description": fields.get("Description", ""),
                "picurl": fields.get("PicUrl", ""),
                "url": fields.get("Url", ""),
            }
        )
    return {"articles": articles}


_KINDS = {
    "text": _text,
    "image": _image,
    "voice": _voice,
    "video": _video,
    "music": _music,
    "news": _news,
}

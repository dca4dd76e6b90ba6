"""Customer-service messages: `message/custom/send` and `typing`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import JsonValue

from bot.sandbox.endpoint import Answer, Call, Endpoint, ok
from bot.sandbox.errors import ApiError
from bot.sandbox.fields import Fields

if TYPE_CHECKING:
    from bot.sandbox.world import World

_TEXT_BYTES = 2048
_TYPING_SECONDS = 30


def send(call: Call) -> Answer:
    """POST custom/send: within the windows that the person's own actions opened."""
    world = call.world
    openid = call.receiver()
    kind = call.body.text("msgtype")
    read = _KINDS.get(kind)
    if read is None:
        raise ApiError(40008, "invalid message type")
    entry = read(world, call.body.inner(kind))
    call.check_follower(openid)
    _spend(world, openid, call.now)
    world.journal.write(
        call.now,
        "custom",
        {"openid": openid, "key": None, "msgid": world.next_id(), "body": call.body.raw},
    )
    world.show(openid, "account", {"kind": kind, **entry})
    return ok()


def _spend(world: World, openid: str, now: float) -> None:
    """Take one message from an open window, the shorter one first."""
    contact = world.contact(openid)
    windows = [w for w in (contact.by_touch, contact.by_message) if w.open_at(now)]
    if not windows:
        raise ApiError(45015, "response out of time limit or subscription is canceled")
    window = next((w for w in windows if w.left > 0), None)
    if window is None:
        raise ApiError(45047, "out of response count limit")
    window.left -= 1
    world.keep(contact)


def typing(call: Call) -> Answer:
    """POST custom/typing: the three dots."""
    world = call.world
    openid = call.receiver()
    command = call.body.text("command")
    if command not in {"Typing", "CancelTyping"}:
        raise ApiError(45072, "invalid command")
    if call.now - world.contact(openid).last_active > _TYPING_SECONDS:
        raise ApiError(45080, "no message or event in the last 30 seconds")
    person = world.person_of(openid)
    if person is not None:
        world.hub.publish({"type": "typing", "person": person.key, "on": command == "Typing"})
    return ok()


def _text(_world: World, body: Fields) -> dict[str, JsonValue]:
    content = body.text("content")
    if not content:
        raise ApiError(44004, "empty content")
    if len(content.encode()) > _TEXT_BYTES:
        raise ApiError(45002, "content size out of limit")
    return {"text": content}


def media_of(world: World, body: Fields, kind: str, name: str = "media_id") -> str:
    """A media id of the right kind that has not expired, else 40007."""
    media_id = body.text(name)
    held = world.media.get(media_id)
    if held is None or held.kind != kind or (held.expires and held.expires < world.clock()):
        raise ApiError(40007, "invalid media_id")
    return media_id


def _image(world: World, body: Fields) -> dict[str, JsonValue]:
    return {"media_id": media_of(world, body, "image")}


def _voice(world: World, body: Fields) -> dict[str, JsonValue]:
    return {"media_id": media_of(world, body, "voice")}


def _video(world: World, body: Fields) -> dict[str, JsonValue]:
    return {
        "media_id": media_of(world, body, "video"),
        "title": body.text("title"),
        "description": body.text("description"),
    }


def _music(world: World, body: Fields) -> dict[str, JsonValue]:
    media_of(world, body, "thumb", "thumb_media_id")
    return {
        "title": body.text("title"),
        "description": body.text("description"),
        "url": body.text("musicurl"),
    }


def _news(_world: World, body: Fields) -> dict[str, JsonValue]:
    articles = body.objects("articles")
    if not articles:
        raise ApiError(44003, "empty news data")
    if len(articles) > 1:
        raise ApiError(45008, "article size out of limit")
    return {"articles": [_card(article) for article in articles]}


def _card(article: Fields) -> JsonValue:
    return {
        "title": article.text("title"),
        "description": article.text("description"),
        "picurl": article.text("picurl"),
        "url": article.text("url"),
    }


def _article(world: World, body: Fields) -> dict[str, JsonValue]:
    article_id = body.text("article_id")
    draft = next((d for d in world.published.values() if d.article_id == article_id), None)
    if draft is None:
        raise ApiError(53600, "article_id is invalid")
    return {"kind": "news", "articles": article_cards(world, draft.publish_id, draft.articles)}


def article_cards(world: World, name: str, articles: list[dict[str, JsonValue]]) -> list[JsonValue]:
    """Cards of stored articles, each leading to its page on this stand-in."""
    return [
        {
            "title": article.get("title", ""),
            "description": article.get("digest", ""),
            "picurl": f"{world.config.base_url}/media/{article.get('thumb_media_id', '')}",
            "url": f"{world.config.base_url}/articles/{name}/{place}",
        }
        for place, article in enumerate(articles)
    ]


def _menu(_world: World, body: Fields) -> dict[str, JsonValue]:
    options = body.objects("list")
    if not options:
        raise ApiError(44004, "empty list of msgmenu")
    return {
        "head": body.text("head_content"),
        "options": [{"id": o.text("id"), "content": o.text("content")} for o in options],
        "tail": body.text("tail_content"),
    }


def _program(_world: World, body: Fields) -> dict[str, JsonValue]:
    if not body.text("appid") or not body.text("pagepath"):
        raise ApiError(40165, "invalid weapp pagepath")
    return {"title": body.text("title"), "miniprogram": body.text("pagepath")}


_KINDS = {
    "text": _text,
    "image": _image,
    "voice": _voice,
    "video": _video,
    "music": _music,
    "news": _news,
    "mpnewsarticle": _article,
    "msgmenu": _menu,
    "miniprogrampage": _program,
}
ENDPOINTS = (
    Endpoint("/cgi-bin/message/custom/send", send),
    Endpoint("/cgi-bin/message/custom/typing", typing),
)

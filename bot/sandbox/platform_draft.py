"""Drafts of articles, and publishing them without a push."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import JsonValue

from bot.sandbox.endpoint import Answer, Call, Endpoint, ok
from bot.sandbox.errors import ApiError
from bot.sandbox.fields import Fields
from bot.sandbox.models import Draft

if TYPE_CHECKING:
    from bot.sandbox.world import World

_MOST_ARTICLES = 8
_MOST_PICTURES = 20
_TITLE_LETTERS = 64
_MOST_LISTED = 20


def _checked(world: World, article: Fields) -> dict[str, JsonValue]:
    title = article.text("title")
    if not title or len(title) > _TITLE_LETTERS:
        raise ApiError(45003, "title size out of limit")
    if not article.text("content"):
        raise ApiError(44004, "empty content")
    kind = article.text("article_type", "news")
    if kind == "newspic":
        pictures = article.inner("image_info").objects("image_list")
        if not 0 < len(pictures) <= _MOST_PICTURES:
            raise ApiError(40007, "invalid image_info")
        return article.raw
    if kind != "news":
        raise ApiError(40008, "invalid article_type")
    thumb = world.media.get(article.text("thumb_media_id"))
    if thumb is None or thumb.expires or thumb.kind not in {"image", "thumb"}:
        raise ApiError(40007, "invalid media_id hint: [thumb_media_id must be permanent]")
    return article.raw


def add(call: Call) -> Answer:
    """POST draft/add."""
    articles = call.body.objects("articles")
    if not articles:
        raise ApiError(44003, "empty news data")
    if len(articles) > _MOST_ARTICLES:
        raise ApiError(45008, "article size out of limit")
    checked = [_checked(call.world, article) for article in articles]
    name = call.world.new_name(64)
    call.world.drafts.put(name, Draft(articles=checked, updated=int(call.now)))
    return {"media_id": name, "item": []}


def _held(call: Call) -> tuple[str, Draft]:
    name = call.body.text("media_id")
    draft = call.world.drafts.get(name)
    if draft is None:
        raise ApiError(40007, "invalid media_id")
    return name, draft


def _items(draft: Draft) -> list[JsonValue]:
    return [{**article, "url": "", "thumb_url": ""} for article in draft.articles]


def get(call: Call) -> Answer:
    """POST draft/get."""
    _name, draft = _held(call)
    return {
        "news_item": _items(draft),
        "create_time": draft.updated,
        "update_time": draft.updated,
    }


def update(call: Call) -> Answer:
    """POST draft/update: one article of it, by `index`."""
    name, draft = _held(call)
    index = call.body.number("index")
    if not 0 <= index < len(draft.articles):
        raise ApiError(40114, "invalid index")
    draft.articles[index] = _checked(call.world, call.body.inner("articles"))
    draft.updated = int(call.now)
    call.world.drafts.put(name, draft)
    return ok()


def delete(call: Call) -> Answer:
    """POST draft/delete."""
    name, _draft = _held(call)
    call.world.drafts.drop(name)
    return ok()


def count(call: Call) -> Answer:
    """GET draft/count."""
    return {"total_count": len(call.world.drafts)}


def _page(call: Call, pairs: list[tuple[str, Draft]], id_name: str) -> Answer:
    offset, number = call.body.number("offset"), call.body.number("count", 20)
    if not 1 <= number <= _MOST_LISTED or offset < 0:
        raise ApiError(40007, "invalid offset or count")
    newest_first = sorted(pairs, key=lambda pair: pair[1].updated, reverse=True)
    items: list[JsonValue] = [
        {
            id_name: name,
            "content": {"news_item": _items(draft)},
            "update_time": draft.updated,
        }
        for name, draft in newest_first[offset : offset + number]
    ]
    return {"total_count": len(pairs), "item_count": len(items), "item": items}


def batch_get(call: Call) -> Answer:
    """POST draft/batchget: at most 20 at a time."""
    return _page(call, call.world.drafts.items(), "media_id")


def submit(call: Call) -> Answer:
    """POST freepublish/submit: the result comes as PUBLISHJOBFINISH."""
    world = call.world
    name, draft = _held(call)
    draft.publish_id = str(world.next_id())
    draft.article_id = world.new_name(43)
    draft.updated = int(call.now)
    world.published.put(draft.publish_id, draft)
    world.drafts.drop(name)
    articles: list[JsonValue] = [
        {"idx": place, "article_url": _url(world, draft, place - 1)}
        for place in range(1, len(draft.articles) + 1)
    ]
    info: dict[str, JsonValue] = {
        "publish_id": draft.publish_id,
        "publish_status": 0,
        "article_id": draft.article_id,
        "article_detail": {"count": len(articles), "item": articles},
    }
    world.deliverer.receipt("mphelper", "PUBLISHJOBFINISH", {"PublishEventInfo": info})
    return ok(publish_id=draft.publish_id, msg_data_id=int(draft.publish_id))


def _url(world: World, draft: Draft, place: int) -> str:
    return f"{world.config.base_url}/articles/{draft.publish_id}/{place}"


def publish_state(call: Call) -> Answer:
    """POST freepublish/get: how far a publication is."""
    draft = call.world.published.get(call.body.text("publish_id"))
    if draft is None:
        raise ApiError(53600, "publish_id is invalid")
    return {
        "publish_id": draft.publish_id,
        "publish_status": 0,
        "article_id": draft.article_id,
        "article_detail": {
            "count": len(draft.articles),
            "item": [
                {"idx": place + 1, "article_url": _url(call.world, draft, place)}
                for place in range(len(draft.articles))
            ],
        },
        "fail_idx": [],
    }


def _publication(call: Call) -> tuple[str, Draft]:
    wanted = call.body.text("article_id")
    for name, draft in call.world.published.items():
        if wanted and draft.article_id == wanted:
            return name, draft
    raise ApiError(53600, "article_id is invalid")


def article(call: Call) -> Answer:
    """POST freepublish/getarticle."""
    return {"news_item": _items(_publication(call)[1])}


def unpublish(call: Call) -> Answer:
    """POST freepublish/delete."""
    call.world.published.drop(_publication(call)[0])
    return ok()


def publications(call: Call) -> Answer:
    """POST freepublish/batchget."""
    pairs = [(d.article_id, d) for d in call.world.published.values() if d.article_id]
    return _page(call, pairs, "article_id")


ENDPOINTS = (
    Endpoint("/cgi-bin/draft/add", add),
    Endpoint("/cgi-bin/draft/get", get),
    Endpoint("/cgi-bin/draft/update", update),
    Endpoint("/cgi-bin/draft/delete", delete),
    Endpoint("/cgi-bin/draft/count", count, "GET", "none"),
    Endpoint("/cgi-bin/draft/batchget", batch_get),
    Endpoint("/cgi-bin/freepublish/submit", submit),
    Endpoint("/cgi-bin/freepublish/get", publish_state),
    Endpoint("/cgi-bin/freepublish/getarticle", article),
    Endpoint("/cgi-bin/freepublish/delete", unpublish),
    Endpoint("/cgi-bin/freepublish/batchget", publications),
)

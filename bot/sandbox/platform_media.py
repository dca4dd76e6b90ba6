"""Media: uploads for three days, downloads, permanent material, pictures for articles."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING
from urllib.parse import quote

from aiohttp import web

from bot.sandbox.endpoint import Answer, Call, Endpoint, Upload, ok
from bot.sandbox.errors import ApiError
from bot.sandbox.models import Media

if TYPE_CHECKING:
    from bot.sandbox.world import World

THREE_DAYS = 3 * 86400.0
_MB = 1024 * 1024
_LIMITS = {"image": 10 * _MB, "voice": 2 * _MB, "video": 10 * _MB, "thumb": 64 * 1024}
_ARTICLE_PICTURE = _MB
_TYPES = {
    "image": {"image/jpeg", "image/png", "image/gif"},
    "thumb": {"image/jpeg"},
    "voice": {"audio/amr", "audio/mpeg"},
    "video": {"video/mp4"},
}


def recognised(data: bytes) -> str:
    """The type that the first bytes tell, or an empty text."""
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if data.startswith(b"#!AMR"):
        return "audio/amr"
    if data.startswith(b"ID3") or data[:2] in {b"\xff\xfb", b"\xff\xf3", b"\xff\xf2"}:
        return "audio/mpeg"
    return "video/mp4" if data[4:8] == b"ftyp" else ""


def store(
    world: World, kind: str, data: bytes, content_type: str, filename: str, *, for_good: bool
) -> Media:
    """Keep a file under a new media id."""
    media_id = world.new_name(64)
    (world.media_dir / media_id).write_bytes(data)
    now = world.clock()
    media = Media(
        media_id=media_id,
        kind=kind,
        content_type=content_type,
        filename=filename,
        size=len(data),
        created=int(now),
        expires=0.0 if for_good else now + THREE_DAYS,
    )
    _forget_expired(world, now)
    return world.media.put(media_id, media)


def _forget_expired(world: World, now: float) -> None:
    """Files go a day after their media id ended; the chat shows a broken picture then."""
    for media_id, media in world.media.items()[:20]:
        if media.expires and media.expires + 86400 < now:
            world.media.drop(media_id)
            (world.media_dir / media_id).unlink(missing_ok=True)


def _taken(call: Call, kind: str) -> tuple[Upload, str]:
    if kind not in _LIMITS:
        raise ApiError(40004, "invalid media type")
    upload = next((u for u in call.uploads if u.field == "media"), None)
    if upload is None or not upload.data:
        raise ApiError(41005, "media data missing")
    if len(upload.data) > _LIMITS[kind]:
        raise ApiError(40009, "invalid file size")
    content_type = recognised(upload.data)
    if content_type not in _TYPES[kind]:
        raise ApiError(40005, "invalid file type")
    return upload, content_type


def upload(call: Call) -> Answer:
    """POST media/upload?type=: valid for three days."""
    kind = call.query.get("type", "")
    taken, content_type = _taken(call, kind)
    media = store(call.world, kind, taken.data, content_type, taken.filename, for_good=False)
    name = "thumb_media_id" if kind == "thumb" else "media_id"
    return {"type": kind, name: media.media_id, "created_at": media.created, "item": []}


def get(call: Call) -> Answer:
    """GET media/get: the bytes, or for a video a JSON with its address."""
    media_id = call.query.get("media_id", "")
    media = call.world.media.get(media_id)
    if media is None or (media.expires and media.expires <= call.now):
        raise ApiError(40007, "invalid media_id")
    if media.kind == "video":
        return {"video_url": f"{call.world.config.base_url}/media/{media_id}"}
    disposition = f'attachment; filename="{quote(media.filename)}"'
    return web.Response(
        body=(call.world.media_dir / media_id).read_bytes(),
        headers={"Content-Type": media.content_type, "Content-disposition": disposition},
    )


def article_picture(call: Call) -> Answer:
    """POST media/uploadimg: JPEG or PNG up to 1 MB, for use inside articles."""
    taken, content_type = _taken(call, "image")
    if content_type == "image/gif":
        raise ApiError(40005, "invalid file type")
    if len(taken.data) > _ARTICLE_PICTURE:
        raise ApiError(40009, "invalid image size")
    media = store(call.world, "article", taken.data, content_type, taken.filename, for_good=True)
    return {"url": f"{call.world.config.base_url}/media/{media.media_id}"}


def add_material(call: Call) -> Answer:
    """POST material/add_material: kept for good; a video needs its description in the form."""
    kind = call.query.get("type") or call.form.get("type", "")
    taken, content_type = _taken(call, kind)
    if kind == "video" and not call.form.get("description"):
        raise ApiError(44002, "description of the video is missing")
    media = store(call.world, kind, taken.data, content_type, taken.filename, for_good=True)
    answer: dict[str, str] = {"media_id": media.media_id}
    if kind in {"image", "thumb"}:
        answer["url"] = f"{call.world.config.base_url}/media/{media.media_id}"
    return {**answer}


def get_material(call: Call) -> Answer:
    """POST material/get_material."""
    media_id = call.body.text("media_id")
    media = call.world.media.get(media_id)
    if media is None or media.expires:
        raise ApiError(40007, "invalid media_id")
    body = (call.world.media_dir / media_id).read_bytes()
    return web.Response(body=body, headers={"Content-Type": media.content_type})


def delete_material(call: Call) -> Answer:
    """POST material/del_material."""
    media_id = call.body.text("media_id")
    media = call.world.media.get(media_id)
    if media is None or media.expires:
        raise ApiError(40007, "invalid media_id")
    call.world.media.drop(media_id)
    (call.world.media_dir / media_id).unlink(missing_ok=True)
    return ok()


def upload_video(call: Call) -> Answer:
    """POST media/uploadvideo: a media id fit for mass sending."""
    media = call.world.media.get(call.body.text("media_id"))
    if media is None or media.kind != "video":
        raise ApiError(40007, "invalid media_id")
    copy = media.model_copy(
        update={
            "media_id": secrets.token_urlsafe(48),
            "title": call.body.text("title"),
            "introduction": call.body.text("description"),
        }
    )
    data = (call.world.media_dir / media.media_id).read_bytes()
    (call.world.media_dir / copy.media_id).write_bytes(data)
    call.world.media.put(copy.media_id, copy)
    return {"type": "video", "media_id": copy.media_id, "created_at": int(call.now)}


ENDPOINTS = (
    Endpoint("/cgi-bin/media/upload", upload, body="multipart"),
    Endpoint("/cgi-bin/media/get", get, "GET", "none"),
    Endpoint("/cgi-bin/media/uploadimg", article_picture, body="multipart"),
    Endpoint("/cgi-bin/media/uploadvideo", upload_video),
    Endpoint("/cgi-bin/material/add_material", add_material, body="multipart"),
    Endpoint("/cgi-bin/material/get_material", get_material),
    Endpoint("/cgi-bin/material/del_material", delete_material),
)

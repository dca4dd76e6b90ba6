"""The side that answers as `api.weixin.qq.com` does."""

from __future__ import annotations

import asyncio
import inspect
import json
import logging
import socket
import struct
from typing import TYPE_CHECKING

from aiohttp import BodyPartReader, web

from bot.sandbox import (
    platform_custom,
    platform_draft,
    platform_jssdk,
    platform_mass,
    platform_media,
    platform_menu,
    platform_oauth,
    platform_quota,
    platform_subscribe,
    platform_tags,
    platform_template,
    platform_token,
    platform_users,
)
from bot.sandbox.endpoint import Answer, Call, Endpoint, Upload
from bot.sandbox.errors import ApiError
from bot.sandbox.faults import FaultRule
from bot.sandbox.fields import Fields
from bot.sandbox.platform_token import check_token

if TYPE_CHECKING:
    from bot.sandbox.world import World

log = logging.getLogger("medcredit.sandbox.platform")

_AREAS = (
    platform_token,
    platform_oauth,
    platform_jssdk,
    platform_custom,
    platform_template,
    platform_subscribe,
    platform_mass,
    platform_draft,
    platform_media,
    platform_menu,
    platform_tags,
    platform_users,
    platform_quota,
)
ENDPOINTS: dict[str, Endpoint] = {e.path: e for area in _AREAS for e in area.ENDPOINTS}
_MOST_BYTES = 12 * 1024 * 1024
_LINGER_OFF = struct.pack("ii", 1, 0)
_NO_BODY = Fields({})
# These call their JSON plain text, which has caught many a client.
_PLAIN = ("/sns/", "/cgi-bin/media/get")


class Platform:
    """Takes every call: faults, common checks, the interface's handler, the answer."""

    def __init__(self, world: World) -> None:
        self._world = world

    def app(self) -> web.Application:
        """To be mounted, or to run alone."""
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self.serve)
        return app

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answer one call."""
        world = self._world
        path = "/" + request.match_info["path"]
        spoil = world.faults.for_call(path)
        body = await _read(request)
        if spoil.delay:
            await asyncio.sleep(spoil.delay)
        rule = spoil.now(after=False)
        if rule is not None:
            return self._finish(request, path, body, self._spoilt(request, rule, path, body))
        answer = await self._answer(request, path, body)
        rule = spoil.now(after=True)
        if rule is not None:
            return self._finish(request, path, body, self._spoilt(request, rule, path, body))
        if not isinstance(answer, web.StreamResponse):
            answer = _json(answer, path)
        return self._finish(request, path, body, answer)

    async def _answer(self, request: web.Request, path: str, body: bytes) -> Answer:
        try:
            endpoint = self._endpoint(request, path)
            if endpoint.token:
                check_token(self._world, request.query.get("access_token"))
            self._world.quotas.spend(path)
            call = Call(
                self._world,
                path,
                request.query,
                Fields.parse(body) if endpoint.body == "json" else _NO_BODY,
                self._world.clock(),
                request,
            )
            if endpoint.body == "multipart":
                await _take_parts(call)
            answer = endpoint.handler(call)
            return await answer if inspect.isawaitable(answer) else answer
        except ApiError as error:
            return {**self._refusal(error, path, body)}

    def _endpoint(self, request: web.Request, path: str) -> Endpoint:
        endpoint = ENDPOINTS.get(path)
        if endpoint is None:
            raise ApiError(40066, "invalid url")
        if endpoint.method not in {"ANY", request.method}:
            wanted = endpoint.method
            raise ApiError(43001 if wanted == "GET" else 43002, f"require {wanted} method")
        return endpoint

    def _refusal(self, error: ApiError, path: str, body: bytes) -> dict[str, str | int]:
        rid = self._world.refusals.add(self._world.clock(), path, error.errcode, body)
        return {
            "errcode": error.errcode,
            "errmsg": f"{error.errmsg} rid: {rid}",
            **error.extra,
        }

    def _spoilt(
        self, request: web.Request, rule: FaultRule, path: str, body: bytes
    ) -> web.StreamResponse:
        if rule.kind == "reset":
            return _reset(request)
        if rule.kind == "http":
            return web.Response(status=rule.status, text="Service Unavailable")
        if rule.kind == "quota":
            error = ApiError(45009, "reach max api daily quota limit")
        else:
            error = ApiError(rule.errcode, rule.errmsg)
        return _json(self._refusal(error, path, body), path)

    def _finish(
        self, request: web.Request, path: str, sent: bytes, answer: web.StreamResponse
    ) -> web.StreamResponse:
        shown: bytes | str = f"HTTP {answer.status}"
        if isinstance(answer, web.Response) and isinstance(answer.body, bytes):
            readable = answer.content_type in {"application/json", "text/plain"}
            shown = answer.body if readable else shown
        self._world.traffic.add(self._world.clock(), "api", f"{request.method} {path}", sent, shown)
        return answer


async def _read(request: web.Request) -> bytes:
    """The body, up to our own limit, whatever the limit of the application around us."""
    if not request.can_read_body or request.content_type.startswith("multipart/"):
        return b""
    blocks: list[bytes] = []
    size = 0
    async for block in request.content.iter_any():
        size += len(block)
        if size > _MOST_BYTES:
            raise web.HTTPRequestEntityTooLarge(_MOST_BYTES, size)
        blocks.append(block)
    return blocks[0] if len(blocks) == 1 else b"".join(blocks)


def _json(answer: object, path: str) -> web.Response:
    body = json.dumps(answer, ensure_ascii=False, separators=(",", ":"))
    kind = "text/plain" if path.startswith(_PLAIN) else "application/json; encoding=utf-8"
    return web.Response(body=body.encode(), headers={"Content-Type": kind})


def _reset(request: web.Request) -> web.StreamResponse:
    """Cut the connection with a RST, as a dying proxy does."""
    transport = request.transport
    if transport is not None:
        link = transport.get_extra_info("socket")
        if link is not None:
            link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_OFF)
        if isinstance(transport, asyncio.Transport):
            transport.abort()
    return web.Response(status=503)


async def _take_parts(call: Call) -> None:
    """The files and fields of a multipart call, straight from the connection."""
    if not call.request.content_type.startswith("multipart/"):
        raise ApiError(41005, "media data missing")
    size = 0
    async for part in await call.request.multipart():
        if not isinstance(part, BodyPartReader):
            continue
        data = bytearray()
        while block := await part.read_chunk(65536):
            size += len(block)
            if size > _MOST_BYTES:
                raise ApiError(40009, "invalid file size")
            data += block
        if part.filename is None:
            call.form[part.name or ""] = data.decode("utf-8", "replace")
        else:
            kind = part.headers.get("Content-Type", "application/octet-stream")
            call.uploads.append(Upload(part.name or "", part.filename, kind, bytes(data)))

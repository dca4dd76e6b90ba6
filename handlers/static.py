"""Styles and scripts of others, served by us from ``node_modules``: a short list, nothing else.

A page links a file with :func:`vendor_url`, which carries a hash of the content; such an
address never changes its content, so browsers may keep it for a year.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from aiohttp import web

from config.settings import ROOT

VENDOR: dict[str, str] = {
    "tabler.min.css": "@tabler/core/dist/css/tabler.min.css",
    "tabler.min.js": "@tabler/core/dist/js/tabler.min.js",
    "htmx.min.js": "htmx.org/dist/htmx.min.js",
    "weui.min.css": "weui/dist/style/weui.min.css",
    "echarts.min.js": "echarts/dist/echarts.min.js",
}
"""Public name → file under ``node_modules``."""

_PREFIX = "/static/vendor/"
_TYPES = {".css": "text/css", ".js": "text/javascript"}
_YEAR = "public, max-age=31536000, immutable"


def add_vendor_routes(app: web.Application) -> None:
    """Serve ``/static/vendor/…``; called once, on the root application."""
    app.router.add_get(_PREFIX + "{name}", _vendor_file)


def vendor_url(name: str) -> str:
    """Address of a vendor file, with the hash of its content.

    :raises KeyError: the file is not on the list.
    """
    return f"{_PREFIX}{name}?v={content_hash(_path(name))}"


@cache
def content_hash(path: Path) -> str:
    """Twelve characters that change with the content; of a missing file: ``missing``."""
    if not path.is_file():
        return "missing"
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def file_response(request: web.Request, path: Path) -> web.FileResponse:
    """A file of ours or of a vendor, kept by browsers when asked for by its hash."""
    known = request.query.get("v") == content_hash(path)
    return web.FileResponse(
        path,
        headers={
            "Content-Type": f"{_TYPES[path.suffix]}; charset=utf-8",
            "Cache-Control": _YEAR if known else "no-cache",
            "X-Content-Type-Options": "nosniff",
        },
    )


async def _vendor_file(request: web.Request) -> web.StreamResponse:
    name = request.match_info["name"]
    if name not in VENDOR or not _path(name).is_file():
        raise web.HTTPNotFound
    return file_response(request, _path(name))


def _path(name: str) -> Path:
    return ROOT / "node_modules" / VENDOR[name]
